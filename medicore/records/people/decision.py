"""Decisions: what a person states about a run, bound to the digests of everything that the run depends on.

The statement has the format of an in-toto statement, version 1, so other software can read its subjects.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

from medicore.errors import IntegrityError, ProtocolError, ReviewError
from medicore.records.canonical import canonical
from medicore.records.finding import PREVIOUS_LOCK
from medicore.records.identifiers import RunId
from medicore.records.moment import moment
from medicore.records.people.people import Permission, Person, require_active, require_permission

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "urn:medicore:decision:v1"
MOST_REASON = 2000

_WITHIN_TEXT = "\n\u200c\u200d"  # line ends, and the joiners that Persian and Indic scripts need
_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)
_COMMIT = re.compile(r"[0-9a-f]{40}", re.ASCII)


class Meaning(StrEnum):
    """What a signature means (21 CFR 11.50(a)(3))."""

    PROCEED = "proceed"
    APPROVE = "approve"
    REJECT = "reject"


@dataclass(frozen=True, slots=True)
class Statement:
    """A decision, signed or ready to be signed. Its constructor checks that it is well formed.

    ``digests`` holds name and digest of each thing that the decision covers, sorted by name: the SHA-256 of a
    file, or the 40 digits of a git commit. ``finding`` is the digest of the finding that the decision answers, or
    None for the report as a whole: 'proceed' needs a finding, 'approve' must have none. ``certificate`` is the
    fingerprint of the signer's certificate; ``signed_at`` is in UTC. Build it with ``state``.

    Raises
    ------
    ReviewError
        When the run, a digest, the meaning or the reason is missing or malformed.
    """

    run: str
    digests: tuple[tuple[str, str], ...]
    finding: str | None
    meaning: Meaning
    reason: str
    signer: str
    printed_name: str
    role: str
    signed_at: str
    certificate: str

    def __post_init__(self) -> None:
        _run(self.run)
        names = [name for name, _ in self.digests]
        if not names or names != sorted(set(names)):
            raise ReviewError(
                "a decision has no subject, or one subject twice; expected each subject once, sorted by name"
            )
        for name, value in self.digests:
            if not name or not (_SHA256.fullmatch(value) or _COMMIT.fullmatch(value)):
                raise ReviewError(f"the digest of {name[:60]!r} is malformed; expected SHA-256 or a commit")
        if self.finding is not None and not _SHA256.fullmatch(self.finding):
            raise ReviewError("the digest of the finding is malformed; expected SHA-256")
        if not _SHA256.fullmatch(self.certificate):
            raise ReviewError("the fingerprint of the certificate is malformed; expected SHA-256")
        if self.meaning == Meaning.PROCEED and self.finding is None:
            raise ReviewError("'proceed' names no finding; expected the finding that it overrides; name it")
        if self.meaning == Meaning.APPROVE and self.finding is not None:
            raise ReviewError("'approve' names a finding; expected the report as a whole; use 'proceed'")
        moment(self.signed_at)
        require_reason(self.reason)

    def as_json(self) -> dict[str, Any]:
        """Return the statement in the format of in-toto."""
        return {
            "_type": STATEMENT_TYPE,
            "subject": [{"name": name, "digest": {_algorithm(value): value}} for name, value in self.digests],
            "predicateType": PREDICATE_TYPE,
            "predicate": {
                "run": self.run,
                "finding": self.finding,
                "meaning": self.meaning.value,
                "reason": self.reason,
                "signer": self.signer,
                "printed_name": self.printed_name,
                "role": self.role,
                "signed_at": self.signed_at,
                "certificate": self.certificate,
            },
        }

    def payload(self) -> bytes:
        """Return the bytes that are signed."""
        return canonical(self.as_json())

    @classmethod
    def from_payload(cls, payload: bytes) -> Self:
        """Return the statement whose ``payload`` was signed.

        Raises
        ------
        ReviewError
            When the bytes differ from the payload of the statement that they hold.
        """
        try:
            found = json.loads(payload)
            predicate = found["predicate"]
            digests = tuple(
                (str(subject["name"]), str(next(iter(subject["digest"].values()), "")))
                for subject in found["subject"]
            )
            statement = cls(digests=digests, **{**predicate, "meaning": meaning_named(predicate["meaning"])})
            same = statement.payload() == payload
        except (
            AttributeError,
            IntegrityError,
            KeyError,
            TypeError,
            ValueError,
            RecursionError,
        ) as error:
            raise ReviewError(
                "the signed bytes are not a decision; expected a MediCore decision, version 1"
            ) from error
        if not same:
            raise ReviewError(
                "the signed bytes differ from the decision in them; expected version 1 in canonical JSON"
            )
        return statement


def state(
    person: Person,
    *,
    run: str,
    digests: Mapping[str, str],
    finding: str | None,
    meaning: str,
    reason: str,
    signed_at: str,
) -> Statement:
    """Return the statement of ``person``'s decision on a run, ready to be signed.

    Raises
    ------
    ReviewError
        When the statement would be malformed.
    """
    return Statement(
        run=run,
        digests=tuple(sorted(digests.items())),
        finding=finding,
        meaning=meaning_named(meaning),
        reason=reason.strip(),
        signer=person.identifier,
        printed_name=person.name,
        role=person.role.value,
        signed_at=signed_at,
        certificate=person.fingerprint,
    )


def meaning_named(text: str) -> Meaning:
    """Return the meaning called ``text``; raise ReviewError when there is none."""
    try:
        return Meaning(text)
    except ValueError as error:
        raise ReviewError(f"meaning {str(text)[:40]!r} is unknown; expected {', '.join(Meaning)}") from error


def require_reason(reason: str) -> str:
    """Return ``reason`` if it has at least one letter or digit and at most 2,000 characters.

    Control characters and direction marks are refused, because they can disguise what a text says.
    """
    if not any(letter.isalnum() for letter in reason):
        raise ReviewError("the reason is empty; expected a sentence that an inspector understands; give one")
    if not all(letter.isprintable() or letter in _WITHIN_TEXT for letter in reason):
        raise ReviewError(
            "the reason holds characters that cannot be printed; expected plain text; write it again"
        )
    if len(reason) > MOST_REASON:
        raise ReviewError(
            f"the reason has {len(reason)} characters; expected at most {MOST_REASON}; shorten it"
        )
    return reason


def require_bound(statement: Statement, run: str, digests: Mapping[str, str], finding: str | None) -> None:
    """Raise ReviewError unless the statement is bound to the current contents of the run (21 CFR 11.70).

    ``run``, ``digests`` (by name, as in the statement) and ``finding`` describe the current contents.
    """
    if statement.run != run:
        raise ReviewError(
            f"the decision is about run {statement.run}; expected {run}; sign a decision for this run"
        )
    signed = dict(statement.digests)
    for name in sorted(signed.keys() | digests.keys()):
        if signed.get(name) != digests.get(name):
            raise ReviewError(
                f"{name} is {_short(digests.get(name))}, but the decision was signed on {_short(signed.get(name))}: "
                "the decision is stale; review the run again and sign again"
            )
    if statement.finding != finding:
        raise ReviewError(
            f"the finding is {_short(finding)}, but the decision was signed on {_short(statement.finding)}: "
            "the statistic has changed; review the finding and sign again"
        )


def permission_for(meaning: Meaning, gate: str | None) -> Permission:
    """Return the permission that a decision needs; ``gate`` is that of the finding which it answers, if it answers one.

    Whether the source was right to change locked values is a question for quality assurance, not for the statistician.
    """
    if meaning is Meaning.PROCEED and gate == PREVIOUS_LOCK:
        return Permission.CORRECT
    return Permission(meaning.value)


def require_allowed(statement: Statement, person: Person, requester: str, gate: str | None = None) -> None:
    """Raise ReviewError unless ``person``, as the ledger knows them, was allowed to sign the statement.

    ``gate`` is that of the finding which the statement answers, if it answers one.
    ``requester`` is the identifier of the person who asked for the run; that person may not decide on it, nor anybody
    who ever had a key of theirs.
    """
    claimed = (statement.signer, statement.printed_name, statement.role, statement.certificate)
    if claimed != (person.identifier, person.name, person.role, person.fingerprint):
        raise ReviewError(
            f"the decision is by {statement.signer} ({statement.role}), but the ledger has other details for "
            f"{person.identifier} ({person.role}); expected the ledger's name, role and certificate; sign again"
        )
    require_active(person, statement.signed_at)
    if person.identifier == requester:  # before the role: the requester should learn this reason first
        raise ReviewError(
            f"{requester} asked for this run; expected the decision of another person; ask someone"
        )
    if requester in person.key_shared_with:
        raise ReviewError(
            f"{person.identifier} and {requester}, who asked for this run, had one public key; expected the decision of "
            "another person; ask someone"
        )
    require_permission(person, permission_for(statement.meaning, gate))


def earlier_same(statement: Statement, earlier: Iterable[Statement]) -> Statement | None:
    """Return the earlier decision with the same content, or None: a second approval changes nothing."""
    for other in earlier:
        if _content(other) == _content(statement):
            return other
    return None


def _content(statement: Statement) -> tuple[object, ...]:
    """Return the content of a decision: everything except its reason, its time and the key."""
    return (statement.run, statement.digests, statement.finding, statement.meaning, statement.signer)


def _algorithm(value: str) -> str:
    return "sha256" if len(value) == 64 else "gitCommit"


def _run(text: str) -> None:
    try:
        RunId.parse(text)
    except (ProtocolError, AttributeError) as error:
        raise ReviewError("the decision has no valid run; expected STUDY/MONTH/NUMBER") from error


def _short(value: str | None) -> str:
    return "nothing" if value is None else value[:12]
