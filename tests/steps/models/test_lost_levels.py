"""What will make resamples fail is known before they are drawn, by name."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from medicore.errors import EstimationError
from medicore.stats.bootstrap.bootstrap import bootstrap_effect
from medicore.stats.bootstrap.replicated import bootstrap_means
from medicore.stats.effect.contrasts import ArmMeans
from medicore.stats.randomisation.randomisation_scheme import Randomisation
from medicore.steps.cohort import cohort
from medicore.steps.effect import analysed, effect
from medicore.steps.models.lost_levels import (
    Cell,
    failing_share,
    few_subjects,
    require_resamples,
    sparse_problem,
)
from medicore.steps.models.sample import Sample
from medicore.steps.models.terms import Terms
from medicore.steps.primaries.primary_estimator import Adjusted
from tests.steps.analysed_trial import extracted, protocol, subjects, weighed, with_column

FRAME = subjects()
ACTIVE = (FRAME["arm"] == "active").to_numpy(dtype=bool)
NEAR = 0.06
"""Monte-Carlo error of a share of 400 replicates, 2.4 standard errors at one half."""


def few(k: int, family: str) -> tuple[Terms, NDArray[np.bool_], NDArray[np.float64]]:
    """Return a design with a level that k treated subjects and many controls have, arms and outcomes."""
    draw = np.random.default_rng(3)
    x = draw.normal(size=300)
    treated = draw.random(300) < 1 / (1 + np.exp(-0.5 * x))
    level = np.zeros(300)
    chosen = np.flatnonzero(treated)[:k]
    level[chosen], level[np.flatnonzero(~treated)[:40]] = 1, 1
    outcome = x + treated + draw.normal(size=300)
    if family == "binomial":
        outcome = (outcome > 0.5).astype(float)
        outcome[chosen] = np.arange(k) % 2
    return Terms(np.column_stack([x, level]), ("x", "site=a"), ("x", "site")), treated, outcome


@pytest.mark.parametrize(
    ("k", "family"), [(1, "gaussian"), (2, "gaussian"), (5, "gaussian"), (2, "binomial"), (3, "binomial")]
)
def test_the_share_of_failing_resamples_is_known_before(k: int, family: Any) -> None:
    """The formula gives the share that a bootstrap finds, for numbers and for binary outcomes."""
    terms, treated, outcome = few(k, family)
    expected = failing_share(few_subjects(terms, treated, outcome if family == "binomial" else None))
    found = bootstrap_effect(
        terms.matrix, terms.matrix, treated, outcome, replicates=400, seed=1, family=family
    )
    assert abs(sum(found.failed.values()) / 400 - expected) < NEAR


def test_the_first_level_of_a_category_is_a_level_too() -> None:
    """Where a resample lacks it the indicators of the others sum to 1: the formula counts it, as a bootstrap finds."""
    terms, treated, outcome = few(2, "gaussian")
    rare = terms.matrix[:, 1] == 1
    halves = [~rare & (np.arange(300) % 2 == part) for part in (0, 1)]
    matrix = np.column_stack([terms.matrix[:, 0], *halves]).astype(np.float64)
    held = Terms(matrix, ("x", "site=b", "site=c"), ("x", "site", "site"))
    cells = few_subjects(held, treated)
    assert cells == (Cell("first level of site", "treated", 2),)
    found = bootstrap_effect(matrix, matrix, treated, outcome, replicates=400, seed=1)
    assert abs(sum(found.failed.values()) / 400 - failing_share(cells)) < NEAR


@pytest.mark.parametrize(
    ("gaps", "region", "changed", "refused"),
    [
        (True, "west", {}, True),
        (False, "west", {}, False),
        (True, "", {}, False),
        (True, "west", {"models": {"propensity": ["age", "weight"], "outcome": ["age", "weight"]}}, False),
    ],
)
def test_nothing_is_drawn_for_a_run_that_will_fail(
    tmp_path: Path, gaps: bool, region: str, changed: dict[str, Any], refused: bool
) -> None:
    """A level that no treated subject has ends the run before gaps are drawn; without gaps, or without the level, it goes on."""
    frame = subjects()
    if region:
        rare = frame.index[(frame["arm"] == "active") & (frame["region"] == region)]
        frame.loc[rare, "region"] = "north"
    if gaps:
        frame.loc[frame.index[::9], "weight"] = np.nan
    planned = protocol(
        imputation={"method": "multiple", "number": 5},
        outcome={"missing": {"method": "multiple imputation", "number": 5}},
        eligibility=[{"name": "Under 18", "column": "age", "operator": "at least", "value": 18}],
        **changed,
    )
    files = extracted(tmp_path, frame)
    if refused:
        with pytest.raises(EstimationError, match=r"region=west \(0 in the treated arm\)"):
            cohort(files, planned)
        assert not files.exists("analysis.parquet")
    else:
        assert cohort(files, planned) == ()


def test_cells_are_named_with_their_counts() -> None:
    """Level and arm, or the rest beside a level that nearly everybody has; terms of other values are none."""
    treated = np.arange(40) < 20
    most = np.ones(40)
    most[[0, 20, 21]] = 0
    terms = Terms(
        np.column_stack([np.arange(40.0), most, np.ones(40)]), ("age", "sex=F", "one"), ("age", "sex", "one")
    )
    assert few_subjects(terms, treated) == (Cell("not sex=F", "treated", 1), Cell("not sex=F", "control", 2))
    assert sparse_problem(few_subjects(terms, treated)) is None
    problem = sparse_problem(
        [Cell("a=1", "treated", 1), Cell("b=2", "control", 1), Cell("c=3", "control", 2)]
    )
    assert problem is not None
    assert problem.startswith(
        "about 65% of the bootstrap's resamples would lose a level that few subjects have"
    )
    assert "a=1 (1 in the treated arm), b=2 (1 in the control arm) and c=3 (2 in the control arm)" in problem
    assert (
        "merge these levels with others in a new version of the protocol, by recode of their columns, or leave"
        in problem
    )
    assert str(sparse_problem([Cell("a=1", "treated", 0)])).startswith("all but a few")


def test_a_run_ends_before_the_bootstrap_and_names_the_levels(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is drawn where most resamples would fail; the message names the level and what mends it."""
    rare = np.where(
        np.isin(np.arange(240), np.flatnonzero(ACTIVE)[:1]),
        "west",
        np.where(ACTIVE, "north", FRAME["region"]),
    )
    frame = with_column(FRAME, "region", rare)
    plan = protocol(models={"propensity": ["age", "region"], "outcome": ["region"]})
    files, _ = weighed(tmp_path, frame, plan)
    monkeypatch.setattr(
        "medicore.steps.primaries.primary_estimator.bootstrap_effect", lambda *_, **__: pytest.fail("drawn")
    )
    with pytest.raises(
        EstimationError,
        match=r"resamples would lose .*region=west \(1 in the treated arm\).*merge these levels",
    ):
        effect(files, plan)
    assert not files.exists("effect.json")


def test_events_count_where_the_outcome_is_binary(tmp_path: Path) -> None:
    """A level with two events in an arm is lost as often as one with two subjects, though many have the level."""
    files, _ = weighed(tmp_path, FRAME, protocol())
    (analysis,), _ = analysed(files)
    plan = protocol(models={"propensity": ["age"], "outcome": ["sex"]})
    sample = Sample.of(plan, analysis)
    require_resamples(plan, sample)
    female = (analysis["sex"] == "F").to_numpy(dtype=bool)
    for events, fails in ((8, False), (1, True)):
        outcome = np.arange(len(analysis)) % 2.0
        for arm in (sample.treated, ~sample.treated):
            inside = np.flatnonzero(female & arm)
            outcome[inside] = 0
            outcome[inside[:events]] = 1
        binary = sample.of_outcome("binomial", outcome, np.ones(len(analysis), dtype=bool))
        if fails:
            with pytest.raises(EstimationError, match=r"about 60% .*\(1 in the control arm with the event\)"):
                require_resamples(plan, binary)
        else:
            require_resamples(plan, binary)
        require_resamples(plan, sample.of_outcome("firth", outcome, np.ones(len(analysis), dtype=bool)))


def test_randomised_models_of_both_arms_are_not_concerned(tmp_path: Path) -> None:
    """ANCOVA has one model for both arms, which a level in one arm alone can carry."""
    plan = protocol(models={"propensity": ["age", "region"], "outcome": ["region"]})
    rare = np.where(
        np.isin(np.arange(240), np.flatnonzero(ACTIVE)[:1]),
        "west",
        np.where(ACTIVE, "north", FRAME["region"]),
    )
    files, _ = weighed(tmp_path, with_column(FRAME, "region", rare), plan)
    (analysis,), _ = analysed(files)
    sample = Sample.of(plan, analysis)
    with pytest.raises(EstimationError, match="region=west"):
        require_resamples(plan, sample)
    scheme = Randomisation("simple", np.zeros(len(analysis), dtype=np.intp))
    require_resamples(plan, replace(sample, estimator=Adjusted("ancova", "joint", scheme)))


def test_a_bootstrap_of_which_nothing_comes_ends_at_once() -> None:
    """When none of the first replicates can be estimated, the others are not drawn."""
    terms, treated, outcome = few(1, "binomial")
    x = terms.matrix
    with pytest.raises(EstimationError, match="0 of 64 bootstrap replicates"):
        bootstrap_effect(x, x, treated, outcome, replicates=2000, seed=1, family="binomial")
    calls = []

    def nothing(weights: NDArray[np.float64]) -> tuple[NDArray[np.float64], dict[str, NDArray[np.bool_]]]:
        calls.append(len(weights))
        return np.zeros((len(weights), 3, 2)), {"lost": np.ones(len(weights), dtype=bool)}

    means = ArmMeans("ATE", "none", 1.0, 0.0, np.ones((20, 2)), "none", 20, 19.0)
    with pytest.raises(EstimationError, match=r"0 of 32 bootstrap replicates could be estimated \(lost 32\)"):
        bootstrap_means(nothing, means, means, ["lost"], replicates=200, seed=1)
    assert calls == [32]
