"""What the monitoring board has decided already: a run that repeats a look does not ask for the same decision again."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, replace
from typing import Any

from medicore.ports.files import RecordFiles
from medicore.records.finding import Finding
from medicore.records.results.looks import SeenAnswer, earlier_looks
from medicore.steps.looks.section import frozen_looks


def earlier_answers(files: RecordFiles, look: Mapping[str, Any]) -> tuple[SeenAnswer, ...]:
    """Return the decisions on the looks that this one repeats: the same delivered files, numbers and design.

    ``look`` is what the ledger's event tells of this one. The data lock holds the decisions, proved when it was frozen. A new
    look, other data or another design has none, and so has a look that the second implementation does not confirm.
    """
    seen, claim = look["seen"], look["claim"]
    if seen is None or claim is None:
        return ()
    return tuple(
        answer
        for one in earlier_looks(frozen_looks(files))
        if one.seen is not None and one.claim is not None
        if (one.lock, one.seen.digest, one.claim.design) == (look["lock"], seen["digest"], claim["design"])
        for answer in one.answers
    )


def with_answers(findings: Iterable[Finding], answers: Iterable[SeenAnswer]) -> Iterator[Finding]:
    """Yield the findings, each with the last of the decisions that answers one of the same statistic and threshold."""
    decided = {(one.subject, one.statistic, one.threshold): one for one in answers}
    for finding in findings:
        answer = decided.get((finding.subject, finding.statistic, finding.threshold))
        if answer is None or not finding.overridable:
            yield finding
            continue
        told = f"{finding.message}; this run repeats the look of {answer.run}, on which {answer.name} decided: {answer.meaning}"
        yield replace(finding, message=f"{told} (ledger event {answer.sequence})", answered=asdict(answer))
