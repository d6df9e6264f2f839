"""The month after a generation's last, analysed by the code of this checkout, approved and archived."""

from dataclasses import replace
from pathlib import Path

from medicore.cases.keeping.release import follow
from medicore.cases.review.review import Decision, sign_decision
from medicore.cases.run.analysis import analyse
from medicore.cases.run.requesting import Request, sign_request
from medicore.cases.run.runs import begin
from medicore.cli.passphrase import passphrase_of
from medicore.records.identifiers import RunId
from tests.generations.generation import opened


def next_month(home: Path, root: Path, study: str, month: str) -> str:
    """Analyse a month on a state folder, let the reviewer approve it, and return the run with its state.

    The reviewer accepts that the protocol changed since the generation's release. ``root`` is a committed copy of the
    project: a regulatory run proves that its code is a commit.
    """
    house = opened(home, root)
    request = Request(study, month, "analyst", "The month after the change of the layout")
    signature = sign_request(house, request, (study,), passphrase_of)
    outcome = analyse(house, begin(house, replace(request, signature=signature)))
    run = RunId.parse(outcome.run)
    (deviation,) = outcome.findings
    accepted = Decision(
        "reviewer", "proceed", "The protocol says what is done where outcomes are missing", deviation.digest
    )
    sign_decision(house, run, accepted, passphrase_of("reviewer"))
    continued = follow(house, run)
    assert continued is not None
    outcome = analyse(house, continued)
    decision = Decision("reviewer", "approve", "Looked at it and found it so", None)
    sign_decision(house, run, decision, passphrase_of("reviewer"))
    follow(house, run)
    return f"{run} {outcome.state}"
