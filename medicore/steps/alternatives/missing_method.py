"""The other method for missing outcomes, and the analyses that only subjects with an observed outcome can enter."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from medicore.errors import DataError, EstimationError
from medicore.records.protocol.outcome import MissingOutcomes
from medicore.records.protocol.protocol import Protocol
from medicore.stats.effect.contrasts import ArmMeans
from medicore.stats.effect.measures import Effect
from medicore.steps.cohort import LEFT_OUT, analysis_set
from medicore.steps.data.outcome_states import defined_outcome
from medicore.steps.models.clusters import by_clusters
from medicore.steps.models.sample import Sample, nothing, row

_COMPLETE = "Complete cases instead of weighting for observation"
_NOT_IMPUTED = "Complete cases instead of imputed outcomes"
_WEIGHTED = "Weighted for observation instead of complete cases"
_NOT_MIXED = "AIPW weighted for observation instead of MMRM"
_LAST_VISIT = "AIPW of complete cases instead of MMRM"
_NOT_DRAWN = "Weighted for observation instead of imputed outcomes"


class CompleteCases:
    """The subjects of each completed data set who have an outcome, with models of their own, fitted when asked for.

    They are the sample itself where every outcome is observed or imputed.
    """

    def __init__(self, protocol: Protocol, samples: Sequence[Sample]) -> None:
        self._protocol = protocol
        self._samples = samples
        self._missing = int((~samples[0].known).sum())
        self._fitted: dict[int, Sample] = {}

    @property
    def note(self) -> str:
        """How many subjects the rows leave out; '' for none."""
        return f"complete cases: {self._missing} without an outcome left out" if self._missing else ""

    def row(
        self, name: str, work: Callable[[Sample], ArmMeans | Effect], *, first: bool = False
    ) -> dict[str, Any]:
        """Return the row of an analysis of these subjects, in the ``first`` data set alone or pooled over all.

        ``first`` is for analyses in which covariates do not enter; where outcomes are imputed, all are pooled even so.
        """
        places = range(1 if first and not self._protocol.outcome.imputed else len(self._samples))
        made = row(
            self._protocol,
            name,
            places,
            lambda place: by_clusters(self._protocol, self._of(place).analysis, work(self._of(place))),
        )
        return {**made, "note": "; ".join(part for part in (made["note"], self.note) if part)}

    def _of(self, place: int) -> Sample:
        sample = self._samples[place]
        if sample.complete:
            return sample
        if place not in self._fitted:
            seen = sample.analysis[sample.known].reset_index(drop=True)
            self._fitted[place] = Sample.of(self._protocol, seen)
        return self._fitted[place]


def observed_by(protocol: Protocol, covariates: tuple[str, ...]) -> Protocol:
    """Return the protocol with these covariates in the model of being observed."""
    missing = MissingOutcomes(method="weighted", covariates=covariates)
    return protocol.model_copy(update={"outcome": protocol.outcome.model_copy(update={"missing": missing})})


def other_missing_method(
    protocol: Protocol,
    samples: Sequence[Sample],
    known: CompleteCases,
    extract: pd.DataFrame,
    disposition: pd.DataFrame,
) -> list[dict[str, Any]]:
    """Return the rows of the primary estimator under other methods for missing outcomes; none where none is missing.

    The rows of ``disposition`` and ``extract`` have the same order.
    """
    if protocol.outcome.imputed:
        return [] if samples[0].observed.all() else _without_draws(protocol, samples)
    if protocol.inference.mixed:
        rows = [row(protocol, _NOT_MIXED, samples, lambda one: one.inferred())]
        return rows if samples[0].complete else [*rows, known.row(_LAST_VISIT, lambda one: one.inferred())]
    if not samples[0].complete:
        return [known.row(_COMPLETE, lambda one: one.inferred())]
    left_out = (disposition["reason"] == LEFT_OUT).to_numpy(dtype=bool)
    return [_weighted(protocol, extract, disposition, int(left_out.sum()))] if left_out.any() else []


def _without_draws(protocol: Protocol, samples: Sequence[Sample]) -> list[dict[str, Any]]:
    """Return the rows of weighting and of complete cases, for a study whose missing outcomes are drawn.

    Covariates keep their imputed values, which were drawn given everyone's outcome; where they are, nothing is weighted.
    """
    undrawn = [one.analysis.assign(outcome=np.where(one.observed, one.outcome, np.nan)) for one in samples]
    cases = [one[seen.observed].reset_index(drop=True) for one, seen in zip(undrawn, samples, strict=True)]
    if protocol.imputation.method == "multiple":
        weighted = nothing(_NOT_DRAWN, "the covariates of some subjects are imputed")
    else:
        undrawn, cases = undrawn[:1], cases[:1]
        weighted = row(protocol, _NOT_DRAWN, undrawn, lambda one: Sample.of(protocol, one).inferred())
    missing = int((~samples[0].observed).sum())
    left = row(protocol, _NOT_IMPUTED, cases, lambda one: Sample.of(protocol, one).inferred())
    told = f"{missing} without an outcome left out"
    return [weighted, {**left, "note": "; ".join(part for part in (left["note"], told) if part)}]


def _weighted(
    protocol: Protocol, extract: pd.DataFrame, disposition: pd.DataFrame, left_out: int
) -> dict[str, Any]:
    """Return the row of the weighted estimator over everybody whose outcome was due, trimming and imputation aside."""
    everyone = disposition["reason"].isin(("", LEFT_OUT)).to_numpy(dtype=bool)
    outcome: np.ndarray[Any, np.dtype[np.float64]] = defined_outcome(protocol, extract)[everyone]
    try:
        analysis = analysis_set(protocol, extract[everyone], outcome)
        if analysis.drop(columns="outcome").isna().any().any():
            return nothing(_WEIGHTED, "the covariates of some subjects are imputed")
        sample = Sample.of(protocol, analysis)
    except (DataError, EstimationError) as error:
        return nothing(_WEIGHTED, str(error))
    made = row(protocol, _WEIGHTED, [sample], lambda one: one.inferred())
    return {**made, "note": made["note"] or f"with {left_out} whose outcome is missing"}
