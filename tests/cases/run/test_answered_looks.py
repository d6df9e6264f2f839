"""A run that repeats a look on which the board has decided does not ask again; a new look, other data and a forger do."""

import json
import shutil
from dataclasses import replace
from typing import Any

import pytest

from medicore.cases.proof import verify_looks
from medicore.cases.proof.verify import verify
from medicore.cases.proof.verify_looks import require_looks_told
from medicore.cases.run.answered_looks import answers_of
from medicore.cases.run.looks import looks_before
from medicore.cases.run.seal import read_results
from medicore.cases.run.stored import stored_file
from medicore.errors import IntegrityError
from medicore.records.identifiers import RunId
from medicore.records.results.looks import LOOKS
from tests.whole_house.house import WholeHouse
from tests.whole_house.looked_study import LOOKED, YEAR, by_month, looked

MONTH = YEAR[6]
FIRST, SECOND = (f"{LOOKED}/{MONTH}/{number}" for number in (1, 2))
STUDY = looked(smaller=0.0, function="pocock")
"""Its effect is so large that its first look crosses."""


def deliver(whole: WholeHouse, month: str = MONTH, **texts: tuple[str, ...]) -> None:
    """Deliver the study as it stands in a month, some columns of it changed, in place of an earlier delivery."""
    shutil.rmtree(whole.home / "inbox" / LOOKED / month, ignore_errors=True)
    made = by_month(STUDY, month)
    replace(made, texts={**made.texts, **texts}).deliver(whole, month)  # type: ignore[arg-type] # a house has the folders


def findings(whole: WholeHouse, run: str) -> list[dict[str, Any]]:
    """Return the findings in the results of a sealed run."""
    found = RunId.parse(run)
    results = read_results(whole.house, found, whole.history(run).sealed_commit)
    return list(results.document["findings"])


@pytest.fixture
def crossed(founded: WholeHouse) -> WholeHouse:
    """A house in which the first look of the study crossed, and waits for the board."""
    STUDY.write_protocol(founded)  # type: ignore[arg-type] # a house has the folders of a project
    founded.commit("The plan")
    deliver(founded)
    (finding,) = founded.run(LOOKED, MONTH).findings
    assert (finding.gate, finding.subject) == ("monitoring", "boundary of alpha spending")
    return founded


def test_a_rerun_is_answered_by_the_decision_on_its_look(crossed: WholeHouse) -> None:
    """The finding stays, with who decided, when and in which event; verification proves that from the envelope."""
    crossed.proceed(FIRST)
    assert crossed.run(LOOKED, MONTH).state == "candidate"
    (first,), (again,) = findings(crossed, FIRST), findings(crossed, SECOND)
    assert first["decision"]["meaning"] == "proceed"
    assert first["decision"] == again["decision"]
    (signed,) = crossed.history(FIRST).decisions
    assert (again["answered"]["run"], again["answered"]["sequence"]) == (FIRST, signed.event.sequence)
    assert f"repeats the look of {FIRST}" in again["message"]
    assert "answered" not in first
    assert crossed.history(SECOND).decisions == ()
    assert all(check.passed for check in verify(crossed.house, RunId.parse(SECOND)))


def test_a_rerun_before_the_decision_asks(crossed: WholeHouse) -> None:
    """While the board has not decided nothing is answered, and a decision on the rerun answers that alone."""
    again = crossed.run(LOOKED, MONTH)
    assert (again.state, len(again.findings), again.findings[0].answered) == ("halted", 1, None)


def test_a_rejected_run_answers_nothing(crossed: WholeHouse) -> None:
    """Whoever rejects a run takes its decisions back; before that, as the ledger stood, they answered."""
    crossed.proceed(FIRST)
    until = crossed.house.ledger.head()[0]
    crossed.sign(FIRST, "reject")
    crossed.follow(FIRST)
    history = crossed.history(FIRST)
    assert answers_of(crossed.house, history, crossed.house.ledger.head()[0]) == ()
    assert len(answers_of(crossed.house, history, until)) == 1
    assert crossed.run(LOOKED, MONTH).state == "halted"


def test_other_data_and_a_new_look_ask(crossed: WholeHouse) -> None:
    """A delivery that differs in a value that no model reads, and the next month, are decided on again."""
    crossed.proceed(FIRST)
    unread = by_month(STUDY, MONTH).texts["week_4"]
    deliver(crossed, week_4=(*unread[:-1], unread[0]))
    assert crossed.run(LOOKED, MONTH).state == "halted"
    deliver(crossed, YEAR[7])
    assert crossed.run(LOOKED, YEAR[7]).state == "halted"
    looks = looks_before(crossed.house, RunId(LOOKED, YEAR[7], 9), exploratory=False)["earlier"]
    assert not any("answers" in look for look in looks)


def test_a_forged_answer_is_found(crossed: WholeHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer in a lock that differs from the signed decision, or that nobody signed, is an integrity error."""
    crossed.proceed(FIRST)
    crossed.run(LOOKED, MONTH)
    history = crossed.history(SECOND)
    document = json.loads(stored_file(crossed.house, RunId.parse(SECOND), history.sealed_commit, LOOKS))
    (answer,) = document["earlier"][0]["answers"]
    for forged in ([{**answer, "name": "Somebody Else"}], [answer, answer]):
        document["earlier"][0]["answers"] = forged
        stored = json.dumps(document).encode()
        monkeypatch.setattr(verify_looks, "stored_file", lambda *_, stored=stored: stored)
        with pytest.raises(IntegrityError, match="and signed decisions give 1; expected the same"):
            require_looks_told(crossed.house, history, history.sealed, frozenset({LOOKS}))
