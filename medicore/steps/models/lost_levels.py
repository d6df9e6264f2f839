"""Lost levels: which resamples will fail because they lose a level that few subjects of an arm have, known before they are drawn."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import exp, prod

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medicore.errors import EstimationError
from medicore.records.finding import Finding
from medicore.records.protocol.protocol import Protocol
from medicore.steps.gate import shown
from medicore.steps.models.naming import FEW, listed
from medicore.steps.models.sample import Sample
from medicore.steps.models.terms import Terms, model_terms
from medicore.steps.primaries.primary_estimator import Adjusted

Flags = NDArray[np.bool_]
_Level = tuple[str, Flags]

_NAMED = 12
"""The largest number of cells that a message names."""

MOST = 0.5
"""A bootstrap of which this share or more would fail is not drawn: what is left of it says nothing about the estimate."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A level of a term in an arm, and within it one outcome where that counts, that ``count`` subjects have."""

    term: str
    arm: str
    count: int
    outcome: str = ""

    @property
    def words(self) -> str:
        """The cell in words: its term, the number of its subjects, and where they are."""
        return f"{self.term} ({self.count} in the {self.arm} arm{self.outcome})"


def few_subjects(
    terms: Terms, treated: Flags, outcome: NDArray[np.float64] | None = None, *, most: int = FEW
) -> tuple[Cell, ...]:
    """Return the cells of arm and level with fewer than ``most`` subjects, by default ten, fewest first.

    ``treated`` is ``(n,)`` bool. With ``outcome``, ``(n,)`` of 0, 1 or NaN, a cell is of arm, level and outcome, as the
    regression of a binary outcome separates where a level has no event or nothing else.
    """
    found = [
        cell
        for parts in (*_levels(terms), *_references(terms))
        for name, level in parts
        for cell in _cells(name, level, treated, outcome, most)
    ]
    return tuple(sorted(found, key=lambda cell: (cell.count, cell.term, cell.arm)))


def failing_share(cells: Sequence[Cell]) -> float:
    """Return the share of resamples that lose one of the cells: 1 − Π(1 − e⁻ᵏ), as a resample lacks k given subjects with e⁻ᵏ.

    Other reasons for which a resample fails come on top.
    """
    return 1 - prod(1 - exp(-cell.count) for cell in cells)


def sparse_problem(cells: Iterable[Cell]) -> str | None:
    """Return why a bootstrap would fail, and what mends it; None where most resamples keep all cells."""
    held = sorted(dict.fromkeys(cells), key=lambda cell: (cell.count, cell.term, cell.arm))
    share = failing_share(held)
    if share < MOST:
        return None
    return (
        f"{_about(share)} of the bootstrap's resamples would lose a level that few subjects have and could not be estimated: "
        f"{_named(held)}; merge these levels with others in a new version of the protocol, by recode of their columns, or leave "
        "the terms out"
    )


def lost_by_events(limit: float, terms: Terms, treated: Flags) -> Iterator[Finding]:
    """Yield the finding that a binary outcome, however it falls, makes more resamples fail than ``limit``, their share.

    The regression of a binary outcome needs subjects with and without the event at every level in each arm. That half of
    them have it is the best that can be: a resample then lacks one of two halves of k subjects with 1 − (1 − e^(−k/2))².
    Nothing is read of the outcome.
    """
    held = few_subjects(terms, treated, most=2 * FEW)
    share = 1 - prod((1 - exp(-cell.count / 2)) ** 2 for cell in held)
    if share >= limit:
        yield Finding(
            "effect", "failed replicates", "bootstrap", shown(share), shown(limit),
            f"the outcome splits each level by the event: even if half have it, {_about(share)} of the bootstrap's resamples "
            f"would lose a level and could not be estimated: {_named([one for one in held if one.count < FEW] or held)}; the "
            f"limit is {limit:.1%}; merge these levels with others by recode of their columns, or leave the terms out",
        )  # fmt: skip


def require_resamples(protocol: Protocol, sample: Sample) -> None:
    """Raise EstimationError, before anything is drawn, when most resamples of the primary analysis would fail.

    It names the cells. ANCOVA and g-computation of a randomised study have one model for both arms, and are not concerned.
    """
    if isinstance(sample.estimator, Adjusted):
        return
    scores = model_terms(protocol, protocol.models.propensity, sample.analysis)
    models = model_terms(protocol, protocol.models.outcome, sample.analysis)
    _require(scores, models, sample.treated, sample.outcome if sample.family == "binomial" else None)


def require_levels(protocol: Protocol, analysis: pd.DataFrame) -> None:
    """Raise EstimationError, before gaps are drawn, when covariates without gaps alone make most resamples fail.

    Drawing takes minutes, and nothing that is drawn mends it: ``require_resamples`` would say the same of the completed sets.
    """
    outcome = protocol.outcome
    gaps = [one.column for one in protocol.covariates if analysis[one.column].isna().any()]
    if not gaps or not protocol.inference.scored or outcome.timed or outcome.counted or outcome.graded:
        return
    curved = [one.column for one in protocol.covariates if one.terms == ("spline",)]
    nothing = Terms(np.empty((len(analysis), 0)), (), ())
    scores, models = (
        model_terms(protocol, whole, analysis) if whole else nothing
        for columns in (protocol.models.propensity, protocol.models.outcome)
        for whole in [[column for column in columns if column not in (*gaps, *curved)]]
    )
    treated = analysis["treated"].to_numpy(dtype=bool)
    binary = outcome.family == "binomial"
    _require(scores, models, treated, analysis["outcome"].to_numpy(dtype=np.float64) if binary else None)


def _require(scores: Terms, models: Terms, treated: Flags, outcome: NDArray[np.float64] | None) -> None:
    """Raise EstimationError when most resamples would lose a level of these designs."""
    cells = dict.fromkeys((*few_subjects(scores, treated), *few_subjects(models, treated)))
    if outcome is not None:
        # Who has the outcome is among those of the level: only the smaller cell counts.
        split = few_subjects(models, treated, outcome)
        apart = {(cell.term, cell.arm) for cell in split}
        cells = dict.fromkeys((*(cell for cell in cells if (cell.term, cell.arm) not in apart), *split))
    problem = sparse_problem(cells)
    if problem:
        raise EstimationError(problem)


def _named(cells: Sequence[Cell]) -> str:
    """Return the cells in words: enough of them that one new version of the protocol can mend all."""
    words = [cell.words for cell in cells]
    return listed(words, range(len(words)), most=_NAMED)


def _about(share: float) -> str:
    return "all but a few" if share > 0.995 else f"about {share:.0%}"


def _levels(terms: Terms) -> Iterator[tuple[_Level, ...]]:
    """Yield the terms that are 0 or 1, with who has them and who has not; a constant term tells nobody apart."""
    for name, column in zip(terms.names, terms.matrix.T, strict=True):
        if set(np.unique(column)) == {0.0, 1.0}:
            yield (name, column == 1), (f"not {name}", column == 0)


def _references(terms: Terms) -> Iterator[tuple[_Level]]:
    """Yield the first level of each category of three or more: without it, the indicators of the others sum to 1."""
    for covariate in dict.fromkeys(terms.covariates):
        own = [
            place
            for place, name in enumerate(terms.names)
            if terms.covariates[place] == covariate and name.startswith(f"{covariate}=")
        ]
        first = ~(terms.matrix[:, own] == 1).any(axis=1)
        if len(own) > 1 and first.any():
            yield ((f"first level of {covariate}", first),)


def _cells(
    name: str, level: Flags, treated: Flags, outcome: NDArray[np.float64] | None, most: int
) -> Iterator[Cell]:
    """Yield the cells of a level, ``(n,)`` bool, that few subjects have."""
    for arm, inside in (("treated", treated), ("control", ~treated)):
        who = level & inside
        kinds = [("", who)]
        if outcome is not None:
            kinds = [
                (" with the event", who & (outcome == 1)),
                (" without the event", who & (outcome == 0)),
            ]
        for kind, some in kinds:
            count = int(some.sum())
            if count < most:
                yield Cell(name, arm, count, kind)
