"""Multiple imputation: what it never touches, what each data set depends on, and whom it asks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from threadpoolctl import threadpool_limits

from medicore.errors import EstimationError
from medicore.stats.imputation.chained_equations import (
    Imputation,
    ImputationModel,
    imputation,
    imputations,
    visiting_order,
)
from medicore.stats.imputation.imputation_draws import draw_donors, draw_normal
from medicore.stats.imputation.incomplete import IncompleteCovariate
from medicore.stats.models.linear import fit_linear
from tests.stats.gaps import LEVELS, NAN, Mask, Vector, number, sample

SHARE_TOLERANCE = 0.06
"""Absolute, of shares among imputed and true categories of some 700 subjects, in twelve groups."""
SLOPE_TOLERANCE = 0.06
"""Absolute, of a correlation or a slope among 3,000 subjects' imputed values."""
seeds = st.integers(0, 2**31)
methods = st.sampled_from(["normal", "matching"])


def same(one: Imputation, other: Imputation) -> bool:
    """Return whether two completed data sets are the same, bit by bit."""
    return one.visited == other.visited and all(
        np.array_equal(a, b)
        for a, b in zip((*one.columns, one.trace), (*other.columns, other.trace), strict=True)
    )


@given(seeds, methods)
def test_observed_values_never_change(seed: int, method: str) -> None:
    """Every gap is filled, categories with their levels, and every observed value is kept bit by bit."""
    covariates, treated, outcome = sample(seed)
    found = imputation(
        covariates, treated, outcome, seed=seed, index=1, model=ImputationModel(method, iterations=2)
    )
    for covariate, column in zip(covariates, found.columns, strict=True):
        seen = ~covariate.missing
        assert np.array_equal(column[seen], covariate.values[seen])
        assert np.isfinite(column).all()
        if covariate.levels:
            assert set(column) <= set(covariate.values[seen])
    assert found.columns[4] is covariates[4].values
    assert found.trace.shape == (2, 4)


def test_complete_data_come_back_untouched() -> None:
    """Without gaps every data set is the data, whatever the seed, with nothing visited."""
    covariates, treated, outcome = sample(1, gaps=0)
    for one in imputations(covariates, treated, outcome, seed=1, number=3):
        assert all(a is b.values for a, b in zip(one.columns, covariates, strict=True))
        assert one.visited == ()
        assert one.trace.shape == (0, 0)
    assert imputation([], treated, outcome, seed=1, index=0).columns == ()


@pytest.mark.parametrize("seed", [0, 1, 2**63])
def test_a_data_set_depends_on_seed_and_index_alone(seed: int) -> None:
    """Fewer or more imputations, and in which order they are asked for, change none; other indices and seeds differ."""
    covariates, treated, outcome = sample(7)
    model = ImputationModel(iterations=2)
    few = list(imputations(covariates, treated, outcome, seed=seed, number=2, model=model))
    many = list(imputations(covariates, treated, outcome, seed=seed, number=4, model=model))
    last = imputation(covariates, treated, outcome, seed=seed, index=3, model=model)
    assert all(same(a, b) for a, b in zip(few, many, strict=False))
    assert same(last, many[3])
    assert not same(many[0], many[1])
    assert not same(few[0], imputation(covariates, treated, outcome, seed=seed + 1, index=0, model=model))


@pytest.mark.parametrize("method", ["normal", "matching"])
def test_the_bits_do_not_depend_on_threads(method: str) -> None:
    """One thread and two give the same completed data, on enough subjects for a library to share the work."""
    covariates, treated, outcome = sample(3, n=6000)
    model = ImputationModel(method, iterations=2)
    with threadpool_limits(limits=1):
        alone = imputation(covariates, treated, outcome, seed=5, index=0, model=model)
    with threadpool_limits(limits=2):
        together = imputation(covariates, treated, outcome, seed=5, index=0, model=model)
    assert same(alone, together)


def test_fewest_gaps_first() -> None:
    """Covariates are visited by their number of gaps, of equally many the first given, and those without not at all."""
    covariates = [
        number("a", [NAN, NAN, 1, 2]),
        number("b", [1, 2, 3, 4]),
        number("c", [1, NAN, 3, 4]),
        number("d", [NAN, NAN, 1, 2]),
        number("e", [1, 2, 3, NAN]),
    ]
    assert visiting_order(covariates) == (2, 4, 0, 3)
    data, treated, outcome = sample(1)
    gaps = {covariate.name: int(covariate.missing.sum()) for covariate in data}
    visited = imputation(data, treated, outcome, seed=1, index=0, model=ImputationModel(iterations=1)).visited
    assert [gaps[name] for name in visited] == sorted(count for count in gaps.values() if count)


@pytest.mark.parametrize("method", ["normal", "matching"])
def test_one_covariate_is_one_draw_from_the_stream_named(method: str) -> None:
    """With gaps in one number the data set is a single draw given the others, treatment, outcome and their product."""
    covariates, treated, outcome = sample(11)
    data = [covariates[0], number("height", covariates[4].values)]
    found = imputation(data, treated, outcome, seed=9, index=2, model=ImputationModel(method))
    chance = np.random.Generator(np.random.PCG64(np.random.SeedSequence(9).spawn(5)[2]))
    missing = covariates[0].missing
    seen = covariates[0].values[~missing]
    chance.integers(0, len(seen), size=int(missing.sum()))
    arm, end, height = ((v - v.mean()) / v.std() for v in (treated * 1.0, outcome, covariates[4].values))
    rows = np.vstack([np.ones(len(arm)), arm, end, arm * end, height])
    standard = (seen - seen.mean()) / seen.std()
    if method == "normal":
        drawn = seen.mean() + seen.std() * draw_normal(rows[:, ~missing], standard, rows[:, missing], chance)
    else:
        drawn = seen[draw_donors(rows[:, ~missing], standard, rows[:, missing], 5, chance)]
    assert np.array_equal(found.columns[0][missing], drawn)
    assert found.trace.tolist() == [[drawn.mean()]]


def test_imputed_values_keep_their_relations() -> None:
    """Among 3,000 subjects the imputed weights relate to outcome, arm and the other covariates as the true ones do."""
    covariates, treated, outcome = sample(21, n=3000, gaps=0)
    chance = np.random.Generator(np.random.PCG64(22))
    missing = chance.random(3000) < 0.4
    true = covariates[0].values
    data = [number("weight", np.where(missing, NAN, true)), *covariates[1:]]
    columns = imputation(data, treated, outcome, seed=1, index=0).columns
    rest = np.column_stack([*columns[1:3], columns[3] == 1, columns[3] == 2, columns[4], treated, outcome])
    standard = rest / rest.std(axis=0)
    was = fit_linear(standard[missing], (true[missing] - 80) / 12)
    now = fit_linear(standard[missing], (columns[0][missing] - 80) / 12)
    assert np.abs(was.coefficients - now.coefficients)[1:].max() <= 2 * SLOPE_TOLERANCE
    assert now.residual.std() == pytest.approx(was.residual.std(), abs=SLOPE_TOLERANCE)


def test_imputed_categories_keep_their_relations() -> None:
    """Among 20,000 subjects the imputed categories have the true shares within each arm and third of the outcome."""
    covariates, treated, outcome = sample(31, n=20_000, gaps=0)
    chance = np.random.Generator(np.random.PCG64(32))
    third = np.digitize(outcome, np.quantile(outcome, [1 / 3, 2 / 3]))
    for place in (2, 3):
        missing = chance.random(20_000) < 0.4
        holed = IncompleteCovariate("holed", np.where(missing, NAN, covariates[place].values), LEVELS)
        columns = imputation([*covariates[:2], holed], treated, outcome, seed=1, index=0).columns
        for arm in (False, True):
            for part in range(3):
                group = missing & (treated == arm) & (third == part)
                true = np.bincount(covariates[place].values[group].astype(int), minlength=3) / group.sum()
                found = np.bincount(columns[2][group].astype(int), minlength=3) / group.sum()
                assert np.abs(true - found).max() <= SHARE_TOLERANCE


def test_matching_keeps_range_and_rounding() -> None:
    """Values taken from donors are values that were observed; normal draws are not."""
    covariates, treated, outcome = sample(41)
    age = covariates[1]
    for method, kept in (("matching", True), ("normal", False)):
        column = imputation(
            covariates, treated, outcome, seed=1, index=0, model=ImputationModel(method)
        ).columns[1]
        assert (set(column[age.missing]) <= set(age.values[~age.missing])) is kept


def test_without_interaction_arms_share_a_slope() -> None:
    """Where a covariate changes the effect, its imputed values relate to the outcome by arm only with the product."""
    chance = np.random.Generator(np.random.PCG64(51))
    x = chance.normal(size=6000)
    treated = chance.random(6000) < 0.5
    outcome = np.where(treated, 2 * x, -x) + chance.normal(size=6000)
    missing = chance.random(6000) < 0.5
    data = [number("x", np.where(missing, NAN, x))]
    slopes = []
    for interaction in (True, False):
        model = ImputationModel(interaction=interaction)
        drawn = imputation(data, treated, outcome, seed=1, index=0, model=model).columns[0]
        slopes.append(
            [np.polyfit(drawn[missing & arm], outcome[missing & arm], 1)[0] for arm in (treated, ~treated)]
        )
    assert np.abs(np.array(slopes[0]) - [2, -1]).max() <= 0.3
    assert np.abs(np.array(slopes[1]) - [2, -1]).max() > 0.7


def test_the_trace_is_of_the_imputed_values() -> None:
    """Its last line holds the means of the numbers imputed and the shares at the most frequent observed levels."""
    covariates, treated, outcome = sample(61)
    found = imputation(covariates, treated, outcome, seed=1, index=0)
    assert found.trace.shape == (10, 4)
    names = [covariate.name for covariate in covariates]
    for place, name in enumerate(found.visited):
        covariate, column = covariates[names.index(name)], found.columns[names.index(name)]
        drawn = column[covariate.missing]
        modal = covariate.level_counts.argmax() if covariate.levels else NAN
        expected = (drawn == modal).mean() if covariate.levels else drawn.mean()
        assert found.trace[-1, place] == expected


def test_levels_nobody_has_are_not_imputed() -> None:
    """A declared level that was never observed is no level of the model, and a category with one level no predictor."""
    covariates, treated, outcome = sample(71)
    stage = covariates[3].values
    data = [
        covariates[0],
        IncompleteCovariate("stage", np.where(stage == 1, 4.0, stage), ("none", "a", "much", "b", "other")),
        IncompleteCovariate("centre", np.zeros(len(stage)), ("only", "closed")),
        number("constant", np.ones(len(stage))),
    ]
    found = imputation(data, treated, outcome, seed=1, index=0)
    assert set(found.columns[1]) == {0.0, 2.0, 4.0}
    without = imputation(data[:2], treated, outcome, seed=1, index=0)
    assert np.array_equal(found.columns[0], without.columns[0])


AGE = number("age", [50, NAN, 70, 55, 60, 61, 62, 63])
ARM = np.array([True, False] * 4)
END = np.arange(8.0)


@pytest.mark.parametrize(
    ("covariates", "treated", "outcome", "model", "message"),
    [
        ([AGE], ARM, np.where(END > 0, END, NAN), ImputationModel(), "'outcome' holds"),
        ([AGE], ARM[1:], END, ImputationModel(), "a row per subject of the arm"),
        ([AGE], ARM[1:], END[1:], ImputationModel(), "not there for all"),
        ([AGE], ARM, END, ImputationModel(donors=0), "0 donors"),
        ([AGE], ARM, END, ImputationModel(iterations=0), "0 iterations"),
        ([number("age", [NAN] * 8)], ARM, END, ImputationModel(), "no observed value"),
        ([number("age", [NAN, *[3] * 7])], ARM, END, ImputationModel(), "'age' has gaps and the same value"),
        (
            [number("age", [NAN] * 4 + [1, 2, 3, 4])],
            ARM,
            END,
            ImputationModel(),
            "4 observed values for 4 param",
        ),
        (
            [IncompleteCovariate("stage", np.array([NAN, 0, 1, 2, 0, 1, 2, 0]), LEVELS)],
            ARM,
            END,
            ImputationModel(),
            "7 observed values for 8 parameters",
        ),
    ],
)
def test_what_cannot_be_imputed_is_refused(
    covariates: list[IncompleteCovariate],
    treated: Mask,
    outcome: Vector,
    model: ImputationModel,
    message: str,
) -> None:
    """Incomplete treatment or outcome, impossible settings, and covariates with too little to learn from."""
    with pytest.raises(EstimationError, match=message):
        imputation(covariates, treated, outcome, seed=1, index=0, model=model)


def test_one_value_more_than_parameters_is_enough() -> None:
    """Five observed values carry four parameters, and the interaction costs one."""
    data = [number("age", [NAN] * 3 + [1, 5, 3, 4, 9])]
    assert np.isfinite(imputation(data, ARM, END, seed=1, index=0).columns[0]).all()
    fewer = [number("age", [NAN] * 4 + [5, 3, 4, 9])]
    assert np.isfinite(
        imputation(fewer, ARM, END, seed=1, index=0, model=ImputationModel(interaction=False)).columns[0]
    ).all()
