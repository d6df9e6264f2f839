"""The looks that a data lock holds are held against the ledger: whoever hides or alters one is found."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from medicore.cases.proof import verify_looks
from medicore.cases.proof.verify import verify
from medicore.cases.proof.verify_looks import require_looks_told
from medicore.cases.run.stored import stored_file
from medicore.errors import IntegrityError
from medicore.records.identifiers import RunId
from medicore.records.results.looks import LOOKS
from tests.whole_house.house import WholeHouse
from tests.whole_house.study import SOUND, SOUND_RUN


def told(whole: WholeHouse, run: str) -> None:
    """Hold the looks of a run's record against the ledger."""
    history = whole.history(run)
    require_looks_told(whole.house, history, history.sealed, frozenset({LOOKS}))


@pytest.fixture
def again(month: WholeHouse) -> str:
    """The sound study run once more, exploratory and as a rerun: its lock knows two earlier looks."""
    month.run(SOUND, exploratory=True)
    return month.run(SOUND).run


def test_the_looks_of_a_record_are_those_of_the_ledger(month: WholeHouse, again: str) -> None:
    """First run and rerun hold; ``verify`` says so of each sealing, and a record without looks has nothing to hold."""
    for run in (SOUND_RUN, again):
        told(month, run)
        found = {check.subject: check for check in verify(month.house, RunId.parse(run))}
        assert found[f"looks in {month.history(run).sealed.tag}"].passed
    history = month.history(again)
    require_looks_told(month.house, history, history.sealed, frozenset())


def hidden(document: dict[str, Any]) -> None:
    """Leave the exploratory look out."""
    del document["earlier"][1]


def invented(document: dict[str, Any]) -> None:
    """Add a look that nobody made."""
    document["earlier"].append({**document["earlier"][0], "run": f"{SOUND}/2024-01/7"})


def turned(document: dict[str, Any]) -> None:
    """Swap the order of the looks."""
    document["earlier"].reverse()


def smaller(document: dict[str, Any]) -> None:
    """Let the first look have spent less."""
    document["earlier"][0]["seen"]["z"] = 0.25


def later(document: dict[str, Any]) -> None:
    """Let the looks be read after the lock was frozen."""
    document["sequence"] += 1000


def earlier(document: dict[str, Any]) -> None:
    """Let the ledger be read before there was a look."""
    document["sequence"] = 1


@pytest.mark.parametrize("change", [hidden, invented, turned, smaller, later, earlier])
def test_other_looks_are_found(
    month: WholeHouse, again: str, monkeypatch: pytest.MonkeyPatch, change: Callable[[dict[str, Any]], None]
) -> None:
    """A look that is hidden, invented, moved or altered, or a ledger that was read at another time, is named."""

    def altered(*asked: Any) -> bytes:
        document = json.loads(stored_file(*asked))
        change(document)
        return json.dumps(document).encode()

    monkeypatch.setattr(verify_looks, "stored_file", altered)
    with pytest.raises(
        IntegrityError, match=f"^{LOOKS} in run/{again} .*; expected .*; restore it from the archive$"
    ):
        told(month, again)
