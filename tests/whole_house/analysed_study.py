"""A study that a whole house has analysed: its run and results, and what must hold of every sealed record."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from medicore.cases.answers.explain import explain
from medicore.cases.answers.lookup import sightings
from medicore.cases.proof.reproduce import reproduce
from medicore.cases.proof.verify import verify
from medicore.cases.run.runs import sealed_commit
from medicore.cases.run.seal import read_results
from medicore.records.identifiers import RunId
from medicore.records.results.analysis_results import reporting_event
from medicore.records.results.origin import matching
from medicore.records.results.outcomes.traced import origins_of
from medicore.records.results.paths import leaves_of
from tests.whole_house.house import WholeHouse, found_whole_house
from tests.whole_house.prepared_study import MONTH, PreparedStudy

_WIDE = {"estimate_change": 9.0, "smd": 0.9, "weight_share": 0.9, "variance_disagreement": 0.9}
"""Gates that a small study passes."""


_Study = TypeVar("_Study", bound=PreparedStudy)


@dataclass(frozen=True)
class Analysed(Generic[_Study]):
    """A house with the run of a study, and the run's results."""

    house: WholeHouse
    study: _Study
    run: RunId
    results: dict[str, Any]

    def require_explained(self, path: str, function: str, scratch: Path) -> None:
        """Assert that explain names the function of a number, and computes the value again."""
        found = explain(self.house.house, self.run, path, scratch)
        assert found.value == found.recomputed is not None
        assert found.origin.function.endswith(f":{function}")
        assert found.line > 0

    def definition(self, path: str, printed: str) -> str:
        """Return the definition with which a number as printed leads to its path."""
        return {one.path: one.definition for one in sightings(self.house.house, printed)}[path]

    def require_reproduced(self, scratch: Path) -> None:
        """Assert that a second computation gives the same bytes, and that every check of the record is passed."""
        assert all(one.identical for one in reproduce(self.house.house, self.run, scratch).files)
        assert [check.subject for check in verify(self.house.house, self.run) if not check.passed] == []

    def require_traced(self) -> None:
        """Assert that no leaf of the results is without a function behind it."""
        table = origins_of(self.results)
        traced = {origin.pattern.split(".")[0] for origin in table}
        for path, _ in leaves_of(self.results):
            if path.split(".")[0] in traced - {"findings"}:
                assert matching(table, path).function

    def analyses(self, column: str) -> set[str]:
        """Return the names of the analyses as the standard has them, of the outcome in that column."""
        protocol = {"treatment": {"column": "arm"}, "outcome": {"column": column}}
        event = reporting_event(str(self.run), self.results, protocol)
        return {analysis["name"].partition(":")[0] for analysis in event["analyses"]}


def analysed(folder: Path, study: _Study) -> Analysed[_Study]:
    """Run the month of a study, which must wait for its approval."""
    house = found_whole_house(folder)
    house.prepare(study)
    outcome = house.run(study.study)
    assert outcome.state == "candidate", outcome.message
    run = RunId.parse(outcome.run)
    return Analysed(
        house, study, run, read_results(house.house, run, sealed_commit(house.house, run)).document
    )


def grown(folder: Path, made: Callable[..., PreparedStudy]) -> dict[str, Any]:
    """Return the results of a study's second month, in which it has grown from 200 subjects to all; the first is released.

    ``made`` returns the study, of a ``size`` if that is given.
    """
    house = found_whole_house(folder)
    small = made("TEST-GROWING", size=200).planned("gates", _WIDE)
    house.prepare(small, month="2025-02")
    first = house.run(small.study, "2025-02")
    assert first.state == "candidate", first.message
    house.release(first.run)
    made("TEST-GROWING").planned("gates", _WIDE).deliver(house)  # type: ignore[arg-type]
    second = RunId.parse(house.run(small.study, MONTH).run)
    return read_results(house.house, second, sealed_commit(house.house, second)).document
