"""outcomes: their states at the data lock, the intercurrent events, and the weights for being observed."""

from collections.abc import Sequence
from typing import Any

from presentation.kinds import outcome, visits
from presentation.writing.exhibits import Column, Row, table
from presentation.writing.inputs import Report
from presentation.writing.numbers import MISSING, count, fixed, percent, with_share
from presentation.writing.typst import Block, Code, block, call

_ARMS = ("treated", "control")
_WEIGHTED = (
    "Missing outcomes: a logistic regression of being observed on arm and covariates gives each subject the probability π of "
    "an observed outcome. Outcome models are fitted among the observed, every subject's prediction enters, and the residual "
    "of an observed subject is divided by π besides the propensity score (Robins, Rotnitzky & Zhao 1994; Seaman & White "
    "2013). The estimate is right when, given arm and covariates, whether an outcome is missing does not depend on its value, "
    "and either the outcome models, or propensity and observation model together, are right."
)
_COMPLETE = (
    "Missing outcomes: the protocol analyses complete cases. Subjects whose outcome is missing are left out, which is right "
    "when outcomes are missing by chance alone. Where it depends on arm or covariates whether an outcome is missing, the "
    "estimate is that of a population like the observed, and biased for everybody unless the effect is the same for all."
)
_DRAWN = (
    " They are drawn {imputations} times (seed {seed}), a continuous outcome from Bayesian linear regression and an outcome of "
    "0 and 1 from logistic regression on {covariates}, with any missing covariates in one run of chained equations. Each "
    "completed data set is analysed in full and the estimates are pooled by Rubin's rules (Rubin 1987; Barnard & Rubin 1999)."
)
_RULES = {
    "multiple imputation": "Missing outcomes: drawn within each arm (White, Royston & Wood 2011), which is right when, given "
    "arm and covariates, whether an outcome is missing does not depend on its value.",
    "jump to reference": "Missing outcomes: drawn in both arms from the regression of the control arm (jump to reference; "
    "Carpenter, Roger & Kenward 2013), as if a treated subject without an outcome had fared like a control.",
    "copy reference": "Missing outcomes: drawn in both arms from the regression of the control arm (copy reference, with one "
    "visit the same as jump to reference; Carpenter, Roger & Kenward 2013), as if a treated subject without an outcome "
    "had fared like a control.",
}
_ANCHORED = (
    " Rubin's variance is information-anchored: missing outcomes cost as much information as they do when they are missing "
    "at random (Cro, Carpenter & Kenward 2019). The interval over repeated samples stands beside it among the "
    "sensitivity analyses (conditional means; Wolbers et al. 2022)."
)
STATES = (
    ("Eligible subjects of the two arms", "eligible", "total"),
    ("Not yet due", "not_yet_due", "row"),
    ("Due", "due", "row"),
    ("Observed", "observed", "indented"),
    ("Missing", "missing", "indented"),
    ("Observed outside the window, and used", "outside_window", "indented"),
)
"""The states of an outcome: words, key in the results, and style of the row."""
_DATES = {
    True: "Not yet due: no value, and the window of the visit was not over at the data lock. ",
    False: "The protocol names no dates, so that no outcome can be told to be not yet due. ",
}


PATHS = tuple(f"cohort.outcomes.groups.{group}" for group in (*_ARMS, "overall"))
"""The paths of the outcomes' counts and shares."""


def entered(report: Report) -> str:
    """Return how subjects came into an arm: by allocation, or by the data."""
    return "Assigned by the data" if report.observational else "Allocated"


def lost(report: Report) -> str:
    """Return what became of the subjects whose outcome was due and is missing."""
    found = report.results["cohort"]["outcomes"]
    if found.get("imputation"):
        return "Outcome missing, drawn for the analysis"
    if visits.mixed(report):
        return "Outcome missing, analysed by the visits held"
    complete = found["method"] == "complete cases"
    return (
        "Outcome missing, left out (complete cases)" if complete else "Outcome missing, analysed by weights"
    )


def in_words(report: Report) -> str:
    """Return the counts of the three states in words."""
    found = report.results["cohort"]["outcomes"]["groups"]["overall"]
    return (
        f"outcomes of the eligible: {count(found['observed']['n'])} observed, {count(found['missing']['n'])} "
        f"missing, {count(found['not_yet_due']['n'])} not yet due"
    )


def states(report: Report) -> Block:
    """Return Table 14.1.1.1: the outcomes of the eligible subjects at the data lock, by arm."""
    if outcome.followed(report):
        return outcome.states(report)
    found = report.results["cohort"]["outcomes"]
    locked = f"Day of the data lock: {found['locked_on']}. " if found["locked_on"] else ""
    words = f"{locked}{_DATES[found['told_by_dates']]}Percentages of the eligible, or of those whose outcome was due."
    made = states_table(report, STATES, words)
    method = call("para", _method(report, found), report.cite("cohort.outcomes.missing_share"))
    return block(made, method, *_draws(report, found.get("imputation")))


def states_table(report: Report, states: Sequence[tuple[str, str, str]], note: str) -> Code:
    """Return the table of these ``states``, each with its words, its key in the results and the style of its row."""
    columns = (
        Column(("Outcome",), "left", "1fr"),
        *(Column((arm.capitalize(), report.arm(arm), "n (%)"), width="30mm") for arm in _ARMS),
        Column(("Overall", "", "n (%)")),
    )
    rows = [_row(report, *state) for state in states]
    return table("14.1.1.1", "Outcomes at the data lock", columns, rows, note=note, source="cohort.outcomes")


def _method(report: Report, found: dict[str, Any]) -> str:
    """Return the method for missing outcomes in words."""
    drawn = found.get("imputation")
    if visits.mixed(report):
        return visits.MISSING
    if drawn is None:
        return _WEIGHTED if found["method"] == "weighted" else _COMPLETE
    words = _RULES[drawn["method"]]
    if not drawn["arms"]:
        return f"{words} Nothing was missing."
    named = ", ".join(report.term(column) for column in drawn["covariates"])
    words += _DRAWN.format(imputations=drawn["imputations"], seed=drawn["seed"], covariates=named)
    return words if drawn["method"] == "multiple imputation" else words + _ANCHORED


def _draws(report: Report, drawn: dict[str, Any] | None) -> tuple[Code, ...]:
    """Return a paragraph about what the drawn outcomes are like; none where nothing was drawn."""
    if drawn is None or not drawn["arms"]:
        return ()
    unit = report.results["primary"]["unit"] if report.results["primary"] else ""
    arms = "; ".join(
        f"{arm}: {count(of['imputed'])} drawn, mean of the observed {fixed(of['mean_observed'], 2)}, of the drawn "
        f"{fixed(of['mean_imputed'], 2)}" + _expected(of)
        for arm, of in drawn["arms"].items()
    )
    words = f"Drawn outcomes{f', {unit}' if unit else ''}. {arms[0].upper()}{arms[1:]}."
    return (call("para", words, report.cite("cohort.outcomes.imputation")),)


def _expected(of: dict[str, Any]) -> str:
    if of["mean_expected"] is None:
        return ""
    return (
        f" (a second implementation expects {fixed(of['mean_expected'], 2)}; the draws are {fixed(of['distance'], 1)} "
        "standard errors from it)"
    )


def _row(report: Report, words: str, state: str, kind: str) -> Row:
    groups = report.results["cohort"]["outcomes"]["groups"]
    parts = [groups[group][state] for group in (*_ARMS, "overall")]
    cells = [with_share(part["n"], part["share"]) if "share" in part else count(part["n"]) for part in parts]
    return Row((words, *cells), kind, report.cite(*PATHS))


def events(report: Report) -> str:
    """Return Table 8.2: the intercurrent events by arm, and the outcomes that each strategy set."""
    found = report.results["cohort"]["intercurrent_events"]
    rows = [
        Row(
            (
                call("analysis-name", event["event"], event["strategy"]),
                *(_events(event[arm]["subjects"]) for arm in _ARMS),
                *(_events(event[arm]["outcomes_set"]) for arm in _ARMS),
            ),
            "loose",
            report.cite(f"cohort.intercurrent_events.{index}"),
        )
        for index, event in enumerate(found)
    ]
    columns = (
        Column(("Intercurrent event", "strategy"), "left", "1fr"),
        *(Column(("Subjects", arm, "n")) for arm in _ARMS),
        *(Column(("Outcomes set", arm, "n")) for arm in _ARMS),
    )
    note = (
        "Among the subjects whose outcome was due. Outcomes set: given the value of the strategy, or counted as missing. "
        f"{MISSING}: not collected, and so not counted."
    )
    made = table("8.2", "Intercurrent events", columns, rows, note=note, source="cohort.intercurrent_events")
    return block(made, *(call("para", words) for words in _durations(found)))


def _events(number: int | None) -> str:
    return MISSING if number is None else count(number)


def _durations(found: list[dict[str, Any]]) -> list[str]:
    """Return, for each event under the strategy while on treatment, how long treatment went on before it."""
    told = []
    for event in found:
        spread = {arm: event[arm]["days"] for arm in _ARMS}
        if any(days is not None and days["median"] is not None for days in spread.values()):
            parts = "; ".join(f"{arm} {_quartiles(days)}" for arm, days in spread.items() if days is not None)
            told.append(f"Days on treatment until {event['event']}, median (quartiles): {parts}.")
    return told


def _quartiles(days: dict[str, float | None]) -> str:
    if days["median"] is None:
        return MISSING
    return f"{fixed(days['median'], 0)} ({fixed(days['lower_quartile'], 0)} to {fixed(days['upper_quartile'], 0)})"


def observation(report: Report) -> str:
    """Return a paragraph about the weights for treatment and observation; nothing where every outcome is observed."""
    found = report.results["primary"]["observation"]
    if found is None:
        return ""
    arms = "; ".join(
        f"{arm}: {count(of['observed'])} observed, probability of being observed {fixed(of['lowest_chance'], 2)} to "
        f"{fixed(of['highest_chance'], 2)}, effective sample size {fixed(of['effective_sample_size'], 0)}, largest weight "
        f"{percent(of['largest_weight_share'])} of the arm's, farthest term {report.term(found['worst'][arm]['term'])} with "
        f"SMD {fixed(found['worst'][arm]['smd'], 3)} between the weighted observed and the target population"
        for arm, of in found["arms"].items()
    )
    words = f"Weights for treatment and observation together. {arms[0].upper()}{arms[1:]}."
    return block(call("para", words, report.cite("primary.observation")))
