"""The section of ``docs/simulation.md`` about small samples."""

from medicore.stats.effect.small_sample import LEAST_SUBJECTS
from tests.simulation import small


def intervals() -> str:
    """Return the section about the coverage of the primary interval in small samples."""
    rows = [
        "## Small samples",
        "",
        f"Share of {small.LEVEL:.0%} intervals of the primary estimate (AIPW) that hold the truth, {small.SIMULATIONS:,} samples a "
        "row; effects that differ between subjects, arms of equal size on average. Each must lie between 94 % and 96 %, two "
        "Monte-Carlo errors allowed. The printed interval corrects residuals for leverage and uses Student's t; beside it is "
        f"what the influence function alone would cover. A sample with fewer than {LEAST_SUBJECTS} subjects of an arm for "
        "every parameter is refused; where more than half are, there is no coverage to claim.",
        "",
        "| design | n | covariates | refused | SD | mean SE | coverage (its error) | influence function alone |",
        "|---|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for row in small.coverages():
        figures = "– | – | – | –"
        if row.samples:
            figures = f"{row.deviation:.3f} | {row.mean_error:.3f} | {row.coverage:.1%} ({row.error:.1%}) | {row.direct:.1%}"
        rows.append(f"| {row.design} | {row.n} | {row.p} | {row.refused:.1%} | {figures} |")
    return "\n".join([*rows, ""])
