"""The section of ``docs/simulation.md`` on the type I error of restricted means and of repeated visits."""

from tests.simulation import nulls


def section() -> str:
    """Return the section. Takes minutes, unless the simulations were made before."""
    rows = [
        "## Type I error of restricted means and of visits",
        "",
        f"{nulls.SIMULATIONS:,} samples a row. The restricted mean survival time is compared in the world of *Times to event*, and the "
        "last of three visits by the mixed model for repeated measures in the world of *Repeated visits*, where subjects leave for how "
        "they fared; both are primary estimators as a run has them. Where the arms are equal, an interval of 95 % misses no effect, "
        "which is the type I error; the mixed model stands there with an effect as well. Each must miss 5 %, one per cent and two "
        "Monte-Carlo errors allowed.",
        "",
        "| primary | n | true effect | refused | bias (its error) | missed |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    rows += [
        f"| {row.name} | {row.n:,} | {row.truth:g} | {row.refused:.1%} | {row.bias:+.4f} ({row.bias_error:.4f}) | {row.missed:.1%} |"
        for row in nulls.nulls()
    ]
    return "\n".join([*rows, ""])
