"""Studies in each of which one thing is wrong (FAULTS 48 to 62), by the name of what is wrong."""

from dataclasses import replace

import numpy as np

from tests.whole_house.prepared_study import SEED, SIZE, PreparedStudy

ODD = 61.54321
"""A measurement that occurs in no sound study, so that it would be recognised wherever it leaked."""


def one_arm() -> PreparedStudy:
    """48: everyone is in the active arm."""
    return PreparedStudy("TEST-ONEARM").column("arm", ["active"] * SIZE)


def no_contrast() -> PreparedStudy:
    """49: three arms, and no word on which two are compared."""
    study = PreparedStudy("TEST-NOCONTRAST")
    return study.planned("contract.columns.6.values", ["low dose", "high dose", "control"]).planned(
        "treatment", {"column": "arm"}
    )


def unknown_arm() -> PreparedStudy:
    """50: two subjects have an arm that the contract does not know."""
    study = PreparedStudy("TEST-UNKNOWNARM")
    return study.column("arm", ["ACTIVE-X", "ACTIVE-X", *study.texts["arm"][2:]])


def perfect_separation() -> PreparedStudy:
    """51: severity tells the arms apart without a doubt."""
    study = PreparedStudy("TEST-PERFECT")
    noise = np.random.default_rng(SEED).normal(0, 2, SIZE)
    return study.column("severity", (np.where(study.active, 70, 40) + noise).tolist())


def quasi_separation() -> PreparedStudy:
    """51: smokers are in the active arm alone."""
    study = PreparedStudy("TEST-QUASI")
    return study.column("smoker", np.where(study.active, study.texts["smoker"], "never").tolist())


def extreme_scores() -> PreparedStudy:
    """52: severity tells most subjects' arms, so that scores come near 0 and 1 without separation."""
    study = PreparedStudy("TEST-EXTREME")
    return study.column("severity", (study.numbers("severity") + 25 * (study.active - 0.5)).tolist())


def no_variance() -> PreparedStudy:
    """53: everyone has the same body mass index."""
    return PreparedStudy("TEST-NOVARIANCE").column("bmi", [ODD] * SIZE)


def not_finite() -> PreparedStudy:
    """54: NaN, infinity and a number beyond double precision, spelt as programs spell them."""
    study = PreparedStudy("TEST-NOTFINITE")
    return study.column("bmi", ["NaN", "inf", "1e400", *study.texts["bmi"][3:]])


def constant_outcome() -> PreparedStudy:
    """55: everyone has the same outcome."""
    return PreparedStudy("TEST-SAMEOUTCOME").column("change", [ODD] * SIZE)


def imbalanced() -> PreparedStudy:
    """56: the arms differ at baseline, and the gate is set on the sample before weighting."""
    return PreparedStudy("TEST-IMBALANCED").planned("gates.smd_sample", "unweighted")


def gated(study: str, sample: str, threshold: float) -> PreparedStudy:
    """56: the imbalanced study with another gate."""
    changed = imbalanced().planned("gates.smd_sample", sample).planned("gates.smd", threshold)
    return replace(changed, study=study)


def no_pooled_variance() -> PreparedStudy:
    """57: severity has one value in each arm, and another in the other."""
    study = PreparedStudy("TEST-NOPOOLED")
    return study.column("severity", np.where(study.active, ODD, ODD - 9).tolist())


def not_converged() -> PreparedStudy:
    """58: severity is in the model twice, the second time as computed by the arm's own device, last digits apart."""
    study = PreparedStudy("TEST-NOTCONVERGED")
    noise = np.random.default_rng(SEED).normal(size=SIZE)
    rounding = 2e-7 * (noise + 1.5 * (study.active - 0.5))
    again = [f"{value:.9f}" for value in study.numbers("severity") + rounding]
    columns = study.protocol["contract"]["columns"]
    second = {"name": "severity_again", "type": "number", "timing": "baseline", "unit": "points"}
    twice = study.column("severity_again", again).planned("contract.columns", [*columns, second])
    listed = [*study.protocol["covariates"], {"column": "severity_again", "label": "Severity, second source"}]
    both = [*study.protocol["models"]["propensity"], "severity_again"]
    return twice.planned("covariates", listed).planned("models.propensity", both)


def empty_subgroup() -> PreparedStudy:
    """59: the planned subgroup of the eastern region has no subject."""
    study = PreparedStudy("TEST-EMPTYGROUP").planned("sensitivity.subgroups", ["region"])
    return study.column("region", [text.replace("east", "south") for text in study.texts["region"]])


def too_much_trimmed() -> PreparedStudy:
    """60: the plan discards scores outside 0.4 to 0.6, and a third of the subjects lies there."""
    trimming = {"method": "discard", "lower": 0.4, "upper": 0.6}
    return PreparedStudy("TEST-TRIMMED").planned("trimming", trimming)


def late_covariate() -> PreparedStudy:
    """61: the plan adjusts for the score of week 4, which treatment has changed already."""
    study = PreparedStudy("TEST-LATECOVARIATE")
    listed = [*study.protocol["covariates"], {"column": "week_4", "label": "Score at week 4"}]
    return study.planned("covariates", listed).planned("models.outcome", ["age", "week_4"])


def sound() -> PreparedStudy:
    """62: nothing is wrong with the study."""
    return PreparedStudy("TEST-SOUND")
