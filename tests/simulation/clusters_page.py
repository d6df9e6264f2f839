"""The section of ``docs/simulation.md`` on sites as clusters."""

from tests.simulation import clusters


def section() -> str:
    """Return the section. Takes a minute, unless the simulations were made before."""
    rows = [
        "## Sites as clusters",
        "",
        f"{clusters.SIMULATIONS:,} studies a row of sites with effects of their own on outcome, covariates and treatment; an effect of "
        f"{clusters.EFFECT:g}, AIPW with two covariates. The interval by clusters must hold it in 93 % or more where both arms "
        "are in a site, and in 92 % or more where whole sites are treated; beside it is what an interval that takes subjects "
        "for independent covers. Estimate and interval move with an effect that is added to every treated subject, so that "
        "what is left out is also the type I error.",
        "",
        "| arms | sites | subjects each | bias (its error) | SD | mean SE | coverage by clusters | of subjects |",
        "|---|--:|--:|--:|--:|--:|--:|--:|",
    ]
    plan = [("in every site", *sizes, False) for sizes in clusters.SIZES]
    for arms, sites, size, whole in [*plan, ("of whole sites", *clusters.WHOLE_SITES, True)]:
        row = clusters.coverage(sites, size, whole=whole)
        rows.append(
            f"| {arms} | {sites} | {size} | {row.bias:+.4f} ({row.bias_error:.4f}) | {row.deviation:.4f} | {row.mean_error:.4f} | "
            f"{row.clustered:.1%} | {row.independent:.1%} |"
        )
    return "\n".join([*rows, ""])
