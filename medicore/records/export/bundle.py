"""The bundle of a record for a third party: its contents, and how its parts are bound to each other.

The manifest lists every file. The ledger event of the export holds the manifest's digest, and the service signs that
event as the head of the ledger. So the signature covers every byte, except the three files that hold manifest, event
and signature (``UNHASHED``): each of these is determined by the others.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from medicore.records.canonical import canonical, document, sha256
from medicore.records.ledger.ledger import LedgerEvent
from medicore.records.people.told_once import signature_of

MANIFEST = "MANIFEST.json"
EXCERPT = "ledger/excerpt.jsonl"
EXPORTED = "ledger/exported.jsonl"
CHECKPOINT = "ledger/checkpoint.dsse.json"
README = "README.txt"
PAGE = "index.html"
VERIFIER = ("verify_bundle.py", "bundle_parts.py", "bundle_acts.py")
UNHASHED = (MANIFEST, EXPORTED, CHECKPOINT)

_COPIES = frozenset(
    {"run.exported", "export.refused", "checkpoint.signed", "archive.restored", "archive.verified"}
)
OF_PEOPLE = frozenset({"authority.created", "person.added", "person.renewed", "person.revoked"})
"""The actions that a reader needs to verify a signature: creation of the authority, issue and end of a certificate."""


def manifest(identity: Mapping[str, str], files: Mapping[str, bytes]) -> bytes:
    """Return the manifest: the identity of the record, and name, SHA-256 and size of each file of the bundle."""
    entries = [
        {"name": name, "sha256": sha256(data), "size": len(data)} for name, data in sorted(files.items())
    ]
    return document({"schema": "medicore-bundle-1", **identity, "files": entries})


def shown_events(
    events: Iterable[LedgerEvent],
    run: str,
    *,
    by: str = "",
    answering: Mapping[str, int] = MappingProxyType({}),
    everything: bool = False,
) -> tuple[int, ...]:
    """Return the sequence numbers of the events that an export of ``run`` shows in full.

    These are the events of the run, the creation of the authority, and the events about the people who acted on the
    run, about who exports it (``by``), about the service that signs the ledger, and about who gave the service a new key;
    the arrival of the run's request is shown too; ``everything`` shows the whole ledger. ``answering`` names the earlier runs by whose decisions findings of the run are answered, each with the last
    event that the run read of them: up to that event they are shown as the run itself is. Events about exports are left
    out, so another export of the run shows the same events.
    """
    held = tuple(events)
    if everything:
        return tuple(event.sequence for event in held)
    own = {event.sequence: event for event in held if _is_of(event, run, answering)}
    actors = {by, *(event.actor for event in own.values())}
    asked = {signature_of(event) for event in own.values() if event.action == "run.requested"} - {None}
    services = {event.subject for event in held if event.details.get("role") == "service"}
    actors |= {event.actor for event in held if event.action in OF_PEOPLE and event.subject in services}
    return tuple(
        event.sequence
        for event in held
        if event.sequence in own
        or event.action == "authority.created"
        or (event.action == "request.admitted" and signature_of(event) in asked)
        or (event.action in OF_PEOPLE and event.subject in actors | services)
    )


def _is_of(event: LedgerEvent, run: str, answering: Mapping[str, int]) -> bool:
    """Return whether an event is about the run, or about an earlier one as far as that answers it; no copy is."""
    about = event.subject == run or event.sequence <= answering.get(event.subject, 0)
    return about and event.action not in _COPIES


def without_copies(events: Iterable[LedgerEvent]) -> list[LedgerEvent]:
    """Return the events that are not about copies, so that a further copy of the same record shows the same."""
    return [event for event in events if event.action not in _COPIES]


def ledger_lines(events: Iterable[LedgerEvent], shown: Iterable[int]) -> bytes:
    """Return the events as lines of canonical JSON; an event not in ``shown`` has only its place in the chain.

    An event that is not shown may be about another study. Its digest keeps the chain complete: every shown event can
    still be verified against its predecessor.
    """
    full = frozenset(shown)
    return b"".join(
        canonical(event.as_json() if event.sequence in full else _place(event)) + b"\n" for event in events
    )


def _place(event: LedgerEvent) -> dict[str, Any]:
    return {"sequence": event.sequence, "previous": event.previous, "digest": event.digest}


def readme(identity: Mapping[str, str], authority: str, verifier: Mapping[str, str]) -> bytes:
    """Return the text that tells a third party what the bundle is and how to verify it.

    ``authority`` is the fingerprint of the authority's certificate, ``verifier`` the SHA-256 of each file of the program.
    """
    listed = "\n".join(f"    {digest}  {name}" for name, digest in verifier.items())
    return _README.format(**identity, authority=authority, verifier=listed).encode()


_README = """\
Record of the analysis run {run}

This folder holds everything that was recorded of one run of a clinical study's analysis: the data as they were
frozen, the protocol, the code, the results, the report, who decided what, and the audit trail. It can be verified
without the software that made it, without a network, with Python 3.9 or later and OpenSSL 3:

    python -I -S verify_bundle.py --authority FINGERPRINT

It prints a line for each check, and VERIFIED or NOT VERIFIED at the end; the exit code is 0 or 1. FINGERPRINT is
the SHA-256 of the certificate of the authority that vouches for the people. Ask the sponsor for it by another way
than this folder: whoever could replace the whole folder could replace the authority in it as well. In this folder
it is
    {authority}

The program is part of the folder too. If you want to trust nothing in here, take its three files from the sponsor's
release of MediCore (medicore/offline) and name this folder as its argument. Their SHA-256 are
{verifier}

What it checks
  files      MANIFEST.json is the one that the last event of the audit trail names; every file is in it, with its
             SHA-256; no file is missing, none is more
  ledger     the audit trail is an unbroken chain of digests
  head       its last event was signed by the service, whose certificate was valid then
  record     the record is as it was when it was sealed; the data are as they were when they were frozen, and are
             what the pointers of DVC (the content store's program) point at
  decisions  every decision is signed by a reviewer or by quality, with a key valid and not revoked at the time, on
             exactly this data, protocol, code, environment, results and report, and not by the person who asked
             for the run
  acts       the run went from state to state as it may; each continuation, rejection and release follows from signed
             decisions; whoever restored the record, saw a patient's data, corrected the trail or changed the retention
             signed that; no signature is told twice; the record is what request, decisions, steps and the audit
             trail's head before it say
  answers    a finding that repeats one of an earlier run of the month, and names the decision on it: that decision is
             signed on the record that the earlier run had then, by its provenance, and the earlier run went on with it
  export     the last event, the export, is signed by a reviewer or by quality, and with it the manifest
  code       code, sealed and released record are, to the byte, the git commits that decisions and ledger name; of other
             studies' files below studies/ the commits' own digests are used

What is in it
  index.html               the report as a page that a double-click opens, without a network: each number leads to what
                           it is, its formula, the code and protocol behind it, and its value with all digits
  record/                  the record: protocol, frozen data (lock/), every step's result, report.pdf, provenance.json
  analysis-results.json    the results in the form of the CDISC Analysis Results Standard 1.0 (finished runs)
  ro-crate-metadata.json   the description of this folder for other software (RO-Crate 1.1)
  earlier/                 the provenance of an earlier run's record, on which a decision that answers a finding here
                           was signed (only where there is one); the record itself is in that run's own export
  code/source.tar          the code, commit {code_commit};
                           from a company's workspace the code is the wheel below product/ in it
  code/withheld.json       the protocols and sources of other studies in that commit, which are not in here: names and
                           git's digests, by which the commit is proved (only where the commit has other studies)
  code/*.commit            the commits as git keeps them; repository/ holds what the record changed beside itself
  environment/             the locked libraries, and the bill of materials in CycloneDX 1.6
  ledger/                  the audit trail: this run's events in full, and those of an earlier run whose decisions
                           answer findings of this one; others by their digests alone; see below
  authority.pem            the certificate of the authority that vouches for the people

Events on other runs and studies are shown by sequence number and digest alone. That the trail is one chain from its
first event to the signed one is proved for the events that are shown; for the others you have the digests that the
service signed, and can hold them against the sponsor's full ledger at any time. An export with --whole-ledger shows
them all.

To repeat the analysis: unpack code/source.tar, put record/ into its folder
    {folder}
install the libraries of environment/requirements.lock, and follow docs/audit.md in the code.
"""
