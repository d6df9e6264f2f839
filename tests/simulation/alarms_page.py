"""The sections of ``docs/simulation.md`` about the false alarms of gates."""

from tests.simulation import alarms, effect_alarms


def propensity() -> str:
    """Return the section about the gates of the propensity step."""
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


def balance() -> str:
    """Return the section about the gate of balance."""
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


def effect() -> str:
    """Return the section about the gates of the effect step."""
    rows = [
        "## False alarms of the gates of the effect step",
        "",
        "How often each gate fires when every model is right, and what its findings print: a rate simulated on the very study. "
        f"The gates were watched in {effect_alarms.SEEN['sandwich']:,} studies (sandwich), {effect_alarms.SEEN['bootstrap']} with "
        f"{effect_alarms.REPLICATES} replicates each (bootstrap), and {effect_alarms.SIMULATIONS:,} that grow (change of the estimate); the "
        f"printed rate is the mean over {effect_alarms.PRINTED['sandwich']}, {effect_alarms.PRINTED['bootstrap']} and "
        f"{effect_alarms.PRINTED['change of estimate']} studies.",
        "",
        "| gate | design | n | covariates | limit | fired (its error) | printed (its error) | difference in errors |",
        "|---|---|--:|--:|--:|--:|--:|--:|",
    ]
    rows += [
        f"| {row.gate} | {row.design} | {row.subjects} | {row.p} | {row.limit:g} | {row.fired:.1%} ({row.fired_error:.1%}) "
        f"| {row.printed:.1%} ({row.printed_error:.1%}) | {row.difference_in_errors:+.1f} |"
        for row in (*effect_alarms.variance_alarms(), *effect_alarms.change_alarms())
    ]
    return "\n".join([*rows, ""])
