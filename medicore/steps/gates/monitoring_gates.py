"""The gates of monitoring: a second implementation, boundaries and signals of harm, and looks that nobody planned."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from medicore.records.finding import MONITORING, Finding
from medicore.steps.gate import shown

GATE = MONITORING
SECOND_GATE = "double programming of looks"


def monitoring_findings(section: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield the findings of a look. None of a crossing where the protocol declares ``action: none``."""
    if not section["controlled"]:
        yield _outside(section)
    if section["action"] == "none" or section["method"] == "single":
        return
    if section["crossed"]:
        yield _crossing(section)
    for kind in ("harm", "futility"):
        bound = section[kind]
        if bound is not None and bound["crossed"]:
            yield _bound(section, kind, bound)


def second_implementation_findings(section: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield the finding that the second implementation does not confirm what this look claims; nothing overrides it."""
    yield from _unconfirmed(
        section["verification"],
        f"look {section['number']}",
        f"what look {section['number']} claims",
        "standard errors",
    )


def _unconfirmed(second: Mapping[str, Any], subject: str, claims: str, bounds: str) -> Iterator[Finding]:
    """Yield the findings of what is not confirmed; ``bounds`` is the unit of the bounds, beside that of levels."""
    for unit, key, limit in (
        (bounds, "difference", "tolerance"),
        ("level", "level_difference", "level_tolerance"),
    ):
        gap, tolerated = float(second[key]), float(second[limit])
        if not gap <= tolerated:  # written so that NaN, which confirms nothing, halts too
            yield Finding(
                "effect", SECOND_GATE, f"{subject}, {unit}", shown(gap), shown(tolerated),
                f"the second implementation does not confirm {claims}: they differ by {shown(gap)} "
                f"({unit}), tolerated are {shown(tolerated)}; do not use either, report the disagreement",
                overridable=False,
            )  # fmt: skip


def _outside(section: Mapping[str, Any]) -> Finding:
    this = section["looks"][-1]
    planned = section["design"].get("month", "")
    return Finding(
        "effect", GATE, "unplanned look", f"month {this['month']}, look {this['number']}", f"month {planned}, one look",
        f"look {this['number']}, of month {this['month']}, is without control: the protocol plans one look, the first of "
        f"{planned}; no interval of it is valid beside the others; read it as unplanned, or reject the run",
    )  # fmt: skip


def _crossing(section: Mapping[str, Any]) -> Finding:
    this = section["looks"][-1]
    boundary = float(section["boundary"])
    return Finding(
        "effect", GATE, f"boundary of {section['method']}", shown(section["z"]), shown(boundary),
        f"look {this['number']} crossed the boundary of {section['method']}: the statistic is {section['z']:.3f}, the "
        f"boundary {boundary:.3f}, the sequential p-value {section['sequential_p']:.3g}; the monitoring board decides "
        "whether the study goes on",
        false_alarm_rate=this["nominal_level"],
    )  # fmt: skip


def _bound(section: Mapping[str, Any], kind: str, bound: Mapping[str, Any]) -> Finding:
    boundary = float(bound["boundary"])
    return Finding(
        "effect", GATE, f"bound for {kind}", shown(section["z"]), shown(boundary),
        f"look {section['number']} crossed the bound for {kind}: the statistic is {section['z']:.3f}, the bound "
        f"{boundary:.3f}; the bound binds nobody, the monitoring board decides whether the study goes on",
        false_alarm_rate=bound.get("nominal_level"),
    )  # fmt: skip


def harm_findings(harms: Sequence[Mapping[str, Any]]) -> Iterator[Finding]:
    """Yield the findings on counted harms. None of a harm for which the protocol declares ``action: none``.

    A term that no event has is a finding where no list of preferred terms says that it is spelt rightly.
    A signal stays a finding at every later look. So is a harm that can be tested no longer: its counts are past the upper
    limit, or there are events and nothing to hold them against. What the second implementation does not confirm is a finding
    whatever the action, and nothing overrides it.
    """
    for harm in harms:
        second = harm["verification"]
        if second is not None:
            name = harm["name"]
            yield from _unconfirmed(second, f"harm {name}", f"the test of the harm {name!r}", "ratio")
        if harm["action"] == "none":
            continue
        if harm.get("absent_terms") and not harm["terms_listed"]:
            yield _absent(harm)
        if harm["first_signal"] is not None:
            yield _signal(harm)
        elif harm["ended"]:
            yield _ended(harm)
        elif harm["untested"] is not None and sum(arm["events"] for arm in harm["arms"].values()):
            yield _untested(harm)


def _signal(harm: Mapping[str, Any]) -> Finding:
    look = harm["looks"][-1]["number"]
    now = harm["signal"]
    told = f"look {look} signals the harm" if now else f"look {harm['first_signal']} signalled the harm"
    return Finding(
        "effect", GATE, f"harm {harm['name']}", _shown(harm["log_likelihood_ratio"]), _shown(harm["critical_value"]),
        f"{told} {harm['name']!r}: {_counts(harm)}; the log likelihood ratio of this look is "
        f"{_shown(harm['log_likelihood_ratio'])}, the critical value {_shown(harm['critical_value'])}; a signal stands at every "
        "later look; the monitoring board decides whether the study goes on",
        false_alarm_rate=harm["type_one_error"],
    )  # fmt: skip


def _ended(harm: Mapping[str, Any]) -> Finding:
    limit = harm["design"]["upper_limit"]
    reached = (
        harm["expected"] if harm["kind"] == "poisson" else sum(a["events"] for a in harm["arms"].values())
    )
    what = "events were expected" if harm["kind"] == "poisson" else "events came in both arms"
    return Finding(
        "effect", GATE, f"end of harm {harm['name']}", shown(reached), shown(limit),
        f"the surveillance of the harm {harm['name']!r} is past its end: {shown(reached)} {what}, the upper limit is "
        f"{shown(limit)}; its level no longer holds, so that nothing is a signal; found {_counts(harm)}, log likelihood ratio "
        f"{_shown(harm['log_likelihood_ratio'])}; the monitoring board judges the counts; declare a further surveillance "
        "under another name, or action: none",
    )  # fmt: skip


def _untested(harm: Mapping[str, Any]) -> Finding:
    return Finding(
        "effect", GATE, f"untested harm {harm['name']}", _counts(harm), "a test",
        f"the harm {harm['name']!r} could not be tested: {harm['untested']}; found {_counts(harm)}; the monitoring board judges "
        "the counts",
    )  # fmt: skip


def _absent(harm: Mapping[str, Any]) -> Finding:
    terms = ", ".join(repr(term) for term in harm["absent_terms"])
    return Finding(
        "effect", GATE, f"terms of harm {harm['name']}", terms, "terms of the adverse events",
        f"no delivered adverse event has the preferred term {terms} of the harm {harm['name']!r}, which is right only if it "
        "did not happen and is spelt as in the coding dictionary; compare the spelling, and list the dictionary's terms under "
        "safety.preferred_terms, which settles this finding",
    )  # fmt: skip


def _counts(harm: Mapping[str, Any]) -> str:
    treated, control = (harm["arms"][arm]["events"] for arm in ("treated", "control"))
    expected = "" if harm["expected"] is None else f", {shown(harm['expected'])} expected among the treated"
    return f"{treated} events of the treated and {control} of the controls{expected}"


def _shown(value: float | None) -> str:
    return "none" if value is None else shown(value)
