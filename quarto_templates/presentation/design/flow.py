"""flow: the subjects from the data lock to the analysis, as a trial's flow by arm, or as that of a target trial."""

from typing import Any

from presentation.kinds import survival
from presentation.sections import outcomes
from presentation.writing.exhibits import figure, where_it_fits
from presentation.writing.inputs import Report
from presentation.writing.numbers import count
from presentation.writing.typst import Block, Code, Value, block, call, joined, shortened, told_apart

_ARMS = ("treated", "control")
_NAME_LENGTH = 110
_EVENT_LENGTH = 80
_CHARACTERS_PER_LINE = 36
_MOST_LINES = 20
_MOST_REASONS = 26
_WORDS = {
    True: {
        "title": "Flow of subjects (target trial, TARGET 2025)",
        "assessed": "In the data lock, assessed",
        "excluded": "Not eligible",
        "entered": "Eligible at time zero",
        "arm": "{arm} arm, assigned by the data",
    },
    False: {
        "title": "Flow of subjects (CONSORT 2025)",
        "assessed": "Assessed for eligibility",
        "excluded": "Excluded",
        "entered": "Randomised",
        "arm": "{arm} arm, allocated",
    },
}
_RECEIVED = "Receipt of the allocated treatment: not delivered as data"

_Lines = list[tuple[str, int | None]]


def subjects(report: Report) -> Block:
    """Return Figure 14.1.1: each arm from its assignment to its analysis, with its losses, and criteria that excluded nobody."""
    cohort, words = report.results["cohort"], _WORDS[report.observational]
    reasons = [
        (step["reason"], step["left_out"]) for step in cohort["disposition"] if step["kind"] != "outcome"
    ]
    shown, size = _fitting(reasons)
    stages = {arm: _stages(report, arm) for arm in _ARMS}
    body = call(
        "arm-flow",
        _lines([(words["assessed"], cohort["assessed"])]),
        _lines([(words["excluded"], cohort["excluded"]), *shown]),
        _lines([(words["entered"], cohort["eligible"])]),
        [[_lines(lines) for lines in stages[arm]] for arm in _ARMS],
        size=Code(size),
    )
    alternative = (
        f"Flow of subjects. {_told([(words['assessed'], cohort['assessed']), (words['excluded'], cohort['excluded'])])} "
        f"({_listed(reasons)}). {_told([(words['entered'], cohort['eligible'])])}. "
        + " ".join(f"{_told([line for stage in stages[arm] for line in stage])}." for arm in _ARMS)
    )
    note = joined(_trimmed(report), report.cite(*_paths(report)))
    return block(figure("14.1.1", words["title"], alternative, body, note=note, source="cohort"))


def subjects_and_outcomes(report: Report) -> str:
    """Return Figure 14.1.1 and, before or after it as the pages fill, Table 14.1.1.1 with its words."""
    (drawn,) = subjects(report).calls
    return block(where_it_fits(drawn, outcomes.states(report).calls))


def _stages(report: Report, arm: str) -> list[_Lines]:
    """Return the boxes of an arm: assigned, followed, analysed."""
    cohort, words = report.results["cohort"], _WORDS[report.observational]
    states = cohort["outcomes"]["groups"][arm]
    assigned: _Lines = [
        (words["arm"].format(arm=arm.capitalize()), states["eligible"]["n"]),
        (shortened(report.arm(arm), _NAME_LENGTH), None),
        *([] if report.observational else [(_RECEIVED, None)]),
    ]
    followed: _Lines = [
        ("Followed, outcome due", states["due"]["n"]),
        ("Outcome not yet due", states["not_yet_due"]["n"]),
        *((shortened(event["event"], _EVENT_LENGTH), event[arm]["subjects"]) for event in _counted(report)),
        ("Lost: outcome missing", states["missing"]["n"]),
    ]
    analysed: _Lines = [
        ("Analysed", cohort["arms"][arm]["n"]),
        ("Outcome observed", states["observed"]["n"]),
        (outcomes.lost(report), states["missing"]["n"]),
        *_ended(report, arm),
    ]
    return [assigned, followed, analysed]


def _counted(report: Report) -> list[dict[str, Any]]:
    return [event for event in report.results["cohort"]["intercurrent_events"] if event["counted"]]


def _ended(report: Report, arm: str) -> _Lines:
    """Return how follow-up of a time to event ended in an arm."""
    if not survival.timed(report):
        return []
    found = report.results["cohort"]["outcomes"]["follow_up"]["arms"][arm]
    return [("Event", found["events"]), ("Censored", found["censored"])]


def _trimmed(report: Report) -> str:
    """Return how many of the analysis set are discarded by their scores; nothing where nobody is by plan."""
    trimming = report.results["propensity"]["trimming"]
    if trimming["method"] == "none":
        return ""
    return f"Discarded for extreme propensity scores, of both arms: {count(trimming['discarded'])}."


def _paths(report: Report) -> list[str]:
    cohort = report.results["cohort"]
    paths = [f"cohort.{key}" for key in ("assessed", "excluded", "eligible", "arms.treated", "arms.control")]
    paths += [*outcomes.PATHS[: len(_ARMS)]]
    paths += [f"cohort.disposition.{index}" for index in range(len(cohort["disposition"]))]
    paths += [
        f"cohort.intercurrent_events.{index}"
        for index, event in enumerate(cohort["intercurrent_events"])
        if event["counted"]
    ]
    if survival.timed(report):
        paths += [f"cohort.outcomes.follow_up.arms.{arm}" for arm in _ARMS]
    return paths + (["propensity.trimming"] if _trimmed(report) else [])


def _fitting(reasons: list[tuple[str, int]]) -> tuple[_Lines, str]:
    """Return the reasons that fit into the box on a page, and the font size.

    A long list gets a smaller font, with each name on one line. Reasons that still do not fit are counted in Table 14.1.1
    alone, which lists them all.
    """
    kept = _named(reasons, _NAME_LENGTH)
    if sum(1 + len(name) // _CHARACTERS_PER_LINE for name, _ in kept) <= _MOST_LINES:
        return kept, "8.6pt"
    small = _named(reasons, _CHARACTERS_PER_LINE)
    if len(small) > _MOST_REASONS:
        rest = len(small) - _MOST_REASONS + 1
        small = [*small[: _MOST_REASONS - 1], (f"{rest} more criteria: Table 14.1.1", None)]
    return small, "8pt"


def _named(reasons: list[tuple[str, int]], most: int) -> _Lines:
    names = told_apart([name for name, _ in reasons], most)
    return [(name, number) for name, (_, number) in zip(names, reasons, strict=True)]


def _lines(entries: _Lines) -> list[Value]:
    """Return the lines of a box: a text, and its count if it has one."""
    return [[words, "" if number is None else f"n = {count(number)}"] for words, number in entries]


def _told(entries: _Lines) -> str:
    return ", ".join(words if number is None else f"{words}: {count(number)}" for words, number in entries)


def _listed(reasons: list[tuple[str, int]]) -> str:
    return "; ".join(f"{name}: {count(number)}" for name, number in reasons)
