"""The section of ``docs/simulation.md`` on repeated visits."""

from tests.simulation import visits


def section() -> str:
    """Return the section. Takes minutes, unless the simulations were made before."""
    rows = [
        "## Repeated visits",
        "",
        f"{visits.SIMULATIONS:,} samples a row of a randomised study with three visits, an effect of {visits.TRUTH:g} at the last, and one "
        "covariate. Who fared badly at a visit is the likelier to miss all later ones, most of all under treatment. The mixed "
        "model for repeated measures has the arm by visit and unstructured covariance (7 coefficients, 6 variances). Its interval "
        "must hold the truth in 94 % to 96 %, two Monte-Carlo errors allowed, with Kenward and Roger's correction in the elements of "
        "the covariance and with Satterthwaite's degrees of freedom. With R's default, in the parameters of the Cholesky factor, it is "
        "too short with few subjects. Complete cases stand beside it; in this world their bias is small.",
        "",
        "| n | method | bias (its error) | SD | mean SE | coverage |",
        "|--:|---|--:|--:|--:|--:|",
    ]
    rows += [_row(row) for row in visits.coverages()]
    rows += [
        "",
        f"{visits.JACKKNIVES:,} samples of {visits.LEAST} subjects, the last visit completed by conditional means, interval by the "
        "jackknife. At random its truth is the effect; of the other rules it is what the rule estimates on average, and the row "
        "shows whether the standard error is that of repeated samples.",
        "",
        "| n | method | bias (its error) | SD | mean SE | coverage |",
        "|--:|---|--:|--:|--:|--:|",
    ]
    rows += [_row(row) for row in visits.completions()]
    return "\n".join([*rows, ""])


def _row(row: visits.Coverage) -> str:
    return (
        f"| {row.n:,} | {row.name} | {row.bias:+.4f} ({row.bias_error:.4f}) | {row.deviation:.4f} | {row.mean_error:.4f} | "
        f"{row.coverage:.1%} |"
    )
