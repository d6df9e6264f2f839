"""Every applicable number for missing outcomes by other software is reproduced within its tolerance."""

from collections import Counter

import numpy as np
import pytest

from tests.reference.missing_outcomes import DRAWN, LEFT_OUT, TOPIC, allowed, computed, numbers, reason
from tests.reference.open_data import NHEFS, columns_of
from tests.reference.outcome_draws import Study
from tests.reference.reference import numeric
from tests.reference.second_set import MISSING, available, topic_rows

second_set = pytest.mark.skipif(not available(), reason=MISSING)

ENOUGH = {
    "AIPW-MAR": 24,
    "AIPW-MAR joint outcome": 8,
    "AIPW complete cases": 8,
    "IPW-MAR Hajek": 4,
    "g-formula MAR": 4,
    "ANCOVA complete cases": 9,
    "MI norm + ANCOVA": 15,
    "MMRM REML": 13,
    "MMRM ML": 13,
    "MMRM REML Kenward-Roger": 9,
    "MMRM REML Satterthwaite": 9,
    "conditional mean MAR": 3,
    "conditional mean JR": 3,
    "conditional mean CR": 3,
    "conditional mean CIR": 3,
}
"""Rows that must be compared, by estimator."""

NHEFS_NUMBERS = {
    ("AIPW-MAR", "mean1"): (5.08385217249402, 5.1e-6),
    ("AIPW-MAR", "mean0"): (1.71990796325708, 1.8e-6),
    ("AIPW-MAR", "ATE"): (3.36394420923694, 3.4e-6),
    ("AIPW-MAR", "se_sandwich_ATE"): (0.49989123736973, 5.0e-5),
    ("AIPW-MAR", "se_if_ATE"): (0.491142057574294, 5.0e-7),
    ("AIPW-MAR", "min_pi_e"): (0.0736904786994425, 7.4e-8),
    ("AIPW-MAR joint outcome", "ATE"): (3.362296405974119, 3.4e-6),
    ("AIPW-MAR joint outcome", "se_if_ATE"): (0.4872394625148342, 4.9e-7),
    ("AIPW complete cases", "ATE"): (3.36303096230378, 3.4e-6),
    ("AIPW complete cases", "se_if_ATE"): (0.495481576196775, 5.0e-7),
    ("IPW-MAR Hajek", "ATE"): (3.33042983319296, 3.4e-6),
    ("g-formula MAR", "ATE"): (3.43178610979089, 3.5e-6),
    ("ANCOVA complete cases", "coef_A"): (3.34548412907267, 3.4e-6),
    ("ANCOVA complete cases", "se_A"): (0.44045838439194, 4.5e-7),
    ("ANCOVA complete cases", "se_HC3_A"): (0.476526826372758, 4.8e-7),
}
"""Value and absolute tolerance on all 1,629 smokers of NHEFS, of whom 63 have no weight change.

By hand-written M-estimation in R 4.2.2, means, ATE and stacked error also by delicatessen 4.3; the joint outcome model
by statsmodels 0.15.0, HC3 by R's sandwich.
"""


def test_the_numbers_of_nhefs_are_reproduced() -> None:
    """On the data that travel with the project each estimator gives what the other software gives."""
    found = numbers(_nhefs())
    assert found.keys() == NHEFS_NUMBERS.keys()
    for key, (value, tolerance) in NHEFS_NUMBERS.items():
        assert abs(found[key] - value) <= tolerance, key


def _nhefs() -> Study:
    """Return all 1,629 smokers with six covariates and indicators of exercise and activity."""
    columns = columns_of(NHEFS)
    value = {
        name: numeric(columns, [name])[:, 0]
        for name in ("sex", "race", "age", "smokeintensity", "smokeyrs", "wt71", "exercise", "active", "qsmk")
    }
    plain = [value[name] for name in ("sex", "race", "age", "smokeintensity", "smokeyrs", "wt71")]
    levels = [value[name] == level for name in ("exercise", "active") for level in (1, 2)]
    outcome = np.array([float(text) if text else np.nan for text in columns["wt82_71"]])
    x = np.column_stack([*plain, *levels])
    return Study(x, value["qsmk"] == 1, outcome, np.isfinite(outcome), "gaussian")


@second_set
def test_every_applicable_row_of_missing_outcomes_is_reproduced(
    pytestconfig: pytest.Config, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every row that is not left out for a reason is within its tolerance, and the counts and differences are printed."""
    compared: Counter[str] = Counter()
    left: Counter[str] = Counter()
    largest, wrong = 0.0, []
    for row in topic_rows():
        if row.topic != TOPIC:
            continue
        why = reason(row)
        if why:
            left[why] += 1
            continue
        share = abs(computed(row) - row.value) / allowed(row)
        if not share <= 1:
            wrong.append(
                f"{row.case} {row.estimator} {row.quantity}: {computed(row)} for {row.value} ± {allowed(row):.2g}"
            )
        compared[row.estimator] += 1
        largest = max(largest, share)
    terminal = pytestconfig.pluginmanager.getplugin("terminalreporter")
    assert terminal is not None
    with capsys.disabled():
        detail = ", ".join(f"{name} {count}" for name, count in compared.items())
        terminal.write_line(
            f"\nnumbers of missing outcomes: {compared.total()} rows compared ({detail}), {left.total()} left out; "
            f"largest difference {largest:.2g} of its tolerance"
        )
        for text, count in left.items():
            terminal.write_line(f"    left out {count}: {text}")
    assert wrong == []
    for estimator, number in ENOUGH.items():
        assert compared[estimator] >= number


@second_set
def test_every_reason_for_leaving_rows_of_missing_outcomes_out_applies_to_some() -> None:
    """No reason is left over from rows that are gone or reproduced by now."""
    used = {reason(row) for row in topic_rows() if row.topic == TOPIC}
    assert [text for text, _ in LEFT_OUT if text not in used] == []


@second_set
def test_the_numbers_of_nhefs_are_those_of_the_second_set() -> None:
    """What travels with the project is what the folder says."""
    held = {
        (row.estimator, row.quantity): row.value
        for row in topic_rows()
        if (row.topic, row.case) == (TOPIC, "nhefs_mar") and not reason(row) and row.estimator != DRAWN
    }
    assert held == {key: value for key, (value, _) in NHEFS_NUMBERS.items()}
