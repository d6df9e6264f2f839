"""export: a bundle that a third party verifies with Python and openssl alone, the same bytes as long as nothing is new."""

from pathlib import Path

import pytest

from medicore.cases.export.export import Export, export
from medicore.cases.people.people import renew, revoke
from medicore.cases.people.signers import proved
from medicore.cases.proof.verify import verify
from medicore.errors import IntegrityError, ProtocolError, ReviewError
from medicore.records.canonical import sha256
from medicore.records.identifiers import RunId
from medicore.records.people.people import Permission
from medicore.records.people.public_key import fingerprint
from tests.whole_house.content import md5
from tests.whole_house.exported import third_party
from tests.whole_house.house import WholeHouse
from tests.whole_house.people import actor, issuance, tried_by, words
from tests.whole_house.study import (
    BROKEN_RUN,
    FAILED_RUN,
    SOUND,
    SOUND_RUN,
    WAITING,
    WAITING_RUN,
)


def exported(
    whole: WholeHouse, run: str = SOUND_RUN, person: str = "rita", *, whole_ledger: bool = False
) -> Export:
    """Export a run as a person who may."""
    return export(whole.house, RunId.parse(run), person, words, whole_ledger=whole_ledger)


def require_verified(found: Export, scratch: Path, *arguments: str) -> str:
    """Assert that a third party finds every check of a bundle to hold, and return the answer."""
    folder = scratch / found.run.replace("/", "_") / str(found.sequence)
    for name, data in found.files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    code, answer = third_party(folder, scratch, *arguments)
    assert code == 0, answer
    assert f"VERIFIED {found.run}" in answer
    return answer


def test_a_third_party_verifies_a_released_run(released: WholeHouse, tmp_path: Path) -> None:
    """Every check of a released run holds, against the authority's fingerprint had by another way."""
    own = fingerprint(released.house.seals.authority().decode())
    answer = require_verified(exported(released), tmp_path, "--authority", own)
    assert answer.count("ok    ") == 9
    assert "1 of them approving this record" in answer


def test_a_release_outlives_the_key_of_its_approver(released: WholeHouse, tmp_path: Path) -> None:
    """After its approver was given another key, and then revoked, the record verifies here and in its bundle (FAULTS 19)."""
    released.clock.pass_days(1)
    renew(released.house, actor(), "rita", None, lambda: issuance("rita", 1000))
    revoke(released.house, actor(), "rita")
    assert [check for check in verify(released.house, RunId.parse(SOUND_RUN)) if not check.passed] == []
    answer = require_verified(exported(released, person="quinn"), tmp_path)
    assert "1 of them approving this record" in answer
    with pytest.raises(ReviewError, match="the key of rita was revoked"):
        exported(released)


def test_the_export_is_an_act_of_who_hands_it_out(released: WholeHouse) -> None:
    """The event names the manifest and is signed by the person; the service signs it as the ledger's head."""
    found = exported(released)
    event, head = released.events(SOUND_RUN)[-2:]
    assert (event.action, event.actor, event.sequence) == ("run.exported", "rita", found.sequence)
    assert proved(released.house, event, Permission.EXPORT).details["manifest"] == found.manifest
    assert found.manifest == sha256(found.files["MANIFEST.json"])
    assert (head.action, head.details["sequence"]) == ("checkpoint.signed", event.sequence)


def test_the_same_record_exports_to_the_same_bytes(released: WholeHouse) -> None:
    """A second copy is the first to the byte, by another person too, and is an event of its own."""
    first = exported(released)
    released.clock.pass_days(1)
    again = exported(released, person="quinn")
    assert (again.files, again.sequence, again.again) == (first.files, first.sequence, True)
    copies = [event for event in released.events(SOUND_RUN) if event.action == "run.exported"]
    assert [event.actor for event in copies] == ["rita", "quinn"]
    assert copies[1].details["copy_of"] == first.sequence
    assert {event.details["manifest"] for event in copies} == {first.manifest}


def test_what_is_new_on_the_run_makes_another_bundle(month: WholeHouse, tmp_path: Path) -> None:
    """After a decision the export is another, and both verify; what happened to other runs changes nothing."""
    first = exported(month)
    month.run(WAITING)
    assert exported(month).files == first.files
    month.release(SOUND_RUN)
    second = exported(month)
    assert (second.again, second.manifest != first.manifest) == (False, True)
    assert "0 decisions signed" in require_verified(first, tmp_path)
    assert "1 of them approving this record" in require_verified(second, tmp_path)


@pytest.mark.parametrize("run", [WAITING_RUN, BROKEN_RUN, FAILED_RUN])
def test_runs_that_stopped_can_be_exported(month: WholeHouse, tmp_path: Path, run: str) -> None:
    """A halted and a failed run have bundles that verify, without results; and so has a run that was rejected."""
    found = exported(month, run)
    assert "0 decisions signed" in require_verified(found, tmp_path)
    assert "analysis-results.json" not in found.files
    if run == BROKEN_RUN:
        month.sign(run, "reject", reason="The source must be corrected first")
        month.follow(run)
        assert "1 requests, 1 decisions signed" in require_verified(exported(month, run), tmp_path)


def test_a_continued_run_can_be_exported(month: WholeHouse, tmp_path: Path) -> None:
    """A run that halted, was continued and is released verifies: all decisions, and the second sealing."""
    month.proceed(WAITING_RUN)
    month.release(WAITING_RUN, by="quinn")
    found = exported(month, WAITING_RUN)
    assert "1 of them approving this record" in require_verified(found, tmp_path)
    assert len([name for name in found.files if name.endswith(".dsse.json") and "decisions" in name]) == 3


def test_other_studies_are_shown_by_digest_alone(released: WholeHouse, tmp_path: Path) -> None:
    """The ledger's events on other studies are not readable in a bundle, unless the whole ledger is asked for."""
    excerpt = exported(released).files["ledger/excerpt.jsonl"].decode()
    assert SOUND in excerpt
    assert WAITING not in excerpt
    everything = exported(released, whole_ledger=True)
    assert WAITING in everything.files["ledger/excerpt.jsonl"].decode()
    assert "; 0 on other matters" in require_verified(everything, tmp_path)
    assert exported(released).again, "the narrow one stays what it was"


def test_who_may_not_hand_out_records_is_refused(released: WholeHouse) -> None:
    """An analyst, an operator, a stranger and a wrong passphrase get nothing, and the attempt is in the ledger."""
    for person, given, told in (
        (
            "ana",
            words("ana"),
            "ana has the role analyst, which may not export; expected one of quality, reviewer",
        ),
        ("otto", words("otto"), "may not export"),
        ("nobody", "", "person 'nobody' is unknown"),
        ("rita", "guessed it", "does not open the key of rita"),
    ):
        with pytest.raises(ReviewError, match=told) as refused:
            export(released.house, RunId.parse(SOUND_RUN), person, lambda _, given=given: given)
        last = released.events(SOUND_RUN)[-1]
        assert (last.action, tried_by(last), last.reason) == ("export.refused", person, str(refused.value))


def test_what_is_not_sealed_or_not_whole_is_not_handed_out(released: WholeHouse) -> None:
    """A run without a record, and one of which a file is no more what was recorded, leave no export in the ledger."""
    with pytest.raises(ProtocolError, match="has no sealed record"):
        exported(released, f"{SOUND}/2025-03/99")
    data = next(data for data in released.content.remote.values() if data.startswith(b"%PDF"))
    released.content.remote[md5(data)] = released.content.cache[md5(data)] = b"%PDF other"
    with pytest.raises(IntegrityError, match="none with the recorded SHA-256"):
        exported(released)
    assert "run.exported" not in released.actions(SOUND_RUN)
