"""The synopsis: the study on one page, for a reader with two minutes."""

import itertools
import math
from typing import Any

from presentation.kinds import outcome as kind
from presentation.kinds import rates, survival, visits, wins
from presentation.sections.effect import quoted, sentence, with_unit
from presentation.sections.estimand import TARGETS
from presentation.sections.outcomes import PATHS
from presentation.sections.propensity import limit_paths
from presentation.sections.randomised import VERDICT, verdict
from presentation.sections.sensitivity import forest_of
from presentation.writing.exhibits import facts
from presentation.writing.inputs import Report
from presentation.writing.numbers import as_float, count, fixed, interval, level, plain, smd
from presentation.writing.typst import Code, block, call, joined, shortened

_ARMS = ("treated", "control")
_MOST_ROWS = 3
_LONGEST = 180
_FAVOURED = {("higher", True): "treated", ("higher", False): "control", ("lower", True): "control"}


def estimand_in_words(report: Report) -> str:
    """Return target, contrast and outcome of the estimand."""
    target = TARGETS.get(report.protocol["estimand"]["target"], report.protocol["estimand"]["target"])
    contrast = f"{report.arm('treated')} against {report.arm('control')}"
    return f"{target} of {contrast} on: {report.protocol['outcome']['label']}"


def design(report: Report) -> str:
    """Return phase and design, each once."""
    of, phase = str(report.results["study"]["design"]), str(report.results["study"]["phase"])
    if of in phase.lower():
        return phase
    numeral = phase.split(" ")[0].strip("IV") == ""
    return f"{f'Phase {phase}' if numeral else phase}, {of}"


def direction(report: Report) -> str:
    """Return which arm the estimate favours, and how it stands to the smallest relevant difference; nothing undeclared."""
    words = benefit(report)
    return block(call("para", words, report.cite("primary", "monitoring"))) if words else ""


def benefit(report: Report) -> str:
    """Return the same in words; empty where the protocol declares no direction of benefit."""
    outcome, primary = report.protocol["outcome"], report.results["primary"]
    better, estimate = outcome.get("better"), primary["estimate"]
    if better is None:
        return ""
    if estimate == primary["null"]:
        return f"{better.capitalize()} values are better; the estimate favours neither arm."
    favoured = _FAVOURED.get((better, estimate > primary["null"]), "treated")
    words = f"{better.capitalize()} values are better: the estimate favours {report.arm(favoured)}."
    return f"{words} {_relevance(report, estimate)}".strip()


def _relevance(report: Report, estimate: float) -> str:
    """Return how estimate and valid interval stand to the smallest relevant difference of the protocol."""
    relevant = report.protocol["outcome"].get("relevant")
    if relevant is None or report.results["primary"]["scale"] == "logarithm":
        return ""
    limit = with_unit(fixed(relevant, max(report.decimals, _decimals_of(relevant))), report)
    if abs(estimate) < relevant:
        return f"It is smaller than the smallest relevant difference, {limit}."
    found = report.results["monitoring"]
    ends = [as_float(found[end]) for end in ("ci_low", "ci_high")] if found["controlled"] else [None, None]
    nearest = min((abs(end) for end in ends if end is not None), default=0.0)
    whole = None not in ends and (ends[0] or 0.0) * (ends[1] or 0.0) > 0 and nearest >= relevant
    if whole:
        return f"Every value of the valid interval is at least the smallest relevant difference, {limit}."
    return f"It reaches the smallest relevant difference, {limit}, which the valid interval does not show."


def _decimals_of(value: float) -> int:
    return len(f"{value:g}".partition(".")[2])


def synopsis(report: Report) -> str:
    """Return Table 2.1 and Figure 2.1: the study at a glance, as ICH E3 requires."""
    results = report.results
    pairs = (
        ("Study", f"{results['study']['id']}: {shortened(results['study']['title'], _LONGEST)}"),
        ("Sponsor, design", f"{shortened(results['study']['sponsor'], _LONGEST)}; {design(report)}"),
        ("Objective", shortened(f"To estimate {estimand_in_words(report)}", 2 * _LONGEST)),
        ("Subjects", _subjects(report)),
        *((f"{arm.capitalize()} arm", _arm(report, arm)) for arm in _ARMS),
        ("Primary result", joined(sentence(report), report.cite(*quoted(report)))),
        *_hypothesis(report),
        ("Method", joined(_method(report), report.cite("primary"))),
        ("Diagnostics", _diagnostics(report)),
        *_limitations(report),
    )
    return block(facts("2.1", "The study at a glance", pairs)) + _forest(report)


def _method(report: Report) -> str:
    primary = report.results["primary"]
    return f"{primary['estimator']}: {_fitted(report)}; variance: {plain(primary['variance'])}"


def _subjects(report: Report) -> Code:
    cohort = report.results["cohort"]
    late = cohort["outcomes"]["groups"]["overall"]["not_yet_due"]["n"]
    words = (
        f"{count(cohort['assessed'])} assessed, {count(cohort['excluded'])} excluded, {count(late)} not yet due, "
        f"{count(cohort['analysed'])} analysed"
    )
    return joined(words, report.cite("cohort.assessed", "cohort.excluded", "cohort.analysed", PATHS[-1]))


def _arm(report: Report, arm: str) -> Code:
    """Return who is in an arm, whose outcome is missing, and the arm's mean with its interval."""
    states, mean = (
        report.results["cohort"]["outcomes"]["groups"][arm],
        report.results["primary"]["means"][arm],
    )
    words = (
        f"{shortened(report.arm(arm), _LONGEST // 2)}: {count(report.results['cohort']['arms'][arm]['n'])} analysed, "
        f"{count(states['missing']['n'])} without an outcome that was due; {_mean(report)} "
        f"{fixed(mean['estimate'], report.decimals)} ({level(report.results['primary']['level'])} CI "
        f"{interval(mean, report.decimals)})"
    )
    return joined(
        words,
        report.cite(f"cohort.arms.{arm}", f"cohort.outcomes.groups.{arm}", f"primary.means.{arm}", "primary"),
    )


def _mean(report: Report) -> str:
    if survival.timed(report):
        return survival.of_what(report)
    if rates.counted(report):
        return "rate"
    if wins.graded(report):
        return "win probability"
    return "risk" if report.protocol["outcome"]["type"] == "binary" else "mean"


def _fitted(report: Report) -> str:
    """Return which models the primary estimator fits."""
    if report.protocol["inference"].get("estimator", "aipw") == "aipw":
        return f"propensity model and one {kind.model(report)} per arm"
    if visits.mixed(report):
        return "one mixed model of all visits and arms"
    per_arm = report.protocol["inference"].get("heterogeneous")
    return "one outcome model per arm" if per_arm else "one outcome model of both arms"


def _diagnostics(report: Report) -> Code:
    """Return the balance that was reached, and whether the gates were passed."""
    balance, found = report.results["balance"], report.results["findings"]
    worst = balance["worst"]
    limit = "no limit declared" if balance["threshold"] is None else f"limit {balance['threshold']:g}"
    decided = sum(finding["decision"] is not None for finding in found)
    gates = f"{count(len(found))} found by gates, {count(decided)} decided" if found else "every gate passed"
    words = (
        f"Largest absolute SMD {smd(worst['unweighted']['smd'])} before and {smd(worst['weighted']['smd'])} after "
        f"weighting, {limit}; {gates}"
    )
    return joined(words, report.cite("balance.worst", *limit_paths(balance)))


def _hypothesis(report: Report) -> list[tuple[str, Code]]:
    """Return the verdict on the hypothesis, where one is declared."""
    words = verdict(report)
    return [("Hypothesis", joined(f"{words[0].upper()}{words[1:]}", report.cite(*VERDICT)))] if words else []


def _limitations(report: Report) -> list[tuple[str, str]]:
    """Return the limitations that the protocol names: as many as the synopsis has room for, and where the others are."""
    named = report.protocol.get("limitations", ())
    if not named:
        return []
    lengths = itertools.accumulate(len(one) + 1 for one in named)
    kept = max(sum(length <= 2 * _LONGEST for length in lengths), 1)
    told = " ".join(shortened(one, 2 * _LONGEST) for one in named[:kept])
    return [("Limitations", told if kept == len(named) else f"{told} More in section 13.2.")]


def _forest(report: Report) -> str:
    """Return Figure 2.1: the primary result and the sensitivity analyses that lie farthest from it."""
    rows = [
        (f"sensitivity.sensitivity.{index}", row)
        for index, row in enumerate(report.results["sensitivity"]["sensitivity"])
        if row["estimate"] is not None
    ]
    farthest = sorted(rows, key=lambda row: -_distance(report, row[1]))[:_MOST_ROWS]
    if not farthest:
        return ""
    title = "Primary result and the sensitivity analyses farthest from it"
    return forest_of(report, farthest, "2.1", title, source="sensitivity.sensitivity")


def _distance(report: Report, row: dict[str, Any]) -> float:
    primary = report.results["primary"]
    other, chosen = float(row["estimate"]), float(primary["estimate"])
    if primary["scale"] == "logarithm":
        return abs(math.log(other / chosen))
    return abs(other - chosen)
