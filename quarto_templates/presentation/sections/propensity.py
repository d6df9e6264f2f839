"""propensity: balance before and after weighting, the model, its diagnostics, and overlap."""

from typing import Any

from presentation.writing.axis import spanning
from presentation.writing.exhibits import Column, Group, Row, figure, table
from presentation.writing.inputs import Report
from presentation.writing.numbers import (
    MISSING,
    as_float,
    c_statistic,
    count,
    effective_size,
    fixed,
    percent,
    smd,
    typeset,
)
from presentation.writing.plots import Strip, stays_on_a_page, strip_plot
from presentation.writing.typst import Code, block, joined

_WORDS = {"unweighted": "before weighting", "weighted": "after weighting"}
_WIDEST = 1.0


def _limit(balance: dict[str, Any]) -> str:
    """Return what the balance is held against."""
    if balance["threshold"] is None:
        return "The protocol declares no limit: the arms of a randomised study differ by chance."
    return f"Limit for the {balance['sample']} absolute SMD: {balance['threshold']:g}."


def limit_paths(balance: dict[str, Any]) -> list[str]:
    """Return the path of the limit of imbalance, where one is declared."""
    return [] if balance["threshold"] is None else ["balance.threshold"]


def love_plot(report: Report) -> str:
    """Return Figure 14.1.2: the absolute SMD of every term before and after weighting, farthest first, with its values."""
    balance = report.results["balance"]
    found = sorted(balance["terms"], key=lambda term: -_size(term["smd_unweighted"]))
    sizes = [_size(term[f"smd_{sample}"]) for term in found for sample in _WORDS]
    axis = spanning([min(size, _WIDEST) for size in sizes] + [1.5 * (balance["threshold"] or 0.1)])
    limited = balance["threshold"] is not None
    rows = [
        Strip(
            report.term(term["term"]),
            marks=((_size(term["smd_unweighted"]), "ring"), (_size(term["smd_weighted"]), "dot")),
            texts=(
                smd(term["smd_unweighted"]),
                smd(term["smd_weighted"]),
                *(_ratio(term, sample) for sample in _WORDS),
            ),
        )
        for term in found
    ]
    body = strip_plot(
        rows,
        axis,
        "Absolute standardised mean difference",
        guides=((balance["threshold"], "limit"),) if limited else (),
        heads=("SMD", "weighted", "Variances", "weighted"),
        text_widths=("13mm", "15mm", "16mm", "14mm"),
        label_width="44mm",
        legend=(
            ("ring", "unweighted"),
            ("dot", "weighted"),
            *((("limit", f"limit {balance['threshold']:g}"),) if limited else ()),
        ),
    )
    title = "Balance of covariates before and after weighting, farthest first"
    terms = (f"balance.terms.{index}" for index in range(len(found)))
    paths = [*limit_paths(balance), "balance.worst", *terms]
    if balance["expected_false_alarm_rate"] is not None:
        paths.append("balance.expected_false_alarm_rate")
    return block(
        figure(
            "14.1.2",
            title,
            _alternative(report, found),
            body,
            whole=stays_on_a_page(rows),
            note=joined(_note(balance), report.cite(*paths)),
            source="balance.terms",
        )
    )


def _note(balance: dict[str, Any]) -> str:
    words = (
        f"SMD: standardised mean difference, treated minus control; denominator: {typeset(balance['denominator'])}. Variances: ratio of "
        f"the variances, treated over control; {MISSING} for terms of two values, whose variance follows from their mean. "
        f"{_limit(balance)}"
    )
    rate = balance["expected_false_alarm_rate"]
    if rate is None:
        return words
    return (
        f"{words} By chance alone, in arms of these sizes that do not differ, some unweighted absolute SMD of so many "
        f"independent terms reaches the limit in {percent(rate)} of samples."
    )


def _alternative(report: Report, found: list[dict[str, Any]]) -> str:
    """Return the plot in words: the largest difference of each sample, the limit, and every term's values."""
    balance = report.results["balance"]
    worst = balance["worst"]
    largest = "; ".join(
        f"{words} {smd(worst[sample]['smd'])} ({report.term(worst[sample]['term'])})"
        for sample, words in _WORDS.items()
    )
    limit = "No limit." if balance["threshold"] is None else f"Limit {balance['threshold']:g}."
    listed = "; ".join(
        f"{report.term(term['term'])} {fixed(term['smd_unweighted'], 3)} and {fixed(term['smd_weighted'], 3)}"
        for term in found
    )
    return (
        f"Dot plot of the absolute standardised mean difference of every term. Largest: {largest}. {limit} Differences before "
        f"and after weighting, term by term: {listed}."
    )


def _ratio(term: dict[str, Any], sample: str) -> str:
    """Return the ratio of the variances; a dash for a term of two values."""
    name = term["term"]
    binary = " × " not in name and ("=" in name or name.endswith(":missing"))
    return MISSING if binary else fixed(term[f"variance_ratio_{sample}"], 2)


def _size(value: float | str) -> float:
    return abs(as_float(value) or 0.0)


def diagnostics(report: Report) -> str:
    """Return Table 14.1.4: fit, discrimination, overlap, trimming, and the cost of weighting."""
    found, arms = report.results["propensity"], report.results["cohort"]["arms"]
    trimming = found["trimming"]
    limits = (
        f", limits {trimming['lower']:g} to {trimming['upper']:g}" if trimming["lower"] is not None else ""
    )
    ranges, trimmed = report.cite("propensity.score_range"), report.cite("propensity.trimming")
    rows: list[Row | Group] = [
        Group("Model"),
        Row(("Converged", _yes(found["converged"]), ""), "indented"),
        Row(
            ("Newton iterations", count(found["iterations"]), ""),
            "indented",
            report.cite("propensity.iterations"),
        ),
        Row(("Separation found", _yes(found["separated"]), ""), "indented"),
        Row(("Aliased terms", ", ".join(found["aliased"]) or "none", ""), "indented"),
        Row(
            ("C-statistic", c_statistic(found["c_statistic"]), ""),
            "indented",
            report.cite("propensity.c_statistic"),
        ),
        Group("Overlap"),
        Row(
            ("Subjects in empirical equipoise", percent(found["equipoise"]), ""),
            "indented",
            report.cite("propensity.equipoise"),
        ),
        _by_arm("Lowest score", {arm: fixed(found["score_range"][arm][0], 4) for arm in arms}, ranges),
        _by_arm("Highest score", {arm: fixed(found["score_range"][arm][1], 4) for arm in arms}, ranges),
        Row(("Trimming", f"{trimming['method']}{limits}", ""), "indented", trimmed),
        Row(("Subjects discarded", count(trimming["discarded"]), ""), "indented", trimmed),
        Group("Weights"),
        _by_arm(
            "Effective sample size (% of arm)",
            {arm: _effective(found, arm) for arm in arms},
            report.cite("propensity.effective_sample_size", "propensity.effective_share"),
        ),
        _by_arm(
            "Largest share of one subject",
            {arm: percent(found["largest_weight_share"][arm], 2) for arm in arms},
            report.cite("propensity.largest_weight_share"),
        ),
    ]
    columns = (
        Column(("Diagnostic",), "left", "1fr"),
        Column(("Treated", "or model as a whole")),
        Column(("Control",)),
    )
    note = (
        "Empirical equipoise: preference score between 0.3 and 0.7. C-statistic: area under the ROC curve."
        f"{_used_by(report)}"
    )
    return block(
        table("14.1.4", "Diagnostics of the propensity score", columns, rows, note=note, source="propensity")
    )


def _used_by(report: Report) -> str:
    """Return who uses the scores where the primary estimator does not, as a sentence after a space; nothing where it does."""
    if report.protocol["inference"].get("estimator", "aipw") == "aipw":
        return ""
    return (
        " No score enters the primary estimator, so that neither scores nor weights halt the analysis; the rows of Table 14.2.3 and "
        "Table 14.2.4 that weight or match the subjects use them."
    )


def _effective(found: dict[str, Any], arm: str) -> str:
    """Return an effective sample size with its share of the arm."""
    return f"{effective_size(found['effective_sample_size'][arm])} ({percent(found['effective_share'][arm])})"


def _by_arm(label: str, values: dict[str, str], cited: Code) -> Row:
    return Row((label, values["treated"], values["control"]), "indented", cited)


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def coefficients(report: Report) -> str:
    """Return Table 14.1.5: the fitted propensity model."""
    rows = [
        Row(
            (
                report.term(entry["term"]),
                _coefficient(entry["estimate"], entry["standard_error"]),
                _coefficient(entry["standard_error"], entry["standard_error"]),
            ),
            cited=report.cite(f"propensity.coefficients.{index}"),
        )
        for index, entry in enumerate(report.results["propensity"]["coefficients"])
    ]
    columns = (
        Column(("Term",), "left", "1fr"),
        Column(("Estimate", "log odds")),
        Column(("Standard error",)),
    )
    return block(
        table(
            "14.1.5", "Coefficients of the propensity model", columns, rows, source="propensity.coefficients"
        )
    )


def _coefficient(value: Any, error: Any) -> str:  # noqa: ANN401 - a number or the text of an infinity
    size = as_float(error)
    if size is None:
        return MISSING
    decimals = 4
    while decimals < 8 and 0 < size < 10.0 ** (1 - decimals):
        decimals += 1
    return fixed(value, decimals)
