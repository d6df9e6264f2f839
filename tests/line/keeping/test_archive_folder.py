"""The archive in a folder, through the command line: extended by labels, restored, damaged and found."""

from pathlib import Path

from tests.conftest import Project
from tests.line.conftest import REFERENCE, Month
from tests.line.told import last_about

DAY = "2080-02-29"


def flipped(path: Path) -> None:
    """Change the last byte of a file."""
    data = path.read_bytes()
    path.chmod(0o644)
    path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))


def test_verify_needs_to_know_what(month: Month) -> None:
    """``archive verify`` without a run and without --all is a usage error, and so is a day that is none."""
    assert "--all" in month.project.medicore("archive", "verify", expected=2).err
    kept = (
        "archive",
        "extend",
        month.run(REFERENCE),
        "--until",
        "tomorrow",
        "--as",
        "operator",
        "--reason",
        "why",
    )
    month.project.medicore(*kept, expected=2)


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
