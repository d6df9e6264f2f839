"""adverse events: how often they came in each arm, by system organ class and preferred term, and by time at risk."""

from collections.abc import Callable, Iterator
from typing import Any

from presentation.writing.exhibits import Column, Group, Row, table
from presentation.writing.inputs import Report
from presentation.writing.numbers import MISSING, count, fixed, level, percent, plural
from presentation.writing.typst import block, call, joined

PATH = "safety"
_ARMS = ("treated", "control")
_NONE = "The protocol declares no data set of adverse events."
_DESCRIBED = "No number is weighted or adjusted, and none is tested."
_NOTE = (
    "n: subjects with an event. Difference of the shares, treated less control, with the score interval of Miettinen and "
    f"Nurminen. {_DESCRIBED} {MISSING}: nobody of an arm was at risk."
)


def overview(report: Report) -> str:
    """Return who was at risk and which events count, and Table 14.3.1 with any event, serious ones and severities."""
    section = report.results.get(PATH)
    if not section:
        return block(call("para", _NONE))
    cited = report.cite("safety.events", *(f"safety.arms.{arm}" for arm in _ARMS))
    rows = [
        Row(_cells(row), "row", report.cite(f"safety.summary.{place}"))
        for place, row in enumerate(section["summary"])
    ]
    made = table(
        "14.3.1",
        "Adverse events",
        _columns(report, "Adverse event"),
        rows,
        note=joined(_NOTE, report.cite("primary")),
        source="safety.summary",
    )
    return block(call("para", _at_risk(report, section), cited), made)


def _at_risk(report: Report, section: dict[str, Any]) -> str:
    plan, events = report.protocol[PATH]["at_risk"], section["events"]
    arms = "; ".join(_arm(report.arm(arm), section["arms"][arm]) for arm in _ARMS)
    after = f", and {plural(plan['days_after'], 'day')} after it" if plan["days_after"] else ""
    return (
        f"Everybody counts who was at risk in a compared arm, eligible or not: from the day of {plan['first']} to that of "
        f"{plan['last']}{after}, at the latest on {section['until']}. {arms}. Of {plural(events['selected'], 'delivered event')}, "
        f"{count(events['counted'])} began in that time and {count(events['outside'])} outside it; "
        f"{count(events['elsewhere'])} are of subjects of other arms. {_DESCRIBED}"
    )


def _arm(name: str, found: dict[str, Any]) -> str:
    without = f", {count(found['without'])} without a first day" if found["without"] else ""
    return (
        f"{name}: {plural(found['subjects'], 'subject')}, {fixed(found['years'], 1)} patient-years{without}"
    )


def _columns(report: Report, first: str) -> tuple[Column, ...]:
    return (
        Column((first,), "left", "1fr"),
        *(Column((arm.capitalize(), report.arm(arm), "n (%), events")) for arm in _ARMS),
        Column(("Difference", f"({level(report.results['primary']['level'])} CI)")),
    )


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    counts = (_counted(row["arms"][arm]) for arm in _ARMS)
    return (row["name"], *counts, _difference(row["risk_difference"]))


def _counted(found: dict[str, Any]) -> str:
    return f"{count(found['subjects'])} ({percent(found['share'])}), {count(found['events'])}"


def _difference(found: dict[str, float] | None) -> str:
    if found is None:
        return MISSING
    low, high = percent(found["ci_low"]), percent(found["ci_high"])
    return f"{percent(found['estimate'])} ({low} to {high})"


def by_term(report: Report) -> str:
    """Return Table 14.3.2: subjects and events by system organ class and preferred term; nothing without a plan."""
    if not report.results.get(PATH):
        return ""
    columns = _columns(report, "Class, preferred term")
    rows = list(_rows(report, _cells))
    words = "Adverse events by system organ class and preferred term"
    return block(
        table(
            "14.3.2",
            words,
            columns,
            rows,
            note=joined(_NOTE, report.cite("primary")),
            source="safety.classes",
        )
    )


def _rows(report: Report, cells: Callable[[dict[str, Any]], tuple[str, ...]]) -> Iterator[Row | Group]:
    """Yield a row for each class, and below it one for each of its terms."""
    for place, organ in enumerate(report.results[PATH]["classes"]):
        yield Row(cells(organ), "total", report.cite(f"safety.classes.{place}"))
        for number, term in enumerate(organ["terms"]):
            yield Row(cells(term), "indented", report.cite(f"safety.classes.{place}.terms.{number}"))


def rates(report: Report) -> str:
    """Return Table 14.3.3: the rates of 100 patient-years at risk; nothing without a plan."""
    if not report.results.get(PATH):
        return ""
    of = level(report.results["primary"]["level"])
    columns = (
        Column(("Class, preferred term",), "left", "1fr"),
        *(Column((arm.capitalize(), report.arm(arm), f"incidence ({of} CI)")) for arm in _ARMS),
        *(Column((arm.capitalize(), "events")) for arm in _ARMS),
    )
    summary: list[Row | Group] = [
        Row(_rate_cells(row), "total", report.cite(f"safety.summary.{place}"))
        for place, row in enumerate(report.results[PATH]["summary"])
    ]
    note = (
        "Rates of 100 patient-years. Incidence: subjects with an event by the time to their first one and the others' whole "
        f"time at risk, exact interval. Events: all events by the whole time at risk. {MISSING}: nobody was at risk."
    )
    rows = [*summary, *_rows(report, _rate_cells)]
    return block(
        table(
            "14.3.3",
            "Exposure-adjusted rates of adverse events",
            columns,
            rows,
            note=joined(note, report.cite("primary")),
            source="safety",
        )
    )


def _rate_cells(row: dict[str, Any]) -> tuple[str, ...]:
    arms = [row["arms"][arm] for arm in _ARMS]
    return (row["name"], *map(_incidence, arms), *(fixed(arm["event_rate"], 1) for arm in arms))


def _incidence(found: dict[str, Any]) -> str:
    if found["incidence_rate"] is None:
        return MISSING
    low, high = fixed(found["incidence_low"], 1), fixed(found["incidence_high"], 1)
    return f"{fixed(found['incidence_rate'], 1)} ({low} to {high})"


def method(report: Report) -> str:
    """Return the methods of the safety tables with their sources; nothing without a plan."""
    if not report.results.get(PATH):
        return ""
    words = (
        "Adverse events in the time at risk. The exposure-adjusted incidence rate is c/T, c the subjects with an event, T the "
        "time to their first one and the others' whole time at risk, with the exact Poisson interval (Garwood 1936). Shares are "
        "compared by their difference with the score interval of Miettinen & Nurminen (1985), which needs no large counts."
    )
    return block(call("para", words))
