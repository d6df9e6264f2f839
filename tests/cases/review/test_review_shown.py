"""What ``review`` shows of a run: which findings are answered, by whom, and what is to be done next."""

import json
from typing import Any

import pytest

from medicore.cases.portfolio.report import portfolio_contents
from medicore.cli import _run
from medicore.cli.reviewing.review import _reviewed, _show_reviewed
from medicore.errors import ReviewError
from medicore.records.identifiers import RunId
from medicore.settings import Settings
from tests.whole_house.house import WholeHouse
from tests.whole_house.people import words
from tests.whole_house.prepared_study import MONTH
from tests.whole_house.study import BROKEN_RUN, SOUND_RUN, WAITING, WAITING_RUN


def reviewed(whole: WholeHouse, run: str) -> dict[str, Any]:
    """Return what ``review RUN`` answers with."""
    return _reviewed(Settings(root=whole.root, home=whole.home), whole.house, RunId.parse(run))


def opened(whole: WholeHouse) -> tuple[list[str], str]:
    """Return the findings that the portfolio report calls open, and what it says that the study waits for."""
    (entry,) = portfolio_contents(whole.house, MONTH, [WAITING])["studies"]
    return [one["digest"] for one in entry["open"]], entry["waits_for"]["what"]


def test_review_leads_from_one_finding_to_the_next(
    month: WholeHouse, capsys: pytest.CaptureFixture[str]
) -> None:
    """An answered finding is shown with its answer and named no more; when all are answered, the run is to follow."""
    first, second = (finding.digest for finding in month.history(WAITING_RUN).findings)
    answer = reviewed(month, WAITING_RUN)
    assert [one["answered"] for one in answer["findings"]] == [None, None]
    assert f"--meaning proceed --finding {first[:12]} --as" in answer["next"]
    event = month.sign(WAITING_RUN, "proceed", finding=first)
    answer = reviewed(month, WAITING_RUN)
    assert [one["answered"] for one in answer["findings"]] == [
        {
            "meaning": "proceed", "name": "Rita Reviewer", "signer": "rita", "at": event.at,
            "reason": "Looked at it and found it so", "sequence": event.sequence,
        },
        None,
    ]  # fmt: skip
    assert f"--meaning proceed --finding {second[:12]} --as" in answer["next"]
    assert opened(month) == ([second], "a decision on its findings")
    _show_reviewed(answer)
    told = capsys.readouterr().out
    assert f"proceed, by Rita Reviewer at {event.at[:19]}, ledger event {event.sequence}" in told
    assert "1 of 2 finding(s) answered." in told
    month.sign(WAITING_RUN, "proceed", finding=second)
    assert reviewed(month, WAITING_RUN)["next"] == f"medicore follow {WAITING_RUN}"
    assert opened(month) == ([], "its continuation")


def verb(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    """Return the exit code of a command."""
    monkeypatch.setattr("sys.argv", ["medicore", *words])
    return _run([])


def test_an_answer_to_one_of_two_findings_leads_to_the_other(
    month: WholeHouse, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """``sign`` with a finding still open succeeds, follows nothing, and ends with the command that answers the next."""
    first, second = (finding.digest for finding in month.history(WAITING_RUN).findings)
    chosen = Settings(root=month.root, home=month.home)
    monkeypatch.setattr("medicore.cli.reviewing.review.settings", lambda: chosen)
    monkeypatch.setattr("medicore.cli.reviewing.review.house", lambda _: month.house)
    monkeypatch.setenv("MEDICORE_PASSPHRASE", words("rita"))
    signed = ["sign", WAITING_RUN, "--meaning", "proceed", "--as", "rita", "--reason", "Seen"]
    assert verb(monkeypatch, *signed, "--finding", first) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[0].startswith("Signed by rita at")
    assert told[1].startswith(
        f"Next: medicore sign {WAITING_RUN} --meaning proceed --finding {second[:12]} --as"
    )
    assert verb(monkeypatch, *signed, "--finding", first, "--json") == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["signed_before"], answer["state"]) == (True, month.state(WAITING_RUN).value)
    assert second[:12] in answer["next"]
    assert month.actions(WAITING_RUN)[-1] == "decision.signed"


@pytest.mark.parametrize(
    ("run", "meaning", "before"),
    [
        (SOUND_RUN, "approve", "sign {run} --meaning approve --as"),
        (BROKEN_RUN, "reject", "sign {run} --meaning reject --as"),
    ],
)
def test_a_decision_that_nobody_followed_is_to_be_followed(
    month: WholeHouse, run: str, meaning: str, before: str
) -> None:
    """Before the decision its signature comes next, after it what it says; once that is done, nothing is reviewed."""
    assert before.format(run=run) in reviewed(month, run)["next"]
    month.sign(run, meaning)
    assert reviewed(month, run)["next"] == f"medicore follow {run}"
    month.follow(run)
    with pytest.raises(ReviewError, match="expected one that waits"):
        reviewed(month, run)


def test_an_answer_to_an_earlier_halt_answers_nothing(month: WholeHouse) -> None:
    """What was signed on another run of the month is no answer to the findings of this one."""
    digests = [finding.digest for finding in month.history(WAITING_RUN).findings]
    month.sign(WAITING_RUN, "proceed", finding=digests[0])
    again = month.run(WAITING).run
    answer = reviewed(month, again)
    assert [one["answered"] for one in answer["findings"]] == [None] * len(digests)
