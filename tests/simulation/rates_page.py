"""The section of ``docs/simulation.md`` on counts with exposure."""

from tests.simulation import rates


def section() -> str:
    """Return the section. Takes minutes, unless the simulations were made before."""
    rows = [
        "## Counts with exposure",
        "",
        f"{rates.SIMULATIONS:,} samples a row of a world with confounding, with exposures that end early by covariates and arm, and with "
        "counts that vary more than Poisson's; AIPW of rates with three covariates in every model. The primary interval is the "
        "jackknife's with Student's t and must hold the truth in 94 % to 96 %, two Monte-Carlo errors allowed; beside it "
        "is what the influence function alone would cover. A ratio is on the logarithm. A sample in which a model separates is "
        "refused.",
        "",
        "| measure | n | refused | interval | truth | bias (its error) | SD | mean SE | coverage |",
        "|---|--:|--:|---|--:|--:|--:|--:|--:|",
    ]
    rows += [
        f"| {row.world} | {row.n:,} | {refused:.1%} | {row.name} | {row.truth:.4f} | {row.bias:+.4f} ({row.bias_error:.4f}) | "
        f"{row.deviation:.4f} | {row.mean_error:.4f} | {row.coverage:.1%} |"
        for row, refused in rates.coverages()
    ]
    rows += [
        "",
        f"With equal arms the interval of 100 subjects excludes no effect in {rates.false_alarms():.1%} of the samples.",
        "",
        f"{rates.BIAS_SIMULATIONS:,} samples of {rates.BIAS_SUBJECTS:,} subjects in which treatment, rate and exposure depend on a square "
        "that a wrong model lacks. There is no bias when the models of the rate are right, or the scores and the models of the "
        "exposure are.",
        "",
        "| models of the rate | scores and models of the exposure | bias in its errors |",
        "|---|---|--:|",
    ]
    words = {True: "right", False: "wrong"}
    rows += [
        f"| {words[row.rate_right]} | {words[row.weights_right]} | {row.in_errors:+.1f} |"
        for row in rates.biases()
    ]
    return "\n".join([*rows, ""])
