"""flexible: the splits of the cross-fitted estimates, and how flexible nuisance models are used."""

from presentation.sections.effect import decimals, error_unit
from presentation.writing.exhibits import Column, Row, table
from presentation.writing.inputs import Report
from presentation.writing.numbers import count, fixed
from presentation.writing.typst import block, call, joined

_LEARNERS = {
    "penalised": (
        "penalised regression: ridge regression, linear or logistic, on the covariates' terms, their squares and products; "
        "the penalty is chosen by prediction within the subjects that a model is fitted to"
    ),
    "boosting": (
        "gradient boosting: a fixed number of small regression trees on the covariates' terms; nothing is drawn at random"
    ),
}
_SHORT = {"penalised": "Penalised regression", "boosting": "Gradient boosting"}


def splits(report: Report) -> str:
    """Return Table 14.2.3.2: the effect and the range of the scores of every split; nothing without flexible models."""
    found = report.results["sensitivity"].get("flexible")
    if not found:
        return ""
    places, unit = decimals(report), report.results["primary"]["unit"]
    several = len({one["data_set"] for one in found}) > 1
    columns = (
        Column(("Learner", "split"), "left", "1fr"),
        Column(("Estimate", unit)),
        Column(("SE", error_unit(report))),
        Column(("Scores", "lowest to highest")),
        Column(("Lowest chance of", "being observed")),
        Column(("Truncated",)),
    )
    rows = [
        Row(
            (
                call("analysis-name", _SHORT[one["learner"]], _place(one, several=several)),
                fixed(one["estimate"], places),
                fixed(one["standard_error"], places),
                f"{fixed(one['lowest_score'], 4)} to {fixed(one['highest_score'], 4)}",
                fixed(one["lowest_observed"], 4),
                count(one["truncated"]),
            ),
            "loose",
            report.cite(f"sensitivity.flexible.{index}"),
        )
        for index, one in enumerate(found)
    ]
    note = joined(
        "The rows of flexible models in Table 14.2.3 are the medians over these splits. –: the split has no estimate, for the "
        "reason given."
    )
    title = "Flexible models: the estimates of each split"
    return block(table("14.2.3.2", title, columns, rows, note=note, source="sensitivity.flexible"))


def _place(one: dict[str, str | int], *, several: bool) -> str:
    """Return which split it is, and the reason where it has no estimate."""
    words = f"data set {one['data_set']}, split {one['split']}" if several else f"split {one['split']}"
    return f"{words} · {one['reason']}" if one["reason"] else words


def method(report: Report) -> str:
    """Return the paragraph about flexible nuisance models; nothing where the protocol plans none."""
    plan = report.protocol["sensitivity"].get("flexible")
    if not plan:
        return ""
    learners = "; ".join(_LEARNERS[one] for one in plan["learners"])
    limit = plan["truncation"]
    truncated = (
        "No score is truncated."
        if limit is None
        else f"Scores are truncated to {limit:g} to {1 - limit:g}, and chances of being observed to {limit:g} at least."
    )
    words = (
        f"Flexible nuisance models (Chernozhukov et al. 2018). Subjects are divided into {plan['folds']} folds, within arm, "
        "state of the outcome and, for a binary outcome, its value. Scores, outcomes and chances of being observed of a fold are "
        "predicted by models fitted on the other folds, and enter the formula of the primary estimator. The division is repeated "
        f"{plan['repeats']} time(s): the estimate is the median θ of the splits' estimates θs, its squared standard error the "
        f"median of SEs² + (θs − θ)². Learners: {learners}. {truncated}"
    )
    return block(call("para", words))
