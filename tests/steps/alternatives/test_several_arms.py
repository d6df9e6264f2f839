"""ANCOVA over every arm of a randomised trial."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf

from medicore.records.protocol.protocol import Protocol
from medicore.steps.alternatives.several_arms import over_all_arms
from medicore.steps.cohort import OUTSIDE
from tests.steps.analysed_trial import protocol, subjects

TOLERANCE = 1e-9


def trial() -> pd.DataFrame:
    """Return the subjects with every third of them in another arm than the two compared."""
    found = subjects().copy()
    found["arm"] = np.where(np.arange(len(found)) % 3 == 0, "other", found["arm"])
    return found


def disposed(extract: pd.DataFrame) -> pd.DataFrame:
    """Return a disposition in which nobody fails a criterion; an outcome without a value is missing."""
    state = np.where(extract["change"].notna(), "observed", "missing")
    return pd.DataFrame({"reason": np.where(extract["arm"] == "other", OUTSIDE, ""), "outcome": state})


def randomised(**changes: object) -> Protocol:
    """Return the plan of a randomised study."""
    return protocol(design="randomised", **changes)


def test_it_is_least_squares_over_all_arms() -> None:
    """Difference, standard error, interval and p-value are those of ordinary least squares in statsmodels."""
    found = trial()
    (row,) = over_all_arms(randomised(), found, disposed(found))
    data = found.assign(arm=pd.Categorical(found["arm"], ["control", "active", "other"]))
    fit = smf.ols("change ~ C(arm) + age + I(age**2) + weight", data.astype({"age": float})).fit()
    name = "C(arm)[T.active]"
    assert row["estimate"] == pytest.approx(fit.params[name], rel=TOLERANCE)
    assert row["standard_error"] == pytest.approx(fit.bse[name], rel=TOLERANCE)
    assert row["p_value"] == pytest.approx(fit.pvalues[name], rel=TOLERANCE)
    assert [row["ci_low"], row["ci_high"]] == pytest.approx(list(fit.conf_int().loc[name]), rel=TOLERANCE)
    assert (row["n"], row["estimand"]) == (len(found), "ATE")
    assert row["note"] == f"{(found['arm'] == 'other').sum()} of them in arms outside the contrast"


def test_excluded_subjects_do_not_enter() -> None:
    """Who fails a criterion is in no arm, whatever the value."""
    found = trial()
    disposition = disposed(found)
    disposition.loc[:9, "reason"] = "Too heavy"
    spoilt = found.copy()
    spoilt.loc[:9, "change"] = 1e6
    rows = [over_all_arms(randomised(), one, disposition) for one in (found, spoilt)]
    assert rows[0] == rows[1]
    assert rows[0][0]["n"] == len(found) - 10


def test_a_gap_in_another_arm_is_not_filled() -> None:
    """Where a subject of another arm lacks a covariate, the row says so, and says it of no subject."""
    found = trial()
    found.loc[0, "weight"] = np.nan
    (row,) = over_all_arms(randomised(), found, disposed(found))
    assert row["estimate"] is None
    assert "column 'weight' is missing for 1 eligible subject(s)" in row["note"]


def test_subjects_without_an_outcome_are_left_out_and_counted() -> None:
    """An outcome that is missing, in whichever arm, leaves the subject out of the row, whose note counts it."""
    found = trial()
    found.loc[[0, 1, 2], "change"] = np.nan
    (row,) = over_all_arms(randomised(), found, disposed(found))
    kept = found.iloc[3:].reset_index(drop=True)
    (alone,) = over_all_arms(randomised(), kept, disposed(kept))
    assert (row["n"], row["estimate"]) == (len(found) - 3, alone["estimate"])
    assert row["note"].endswith("; 3 without an outcome left out")


def test_there_is_no_row_without_other_arms() -> None:
    """Two arms, or a study that is not randomised, have no such row."""
    two, three = subjects(), trial()
    assert over_all_arms(randomised(), two, disposed(two)) == []
    assert over_all_arms(protocol(), three, disposed(three)) == []
