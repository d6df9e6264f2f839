"""The page ``docs/simulation.md``: what the simulations found. ``python -m tests.simulation`` writes it."""

from pathlib import Path

from tests.simulation import (
    alarms,
    clusters_page,
    controls_page,
    coverage,
    flexible_page,
    gaps,
    looks_page,
    missing_page,
    rare_page,
    rates_page,
    robustness,
    small_page,
    survival_page,
    visits_page,
    wins_page,
)

PAGE = Path(__file__).resolve().parents[2] / "docs" / "simulation.md"


def text() -> str:
    """Return the page. Takes minutes, unless the simulations were made before."""
    return "\n".join(
        [
            "# Simulations",
            "",
            _introduction(),
            _coverage(),
            small_page.intervals(),
            _robustness(),
            _gaps(),
            missing_page.unobserved_section(),
            missing_page.drawn_section(),
            looks_page.section(),
            flexible_page.section(),
            controls_page.section(),
            survival_page.section(),
            visits_page.section(),
            rates_page.section(),
            wins_page.section(),
            rare_page.section(),
            clusters_page.section(),
            _alarms(),
            _rerandomised(),
            small_page.alarms(),
        ]
    )


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


def _rerandomised() -> str:
    one, zero = alarms.ARMS
    rows = [
        "## False alarms of all gates of the propensity step",
        "",
        f"{alarms.SIMULATIONS:,} randomised samples with arms of {one} and {zero} and five covariates, under limits stricter than "
        f"any protocol's. The printed rate is what a finding says: the share of {alarms.DRAWS} random assignments of the "
        f"very same subjects that fire the gate; here its mean over {alarms.RERANDOMISED} samples.",
        "",
        "| gate | fired | printed (its error) | difference in errors |",
        "|---|--:|--:|--:|",
    ]
    rows += [
        f"| {row.gate} | {row.fired:.1%} | {row.printed:.1%} ({row.printed_error:.1%}) | {row.difference_in_errors:+.1f} |"
        for row in alarms.rerandomised_alarms()
    ]
    return "\n".join([*rows, ""])


def _alarms() -> str:
    rows = [
        "## False alarms of the balance gate",
        "",
        f"{alarms.SIMULATIONS:,} randomised samples with {alarms.TERMS} independent normal covariates. The printed rate "
        "is that of the SMD before weighting; after weighting by the estimated score the gate fires less often, "
        "because the model was fitted to the same covariates.",
        "",
        "| arms | gate | of | printed | before weighting | after weighting |",
        "|---|--:|---|--:|--:|--:|",
    ]
    rows += [
        f"| {row.n1} and {row.n0} | {row.threshold:g} | {row.of} | {row.printed:.1%} | {row.unweighted:.1%} "
        f"| {row.weighted:.1%} |"
        for row in alarms.alarms()
    ]
    return "\n".join([*rows, ""])
