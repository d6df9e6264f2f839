"""answered_looks: the signed decisions on the findings of a look, which a run that repeats the look need not ask for again."""

from medicore.cases.run.decisions import accepted
from medicore.ports.house import House
from medicore.records.finding import MONITORING
from medicore.records.ledger.event_details import Ending
from medicore.records.ledger.history import RunHistory
from medicore.records.results.looks import SeenAnswer


def answers_of(house: House, history: RunHistory, until: int) -> tuple[SeenAnswer, ...]:
    """Return the decisions with which a run went on after its findings of monitoring, up to a ledger event.

    Each is proved from its envelope: signature, role, and the binding to the run, its record and the finding. A run that was
    rejected by then answers nothing, nor does a decision that the run has not gone on with.

    Raises
    ------
    ReviewError, IntegrityError
        When the run went on without signed decisions.
    """
    told = RunHistory(history.run, tuple(event for event in history.events if event.sequence <= until))
    found = {
        finding.digest: finding
        for event in told.told("run.halted")
        for finding in Ending(event).findings
        if (finding.step, finding.gate) == ("effect", MONITORING)
    }
    if not found or told.told("run.rejected"):
        return ()
    return tuple(
        SeenAnswer(
            run=str(history.run),
            finding=finding.digest,
            subject=finding.subject,
            statistic=finding.statistic,
            threshold=finding.threshold,
            meaning=str(entry["meaning"]),
            reason=str(entry["reason"]),
            signer=str(entry["signer"]),
            name=str(entry["name"]),
            role=str(entry["role"]),
            signed_at=str(entry["signed_at"]),
            sequence=int(entry["sequence"]),
        )
        for entry in accepted(house, told)
        if (finding := found.get(str(entry["finding"]))) is not None
    )
