"""A finding on the propensity model names the terms behind it."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from medicore.records.finding import Finding
from medicore.stats.models.logistic import fit_logistic
from medicore.steps.models.naming import named, sparse_levels
from medicore.steps.models.terms import Terms

Vector = NDArray[np.float64]

RANDOM = np.random.default_rng(7)
TREATED = RANDOM.random(200) < 0.5
NOISE = RANDOM.normal(size=(200, 2))
OTHER = Finding("propensity", "overlap", "propensity score", "0", "0.001", "what it was")


def message(gate: str, *columns: Vector) -> str:
    """Return the message on a gate about a model of two columns of noise, a and b, and others, c, d, e …."""
    names = tuple("abcdefghij"[: 2 + len(columns)])
    terms = Terms(np.column_stack([NOISE, *columns]), names, names)
    about = replace(OTHER, gate=gate)
    other, found = named((OTHER, about), terms, TREATED, fit_logistic(terms.matrix, TREATED))
    assert other == OTHER
    assert replace(found, message="") == replace(about, message="")
    return found.message


APART = np.where(TREATED, 2.0, 1.0)
QUASI = np.where(TREATED & (NOISE[:, 0] > 0), 1.0, 0.0)
TWICE = NOISE[:, 1] + 1e-5 * RANDOM.normal(size=200)
TOGETHER = np.where(TREATED, 1.0, -1.0) - 3 * NOISE[:, 0]


@pytest.mark.parametrize(
    ("gate", "columns", "expected"),
    [
        ("separation", (APART,), "(separation): c does so alone; their weights mean nothing"),
        ("separation", (QUASI,), "(separation): c does so alone; their weights mean nothing"),
        ("separation", (QUASI, APART), "(separation): c and d do so, each alone;"),
        ("separation", (TOGETHER,), ", taken together;"),
        ("separation", (), "for some subjects (separation); their weights"),
        ("convergence", (TWICE,), " iterations: b and c are nearly collinear; leave terms out"),
        ("convergence", (APART,), " iterations: c predict treatment perfectly; leave terms out"),
        ("convergence", (), " iterations; leave terms out"),
    ],
)
def test_finding_names_its_terms(gate: str, columns: tuple[Vector, ...], expected: str) -> None:
    """What separates alone, together, or is collinear is named; other findings stay as they are."""
    assert expected in message(gate, *columns)


def test_long_list_is_cut() -> None:
    """Five terms are named and the rest counted."""
    many = [QUASI * size for size in range(1, 8)]
    # Multiples of one column are aliased in the model; each separates alone all the same.
    assert "(separation): c, d, e, f, g and 2 more do so, each alone" in message("separation", *many)


def test_levels_that_few_subjects_have_are_named_fewest_first() -> None:
    """An indicator that fewer than ten subjects of one arm have is lost in some resamples; a number is no level."""
    places = np.arange(200)
    few = [(places % 2 == 0) * (places < 2 * count) for count in (3, 1, 30)]
    terms = Terms(
        np.column_stack([NOISE[:, 0], *few]).astype(float),
        ("age", "a=x", "a=y", "a=z"),
        ("age", "a", "a", "a"),
    )
    treated = places % 4 == 0
    assert sparse_levels(terms, treated) == "; few subjects have a=y (0 in one arm) and a=x (1 in one arm)"
    assert sparse_levels(Terms(NOISE, ("age", "b"), ("age", "b")), treated) == ""
