"""The parts that only a rendition in HTML has: the statement that it is not the record, and the lists of exhibits."""

from collections.abc import Callable, Iterable

from presentation.writing.html import UnwritableError, html
from presentation.writing.inputs import Report
from presentation.writing.typst import Block, Call, Code, block, call, mono

_EXHIBITS = ("data-table", "facts-table", "drawing")
_STATEMENT = (
    "This page is a rendition, made for reading on a screen. It is not the record and nobody signs it: the record is the "
    "commit named here with its {results}, and {signed} {report}. Both can be verified as section 16.4 says."
)


def printing(report: Report) -> Callable[[str], None]:
    """Return the function with which the cells print: Typst for the PDF, or HTML for a rendition."""

    def show(made: str) -> None:
        if isinstance(made, Block):
            report.printed.append(made)
        if report.rendition is not None and made:
            if not isinstance(made, Block):
                raise UnwritableError("text that is no block")
            calls = [code for code in made.calls if isinstance(code, Call)]
            report.exhibits.extend(
                (str(code.arguments[0]), str(code.arguments[1]))
                for code in calls
                if code.function in _EXHIBITS
            )
            made = _raw(made.calls)
        print(made)  # noqa: T201 - a cell's output is what it prints

    return show


def _raw(calls: Iterable[Code]) -> str:
    """Return a raw block for the Markdown document, with the HTML of these calls in order."""
    lines = "\n".join(html(code) for code in calls)
    return f"\n```{{=html}}\n{lines}\n```\n"


def statement(report: Report) -> str:
    """Return the bar with study, month, run and its state now, and the statement about the record; nothing for the PDF."""
    if report.rendition is None:
        return ""
    run, of = report.run, report.rendition
    releasable = run["status"] == "candidate"
    named = {
        "results": of.get("results", "results.json"),
        "report": of.get("report", "report.pdf"),
        "signed": "a decision is bound to" if run["status"] == "evidence" else "what is signed is",
    }
    pairs = (
        ("Record commit", mono(of["record_commit"])),
        (f"{named['results']}, SHA-256", mono(of["results_sha256"])),
        (f"{named['report']}, SHA-256", mono(of["report_sha256"])),
    )
    return block(
        call(
            "status-bar",
            f"{run['study']} · {run['month']} · run {run['number']}",
            of.get("state", run["status"]) if releasable else run["status"],
            watermark=not releasable,
        ),
        call("rendition-statement", _STATEMENT.format(**named), [list(pair) for pair in pairs]),
    )


def exhibits(report: Report) -> str:
    """Return lists with links to the tables and figures printed so far; nothing for the PDF, which has its own lists."""
    if report.rendition is None:
        return ""
    return block(call("list-of-printed", [list(exhibit) for exhibit in report.exhibits]))
