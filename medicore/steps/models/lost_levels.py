"""Lost levels: which resamples will fail because they lose a level that few subjects of an arm have, known before they are drawn."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import exp, prod

import numpy as np
from numpy.typing import NDArray

from medicore.errors import EstimationError
from medicore.records.protocol.protocol import Protocol
from medicore.steps.models.naming import FEW, listed
from medicore.steps.models.sample import Sample
from medicore.steps.models.terms import Terms, model_terms
from medicore.steps.primaries.primary_estimator import Adjusted

Flags = NDArray[np.bool_]

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
    terms: Terms, treated: Flags, outcome: NDArray[np.float64] | None = None
) -> tuple[Cell, ...]:
    """Return the cells of arm and level with fewer than ten subjects, fewest first.

    ``treated`` is ``(n,)`` bool. With ``outcome``, ``(n,)`` of 0, 1 or NaN, a cell is of arm, level and outcome, as the
    regression of a binary outcome separates where a level has no event or nothing else.
    """
    found = [cell for name, level in _levels(terms) for cell in _cells(name, level, treated, outcome)]
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
    words = [cell.words for cell in held]
    return (
        f"{_about(share)} of the bootstrap's resamples would lose a level that few subjects have and could not be estimated: "
        f"{listed(words, range(len(words)))}; merge these levels with others in a new version of the protocol, or leave the "
        "terms out"
    )


def require_resamples(protocol: Protocol, sample: Sample) -> None:
    """Raise EstimationError, before anything is drawn, when most resamples of the primary analysis would fail.

    It names the cells. ANCOVA and g-computation of a randomised study have one model for both arms, and are not concerned.
    """
    if isinstance(sample.estimator, Adjusted):
        return
    scores = model_terms(protocol, protocol.models.propensity, sample.analysis)
    models = model_terms(protocol, protocol.models.outcome, sample.analysis)
    cells = dict.fromkeys((*few_subjects(scores, sample.treated), *few_subjects(models, sample.treated)))
    if sample.family == "binomial":
        # Who has the outcome is among those of the level: only the smaller cell counts.
        split = few_subjects(models, sample.treated, sample.outcome)
        apart = {(cell.term, cell.arm) for cell in split}
        cells = dict.fromkeys((*(cell for cell in cells if (cell.term, cell.arm) not in apart), *split))
    problem = sparse_problem(cells)
    if problem:
        raise EstimationError(problem)


def _about(share: float) -> str:
    return "all but a few" if share > 0.995 else f"about {share:.0%}"


def _levels(terms: Terms) -> Iterator[tuple[str, Flags]]:
    """Yield the terms that are 0 or 1 with who has them, ``(n,)`` bool; a constant term tells nobody apart."""
    for name, column in zip(terms.names, terms.matrix.T, strict=True):
        if set(np.unique(column)) == {0.0, 1.0}:
            yield name, column == 1


def _cells(name: str, level: Flags, treated: Flags, outcome: NDArray[np.float64] | None) -> Iterator[Cell]:
    """Yield the cells of a term that few subjects have: with the level or, where these are fewer, without it."""
    for arm, inside in (("treated", treated), ("control", ~treated)):
        parts = ((name, level & inside), (f"not {name}", ~level & inside))
        for words, who in parts:
            kinds = [("", who)]
            if outcome is not None:
                kinds = [
                    (" with the event", who & (outcome == 1)),
                    (" without the event", who & (outcome == 0)),
                ]
            for kind, some in kinds:
                count = int(some.sum())
                if count < FEW:
                    yield Cell(words, arm, count, kind)
