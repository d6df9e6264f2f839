"""outcome: what the report says of the primary outcome by its kind, where that has an estimator of its own."""

from presentation.kinds import rates, survival, visits, wins
from presentation.writing.inputs import Report
from presentation.writing.typst import Block, block, call

MEANS = {
    "ATE": "Estimated mean outcome if everyone had been in the arm",
    "ATT": "Estimated mean outcome of the treated, had they been in the arm",
    "ATO": "Estimated mean outcome of the overlap population, had it been in the arm",
}


def own(report: Report) -> bool:
    """Return whether the outcome has an estimator of its own, whose standard error is the jackknife's."""
    return followed(report) or wins.graded(report)


def followed(report: Report) -> bool:
    """Return whether the outcome is there from the first day, as a time to an event and a count are."""
    return survival.timed(report) or rates.counted(report)


def in_brief(report: Report) -> str:
    """Return a paragraph about the methods; nothing for an outcome without an estimator of its own."""
    if rates.counted(report):
        return block(call("para", rates.BRIEF))
    if wins.graded(report):
        return block(call("para", wins.BRIEF))
    return survival.in_brief(report)


def model(report: Report) -> str:
    """Return what an arm's model of the outcome is called."""
    if wins.graded(report):
        return "linear model of each threshold"
    return "log-linear model of rate and of exposure" if rates.counted(report) else survival.model(report)


def right_models(report: Report) -> str:
    """Return which models an observational estimate needs to be right, to end a sentence."""
    if rates.counted(report):
        return (
            "the rate depends on nothing but arm and covariates, as on the length of the exposure, and the models of the rate are "
            "right, or the propensity model and the models of the exposure are."
        )
    if wins.graded(report):
        return "and the propensity model or the models of all thresholds are right."
    return survival.right_models(report)


def assumed(report: Report) -> str:
    """Return what a randomised comparison assumes besides, as a sentence after a space."""
    if rates.counted(report):
        return " The rate is taken not to depend on the length of the exposure, given arm and covariates."
    return survival.of_censoring(report)


def estimator(report: Report) -> str:
    """Return description and formula of the primary estimator of an outcome that has its own."""
    if wins.graded(report):
        return wins.estimator(report)
    return rates.estimator(report) if rates.counted(report) else survival.estimator(report)


def means_title(report: Report) -> str:
    """Return the title of the arms' means."""
    if visits.mixed(report):
        return visits.MEANS
    if not own(report):
        return MEANS[report.protocol["estimand"]["target"]]
    if rates.counted(report):
        return rates.means_title(report)
    if wins.graded(report):
        return wins.MEANS
    of = survival.of_what(report)
    return f"{of[0].upper()}{of[1:]} if everyone had been in the arm"


def states(report: Report) -> Block:
    """Return Table 14.1.1.1 of an outcome that is there from the first day: follow-up, or events and exposure."""
    return rates.exposure(report) if rates.counted(report) else survival.follow_up(report)


def confirmed(report: Report) -> tuple[str, float]:
    """Return what the second implementation is held against: the name of the row, and its standard error."""
    primary = report.results["primary"]
    if own(report):
        return (
            "Primary implementation, by the influence function",
            float(primary["standard_errors"]["influence"]),
        )
    if visits.mixed(report):
        return (
            "Primary implementation, standard error without correction",
            float(primary["standard_errors"]["influence"]),
        )
    return "Primary implementation", float(primary["standard_error"])
