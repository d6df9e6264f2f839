"""reported: the document whose numbers a run's report prints: its results, or the evidence on which it halted."""

from dataclasses import dataclass
from typing import Any

from medicore.cases.run.histories import history_of
from medicore.cases.run.stored import read_document
from medicore.errors import ProtocolError
from medicore.ports.house import House
from medicore.records.identifiers import RunId
from medicore.steps.way import EVIDENCE

_RESULTS = "results.json"
_EVIDENCE = EVIDENCE.outputs[0]


@dataclass(frozen=True, slots=True)
class Reported:
    """The ``document`` of the record at ``commit``, in the file ``name``."""

    commit: str
    name: str
    document: dict[str, Any]

    @property
    def subjects(self) -> dict[str, int]:
        """How many subjects were assessed and analysed; nothing where the run halted before it had selected them."""
        cohort = self.document.get("cohort") or {}
        return {name: int(cohort[name]) for name in ("assessed", "analysed") if name in cohort}

    def require(self, run: RunId, path: str) -> None:
        """Raise ProtocolError when the run halted before it had what a path names."""
        first = path.split(".")[0]
        if self.name == _EVIDENCE and first not in self.document:
            step = self.document["halt"]["step"]
            raise ProtocolError(
                f"{run} was sealed without results, and its evidence holds no {first[:40]!r}: it halted at the step {step}; "
                f"expected a path of {_EVIDENCE}, or a reference of the evidence report"
            )


def reported(house: House, run: RunId, *, evidence: bool = False) -> Reported:
    """Return the results of a run, or the evidence of its last halt where it has no results or ``evidence`` is asked for.

    Raises
    ------
    ProtocolError
        When the run has neither, or no evidence though it is asked for.
    """
    history = history_of(house, run)
    if not evidence and _RESULTS in house.records.names(history.sealed_commit, run.folder):
        commit, name = history.sealed_commit, _RESULTS
    else:
        commit, name = _halted(house, run, only_last=not evidence), _EVIDENCE
    return Reported(commit, name, read_document(house, run, commit, name))


def _halted(house: House, run: RunId, *, only_last: bool) -> str:
    """Return the commit of the last sealing with evidence; with ``only_last`` it must be the last sealing of all."""
    sealings = [sealing.commit for sealing in history_of(house, run).sealings][::-1]
    for commit in sealings[:1] if only_last else sealings:
        if _EVIDENCE in house.records.names(commit, run.folder):
            return commit
    if only_last:
        raise ProtocolError(
            f"{run} was sealed without results; expected a run with results, or with an evidence report; see 'medicore "
            f"history {run}'"
        )
    raise ProtocolError(
        f"{run} has no evidence report; expected a run that halted; leave out --evidence to explain its report"
    )
