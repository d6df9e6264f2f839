"""Findings: what a gate reports when a person must decide."""

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from medicore.records.canonical import digest
from medicore.records.section import Section

PREVIOUS_LOCK = "previous lock"
"""The gate of differences from the data lock of an earlier month; quality assurance answers those that can be answered."""

MONITORING = "monitoring"
"""The gate of crossed boundaries and of signals of harm; the monitoring board answers its findings."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a gate found, the limit it applies, and how often it fires when nothing is wrong.

    ``statistic`` and ``threshold`` are texts as the report prints them, so infinity and counts have one spelling.
    ``false_alarm_rate`` is the probability of this finding when the arms are balanced; it is None where such a
    probability does not exist. ``overridable`` is False for a violation of the data contract, which needs new data:
    a signature does not resolve it. ``answered`` is the signed decision on an earlier run that answers this finding too,
    because the run repeats a look of the same data; it is None for every other finding.
    """

    step: str
    gate: str
    subject: str
    statistic: str
    threshold: str
    message: str
    false_alarm_rate: float | None = None
    overridable: bool = True
    answered: Mapping[str, Any] | None = None

    @property
    def digest(self) -> str:
        """SHA-256 of the whole finding. A decision is bound to it and becomes void when the statistic changes."""
        return digest(self._told())

    def as_json(self) -> dict[str, Any]:
        """Return the finding with its digest, in the form in which it is stored."""
        return {**self._told(), "digest": self.digest}

    def waits(self, accepted: Collection[str]) -> bool:
        """Return whether a person must still decide; ``accepted`` are the digests of the findings that decisions accept."""
        return not self.overridable or (self.answered is None and self.digest not in accepted)

    def _told(self) -> dict[str, Any]:
        told = asdict(self)
        if self.answered is None:  # as it was stored before there were answers of earlier runs
            del told["answered"]
        return told

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """Return the finding that ``as_json`` stored; the digest is computed again."""
        return cls(**{key: value for key, value in stored.items() if key != "digest"})


@dataclass(frozen=True, slots=True)
class StoredFinding:
    """A finding as an event or a result holds it; ``stored`` is its JSON."""

    section: Section

    @property
    def stored(self) -> Mapping[str, Any]:
        """The finding as it is stored."""
        return self.section.values

    @property
    def digest(self) -> str:
        """The SHA-256 by which a decision names it."""
        return self.section.text("digest")

    @property
    def step(self) -> str:
        """The step that found it."""
        return self.section.text("step")

    @property
    def gate(self) -> str:
        """The gate that it stopped at."""
        return self.section.text("gate")

    @property
    def subject(self) -> str:
        """What it is about."""
        return self.section.text("subject")

    @property
    def statistic(self) -> str:
        """What the gate saw, as printed."""
        return self.section.text("statistic")

    @property
    def threshold(self) -> str:
        """What the gate allows, as printed."""
        return self.section.text("threshold")

    @property
    def message(self) -> str:
        """The finding in words."""
        return self.section.text("message")

    @property
    def overridable(self) -> bool:
        """Whether a signature can answer it."""
        return self.section.flag("overridable")

    @property
    def false_alarm_rate(self) -> float | None:
        """How often the gate fires when nothing is wrong; None where that has no meaning."""
        return self.section.number_or_none("false_alarm_rate")
