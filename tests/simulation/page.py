"""The page ``docs/simulation.md``: what the simulations found. ``python -m tests.simulation [HEADING ...]`` writes it."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tests.simulation import (
    alarms_page,
    clusters_page,
    controls_page,
    coverage,
    flexible_page,
    gaps,
    looks_page,
    missing_page,
    nulls_page,
    rare_page,
    rates_page,
    robustness,
    small_page,
    survival_page,
    visits_page,
    wins_page,
)

PAGE = Path(__file__).resolve().parents[2] / "docs" / "simulation.md"


def _introduction() -> str:
    return (
        "Made by `python -m tests.simulation` from fixed seeds; `make deep` makes it again and fails when a figure "
        "leaves its limits or this page. Samples come from the populations in `tests/simulation/worlds.py`, whose "
        "effects are known exactly, by quadrature where they have no closed form.\n"
    )


def _coverage() -> str:
    rows = [
        "## Intervals",
        "",
        f"Share of {coverage.LEVEL:.0%} intervals that hold the truth, where the estimator's assumptions hold; each "
        "must lie between 94 % and 96 %. Bias and its Monte-Carlo error, the standard deviation of the estimates, "
        "and the mean of their standard errors are in the estimand's unit. Matching is not in the table: its bias "
        "shrinks more slowly than its standard error, and no coverage is claimed.",
        "",
        "| population | n | samples | estimand: estimator, variance | truth | bias (its error) | SD | mean SE | coverage |",
        "|---|--:|--:|---|--:|--:|--:|--:|--:|",
    ]
    rows += [
        f"| {row.world} | {row.n:,} | {row.simulations:,} | {row.name} | {row.truth:.4f} | {row.bias:+.4f} "
        f"({row.bias_error:.4f}) | {row.deviation:.4f} | {row.mean_error:.4f} | {row.coverage:.1%} |"
        for row in coverage.coverages()
    ]
    rows.append(f"\nThe bootstrap intervals rest on {coverage.REPLICATES} replicates each.\n")
    return "\n".join(rows)


def _robustness() -> str:
    rows = [
        "## Double robustness",
        "",
        f"{robustness.SIMULATIONS:,} samples of {robustness.SUBJECTS:,} subjects in which treatment and outcome depend "
        f"on a square that a wrong model lacks; the effect is {robustness.TRUTH:g}. An estimator is free of bias when "
        "a model that it uses is right.",
        "",
        "| estimator | propensity model | outcome model | bias | its error | bias in errors |",
        "|---|---|---|--:|--:|--:|",
    ]
    rows += [
        f"| {row.estimator} | {row.propensity} | {row.outcome} | {row.bias:+.4f} | {row.error:.4f} | {row.in_errors:+.1f} |"
        for row in robustness.biases()
    ]
    return "\n".join([*rows, ""])


def _gaps() -> str:
    rows = [
        "## Missing covariates",
        "",
        f"Samples of {gaps.SUBJECTS} subjects, three in ten without a number and three in ten without a category, completely at "
        f"random (MCAR) or depending on arm and outcome (MAR); {gaps.IMPUTATIONS} imputations by chained equations, pooled by "
        "Rubin's rules. Intervals from matched values are known to be a little short.",
        "",
        "| missing | numbers drawn by | samples | estimate | bias | SD | mean SE | missing information | coverage |",
        "|---|---|--:|---|--:|--:|--:|--:|--:|",
    ]
    for mechanism, numbers, simulations in gaps.PLAN:
        rows += [
            f"| {mechanism} | {numbers} | {row.simulations:,} | {row.quantity} | {row.bias:+.4f} | {row.deviation:.4f} "
            f"| {row.mean_error:.4f} | {row.missing_information:.0%} | {row.coverage:.1%} |"
            for row in gaps.coverage(mechanism, numbers, simulations)
        ]
    return "\n".join([*rows, ""])


SECTIONS: Mapping[str, Callable[[], str]] = {
    "Intervals": _coverage,
    "Small samples": small_page.intervals,
    "Double robustness": _robustness,
    "Missing covariates": _gaps,
    "Missing outcomes": missing_page.unobserved_section,
    "Imputed outcomes": missing_page.drawn_section,
    "Monthly looks": looks_page.section,
    "Flexible models": flexible_page.section,
    "Negative controls": controls_page.section,
    "Times to event": survival_page.section,
    "Repeated visits": visits_page.section,
    "Type I error of restricted means and of visits": nulls_page.section,
    "Counts with exposure": rates_page.section,
    "Ordinal outcomes": wins_page.section,
    "Few events": rare_page.section,
    "Sites as clusters": clusters_page.section,
    "False alarms of the balance gate": alarms_page.balance,
    "False alarms of all gates of the propensity step": alarms_page.propensity,
    "False alarms of the gates of the effect step": alarms_page.effect,
}
"""Every section by its heading, in the order of the page."""


def text(headings: Sequence[str] = ()) -> str:
    """Return the page, with the sections of these headings made again, or all of them. All of them take hours."""
    again = headings or tuple(SECTIONS)
    return "\n".join(
        [head(), *(made() if name in again else written(name) for name, made in SECTIONS.items())]
    )


def head() -> str:
    """Return what stands above the first section."""
    return "\n".join(["# Simulations", "", _introduction()])


def written(heading: str) -> str:
    """Return a section as the page holds it."""
    whole = PAGE.read_text(encoding="utf-8")
    begun = whole[whole.index(f"## {heading}\n") :]
    end = begun.find("\n## ")
    return begun if end < 0 else begun[:end]
