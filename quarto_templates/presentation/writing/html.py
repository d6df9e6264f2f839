"""HTML from the same content as the Typst source: words, calls and parts; each call has an HTML function of its name.

In every text, all characters except letters, digits and a few signs become character references. So data can never
become markup, and pandoc, Quarto with its shortcodes, and the browser find nothing to interpret.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from presentation.writing.drawing import drawn
from presentation.writing.html_text import escaped, in_attribute
from presentation.writing.typst import Call, Code, Joined, Words

_ONE_LINE = 24


class UnwritableError(Exception):
    """A call of the Typst template has no HTML equivalent; the message names its function."""


def html(value: Any) -> str:  # noqa: ANN401 - whatever Typst source is made of
    """Return the HTML of a value; the values are those that ``presentation.writing.typst.source`` takes.

    Raises
    ------
    UnwritableError
        When a call has no HTML equivalent, so that no content of the PDF is silently left out.
    """
    if isinstance(value, Words):
        return escaped(value.words)
    if isinstance(value, Joined):
        return "".join(html(part) for part in value.parts)
    if isinstance(value, Call):
        if value.function not in _WRITERS:
            raise UnwritableError(value.function)
        return _WRITERS[value.function](*value.arguments, **value.named)
    if isinstance(value, Code):
        raise UnwritableError(str(value)[:40])
    return "" if value is None else escaped(str(value))


def anchor(number: str) -> str:
    """Return the identifier of a numbered exhibit or of a reference: ``table-14-1-1``, ``R12``."""
    return number.lower().replace(" ", "-").replace(".", "-") if " " in number else number


# ------------------------------------------------------------------------------------------- words


def _paragraph(*parts: Any) -> str:  # noqa: ANN401
    return f"<p>{''.join(html(part) for part in parts)}</p>"


def _together(*parts: Any) -> str:  # noqa: ANN401
    return f'<div class="together">{"".join(html(part) for part in parts)}</div>'


def _one_after_another(*parts: Any) -> str:  # noqa: ANN401
    return "".join(html(part) for part in parts)


def _command(*lines: Any) -> str:  # noqa: ANN401
    return f'<pre class="command"><code>{"&#xa;".join(html(line) for line in lines)}</code></pre>'


def _mono(words: Any) -> str:  # noqa: ANN401
    return f"<code>{html(words)}</code>" if html(words) else ""


def _reference(number: int) -> str:
    return f'<span id="R{number}">R{number}</span>'


def _cited(*numbers: int) -> str:
    """Return the references as on paper; ranges such as R3–R9 link both ends to the appendix."""
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and number <= runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    links = []
    for first, last in runs:
        ends = [f'<a href="#R{end}">R{end}</a>' for end in dict.fromkeys((first, last))]
        links.append((", " if last == first + 1 else "&#x2013;").join(ends))
    return f'<span class="cited">&#x202f;[{", ".join(links)}]</span>'


def _formula(alternative: str, body: Code) -> str:
    return f'<div class="formula">{_scrolling("Formula", drawn(body, in_attribute(alternative), 400))}</div>'


def _literature(works: Sequence[Sequence[str]]) -> str:
    entries = (f"<li>{html(before)}<em>{html(of)}</em>{html(after)}</li>" for before, of, after in works)
    return f"<ul>{''.join(entries)}</ul>"


def _section_place(number: str) -> str:
    """Return a link to a section; a page in HTML has no number."""
    if number == "title":
        return "Title page"
    return f'<a href="#section-{number.replace(".", "-")}">Section {number}</a>'


def _analysis_name(name: str, described: str) -> str:
    return f'{html(name)}<br /><span class="soft">{html(described)}</span>'


def _digests(*digests: Code) -> str:
    return "<br />".join(_mono(digest) for digest in digests)


# ------------------------------------------------------------------------------------------- pages


def _title_page(
    kind: str, title: Words, sponsor: str, facts: Sequence[Any], closing: str, *, title_size: Code
) -> str:
    del title_size  # the browser wraps a long title
    direction = ' dir="rtl"' if title.from_right else ""
    return (
        f'<header class="title-page"><p class="soft">{html(kind)}</p><h1{direction}>{html(title)}</h1><p>{html(sponsor)}</p>'
        f'{_described(facts)}<p class="soft">{html(closing)}</p></header>'
    )


def _described(pairs: Iterable[Any]) -> str:
    listed = "".join(f"<dt>{html(name)}</dt><dd>{html(value)}</dd>" for name, value in pairs)
    return f"<dl>{listed}</dl>"


def _headline(what: str, value: str, uncertainty: str, references: Code) -> str:
    return (
        f'<div class="headline"><p class="soft">{html(what)}</p><p class="value">{html(value)}</p>'
        f"<p>{html(uncertainty)}{html(references)}</p></div>"
    )


def _status_bar(identity: str, state: str, *, watermark: bool) -> str:
    mark = f'<strong class="status">{html(state.upper())}</strong>'
    bar = f'<div class="status-bar"><span>{html(identity)}</span> {mark}</div>'
    return f'{bar}<div class="watermark">{html(state.upper())}</div>' if watermark else bar


def _rendition_statement(words: str, pairs: Sequence[Any]) -> str:
    return f'<aside class="rendition" aria-label="Rendition"><p>{html(words)}</p>{_described(pairs)}</aside>'


def _list_of_printed(exhibits: Sequence[Any]) -> str:
    lists = []
    for kind in ("Table", "Figure"):
        entries = "".join(
            f'<li><a href="#{anchor(number)}">{_caption(number, title)}</a></li>'
            for number, title in exhibits
            if number.startswith(kind)
        )
        lists.append(f"<h3>{kind}s</h3><ul>{entries}</ul>" if entries else "")
    return f'<nav id="exhibits" aria-label="Tables and figures"><h2>Tables and figures</h2>{"".join(lists)}</nav>'


def _signature_frame(title: str, fields: str, note: str) -> str:
    return (
        f'<div class="frame"><p><strong>{html(title)}</strong></p><p class="soft">{html(fields)}</p>'
        f'<p class="soft">{html(note)}</p></div>'
    )


# ---------------------------------------------------------------------------------------- exhibits


def _caption(number: str, title: str) -> str:
    return f"<strong>{html(number)}</strong> {html(title)}"


def _remarks(more: Mapping[str, Any]) -> str:
    """Return the text below an exhibit; ``more`` can also hold widths and page breaks, which the browser decides."""
    note, source = more.get("note"), more.get("source")
    parts = [html(note)] if note is not None else []
    parts += [f'<span class="soft">Source: {_mono(source)}</span>'] if source is not None else []
    return f'<p class="remarks">{" ".join(parts)}</p>' if parts else ""


def _scrolling(name: str, body: str) -> str:
    """Return content that scrolls sideways on a narrow screen, by touch or, once it has the focus, by arrow keys."""
    return f'<div class="scroll" role="region" tabindex="0" aria-label="{in_attribute(name)}">{body}</div>'


def _exhibit(number: str, title: str, body: str, more: Mapping[str, Any]) -> str:
    table = f"<table><caption>{_caption(number, title)}</caption>{body}</table>"
    return f'<div class="exhibit" id="{anchor(number)}">{_scrolling(number, table)}{_remarks(more)}</div>'


def _data_table(
    number: str,
    title: str,
    _: Sequence[Code],
    align: Sequence[Code],
    header: Sequence[Sequence[str]],
    rows: Sequence[Mapping[str, Any]],
    **more: Any,  # noqa: ANN401
) -> str:
    sides = [str(side) for side in align]
    heads = "".join(
        f'<th scope="col" class="{side}">{_lines(lines)}</th>'
        for side, lines in zip(sides, header, strict=True)
    )
    bodies: list[list[str]] = [[]]
    for row in rows:
        if row["kind"] == "group":
            bodies.append([_group(row["title"], len(sides))])
        else:
            bodies[-1].append(_row(row, sides))
    body = "".join(f"<tbody>{''.join(made)}</tbody>" for made in bodies if made)
    return _exhibit(number, title, f"<thead><tr>{heads}</tr></thead>{body}", more)


def _lines(lines: Sequence[str]) -> str:
    first, *others = lines
    return html(first) + "".join(f'<br /><span class="soft">{html(line)}</span>' for line in others)


def _group(title: str, count: int) -> str:
    return f'<tr class="group"><th scope="rowgroup" colspan="{count}"><span>{html(title)}</span></th></tr>'


def _row(row: Mapping[str, Any], sides: Sequence[str]) -> str:
    cells = [
        f'<th scope="row" class="{side}">{html(cell)}</th>'
        if index == 0
        else f'<td class="{side}{_kept_whole(cell)}">{html(cell)}</td>'
        for index, (side, cell) in enumerate(zip(sides, row["cells"], strict=True))
    ]
    return f'<tr class="{row["kind"]}">{"".join(cells)}</tr>'


def _kept_whole(cell: str) -> str:
    """Return the class of a cell that is short enough to stay on one line."""
    return " whole" if len(cell) <= _ONE_LINE and not isinstance(cell, Code) else ""


def _facts_table(
    number: str,
    title: str,
    facts: Sequence[Any],
    **more: Any,  # noqa: ANN401
) -> str:
    rows = "".join(
        f'<tr><th scope="row" class="left">{html(name)}</th><td class="left">{html(value)}</td></tr>'
        for name, value in facts
    )
    return _exhibit(number, title, f"<tbody>{rows}</tbody>", more)


def _drawing(
    number: str,
    title: str,
    alternative: str,
    body: Code,
    **more: Any,  # noqa: ANN401
) -> str:
    return (
        f'<figure class="exhibit" id="{anchor(number)}"><figcaption>{_caption(number, title)}</figcaption>'
        f"{_scrolling(number, drawn(body, in_attribute(alternative), 454))}{_remarks(more)}</figure>"
    )


_WRITERS: Mapping[str, Callable[..., str]] = {
    "abbreviations": _described,
    "analysis-name": _analysis_name,
    "cited": _cited,
    "command": _command,
    "data-table": _data_table,
    "digests": _digests,
    "drawing": _drawing,
    "facts-table": _facts_table,
    "formula": _formula,
    "headline": _headline,
    "lead": _paragraph,
    "list-of-printed": _list_of_printed,
    "literature": _literature,
    "mono": _mono,
    "para": _paragraph,
    "reference": _reference,
    "rendition-statement": _rendition_statement,
    "section-place": _section_place,
    "signature-frame": _signature_frame,
    "status-bar": _status_bar,
    "title-page": _title_page,
    "together": _together,
    "where-it-fits": _one_after_another,
}
