"""The archive in a folder, through the command line: extended by labels, restored, damaged and found."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Project
from tests.line.conftest import BROKEN, REFERENCE, Month
from tests.line.told import last_about

DAY = "2080-02-29"


def removed(path: Path) -> None:
    """Take a file away."""
    path.unlink()


def flipped(path: Path) -> None:
    """Change the last byte of a file."""
    data = path.read_bytes()
    path.chmod(0o644)
    path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))


@pytest.mark.parametrize(("damage", "code"), [(flipped, 6), (removed, 8)])
def test_what_is_damaged_is_not_restored(
    copied: Project, released: Month, tmp_path: Path, damage: Callable[[Path], None], code: int
) -> None:
    """An object with other bytes, or none, is named, and no folder is made."""
    run = released.run(REFERENCE)
    damage(copied.home / "archive" / "archives" / run / "record.bundle")
    answer = copied.medicore(
        "archive", "restore", run, str(tmp_path / "restored"), "--as", "reviewer", expected=code
    )
    assert f"archives/{run}/record.bundle" in answer.err
    assert not (tmp_path / "restored").exists()


@pytest.mark.parametrize("damage", [flipped, removed])
def test_label_of_an_extension_is_held_against_the_ledger(
    copied: Project, released: Month, damage: Callable[[Path], None]
) -> None:
    """Each extension has a label of its own; without it the object is kept too short, and ``verify`` says so."""
    run = released.run(REFERENCE)
    extend = (
        "archive",
        "extend",
        run,
        "--until",
        DAY,
        "--as",
        "operator",
        "--reason",
        "A longer duty to keep",
    )
    copied.medicore(*extend)
    copied.medicore(*extend)
    copied.medicore("archive", "verify", run)
    labels = [*(copied.home / "archive").rglob(f"*~{DAY}.retention.json")]
    rows = copied.medicore("archive", "list", "--json").json()
    assert len(labels) == rows[0]["objects"] + 1, "every object and the manifest"
    report = next(path for path in labels if path.match(f"reports/{run}/report.pdf~*"))
    damage(report)
    answer = copied.medicore("verify", run, expected=6)
    assert f"reports/{run}/report.pdf (retention)" in answer.err
    assert "is damaged" in answer.err or f"where {DAY} is recorded" in answer.err


def test_what_is_not_archived_is_neither_verified_nor_extended(month: Month) -> None:
    """A run that was never released has nothing in the archive, and one line says so."""
    run = month.run(BROKEN)
    for arguments in (
        ("verify", run),
        ("extend", run, "--until", DAY, "--as", "operator", "--reason", "A longer duty to keep"),
        ("restore", run, "nowhere", "--as", "reviewer"),
    ):
        answer = month.project.medicore("archive", *arguments, expected=8)
        assert (
            answer.err
            == f"medicore: run {run} is not archived; expected one that is; see 'medicore archive list'\n"
        )
    month.project.medicore("archive", "verify", expected=2)


def test_wrong_passphrases_lock_whoever_extends(copied: Project, released: Month) -> None:
    """Five in a row, and the operator can sign nothing more, as with decisions."""
    run = released.run(REFERENCE)
    extend = (
        "archive",
        "extend",
        run,
        "--until",
        DAY,
        "--as",
        "operator",
        "--reason",
        "A longer duty to keep",
    )
    for _ in range(5):
        copied.medicore(*extend, expected=7, MEDICORE_PASSPHRASE="wrong")
    answer = copied.medicore(*extend, expected=7)
    assert "lock" in answer.err
    causes = [
        event["details"]["cause"] for event in copied.events(run) if event["action"] == "archive.refused"
    ]
    assert causes == ["passphrase"] * 5 + ["refused"]


def test_surveillance_reads_again_and_says_what_is_damaged(copied: Project, released: Month) -> None:
    """The walk reads what is due and the ledger keeps that it did; a flipped byte fails it, and is named."""
    run = released.run(REFERENCE)
    before = {row["run"]: row["last_read"] for row in copied.medicore("archive", "list", "--json").json()}
    found = copied.medicore("archive", "surveil", "--every", "365", "--json").json()
    assert found["failed"] == {}
    assert sorted(found["read"]) == sorted(before), "a year's part is everything"
    assert found["checks"] > 50
    after = {row["run"]: row["last_read"] for row in copied.medicore("archive", "list", "--json").json()}
    assert after[run] > before[run]
    event = last_about(copied, "archive")
    assert (event["action"], event["actor"]) == ("archive.surveyed", "medicore")
    told = {"archived": len(before), "checks": found["checks"], "failed": {}, "read": found["read"]}
    assert event["details"] == told
    flipped(copied.home / "archive" / "reports" / run / "report.pdf")
    answer = copied.medicore("archive", "surveil", "--all", expected=6)
    assert f"1 archived run(s) are damaged, first {run}: reports/{run}/report.pdf (archive)" in answer.err
    assert list(last_about(copied, "archive")["details"]["failed"]) == [run]
