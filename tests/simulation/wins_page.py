"""The section of ``docs/simulation.md`` on ordinal outcomes."""

from itertools import product

from tests.simulation import wins


def section() -> str:
    """Return the section. Takes minutes, unless the simulations were made before."""
    rows = [
        "## Ordinal outcomes",
        "",
        f"{wins.SIMULATIONS:,} samples a row of a world with confounding and an outcome of five levels, of which two are rare; the "
        "logarithm of the win odds by AIPW with three covariates. The jackknife's interval with Student's t must hold the truth "
        "in 94 % to 96 %, two Monte-Carlo errors allowed; without effect, what it leaves out is the type I error.",
        "",
        "| n | refused | truth | bias (its error) | SD | mean SE | coverage |",
        "|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for effect, n in product((0.0, wins.EFFECT), wins.SUBJECTS):
        row, refused = wins.coverage(n, effect)
        rows.append(
            f"| {row.n:,} | {refused:.1%} | {row.truth:.4f} | {row.bias:+.4f} ({row.bias_error:.4f}) | {row.deviation:.4f} | "
            f"{row.mean_error:.4f} | {row.coverage:.1%} |"
        )
    return "\n".join([*rows, ""])
