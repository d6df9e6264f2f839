"""The signed report: made when a report is approved, released with its record, and proved at any later time.

The approver's passphrase is available only while the decision is signed, so the PDF is signed then. The ledger's
event of the decision names the file by its SHA-256, and the release adds its pointer to the record.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from medicore.cases.people.signers import people, signer_of
from medicore.cases.run.stored import SIGNED_REPORT, stored_file
from medicore.errors import IntegrityError
from medicore.ports.house import House
from medicore.records.canonical import sha256
from medicore.records.identifiers import RunId
from medicore.records.ledger.event_details import SIGNED_REPORT as _KEY
from medicore.records.ledger.event_details import SignedDecision
from medicore.records.ledger.ledger import LedgerEvent
from medicore.records.people.decision import Statement
from medicore.records.people.people import person_named

Approvals = Sequence[tuple[Statement, LedgerEvent]]
"""The proved approvals of a sealed run, in the order of the ledger; each signed the file of the one before."""


def sign_report(
    house: House, run: RunId, statement: Statement, passphrase: str, earlier: Approvals
) -> dict[str, Any]:
    """Sign a run's report as its approver; return the details about the file for the event of the decision.

    The file is proved before it is stored, and stored before the ledger names it.
    """
    report = _report(house, run, statement)
    before = signed_report(house, earlier) if earlier else report
    signed = house.signed_reports.sign(before, statement, passphrase)
    stamps = house.signed_reports.time_stamp_authority
    chains = [*_chains(house, earlier), person_named(people(house), statement.signer).chain]
    house.signed_reports.verify(signed, report, [*(s for s, _ in earlier), statement], stamps, chains)
    address, pointer = house.content.put(SIGNED_REPORT, signed)
    entry = {"sha256": sha256(signed), "size": len(signed), "md5": address, "pointer": pointer.decode()}
    return {_KEY: {**entry, "time_stamp_authority": stamps}}


def entry_of(approvals: Approvals) -> Mapping[str, Any]:
    """Return the ledger's details of the signed report: SHA-256, size, MD5, pointer, time stamp authority."""
    entry = SignedDecision(approvals[-1][1]).signed_report if approvals else None
    if entry is None:
        raise IntegrityError(
            f"no approval of the run made a {SIGNED_REPORT}; expected one; run 'medicore verify'"
        )
    return entry


def signed_report(house: House, approvals: Approvals) -> bytes:
    """Return the signed report; raise IntegrityError when no stored copy is the recorded one."""
    entry = entry_of(approvals)
    for _, data in house.content.objects(entry["md5"]):
        if sha256(data) == entry["sha256"]:
            return data
    raise IntegrityError(
        f"{SIGNED_REPORT}: no copy with the recorded SHA-256 {entry['sha256'][:12]}; restore it"
    )


def prove(house: House, run: RunId, data: bytes, approvals: Approvals) -> None:
    """Raise IntegrityError unless ``data`` is the run's report with exactly the signatures of its approvals."""
    statements = [statement for statement, _ in approvals]
    stamps = entry_of(approvals)["time_stamp_authority"]
    report = _report(house, run, statements[-1])
    house.signed_reports.verify(data, report, statements, stamps, _chains(house, approvals))


def released_files(house: House, run: RunId, approvals: Approvals) -> dict[str, bytes]:
    """Return the file that a released record has for the signed report: its pointer."""
    prove(house, run, signed_report(house, approvals), approvals)
    return {f"{run.folder}/{SIGNED_REPORT}.dvc": str(entry_of(approvals)["pointer"]).encode()}


def _chains(house: House, approvals: Approvals) -> list[str]:
    """Return, for each approval, the issuers of an external certificate, as the ledger knew the signer then."""
    return [signer_of(house, event).chain for _, event in approvals]


def _report(house: House, run: RunId, statement: Statement) -> bytes:
    return stored_file(house, run, _sealed(statement), "report.pdf")


def _sealed(statement: Statement) -> str:
    return dict(statement.digests)["sealed commit"]
