"""The section of ``docs/simulation.md`` on times to event."""

from tests.simulation import survival


def section() -> str:
    """Return the section. Takes minutes, unless the simulations were made before."""
    rows = [
        "## Times to event",
        "",
        f"{survival.SIMULATIONS:,} samples a row of a world with confounding and with censoring that depends on the covariates, about "
        f"four in ten censored; AIPW for treatment and censoring with three covariates in every model, at the horizon "
        f"{survival.HORIZON:g}. The primary interval is the jackknife's with Student's t and must hold the truth in 94 % to 96 %, two "
        "Monte-Carlo errors allowed; beside it is what the influence function alone would cover. A sample in which a model "
        "separates, or no arm is followed to the horizon, is refused.",
        "",
        "| measure | n | refused | interval | truth | bias (its error) | SD | mean SE | coverage |",
        "|---|--:|--:|---|--:|--:|--:|--:|--:|",
    ]
    rows += [
        f"| {row.world} | {row.n:,} | {refused:.1%} | {row.name} | {row.truth:.4f} | {row.bias:+.4f} ({row.bias_error:.4f}) | "
        f"{row.deviation:.4f} | {row.mean_error:.4f} | {row.coverage:.1%} |"
        for row, refused in survival.coverages()
    ]
    rows += [
        "",
        f"With equal arms the interval of 100 subjects excludes no effect in {survival.false_alarms():.1%} of the samples.",
        "",
        f"{survival.BIAS_SIMULATIONS:,} samples of {survival.BIAS_SUBJECTS:,} subjects in which treatment, event and censoring depend on a "
        "square that a wrong model lacks. There is no bias when the hazards of the event are right, or the scores and the "
        "hazards of censoring are.",
        "",
        "| hazards of the event | scores and hazards of censoring | bias in its errors |",
        "|---|---|--:|",
    ]
    words = {True: "right", False: "wrong"}
    rows += [
        f"| {words[row.event_right]} | {words[row.weights_right]} | {row.in_errors:+.1f} |"
        for row in survival.biases()
    ]
    return "\n".join([*rows, ""])
