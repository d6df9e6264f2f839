"""``python -m benchmarks.direct STUDY MONTH [--release]``: the use cases of a run, called without command line and Prefect."""

import os
import sys
from dataclasses import replace

from medicore.cases.keeping.release import follow
from medicore.cases.review.review import Decision, sign_decision
from medicore.cases.run.analysis import analyse
from medicore.cases.run.requesting import Request, sign_request
from medicore.cases.run.runs import begin
from medicore.layout import lay_out_report
from medicore.settings import read_settings
from medicore.wiring import open_house


def run(study: str, month: str, *, release: bool) -> None:
    """Take a study's month to a sealed candidate and lay its report out; ``release`` it, which archives it, too."""
    settings = read_settings()
    house = open_house(settings)
    asked = Request(study, month, "analyst", "the month's analysis")
    signed = replace(asked, signature=sign_request(house, asked, (study,), _passphrase))
    with house.locks.hold(study, month, "the bench"):
        active = begin(house, signed)
        outcome = analyse(house, active)
        lay_out_report(settings, house, active.id)
    if outcome.state != "candidate":
        raise SystemExit(f"{outcome.run} is {outcome.state}: {outcome.message}")
    if release:
        approval = Decision("reviewer", "approve", "Report read and found correct")
        sign_decision(house, active.id, approval, _passphrase("reviewer"))
        follow(house, active.id)


def _passphrase(person: str) -> str:
    return os.environ[f"MEDICORE_PASSPHRASE_{person.upper()}"]


if __name__ == "__main__":
    run(sys.argv[1], sys.argv[2], release="--release" in sys.argv[3:])
