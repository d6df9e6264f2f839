"""verify: everything that is stored of a run is read again and compared with what was recorded."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial

from medicore.cases.keeping.archived_bundle import OWN_FILES
from medicore.cases.keeping.archived_run import archive_checks
from medicore.cases.keeping.restoring import RESTORED
from medicore.cases.people.authority import require_authority
from medicore.cases.people.changes import people_check
from medicore.cases.people.logged import SERVICE, log
from medicore.cases.people.signers import proved
from medicore.cases.proof.inventory import archive_check, head_checks
from medicore.cases.proof.read_once import ReadOnce
from medicore.cases.proof.verify_acts import act_checks, of_event
from medicore.cases.proof.verify_copies import POINTER, file_copies, list_copies, stored_copies
from medicore.cases.review.namesakes import namesake_checks
from medicore.cases.review.review import proved_approvals
from medicore.cases.review.signed_report import entry_of, prove
from medicore.cases.run.attest import Keys, archived_keys, kept
from medicore.cases.run.decisions import proved_decision
from medicore.cases.run.histories import history_of
from medicore.cases.run.requesting import BY_REQUEST, proved_request
from medicore.cases.run.stored import SIGNED_REPORT, read_provenance
from medicore.errors import IntegrityError, MediCoreError, ProtocolError
from medicore.ports.files import RecordFiles
from medicore.ports.house import House
from medicore.records.canonical import sha256
from medicore.records.checking import Check, CheckKind, attempt, refuted, same_bytes
from medicore.records.identifiers import RunId
from medicore.records.ledger.event_details import Archiving, Release, Sealing, SignedDecision
from medicore.records.ledger.history import EXTENDED, HELD, LIFTED, RETURNED, RunHistory
from medicore.records.ledger.ledger import LedgerEvent, verify_chain
from medicore.records.people.people import Permission

_ACTS: Mapping[str, Permission | None] = {
    "closed.viewed": None,
    RETURNED: Permission.RETURN,
    "subject.viewed": Permission.VIEW,
    "subject.sought": Permission.VIEW,
    "run.exported": Permission.EXPORT,
    EXTENDED: Permission.EXTEND,
    HELD: Permission.EXTEND,
    LIFTED: Permission.LIFT,
    RESTORED: Permission.EXPORT,
}


def verify(
    house: House, run: RunId, checkout: RecordFiles | None = None, authority: str | None = None
) -> tuple[Check, ...]:
    """Return every check on a run; failures are recorded in the ledger.

    It checks the ledger's chain against the checkpoints in the archive, the repository with the record's commits and
    tags, every file in every store, the signatures of the decisions, and the archived copies. ``checkout``, if given,
    is a record folder elsewhere that is compared with the same provenance, and ``authority`` is the trusted
    fingerprint.
    """
    listed = archived_keys(house)
    checks = foundations(house, authority, listed)
    if checks[0].passed:
        with house.records.reading() as records:
            once = replace(house, records=records)
            checks += (nothing_foreign(house), *record_checks(once, run, checkout, listed))
    tell(house, run, checks)
    return checks


def foundations(house: House, authority: str | None = None, listed: Keys | None = None) -> tuple[Check, ...]:
    """Return the checks that all runs share: first the ledger and, if it is intact, authority, people and archive.

    With a damaged ledger nothing that it says of a run is reliable. ``listed`` returns the list of the archive.
    """
    listed = listed or archived_keys(house)
    ledger = attempt(CheckKind.LEDGER, "ledger", partial(require_ledger, house, listed))
    if not ledger.passed:
        return (ledger,)
    trusted = attempt(CheckKind.AUTHORITY, "authority", partial(require_authority, house, authority))
    return ledger, trusted, people_check(house), archive_check(house, listed)


def nothing_foreign(house: House) -> Check:
    """Return the check that the record repository has only objects, tags and code, and nothing that git would obey."""
    return attempt(CheckKind.FOREIGN, "record repository (foreign parts)", house.records.require_plain)


def tell(house: House, run: RunId, checks: tuple[Check, ...]) -> None:
    """Record failed checks and warnings in the ledger, unless the ledger itself is damaged.

    A damaged ledger is evidence.
    """
    failed = [check for check in checks if not check.passed]
    warned = [check for check in checks if check.warned]
    for action, key, found in (
        ("verification.failed", "failed", failed),
        ("verification.warned", "warned", warned),
    ):
        if found and checks[0].passed:
            details = {key: [f"{check.subject}: {check.found}"[:300] for check in found]}
            log(house, SERVICE, action, str(run), found[0].subject, details)


def record_checks(
    house: House, run: RunId, checkout: RecordFiles | None, listed: Keys | None = None
) -> Iterator[Check]:
    """Yield the checks of everything stored of one run, according to the ledger.

    ``listed`` returns the list of the archive. All checks of the run judge the same events, each read once.
    """
    house = replace(house, ledger=ReadOnce(house.ledger))
    history = history_of(house, run)
    if not history.told("run.requested", "run.refused"):
        raise ProtocolError(f"run {run} is unknown; expected one of the ledger; see 'medicore status'")
    sealings = history.sealings
    for sealing in sealings:
        yield from of_event(sealing.event, partial(_sealing_checks, house, run, sealing))
    seen: set[tuple[str, str]] = set()
    for sealing in reversed(sealings):
        last = checkout if sealing is sealings[-1] else None
        yield from of_event(sealing.event, partial(_files, house, run, sealing, last, seen))
    yield from act_checks(house, history)
    yield from head_checks(house, history, listed)
    for event in history.events:
        yield from of_event(event, partial(_event_checks, house, history, event, checkout))
    for decision in history.decisions:
        yield from of_event(decision.event, partial(namesake_checks, house, history, decision))


def _sealing_checks(house: House, run: RunId, sealing: Sealing) -> Iterator[Check]:
    """Yield the checks of the tag and the provenance of one sealing."""
    yield from _named(house, sealing.tag, sealing.commit)
    yield attempt(
        CheckKind.PROVENANCE, f"provenance of {sealing.tag}", partial(_provenance, house, run, sealing)
    )
    yield attempt(CheckKind.GIT_OBJECTS, f"code of {sealing.tag}", partial(_code, house, run, sealing))


def _event_checks(
    house: House, history: RunHistory, event: LedgerEvent, checkout: RecordFiles | None
) -> Iterator[Check]:
    """Yield the checks of what was signed, released or archived according to one event of a run."""
    if event.action == "run.released":
        yield from _named(house, f"record/{history.run}", Release(event).commit)
        yield from _signed_report(house, history, checkout)
    elif event.action in BY_REQUEST:
        yield attempt(
            CheckKind.REQUEST,
            f"request {event.sequence} by {event.actor}",
            partial(proved_request, house, event),
        )
    elif event.action == "decision.signed":
        decision = SignedDecision(event)
        yield attempt(
            CheckKind.DECISION,
            f"signature {event.sequence} by {event.actor}",
            partial(proved_decision, house, history, decision),
        )
    elif event.action in _ACTS:
        permission = _ACTS[event.action]
        yield attempt(
            CheckKind.ACT, f"act {event.sequence} by {event.actor}", partial(proved, house, event, permission)
        )
    elif event.action == "archive.completed":
        yield from archive_checks(house, history, Archiving(event).manifest)


def _named(house: House, tag: str, commit: str) -> Iterator[Check]:
    """Yield the checks of a tag and of its git objects."""
    yield attempt(CheckKind.TAG, f"tag {tag}", partial(_tag, house, tag, commit))
    yield attempt(CheckKind.GIT_OBJECTS, f"objects of {tag}", partial(house.records.check, tag))


def _tag(house: House, tag: str, commit: str) -> None:
    """Raise IntegrityError unless a tag is on the commit in the ledger."""
    found = house.records.resolve(tag)
    if found != commit:
        raise IntegrityError(f"is on {str(found)[:12]} instead of {commit[:12]}")


def require_ledger(house: House, listed: Keys | None = None) -> tuple[int, str]:
    """Return the ledger's head; raise IntegrityError unless guards, chain and signed heads are as recorded."""
    house.ledger.check_file()
    return verify_chain(house.ledger.events(), [head.opened(house) for head in kept(house, listed)])


def _provenance(house: House, run: RunId, sealing: Sealing) -> None:
    stored = house.records.read(sealing.commit, f"{run.folder}/provenance.json")
    if sha256(stored) != sealing.provenance:
        raise IntegrityError(
            "provenance.json is not the one that the ledger names; restore it from the archive"
        )


def _code(house: House, run: RunId, sealing: Sealing) -> None:
    """Raise IntegrityError unless the study's commit that the record follows is made from one of the workspace."""
    commit = read_provenance(house, run, sealing.commit)["run"]["code_commit"]
    house.code.require_made(run.study, commit, house.history)


def _files(
    house: House,
    run: RunId,
    sealing: Sealing,
    checkout: RecordFiles | None,
    seen: set[tuple[str, str]],
) -> Iterator[Check]:
    """Check every file of a sealing, except those that a later sealing has too.

    ``seen`` has name and SHA-256 of checked files.
    """
    commit, tag = sealing.commit, sealing.tag
    try:
        provenance = read_provenance(house, run, commit)
        held = house.records.names(commit, run.folder)
    except MediCoreError as error:
        yield refuted(CheckKind.RECORD, "record" if not seen else f"record of {tag}", error)
        return
    expected = {entry["name"]: entry for entry in provenance["files"]}
    for name in held:
        if name not in expected and not name.startswith(OWN_FILES):
            words = f"is in the record {tag}, but its provenance does not name it"
            yield Check(CheckKind.UNNAMED_FILE, name, False, words, file=name)
    for name, entry in expected.items():
        if (name, entry["sha256"]) in seen:
            continue
        seen.add((name, entry["sha256"]))
        yield from file_copies(house, run, commit, entry)
        if name == POINTER:
            yield from list_copies(house, run, commit, expected)
        if checkout is not None:
            found = checkout.read(name) if checkout.exists(name) else b""
            yield same_bytes(CheckKind.CHECKOUT_COPY, f"{name} (checkout)", found, entry, name)


def _signed_report(house: House, history: RunHistory, checkout: RecordFiles | None) -> Iterator[Check]:
    """Check every copy of the signed report: its digest and its signatures."""
    try:
        approvals = proved_approvals(house, history)
        entry = entry_of(approvals)
    except MediCoreError as error:
        yield refuted(CheckKind.SIGNED_REPORT, SIGNED_REPORT, error)
        return
    copies = house.content.objects(entry["md5"])
    yield from stored_copies(SIGNED_REPORT, copies, entry)
    if checkout is not None:
        found = checkout.read(SIGNED_REPORT) if checkout.exists(SIGNED_REPORT) else b""
        yield same_bytes(CheckKind.CHECKOUT_COPY, f"{SIGNED_REPORT} (checkout)", found, entry, SIGNED_REPORT)
        copies += (("checkout", found),)
    for data, place in {data: place for place, data in copies}.items():
        subject = f"{SIGNED_REPORT} ({place}, signatures)"
        yield attempt(CheckKind.SIGNED_REPORT, subject, partial(prove, house, history.run, data, approvals))
