"""What ``explain`` says of a statistic is its own formula: computed by it from the recorded tables, the value comes out."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm, t

from medicore.cases.answers.explain import explain
from medicore.cases.run.runs import sealed_commit
from medicore.cases.run.seal import read_results
from medicore.cases.run.stored import stored_file
from medicore.cli.explain import _show
from medicore.records.identifiers import RunId
from medicore.records.results.paths import leaves_of, value_at
from medicore.records.results.trace import ORIGINS, origin_of
from medicore.stats.monitoring.confidence_sequence import tuning
from tests.whole_house.house import WholeHouse
from tests.whole_house.study import SOUND_RUN

RUN = RunId.parse(SOUND_RUN)
EXACT = 1e-12
"""Relative difference that rounding explains."""


class Recorded:
    """The recorded results of the sound run, and its subjects as arrays."""

    def __init__(self, whole: WholeHouse) -> None:
        commit = sealed_commit(whole.house, RUN)
        self.results: dict[str, Any] = dict(read_results(whole.house, RUN, commit).document)
        tables = (
            pd.read_parquet(io.BytesIO(stored_file(whole.house, RUN, commit, f"{name}.parquet")))
            for name in ("analysis", "scores")
        )
        analysis, scores = tables
        self.a = analysis["treated"].to_numpy(dtype=bool)
        self.y = analysis["outcome"][analysis["observed"]].to_numpy(dtype=float)
        self.age = analysis["age"].to_numpy(dtype=float)
        self.e, self.w = (scores[name].to_numpy(dtype=float) for name in ("score", "weight"))

    def __getitem__(self, path: str) -> Any:
        return value_at(self.results, path)


def by_formulas(held: Recorded) -> dict[str, float]:
    """Return statistics by the formula that the trace table gives each, by path."""
    a, e, w, y = held.a, held.e, held.w, held.y
    pairs = e[a][:, None] - e[~a][None, :]
    preference = np.log(e / (1 - e)) - np.log(a.mean() / (1 - a.mean()))
    shares = 1 / (1 + np.exp(-preference))
    theta, error, level = (held[f"primary.{name}"] for name in ("estimate", "standard_error", "level"))
    odds = np.exp(0.91 * theta / y.std(ddof=1))
    place = next(n for n, term in enumerate(held["balance.terms"]) if term["term"] == "age")
    x = held.age
    ratio = x[a].var(ddof=1) / x[~a].var(ddof=1)
    v = held["primary.n"] * tuning(1 - level, held["monitoring.design.tuned_at"])
    multiple = np.sqrt(2 * (v + 1) / v * np.log(np.sqrt(v + 1) / (1 - level)))
    freedom = held["primary.degrees_of_freedom"]
    quantile = t.ppf(0.5 + level / 2, freedom)
    z = np.sign(theta) * norm.isf(t.sf(abs(theta / error), freedom))
    return {
        "monitoring.looks.0.boundary": multiple,
        "monitoring.ci_low": theta - t.isf(norm.sf(multiple), freedom) * error,
        "monitoring.z": z,
        "monitoring.information": 1 / error**2,
        "monitoring.sequential_p": np.sqrt(v + 1) * np.exp(-(z**2) * v / (2 * (v + 1))),
        "propensity.c_statistic": float((pairs > 0).mean() + (pairs == 0).mean() / 2),
        "propensity.equipoise": float(((shares >= 0.3) & (shares <= 0.7)).mean()),
        "propensity.effective_sample_size.treated": w[a].sum() ** 2 / (w[a] ** 2).sum(),
        "propensity.largest_weight_share.control": w[~a].max() / w[~a].sum(),
        "propensity.score_range.control.1": e[~a].max(),
        "propensity.log_likelihood": float(np.log(np.where(a, e, 1 - e)).sum()),
        f"balance.terms.{place}.variance_ratio_unweighted": ratio,
        f"balance.terms.{place}.smd_unweighted": (x[a].mean() - x[~a].mean())
        / np.sqrt((x[a].var(ddof=1) + x[~a].var(ddof=1)) / 2),
        "balance.worst.weighted.smd": max(abs(term["smd_weighted"]) for term in held["balance.terms"]),
        "primary.ci_low": theta - quantile * error,
        "primary.p_value": 2 * t.sf(abs(theta / error), freedom),
        "primary.absolute_difference.estimate": held["primary.mean_treated"] - held["primary.mean_control"],
        "primary.verification.relative_difference": max(
            abs(held["primary.verification.estimate"] - theta),
            abs(held["primary.verification.standard_error"] - error),
        )
        / error,
        "evalue.risk_ratio": odds,
        "evalue.point": max(odds, 1 / odds) + np.sqrt(max(odds, 1 / odds) * (max(odds, 1 / odds) - 1)),
        "tipping.missing_share": held["tipping.missing"] / held["tipping.treated"],
        "tipping.delta_of_estimate": -theta / held["tipping.shifted_share"],
    }


def test_a_statistic_is_what_its_formula_gives(month: WholeHouse) -> None:
    """Each statistic, computed here from the recorded tables by its formula, is the recorded value."""
    held = Recorded(month)
    found = by_formulas(held)
    assert {path: held[path] for path in found} == pytest.approx(found, rel=EXACT, abs=0)


def test_no_statistic_has_the_formula_of_another(month: WholeHouse) -> None:
    """Statistics of different kinds have different formulas; only the fit itself has that of the logistic model."""
    held = Recorded(month)
    formulas: dict[str, set[str]] = {}
    for path in by_formulas(held):
        formulas.setdefault(origin_of(path).formula, set()).add(path)
    assert all(len(paths) == 1 for formula, paths in formulas.items() if "θ ∓ q·SE" not in formula), formulas
    logistic = {
        path
        for path, _ in leaves_of({"propensity": held["propensity"]})
        if "logit e(x)" in origin_of(path).formula
    }
    parts = {path.split(".")[1] for path in logistic}
    assert parts == {"coefficients", "converged", "iterations"}


def test_every_pattern_is_the_origin_of_something() -> None:
    """No pattern is hidden by one before it: a path made from it has that origin."""
    for origin in ORIGINS:
        made = origin.pattern.replace("**", "x").replace("*", "0")
        assert origin_of(made) == origin


def test_a_row_is_shown_by_its_cells_once(
    month: WholeHouse, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A row has one line a cell, in words and numbers; a cell that comes out otherwise now is told with both values."""
    found = explain(month.house, RUN, "sensitivity.sensitivity.0", tmp_path / "scratch")
    _show(found, same=True)
    told = capsys.readouterr().out
    assert told.count(f"  estimator: {found.value['estimator']}\n") == 1
    assert told.count(repr(found.value["estimate"])) == 1
    assert "recomputed now  identical" in told
    assert "{" not in told
    found.recomputed["n"] = 7
    _show(found, same=False)
    assert f"  n: {found.value['n']}; DIFFERENT now: 7\n" in capsys.readouterr().out
