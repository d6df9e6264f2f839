"""The section of ``docs/simulation.md`` on flexible models."""

from tests.simulation import flexible


def section() -> str:
    """Return the section on flexible models. Takes minutes, unless the simulation was made before."""
    rows = [
        "## Flexible models",
        "",
        f"{flexible.SIMULATIONS} samples in which treatment, outcome and, where outcomes are missing, observation depend on a "
        f"square that no model is told of; the effect is {flexible.TRUTH:g}. AIPW by regression on the covariates is biased; "
        f"cross-fitted in {flexible.FOLDS} folds, the learners find the square. A sample with too few of a kind in a fold has "
        "no estimate, and is counted.",
        "",
        "| outcomes | n | estimator | without estimate | bias (its error) | SD | mean SE | coverage |",
        "|---|--:|---|--:|--:|--:|--:|--:|",
    ]
    rows += [
        f"| {row.world} | {row.n:,} | {row.name} | {none} | {row.bias:+.4f} ({row.bias_error:.4f}) | {row.deviation:.4f} "
        f"| {row.mean_error:.4f} | {row.coverage:.1%} |"
        for row, none in flexible.coverages()
    ]
    return "\n".join([*rows, ""])
