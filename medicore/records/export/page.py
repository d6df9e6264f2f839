"""The page of a bundle: a report whose numbers open their origin beside it, by links and style alone, without a script."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from medicore.records.ledger.ledger import LedgerEvent
from medicore.records.results.paths import leaves_of

_CELLS = 60
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
_END = b"</body>"
_STYLE = """
a.number { color: inherit; text-decoration: underline dotted; }
.origin { display: none; }
.origin:target { display: block; position: fixed; top: 0; right: 0; bottom: 0; width: min(34rem, 100%); overflow: auto;
  box-sizing: border-box; padding: 1rem 1.25rem; background: #fff; color: #111; border-left: 3px solid #1f4e79; z-index: 9;
  font-size: 0.9rem; }
.origin pre { overflow: auto; background: #f5f6f8; padding: 0.6rem; font-size: 0.8rem; }
.origin dt { font-weight: 600; margin-top: 0.5rem; } .origin dd { margin: 0; overflow-wrap: anywhere; }
.origin .close { float: right; }
.trail { padding: 1rem; } .trail table { border-collapse: collapse; } .trail .scroll { overflow-x: auto; }
.trail td:nth-child(2) { white-space: nowrap; }
.trail th, .trail td { border-bottom: 1px solid #ccd; padding: 0.25rem 0.6rem 0.25rem 0; text-align: left; vertical-align: top; }
@media print { .origin, .origin:target { display: none; } }
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """What a bundle tells of one result: its path and value, what it is, and the protocol and files behind it.

    ``place`` is file and line of the function that computed it.
    """

    path: str
    value: Any
    definition: str
    formula: str
    source: str
    step: str
    place: str
    protocol: Mapping[str, Any]
    inputs: Mapping[str, str]


def page_without_report(run: str, why: str) -> bytes:
    """Return a page for a run that has no report to show."""
    return (
        f'<!DOCTYPE html><html lang="en-GB"><head><meta charset="utf-8"><title>{escape(run)}</title></head>'
        f"<body><h1>{escape(run)}</h1><p>{escape(why)}</p></body></html>"
    ).encode()


def anchor(number: int) -> str:
    """Return the identifier of an entry."""
    return f"origin-{number}"


def with_origins(
    report: bytes, run: str, commit: str, entries: Sequence[Entry], codes: Mapping[str, str]
) -> bytes:
    """Return the report with an entry for each result that a number of it leads to, and a policy that allows no script.

    ``codes`` holds the code of each function by its place.
    """
    numbers = {place: number for number, place in enumerate(codes)}
    shown = "".join(_entry(number, entry, numbers, run) for number, entry in enumerate(entries))
    shown += "".join(_code(numbers[place], place, code, commit) for place, code in codes.items())
    head = f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}"><style>{_STYLE}</style></head>'
    made = report.replace(b"</head>", head.encode(), 1)
    return _before_the_end(made, f'<div class="origins">{shown}</div>')


def with_trail(page: bytes, identity: Mapping[str, str], events: Iterable[LedgerEvent]) -> bytes:
    """Return the page with what the record is, the audit trail's events on it, and how its proof is repeated."""
    rows = "".join(
        f"<tr><td>{event.sequence}</td><td>{escape(event.at)}</td><td>{escape(event.action)}</td>"
        f"<td>{escape(event.actor)} ({escape(event.role)})</td><td>{escape(event.reason)}</td>"
        f"<td>{'signed' if 'envelope' in event.details else ''}</td></tr>"
        for event in events
    )
    facts = "".join(
        f"<tr><th scope='row'>{escape(name.replace('_', ' '))}</th><td><code>{escape(value)}</code></td></tr>"
        for name, value in identity.items()
    )
    titles = ("No.", "Time (UTC)", "What", "Who", "Reason", "")
    head = "".join(f"<th scope='col'>{title}</th>" for title in titles)
    return _before_the_end(
        page,
        "<section class='trail'><h2>This folder</h2>"
        "<p>The page shows what is recorded; it proves nothing by itself. In this folder, <code>python -I -S "
        "verify_bundle.py --authority FINGERPRINT</code> proves every byte of it, this page too; README.txt says more.</p>"
        f"<div class='scroll' tabindex='0' role='region' aria-label='Identity'><table>{facts}</table></div>"
        "<h2>Audit trail of this run</h2>"
        "<div class='scroll' tabindex='0' role='region' aria-label='Audit trail'>"
        f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div></section>",
    )


def _before_the_end(page: bytes, more: str) -> bytes:
    start, _, rest = page.rpartition(_END)
    return start + more.encode() + _END + rest


def _code(number: int, place: str, code: str, commit: str) -> str:
    return (
        f'<aside class="origin" id="code-{number}" aria-label="{escape(place)}"><a class="close" href="#closed">Close</a>'
        f"<p><code>{escape(place)}</code> of commit <code>{escape(commit)}</code>, in code/source.tar</p>"
        f"<pre>{escape(code)}</pre></aside>"
    )


def _entry(number: int, entry: Entry, codes: Mapping[str, int], run: str) -> str:
    facts = {
        "Formula": entry.formula,
        "Source": entry.source,
        "Step": entry.step,
        **{
            f"Protocol: {key}": json.dumps(value, ensure_ascii=False) for key, value in entry.protocol.items()
        },
        **{f"Input {name}": f"SHA-256 {digest}" for name, digest in entry.inputs.items()},
        "To compute it again": f"medicore explain {run} {entry.path}",
    }
    listed = "".join(
        f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>" for name, text in facts.items() if text
    )
    return (
        f'<aside class="origin" id="{anchor(number)}" aria-label="{escape(entry.path)}">'
        f'<a class="close" href="#closed">Close</a><p><code>{escape(entry.path)}</code></p>{_value(entry.value)}'
        f"<p>{escape(entry.definition)}</p><p>Computed by <a href='#code-{codes[entry.place]}'>{escape(entry.place)}</a></p>"
        f"<dl>{listed}</dl></aside>"
    )


def _value(value: Any) -> str:  # noqa: ANN401 - whatever the results hold
    if not isinstance(value, dict | list):
        return f"<p><strong>{escape(json.dumps(value, ensure_ascii=False))}</strong></p>"
    cells = list(leaves_of(value))
    rows = "".join(
        f"<tr><th scope='row'>{escape(name)}</th><td>{escape(json.dumps(cell, ensure_ascii=False))}</td></tr>"
        for name, cell in cells[:_CELLS]
    )
    more = f"<p>and {len(cells) - _CELLS} more in record/results.json</p>" if len(cells) > _CELLS else ""
    return f"<table>{rows}</table>{more}"
