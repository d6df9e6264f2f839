"""The section of ``docs/simulation.md`` about studies that are looked at every month."""

from tests.simulation import looks


def section() -> str:
    """Return the section. Takes half an hour, unless the simulations were made before."""
    plan = looks.PLANS["Pocock-type spending"]
    rows = [
        "## Monthly looks",
        "",
        f"{looks.SIMULATIONS:,} studies a row in which treatment does nothing. Each grows by {looks.MONTHLY} subjects a month and "
        f"is looked at {looks.LOOKS} times; treatment depends on covariates, every look fits all models again, and before look "
        f"{looks.CORRECTED + 1} one outcome in twenty is wrong and then corrected. Outcomes are there at once, come late by "
        f"chance (two months on average), or come late depending on arm and covariate; {looks.WINDOW} months after arrival an "
        "outcome that has not come is missing, and the estimate is weighted for being observed. Standard error and Student's t "
        f"are those that a run prints. Level {plan.alpha:g}, two-sided, planned maximum of information {looks.MAXIMUM:g}, no level "
        f"spent and no claim before {looks.FIRST} subjects. The figure is the share of studies in which one look or more "
        "excludes no effect; it must be at most 5 % and two Monte-Carlo errors, except that of the pointwise intervals, "
        "which is there to compare.",
        "",
        "| outcomes | intervals | studies that ever claim an effect (its error) |",
        "|---|---|--:|",
    ]
    rows += [
        f"| {row.outcomes} | {row.method} | {row.share:.1%} ({row.error:.1%}) |" for row in looks.shares()
    ]
    return "\n".join([*rows, ""])
