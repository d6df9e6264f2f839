"""preview_page: the preview as one HTML page that needs no network and no script."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape

from medicore.cases.studies.previewing import lines_of
from medicore.records.protocol.protocol import Protocol
from medicore.steps.preview.preview import Preview

_STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1a1a1a }
h1 { font-size: 1.4rem } h2 { font-size: 1.1rem; margin-top: 1.8rem }
table { border-collapse: collapse } th, td { padding: .2rem .8rem .2rem 0; text-align: left } td.n, th.n { text-align: right }
tbody tr:nth-child(odd) { background: #f4f6f8 } .stop { border-left: 4px solid #b3261e; padding-left: .7rem }
svg { max-width: 100%; height: auto } figcaption { color: #555; font-size: .9rem } .scroll { overflow-x: auto }
pre { white-space: pre-wrap } figure { margin: 0 }
"""
_WIDTH, _HEIGHT = 640, 130


def preview_page(protocol: Protocol, found: Preview) -> str:
    """Return the preview of a protocol as an HTML page; every text of the protocol is escaped."""
    stops = [*found.problems, *(f"{one.gate}: {one.message}" for one in found.findings)]
    parts = [
        f"<h1>{escape(protocol.study)}: preview of the plan, blind to the outcome</h1>",
        f"<p>{escape(protocol.title)}, version {escape(protocol.version)}</p>",
        _stops(stops),
        _section("Summary", f"<pre>{escape(chr(10).join(_plain(found)))}</pre>"),
    ]
    if found.sparse:
        rows = [
            (f"{one['column']}={one['level']}", one["treated"], one["control"], one["remedy"])
            for one in found.sparse
        ]
        parts.append(
            _section("Sparse levels", _table(("Level", "Treated", "Control", "What mends it"), rows))
        )
    if found.histogram is not None:
        parts.append(_section("Overlap of the propensity scores", _histogram(found.histogram)))
    if found.balance:
        terms = [
            (one["term"], f"{one['unweighted']:+.3f}", f"{one['weighted']:+.3f}") for one in found.balance
        ]
        parts.append(_section("Balance", _table(("Term", "SMD before", "SMD after weighting"), terms)))
    head = f"<meta charset='utf-8'><meta name='viewport' content='width=device-width'><style>{_STYLE}</style>"
    title = f"<title>{escape(protocol.study)}: preview</title>"
    return (
        f"<!doctype html>\n<html lang='en'><head>{head}{title}</head><body>{''.join(parts)}</body></html>\n"
    )


def _plain(found: Preview) -> Iterable[str]:
    """Return the lines of the summary that have no table or figure of their own."""
    own = ("WOULD", "SPARSE", "Balance", "             and")
    return [line for line in lines_of(found) if not line.startswith(own)]


def _stops(words: Sequence[str]) -> str:
    if not words:
        return "<p>Nothing that can be known before the outcome would fail or halt a run.</p>"
    listed = "".join(f"<li>{escape(one)}</li>" for one in words)
    return f"<div class='stop'><h2>A run would fail or halt</h2><ul>{listed}</ul></div>"


def _section(title: str, body: str) -> str:
    return f"<section><h2>{title}</h2>{body}</section>"


def _table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    head = "".join(
        f"<th scope='col'{'' if place == 0 else ' class=n'}>{name}</th>" for place, name in enumerate(heads)
    )
    body = "".join(
        "<tr>"
        + "".join(
            f"<th scope='row'>{escape(str(cell))}</th>"
            if place == 0
            else f"<td class='n'>{escape(str(cell))}</td>"
            for place, cell in enumerate(row)
        )
        + "</tr>"
        for row in rows
    )
    return f"<div class='scroll' tabindex='0'><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"


def _histogram(counts: Mapping[str, tuple[int, ...]]) -> str:
    """Return a mirrored histogram: the treated above the line, the control arm below it, as shares of their arm."""
    shares = {arm: [n / max(1, sum(found)) for n in found] for arm, found in counts.items()}
    top = max((share for found in shares.values() for share in found), default=1.0) or 1.0
    middle, step = _HEIGHT // 2, _WIDTH / len(counts["treated"])
    bars = []
    for arm, colour in (("treated", "#1f5f8b"), ("control", "#c98a1b")):
        for place, share in enumerate(shares[arm]):
            height = share / top * (middle - 4)
            y = middle - height if arm == "treated" else middle
            bars.append(
                f"<rect x='{place * step + 1:.1f}' y='{y:.1f}' width='{step - 2:.1f}' height='{height:.1f}' fill='{colour}'/>"
            )
    words = "Propensity scores from 0 to 1 in twenty intervals: the treated above the line, the control arm below it"
    drawn = f"<line x1='0' x2='{_WIDTH}' y1='{middle}' y2='{middle}' stroke='#444'/>"
    svg = (
        f"<svg viewBox='0 0 {_WIDTH} {_HEIGHT}' role='img' aria-label='{words}'>{''.join(bars)}{drawn}</svg>"
    )
    return f"<figure>{svg}<figcaption>{words}; shares of their arm.</figcaption></figure>"
