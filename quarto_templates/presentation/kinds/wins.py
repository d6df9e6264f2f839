"""wins: what the report of an ordinal outcome says besides: the win probability, and the levels of the arms.

Every function that returns a block returns nothing for another outcome.
"""

from typing import Any

from presentation.writing.exhibits import Column, Row, table
from presentation.writing.inputs import Report
from presentation.writing.numbers import interval, level, percent, with_share
from presentation.writing.typst import Code, block, call

_ARMS = ("treated", "control")
MEANS = "Win probability: that a subject of the arm fares better than one of the other, ties shared"
BRIEF = (
    "For an ordinal outcome two subjects are compared, one as if treated and one as if not: who has the better level wins, and a tie "
    "counts half for either. The outcome models are linear models of being at or below each level, one per arm. The standard "
    "error of the primary analysis is the jackknife's, with every model fitted again without each subject, and the quantiles are "
    "those of Student's t."
)
_ESTIMATOR = (
    "Primary estimator: the win probability θ (Mann & Whitney 1947; Brunner & Munzel 2000) of the arms' distributions over the "
    "levels, each estimated by augmented inverse probability weighting (Robins, Rotnitzky & Zhao 1994). The chance F of arm a of being "
    "at or below level k is the mean of ψ over everybody:",
    "psi of arm a and level k is m a k, plus the indicator of arm a over e a, times the indicator of Y at or below k less m a k",
    "$ psi_(a k i) = m_(a k) (X_i) + (1_(A_i = a)) / (e_a (X_i)) [ 1_(Y_i <= k) - m_(a k) (X_i) ], quad "
    "theta = sum_k [F_1 (k) - F_1 (k - 1)] (F_0 (k) + F_0 (k - 1)) / 2. $",
)
_MODELS = (
    "m is the chance of being at or below the level, by least squares in each arm, which has a fit where a level is rare; e is the "
    "chance of the arm. The estimate is right when the propensity score is, or the models of all levels are. {measure}"
)
_MEASURES = {
    "win odds": "The win odds are θ/(1 − θ); their interval and their standard error are computed on the logarithm, by the delta method.",
    "net benefit": "The net benefit is θ less 1 − θ.",
}


def graded(report: Report) -> bool:
    """Return whether the outcome is one of some ordered levels."""
    return bool(report.protocol["outcome"]["type"] == "ordinal")


def estimator(report: Report) -> str:
    """Return description and formula of the primary estimator."""
    words, alternative, formula = _ESTIMATOR
    models = _MODELS.format(measure=_MEASURES[report.results["primary"]["measure"]])
    return block(call("para", words), call("formula", alternative, Code(formula)), call("para", models))


def beside(report: Report) -> str:
    """Return Table 14.2.13: subjects and shares of each level by arm, from the worst; nothing for another outcome."""
    found = report.results.get("wins")
    if not found:
        return ""
    outcome = report.protocol["outcome"]
    columns = (
        Column((outcome["label"], "from the worst to the best"), "left", "1fr"),
        *(
            column
            for arm in _ARMS
            for column in (
                Column((arm.capitalize(), report.arm(arm), "as it is")),
                Column((arm.capitalize(), "adjusted", f"{level(report.results['primary']['level'])} CI")),
            )
        ),
    )
    rows = [
        Row(
            (told["level"], *(cell for arm in _ARMS for cell in _cells(told[arm]))),
            "row",
            report.cite(f"wins.levels.{place}"),
        )
        for place, told in enumerate(found["levels"])
    ]
    note = (
        "Adjusted: the share of the level if everybody had been in the arm, by the primary estimator; where a level is rare it may "
        "leave 0 to 100 %. Intervals by the stacked sandwich, large-sample quantiles, cut at 0 and 100 %."
    )
    return block(table("14.2.13", "Levels of the outcome", columns, rows, note=note, source="wins.levels"))


def _cells(arm: dict[str, Any]) -> tuple[str, str]:
    ends = {end: 100 * arm[end] for end in ("ci_low", "ci_high")}
    return with_share(arm["n"], arm["share"]), f"{percent(arm['adjusted'])} ({interval(ends, 1)})"
