"""Decisions: what a person says of a run, bound to the digests of all that it rests on.

The statement has the frame of an in-toto statement, version 1, so that other software reads its subjects.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

from medicore.errors import IntegrityError, ProtocolError, ReviewError
from medicore.records.canonical import canonical
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
    """A decision before or under its signature; one that exists is well formed.

    ``digests`` holds a pair per thing decided upon, name and digest, in the order of the names: the SHA-256 of
    a file, or the 40 digits of a git commit. ``finding`` is the digest of the finding that is answered, or None
    for the report as a whole: to proceed needs one, to approve has none. ``certificate`` is the fingerprint of
    the signer's certificate, ``signed_at`` is UTC. Build it with ``state``.

    Raises
    ------
    ReviewError
        When the run, a digest or the meaning is none, or the reason holds no word.
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
                "a decision names nothing, or one thing twice; expected each subject once, in order"
            )
        for name, value in self.digests:
            if not name or not (_SHA256.fullmatch(value) or _COMMIT.fullmatch(value)):
                raise ReviewError(f"the digest of {name[:60]!r} is malformed; expected SHA-256 or a commit")
        if self.finding is not None and not _SHA256.fullmatch(self.finding):
            raise ReviewError("the digest of the finding is malformed; expected SHA-256")
        if not _SHA256.fullmatch(self.certificate):
            raise ReviewError("the fingerprint of the certificate is malformed; expected SHA-256")
        if self.meaning == Meaning.PROCEED and self.finding is None:
            raise ReviewError(
                "'proceed' answers no finding; expected the finding that is overridden; name it"
            )
        if self.meaning == Meaning.APPROVE and self.finding is not None:
            raise ReviewError("'approve' answers a finding; expected the report as a whole; use 'proceed'")
        moment(self.signed_at)
        require_reason(self.reason)

    def as_json(self) -> dict[str, Any]:
        """Return the statement in the frame of in-toto."""
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
            When the bytes are not, one by one, what a statement of this version gives.
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
                "the signed bytes are no decision; expected a MediCore decision, version 1"
            ) from error
        if not same:
            raise ReviewError("the signed bytes say more than a decision; expected version 1, canonical JSON")
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
    """Return the statement by which ``person`` decides on a run, ready to be signed.

    Raises
    ------
    ReviewError
        When it would not be well formed.
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
    """Return ``reason`` when it says something: a letter or digit at least, 2,000 characters at most.

    Control characters and direction marks are refused, since they can make a text read as another.
    """
    if not any(letter.isalnum() for letter in reason):
        raise ReviewError("the reason is empty; expected a sentence that an inspector can read; give one")
    if not all(letter.isprintable() or letter in _WITHIN_TEXT for letter in reason):
        raise ReviewError(
            "the reason holds characters that cannot be printed; expected plain text; write it anew"
        )
    if len(reason) > MOST_REASON:
        raise ReviewError(
            f"the reason has {len(reason)} characters; expected at most {MOST_REASON}; shorten it"
        )
    return reason


def require_bound(statement: Statement, run: str, digests: Mapping[str, str], finding: str | None) -> None:
    """Raise ReviewError unless the statement was made on exactly this (21 CFR 11.70).

    ``run``, ``digests`` (by name, as in the statement) and ``finding`` are what is there now.
    """
    if statement.run != run:
        raise ReviewError(f"the decision is on run {statement.run}, not on {run}; sign this run on its own")
    signed = dict(statement.digests)
    for name in sorted(signed.keys() | digests.keys()):
        if signed.get(name) != digests.get(name):
            raise ReviewError(
                f"{name} is {_short(digests.get(name))}, the decision was signed on {_short(signed.get(name))}: "
                "it is stale; review the run anew and sign again"
            )
    if statement.finding != finding:
        raise ReviewError(
            f"the finding is {_short(finding)}, the decision was signed on {_short(statement.finding)}: "
            "the statistic is another; review the finding and sign again"
        )


def require_allowed(statement: Statement, person: Person, requester: str) -> None:
    """Raise ReviewError unless ``person``, as the ledger knows them, may have signed the statement.

    ``requester`` is the identifier of who asked for the run: to decide on one's own request is refused.
    """
    claimed = (statement.signer, statement.printed_name, statement.role, statement.certificate)
    if claimed != (person.identifier, person.name, person.role, person.fingerprint):
        raise ReviewError(
            f"the decision is by {statement.signer} ({statement.role}), the ledger knows {person.identifier} "
            f"({person.role}) otherwise; expected name, role and certificate of the ledger; sign again"
        )
    require_active(person, statement.signed_at)
    if person.identifier == requester:  # before the role: whoever asked is told so, whatever they may do
        raise ReviewError(f"{requester} asked for this run; expected the decision of another person; ask one")
    require_permission(person, Permission(statement.meaning.value))


def earlier_same(statement: Statement, earlier: Iterable[Statement]) -> Statement | None:
    """Return the earlier decision that already says the same, or None: to approve twice changes nothing."""
    for other in earlier:
        if _matter(other) == _matter(statement):
            return other
    return None


def _matter(statement: Statement) -> tuple[object, ...]:
    """Return what a decision decides: everything but its reason, its time and the key."""
    return (statement.run, statement.digests, statement.finding, statement.meaning, statement.signer)


def _algorithm(value: str) -> str:
    return "sha256" if len(value) == 64 else "gitCommit"


def _run(text: str) -> None:
    try:
        RunId.parse(text)
    except (ProtocolError, AttributeError) as error:
        raise ReviewError("the decision names no run; expected STUDY/MONTH/NUMBER") from error


def _short(value: str | None) -> str:
    return "nothing" if value is None else value[:12]
