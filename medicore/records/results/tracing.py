"""Tracing: the one way from a path of the results to its origin, by what the primary analysis of these results is."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

from medicore.records.results.origin import Origin, first_parts, matching
from medicore.records.results.origins.trace_randomised import traced_path
from medicore.records.results.origins.trace_terms import clustered_path
from medicore.records.results.outcomes.traced import origins_of

_ADJUSTED_NAMES = ("ANCOVA", "g-computation")
"""How the names of the estimators begin that average the predictions of outcome models."""
_MIXED_NAME = "MMRM"
"""How the name of the estimator begins that is the mixed model for repeated measures."""
_CLUSTERS = "primary.clusters"
"""Where results by clusters say how many there are."""
_FINDING = "A finding of a gate: what was found, the limit, and how often it fires when nothing is wrong"


@dataclass(frozen=True, slots=True)
class Trace:
    """The table by which some results are traced, and what decides about the functions of their primary result.

    ``adjusted``: whether the estimator is ANCOVA or g-computation; ``clustered``: whether its variance is by clusters;
    ``mixed``: whether the estimator is the mixed model of visits.
    """

    origins: tuple[Origin, ...]
    adjusted: bool
    clustered: bool = False
    mixed: bool = False

    @classmethod
    def of(cls, results: Mapping[str, Any]) -> Self:
        """Return the trace of results, whole as ``results.json`` holds them."""
        primary = results.get("primary") or {}
        return cls.by((*results, *(f"primary.{part}" for part in primary)), primary.get("estimator"))

    @classmethod
    def by(cls, sections: Iterable[str], estimator: str | None) -> Self:
        """Return the trace of results with these sections, or paths, and the primary ``estimator`` of this name."""
        named = tuple(sections)
        clustered = any(name.startswith(_CLUSTERS) for name in named)
        name = estimator or ""
        return cls(
            origins_of(named), name.startswith(_ADJUSTED_NAMES), clustered, name.startswith(_MIXED_NAME)
        )

    def within(self, origins: tuple[Origin, ...]) -> Self:
        """Return the trace of the same results by another table, as that of the code that made them."""
        return replace(self, origins=origins)

    @property
    def parts(self) -> frozenset[str]:
        """The parts of the results that have origins."""
        return first_parts(self.origins)

    def path(self, path: str) -> str:
        """Return the path under which the table holds a path's origin: the path itself, or that of the primary estimator.

        A table of before an estimator had a path of its own holds the path itself.
        """
        own = clustered_path(
            traced_path(path, adjusted=self.adjusted, mixed=self.mixed), clustered=self.clustered
        )
        return own if own == path or own.split(".")[0] in self.parts else path

    def definition(self, path: str) -> str:
        """Return what a path of the results is; a finding is told alike whichever step made it."""
        return _FINDING if path.split(".")[0] == "findings" else self.origin(path).definition

    def origin(self, path: str) -> Origin:
        """Return the origin of a path; raise IntegrityError when the table lacks it."""
        return matching(self.origins, self.path(path))
