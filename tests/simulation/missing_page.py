"""The sections of ``docs/simulation.md`` about missing outcomes."""

from tests.simulation import drawn, unobserved


def unobserved_section() -> str:
    """Return the section on weighting for observation and on complete cases."""
    rows = [
        "## Missing outcomes",
        "",
        f"{unobserved.SIMULATIONS:,} samples a row of the populations above, in which three outcomes in ten are missing: depending "
        "on arm and covariates unless the row says otherwise. Weighted is AIPW for treatment and observation, augmented overlap "
        "weighting for the ATO; complete cases are AIPW on the observed alone. Where the method's assumption holds, the "
        f"{unobserved.LEVEL:.0%} interval that a run prints must hold the truth in 94 % to 96 %, two Monte-Carlo errors of "
        f"{unobserved.COVERAGE_ERROR:.1%} allowed; where it fails, the bias is shown. The printed interval counts each residual as the "
        "estimate does, corrects it for leverage, and uses Student's t; beside it is what the influence function and the "
        "stacked sandwich alone would cover.",
        "",
        "| outcome | n | estimand: method | assumption | truth | bias (its error) | SD | mean SE | coverage | influence function "
        "alone | sandwich alone |",
        "|---|--:|---|---|--:|--:|--:|--:|--:|--:|--:|",
    ]
    rows += [
        f"| {row.outcome} | {row.n:,} | {row.name} | {_holds(row.fails)} | {row.truth:.4f} | {row.bias:+.4f} ({row.bias_error:.4f}) "
        f"| {row.deviation:.4f} | {row.mean_error:.4f} | {row.coverage:.1%} | {row.direct:.1%} | {row.stacked:.1%} |"
        for row in unobserved.coverages()
    ]
    rows += [
        "",
        f"{unobserved.SIMULATIONS:,} samples of {unobserved.CURVED_SUBJECTS:,} subjects in which treatment, observation and "
        f"outcome depend on a square that a wrong model lacks; the effect is {unobserved.TRUTH:g}. There is no bias when the "
        "outcome model is right, or both others are.",
        "",
        "| propensity model | observation model | outcome model | bias | its error | bias in errors |",
        "|---|---|---|--:|--:|--:|",
    ]
    rows += [
        f"| {row.propensity} | {row.observation} | {row.outcome} | {row.bias:+.4f} | {row.error:.4f} | {row.in_errors:+.1f} |"
        for row in unobserved.biases()
    ]
    return "\n".join([*rows, ""])


def drawn_section() -> str:
    """Return the section on outcomes that are drawn."""
    rows = [
        "## Imputed outcomes",
        "",
        f"{drawn.SIMULATIONS:,} samples a row, three outcomes in ten missing as above, each drawn {drawn.IMPUTATIONS} times; the "
        "primary estimator in each completed data set, pooled by Rubin's rules with the degrees of freedom of Barnard & Rubin, "
        "as a run prints it. Beside it is the interval over repeated samples, with missing outcomes at their conditional means: "
        f"where the assumption holds, this {drawn.LEVEL:.0%} interval must hold the truth in 94 % to 96 %, two Monte-Carlo errors "
        f"of {unobserved.COVERAGE_ERROR:.1%} allowed. Rubin's must do so missing at random with {max(drawn.SUBJECTS)} subjects; with "
        "few it may hold the truth more often. Under jump or copy to "
        "reference, which are one with one visit, Rubin's variance is information-anchored: it is larger than that of the "
        "estimate over samples, so that the interval holds the truth more often. Where the assumption fails, the bias is shown.",
        "",
        "| n | estimand: draws | assumption | truth | bias (its error) | SD | mean SE, Rubin | coverage, Rubin | mean SE, repeated "
        "samples | coverage, repeated samples |",
        "|--:|---|---|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for row in drawn.drawn():
        beside = "– | –"
        if row.repeated is not None and row.repeated_error is not None:
            beside = f"{row.repeated_error:.4f} | {row.repeated:.1%}"
        rows.append(
            f"| {row.n} | {row.name} | {_holds(row.fails)} | {row.truth:.4f} | {row.bias:+.4f} ({row.bias_error:.4f}) "
            f"| {row.deviation:.4f} | {row.mean_error:.4f} | {row.coverage:.1%} | {beside} |"
        )
    return "\n".join([*rows, ""])


def _holds(fails: bool) -> str:
    return "fails" if fails else "holds"
