"""overlap: the propensity scores of both arms as mirrored histograms."""

from presentation.writing.axis import spanning
from presentation.writing.exhibits import figure
from presentation.writing.inputs import Report
from presentation.writing.numbers import count, interval, percent
from presentation.writing.typst import Value, block, call, joined


def overlap_plot(report: Report) -> str:
    """Return Figure 14.1.3: the propensity scores of both arms as mirrored histograms.

    In a randomised study nobody chose the treatment, so that the scores differ by chance alone: nothing is drawn.
    """
    if not report.observational:
        return ""
    histogram, cohort = report.results["propensity"]["histogram"], report.results["cohort"]
    totals = {arm: sum(histogram[arm]) or 1 for arm in ("treated", "control")}
    shares = {arm: [number / totals[arm] for number in histogram[arm]] for arm in totals}
    axis = spanning([max(shares["treated"] + shares["control"])], most_ticks=3)
    edges = histogram["edges"]
    bins: list[Value] = [
        [low, high, axis.at(treated), axis.at(control)]
        for low, high, treated, control in zip(
            edges[:-1], edges[1:], shares["treated"], shares["control"], strict=True
        )
    ]
    score = spanning([0.0, 0.96], most_ticks=10)
    levels = [
        {"at": axis.at(index * axis.step), "words": percent(index * axis.step, max(axis.decimals - 2, 0))}
        for index in range(1, round(axis.high / axis.step) + 1)
    ]
    legend = [
        [arm, f"{arm}: {report.arm(arm)} (n = {count(cohort['arms'][arm]['n'])})"]
        for arm in ("treated", "control")
    ]
    ranges = report.results["propensity"]["score_range"]
    alternative = (
        "Mirrored histogram of the estimated propensity score, treated above and control below the axis. Range in the "
        f"treated {interval(_range(ranges['treated']), 3)}, in the controls {interval(_range(ranges['control']), 3)}."
    )
    cited = report.cite(
        "propensity.histogram", "propensity.score_range", "cohort.arms.treated", "cohort.arms.control"
    )
    body = call("mirrored-histogram", bins, score.ticks(), levels, "Estimated propensity score", legend)
    return block(
        figure(
            "14.1.3",
            "Overlap of the propensity scores",
            alternative,
            body,
            note=joined("Height: share of the arm's subjects in the bin.", cited),
            source="propensity.histogram",
        )
    )


def _range(pair: list[float]) -> dict[str, float]:
    return {"ci_low": pair[0], "ci_high": pair[1]}
