"""signed_report: the PDF that approvers sign one after the other, kept before the ledger names it and proved for ever."""

from dataclasses import replace

import pytest

from medicore.cases.review.review import approvals_of
from medicore.cases.review.signed_report import entry_of, prove, released_files, signed_report
from medicore.cases.run.runs import sealed_commit
from medicore.cases.run.stored import stored_file
from medicore.errors import IntegrityError
from medicore.records.canonical import sha256
from medicore.records.identifiers import RunId
from tests.whole_house.content import md5
from tests.whole_house.house import WholeHouse
from tests.whole_house.study import SOUND_RUN, WAITING_RUN

RUN = RunId.parse(SOUND_RUN)


def test_an_approval_signs_the_report_itself(month: WholeHouse) -> None:
    """The ledger names the signed file by its SHA-256; it begins with the bytes of the report, and its signature proves."""
    month.sign(SOUND_RUN, "approve")
    approvals = approvals_of(month.house, RUN)
    entry, data = entry_of(approvals), signed_report(month.house, approvals)
    report = stored_file(month.house, RUN, sealed_commit(month.house, RUN), "report.pdf")
    assert data.startswith(report)
    assert data != report
    assert (entry["sha256"], entry["size"], entry["md5"]) == (sha256(data), len(data), md5(data))
    assert entry["time_stamp_authority"] is None
    prove(month.house, RUN, data, approvals)


def test_a_second_approver_signs_what_the_first_has_signed(month: WholeHouse) -> None:
    """Each further approval appends its signature to the file of the one before; all of them prove together."""
    files = []
    for person in ("rita", "quinn"):
        month.sign(SOUND_RUN, "approve", by=person)
        files.append(signed_report(month.house, approvals_of(month.house, RUN)))
    assert files[1].startswith(files[0])
    approvals = approvals_of(month.house, RUN)
    assert [statement.signer for statement, _ in approvals] == ["rita", "quinn"]
    prove(month.house, RUN, files[1], approvals)
    with pytest.raises(IntegrityError):
        prove(month.house, RUN, files[0], approvals)
    with pytest.raises(IntegrityError):
        prove(month.house, RUN, files[1], approvals[:1])


def test_a_copy_that_was_altered_is_not_the_signed_report(month: WholeHouse) -> None:
    """Bytes after the last signature, and a report saved again, do not prove; a whole copy elsewhere is found."""
    month.sign(SOUND_RUN, "approve")
    approvals = approvals_of(month.house, RUN)
    whole, address = signed_report(month.house, approvals), entry_of(approvals)["md5"]
    for altered in (whole + b"%%EOF\n", b"%PDF-1.7\n" + whole):
        with pytest.raises(IntegrityError):
            prove(month.house, RUN, altered, approvals)
    month.content.remote[address] = whole + b"%%EOF\n"
    assert signed_report(month.house, approvals) == whole
    del month.content.cache[address]
    with pytest.raises(IntegrityError, match=r"no copy with the recorded SHA-256 [0-9a-f]{12}; restore it"):
        signed_report(month.house, approvals)


def test_the_release_holds_the_pointer_to_the_signed_report(released: WholeHouse) -> None:
    """The released record names the file for DVC, and no release follows from a file that does not prove."""
    approvals = approvals_of(released.house, RUN)
    name = f"{RUN.folder}/report.signed.pdf.dvc"
    commit = released.records.resolve(f"record/{RUN}")
    assert commit is not None
    files = released_files(released.house, RUN, approvals)
    assert files == {name: released.records.read(commit, name)}
    assert entry_of(approvals)["md5"] in files[name].decode()


def test_without_an_approval_there_is_no_signed_report(month: WholeHouse) -> None:
    """A run that nobody approved, and one whose findings were answered, have none."""
    month.proceed(WAITING_RUN)
    for run in (RUN, RunId.parse(WAITING_RUN)):
        approvals = approvals_of(month.house, run)
        assert approvals == ()
        with pytest.raises(IntegrityError, match=r"no approval of the run made a report\.signed\.pdf"):
            entry_of(approvals)
    month.sign(SOUND_RUN, "approve")
    ((statement, event),) = approvals_of(month.house, RUN)
    bare = {key: value for key, value in event.details.items() if key != "signed_report"}
    with pytest.raises(IntegrityError, match="no approval of the run made"):
        entry_of([(statement, replace(event, details=bare))])
