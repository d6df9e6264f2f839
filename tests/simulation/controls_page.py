"""The section of ``docs/simulation.md`` about negative controls."""

from tests.simulation import controls


def section() -> str:
    """Return the section. Takes minutes, unless the simulations were made before."""
    rows = [
        "## Negative controls",
        "",
        f"{controls.SIMULATIONS:,} studies a row without any effect. An unmeasured confounder gives the outcome and every control a "
        "bias of its own, normal with the mean and the standard deviation of the row, in about standard deviations of the "
        "outcome. The residuals of outcome and controls are independent or have the correlation of the row. An effect is claimed where p is below 5 %. The calibrated p takes the "
        "fitted distribution for the true one. The interval of the "
        f"expected absolute systematic error is of {controls.LEVEL:.0%}. The likelihood takes the controls as independent: where "
        "they are correlated, it takes chance that they share for systematic error, and its interval is too short. The gates have their default limits, "
        f"{controls.SHARE:g} and {controls.ERROR:g}: in the rows without an error they are the false alarms.",
        "",
        "| subjects | controls | error: mean, SD | correlation | claimed | claimed after calibration | fitted: mean, SD | expected error: true, found "
        "| covered | gate: share | gate: error |",
        "|--:|--:|---|--:|--:|--:|---|---|--:|--:|--:|",
    ]
    rows += [
        f"| {row.world.n} | {row.world.controls} | {row.world.mean:g}, {row.world.deviation:g} | {row.world.correlation:g} "
        f"| {row.claimed:.1%} "
        f"| {row.calibrated:.1%} | {row.mean:.3f}, {row.deviation:.3f} | {row.truth:.3f}, {row.expected:.3f} "
        f"| {row.covered:.1%} | {row.share_gate:.1%} | {row.error_gate:.1%} |"
        for row in controls.rows()
    ]
    return "\n".join([*rows, ""])
