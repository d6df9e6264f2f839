"""export: everything that was recorded of a run, for a third party who verifies it without MediCore."""

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from medicore.cases.export.contents import contents, described
from medicore.cases.people.attributed import record_act, refusals, require_signatory
from medicore.cases.people.logged import SERVICE
from medicore.cases.people.seeing import require_seer
from medicore.cases.people.service import signed_head
from medicore.cases.review.readiness import require_service_key
from medicore.ports.house import House
from medicore.records.canonical import sha256
from medicore.records.export import bundle
from medicore.records.identifiers import RunId, person_id
from medicore.records.ledger.history import RunHistory
from medicore.records.ledger.ledger import LedgerEvent, NewEvent
from medicore.records.people.people import Permission

REASON = "Exported a copy of the record"


@dataclass(frozen=True, slots=True)
class Export:
    """The files of a bundle by name, the SHA-256 of its manifest, and the number of the event that names that.

    ``again`` says that the same bundle, byte for byte, was exported before.
    """

    run: str
    files: Mapping[str, bytes]
    manifest: str
    sequence: int
    again: bool


def export(
    house: House, run: RunId, person: str, passphrase: Callable[[str], str], *, whole_ledger: bool = False
) -> Export:
    """Return the bundle of a sealed run, and record the export in the ledger, signed by ``person``.

    While nothing new is recorded of the run, every export gives the same bytes: it uses the event and the signature
    of the first export again, and each further copy is a further event. ``whole_ledger`` includes the events on all
    other matters.

    Raises
    ------
    ReviewError
        When the person is unknown, locked, no longer active, may not export (records hold patients' data: 21 CFR
        11.10(d)), may not see comparative results that are closed, of any study where the whole ledger is included, or gives a
        wrong passphrase. The refusal is in the ledger.
    ProtocolError
        When the run has no sealed record.
    IntegrityError
        When no copy of a file is the recorded one.
    ConfigurationError
        When the service's key cannot sign the ledger's head; nothing is recorded.
    """
    with refusals(house, person_id(person), "export.refused", str(run)):
        events = tuple(house.ledger.events())
        studies = {run.study}
        if whole_ledger:
            studies |= {
                RunId.parse(event.subject).study for event in events if event.action == "run.requested"
            }
        for study in sorted(studies):
            require_seer(house, study, person)
        exporter = require_signatory(house, person, Permission.EXPORT, passphrase)
    found = contents(house, run)
    answering = found.answering
    own = RunHistory.of(run, (event for event in events if event.subject == str(run)))
    for first, envelope in own.signed_exports:
        held, by = events[: first.until], first.event.actor
        if first.whole_ledger != whole_ledger:
            continue
        before, now = (
            bundle.shown_events(told, str(run), by=by, answering=answering) for told in (held, events)
        )
        if before != now:
            continue
        files = described(found, held, _excerpt(held, run, by, answering, whole_ledger=whole_ledger))
        if sha256(files[bundle.MANIFEST]) == first.manifest:
            copy = {"manifest": first.manifest, "copy_of": first.event.sequence}
            record_act(house, exporter, "run.exported", str(run), REASON, copy)
            files |= _signed(events[len(held) : first.event.sequence], envelope, whole_ledger=whole_ledger)
            return Export(str(run), files, first.manifest, first.event.sequence, again=True)
    files = described(found, events, _excerpt(events, run, person, answering, whole_ledger=whole_ledger))
    manifest = sha256(files[bundle.MANIFEST])
    details = {"manifest": manifest, "until": len(events), "whole_ledger": whole_ledger}
    require_service_key(house)  # without a signature there is no export, so the ledger records none
    exported = record_act(house, exporter, "run.exported", str(run), REASON, details)
    envelope = signed_head(house, exported.sequence, exported.digest)
    signed = {"sequence": exported.sequence, "envelope": base64.b64encode(envelope).decode()}
    house.ledger.append(NewEvent(SERVICE, "service", "checkpoint.signed", str(run), "", signed))
    # Other writers may have added events meanwhile, between the excerpt and the export.
    since = [e for e in house.ledger.events() if len(events) < e.sequence <= exported.sequence]
    files |= _signed(tuple(since), envelope, whole_ledger=whole_ledger)
    return Export(str(run), files, manifest, exported.sequence, again=False)


def _excerpt(
    events: tuple[LedgerEvent, ...], run: RunId, by: str, answering: Mapping[str, int], *, whole_ledger: bool
) -> bytes:
    shown = bundle.shown_events(events, str(run), by=by, answering=answering, everything=whole_ledger)
    return bundle.ledger_lines(events, shown)


def _signed(since: tuple[LedgerEvent, ...], envelope: bytes, *, whole_ledger: bool) -> dict[str, bytes]:
    """Return the files that bind the manifest to the ledger: the last events, with the export at the end, and its signature."""
    shown = [event.sequence for event in (since if whole_ledger else since[-1:])]
    return {bundle.EXPORTED: bundle.ledger_lines(since, shown), bundle.CHECKPOINT: envelope}
