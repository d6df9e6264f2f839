"""The offline verifier after the service was given a new key: each key signs for its own part of the ledger."""

import json
import shutil
from pathlib import Path

import pytest

from medicore.cases.people.service import renew_service
from medicore.records.ledger.ledger import Checkpoint
from medicore.stores.keys.signer import sign_checkpoint
from tests.offline.conftest import written
from tests.offline.forger import Forger, Json
from tests.whole_house.exported import third_party
from tests.whole_house.house import WholeHouse
from tests.whole_house.people import CA_WORDS, actor


@pytest.fixture(scope="module")
def renewed(released_house: WholeHouse, tmp_path_factory: pytest.TempPathFactory) -> tuple[WholeHouse, Path]:
    """A copy of the house whose service has a new key since the release, and the bundle of the run."""
    whole = released_house.copy(tmp_path_factory.mktemp("renewed"))
    shutil.copytree(whole.home / "people", whole.folder / "earlier")
    whole.clock.pass_days(1)
    renew_service(whole.house, actor(), lambda: CA_WORDS)
    whole.clock.pass_days(1)
    return whole, written(whole, tmp_path_factory.mktemp("exported") / "bundle")


def test_a_bundle_after_a_renewal_verifies(renewed: tuple[WholeHouse, Path], tmp_path: Path) -> None:
    """The export shows who gave the service its new key, which signed the head; the run's own acts verify as before."""
    _, bundle = renewed
    code, answer = third_party(bundle, tmp_path)
    assert code == 0, answer
    events = [json.loads(line) for line in (bundle / "ledger" / "excerpt.jsonl").read_text().splitlines()]
    shown = [(e["action"], e["subject"]) for e in events if "action" in e]
    assert ("person.renewed", "medicore") in shown
    assert ("person.added", "otto") in shown


def test_the_earlier_key_signs_no_later_head(renewed: tuple[WholeHouse, Path], tmp_path: Path) -> None:
    """A head signed by the key that was replaced is named, whatever time it claims (FAULTS 86)."""
    whole, bundle = renewed
    folder = Path(shutil.copytree(bundle, tmp_path / "bundle"))
    (exported,) = [
        json.loads(line) for line in (folder / "ledger" / "exported.jsonl").read_text().splitlines()
    ]
    (added,) = whole.house.ledger.events(action="person.added", subject="ana")
    for at in (exported["at"], added.at):
        head = Checkpoint(exported["sequence"], exported["digest"], at)
        earlier = whole.folder / "earlier"
        envelope = sign_checkpoint(
            head, (earlier / "medicore.p12").read_bytes(), (earlier / "medicore.passphrase").read_text()
        )
        (folder / "ledger" / "checkpoint.dsse.json").write_bytes(envelope)
        code, answer = third_party(folder, tmp_path)
        assert code == 1
        assert "FAIL  ledger/checkpoint.dsse.json: medicore was given another key by event" in answer


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"envelope": ""}, "is not a JSON document"),
        ({"name": "Another service"}, "(person.renewed) is not what otto signed"),
    ],
)
def test_a_renewal_that_nobody_signed_is_named(
    renewed: tuple[WholeHouse, Path], tmp_path: Path, changed: Json, told: str
) -> None:
    """A bundle in which a new key of the service is no signed act of who administers is refused."""
    whole, _ = renewed
    folder = written(whole, tmp_path / "bundle", whole_ledger=True)

    def forge(event: Json) -> None:
        if event["action"] == "person.renewed":
            event["details"] |= changed

    Forger(folder, whole.home / "people").rewrite(forge)
    code, answer = third_party(folder, tmp_path)
    assert code == 1
    assert told in answer


def test_a_renewal_by_who_may_not_is_named(renewed: tuple[WholeHouse, Path], tmp_path: Path) -> None:
    """A signature of an operator who is told to be an analyst is no renewal."""
    whole, _ = renewed
    folder = written(whole, tmp_path / "bundle", whole_ledger=True)

    def demote(event: Json) -> None:
        if (event["action"], event["subject"]) == ("person.added", "otto"):
            event["details"]["role"] = "analyst"

    Forger(folder, whole.home / "people").rewrite(demote)
    code, answer = third_party(folder, tmp_path)
    assert code == 1
    assert "(person.renewed) is not what otto signed" in answer
