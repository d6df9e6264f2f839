"""Identifiers of studies, months and runs. Each is validated before it reaches a path, a query or a command."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from medicore.errors import ProtocolError

_STUDY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{1,38}[A-Za-z0-9]", re.ASCII)
_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])", re.ASCII)
_COMMIT = re.compile(r"[0-9a-f]{40}", re.ASCII)
_PERSON = re.compile(r"[a-z][a-z0-9._-]{1,31}", re.ASCII)
_FINGERPRINT = re.compile(r"[0-9a-f]{64}", re.ASCII)

AUTHORITY = "authority"
"""The certificate authority as an actor: it signs the one act that nobody else may be left to sign."""

RESERVED = frozenset({AUTHORITY, "archive", "ledger", "medicore", "nobody", "requests", "service", "unknown"})
"""What the ledger's events call actors and subjects that are not people; no person and no study is called so."""

_DEVICES = frozenset({"con", "prn", "aux", "nul"}) | {
    f"{port}{number}" for port in ("com", "lpt") for number in range(10)
}
"""Names that Windows keeps for its devices: an auditor's checkout there has no folder of such a name."""
_FILES = frozenset({"families", "names"})
"""Files in the folder of the protocols that are no protocols."""


def study_id(text: str) -> str:
    """Return ``text`` if it is a study identifier such as ``MED-2024-0147`` or ``NCT01234567``, else raise ProtocolError.

    An identifier has 3 to 40 letters (A–Z, a–z), digits, hyphens and underscores, and begins and ends with a letter or a
    digit, so that it is safe in a path, a git reference and a command. It is neither a month nor a word that means
    something else. A workspace may narrow the rule in ``studies/names.yaml``.
    """
    if not _STUDY.fullmatch(text):
        raise ProtocolError(
            f"study {text[:40]!r} is not a study identifier; expected 3 to 40 letters, digits, '-' and '_', with a letter or a "
            "digit at both ends, for example MED-2024-0147; see the folder studies/ for the known ones"
        )
    plain = confusable_form(text)
    if _MONTH.fullmatch(text) or plain in RESERVED | _DEVICES | _FILES:
        raise ProtocolError(
            f"study {text!r} is not a study identifier, because the word means something else; expected a name such as "
            f"{text.upper()}-01; choose another"
        )
    return text


def confusable_form(study: str) -> str:
    """Return the form in which two study identifiers are equal when a reader or a file system may take one for the other."""
    return study.lower().replace("_", "-")


def confusable(studies: Iterable[str]) -> list[tuple[str, str]]:
    """Return the pairs of different studies that may be taken for each other: they differ in case, or in '-' and '_'."""
    first: dict[str, str] = {}
    return [
        (first[form], study)
        for study in sorted(set(studies))
        if first.setdefault(form := confusable_form(study), study) != study
    ]


def month_id(text: str) -> str:
    """Return ``text`` if it is an analysis month, ``YYYY-MM``, 2000-01 or later, else raise ProtocolError."""
    match = _MONTH.fullmatch(text)
    if match is None or int(match[1]) < 2000:
        raise ProtocolError(f"month {text[:40]!r} is malformed; expected YYYY-MM, for example 2025-03")
    return text


def commit_id(text: str) -> str:
    """Return ``text`` if it is the full name of a git commit (40 digits), else raise ProtocolError."""
    if not _COMMIT.fullmatch(text):
        raise ProtocolError(
            f"commit {text[:40]!r} is malformed; expected its 40 hexadecimal digits, as 'git rev-parse HEAD' prints them"
        )
    return text


def person_id(text: str) -> str:
    """Return ``text`` if it is a person's identifier, else raise ProtocolError.

    An identifier has 2 to 32 characters of a–z, 0–9, dot, dash and underscore, and begins with a letter.
    """
    if not _PERSON.fullmatch(text):
        raise ProtocolError(
            f"person {text[:40]!r} is malformed; expected 2 to 32 of a-z, 0-9, '.', '-', '_', "
            "beginning with a letter"
        )
    return text


def fingerprint_id(text: str) -> str:
    """Return a certificate's SHA-256 as 64 lower-case digits, however openssl printed it; raise ProtocolError otherwise."""
    plain = text.replace(":", "").lower()
    if not _FINGERPRINT.fullmatch(plain):
        raise ProtocolError(
            f"fingerprint {text[:40]!r} is malformed; expected the 64 hexadecimal digits that "
            "'openssl x509 -noout -fingerprint -sha256' prints"
        )
    return plain


@dataclass(frozen=True, slots=True, order=True)
class RunId:
    """One run of a study's monthly analysis, written ``STUDY/MONTH/NUMBER``, as ``MED-2024-0147/2025-03/2``."""

    study: str
    month: str
    number: int

    def __post_init__(self) -> None:
        study_id(self.study)
        month_id(self.month)
        if self.number < 1:
            raise ProtocolError(f"run number {self.number} is out of range; expected 1 or more")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the run that ``text`` names; raise ProtocolError when it names none."""
        parts = text.split("/")
        if len(parts) != 3 or not re.fullmatch(r"[1-9]\d{0,5}", parts[2], re.ASCII):
            raise ProtocolError(
                f"run {text[:60]!r} is malformed; expected STUDY/MONTH/NUMBER, for example MED-2024-0147/2025-03/1"
            )
        return cls(parts[0], parts[1], int(parts[2]))

    @property
    def folder(self) -> str:
        """The record folder of the run inside its commit."""
        return f"records/{self.study}/{self.month}"

    def __str__(self) -> str:
        return f"{self.study}/{self.month}/{self.number}"
