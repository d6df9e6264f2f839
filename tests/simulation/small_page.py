"""The sections of ``docs/simulation.md`` about small samples."""

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


def alarms() -> str:
    """Return the section about the gates of the effect step."""
    rows = [
        "## False alarms of the gates of the effect step",
        "",
        "How often each gate fires when every model is right, and what its findings print: a rate simulated on the very study. "
        f"The gates were watched in {small.SEEN['sandwich']:,} studies (sandwich), {small.SEEN['bootstrap']} with "
        f"{small.REPLICATES} replicates each (bootstrap), and {small.SIMULATIONS:,} that grow (change of the estimate); the "
        f"printed rate is the mean over {small.PRINTED['sandwich']}, {small.PRINTED['bootstrap']} and "
        f"{small.PRINTED['change of estimate']} studies.",
        "",
        "| gate | design | n | covariates | limit | fired (its error) | printed (its error) | difference in errors |",
        "|---|---|--:|--:|--:|--:|--:|--:|",
    ]
    rows += [
        f"| {row.gate} | {row.design} | {row.subjects} | {row.p} | {row.limit:g} | {row.fired:.1%} ({row.fired_error:.1%}) "
        f"| {row.printed:.1%} ({row.printed_error:.1%}) | {row.difference_in_errors:+.1f} |"
        for row in (*small.variance_alarms(), *small.change_alarms())
    ]
    return "\n".join([*rows, ""])
