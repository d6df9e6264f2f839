"""The section of ``docs/simulation.md`` on few events."""

from tests.simulation import rare_events


def section() -> str:
    """Return the section. Takes minutes, unless the simulations were made before."""
    rows = [
        "## Few events",
        "",
        f"{rare_events.SIMULATIONS:,} randomised studies a row with rare events, whose risk depends on a covariate too; the difference of "
        "risks by AIPW with outcome models of Firth's penalised likelihood. Where no arm is below the limit of the gate of few "
        "events, the interval must hold the truth in 92.5 % or more, and the score interval in all studies; what is left out "
        "at equal risks is the type I error. The last column is how often likelihood without a penalty has no model.",
        "",
        "| n | risks | truth | bias (its error) | SD | mean SE | coverage, enough events | of studies | score interval | likelihood fails |",
        "|--:|---|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for world in rare_events.WORLDS:
        row = rare_events.summary(*world)
        n, one, zero = world
        rows.append(
            f"| {n} | {one:g} and {zero:g} | {row.truth:.4f} | {row.bias:+.4f} ({row.bias_error:.4f}) | {row.deviation:.4f} | "
            f"{row.mean_error:.4f} | {row.coverage:.1%} | {row.enough:.1%} | {row.by_score:.1%} | {row.failed:.1%} |"
        )
    return "\n".join([*rows, ""])
