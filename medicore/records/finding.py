"""Findings: one gate's verdict that needs a human."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from medicore.records.canonical import digest


@dataclass(frozen=True, slots=True)
class Finding:
    """What a gate saw, what it allows, and how often it fires when nothing is wrong.

    ``statistic`` and ``threshold`` are texts, as printed, so that infinity and counts have one spelling.
    ``false_alarm_rate`` is the probability of this finding under balance, or None where it has no meaning.
    ``overridable`` is False for violations of the data contract: they need new data, not a signature.
    """

    step: str
    gate: str
    subject: str
    statistic: str
    threshold: str
    message: str
    false_alarm_rate: float | None = None
    overridable: bool = True

    @property
    def digest(self) -> str:
        """SHA-256 of the whole finding: a decision binds to it and dies when the statistic changes."""
        return digest(asdict(self))

    def as_json(self) -> dict[str, Any]:
        """Return the finding with its digest, as it is stored."""
        return {**asdict(self), "digest": self.digest}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """Return the finding that ``as_json`` stored; the digest is computed anew."""
        return cls(**{key: value for key, value in stored.items() if key != "digest"})
