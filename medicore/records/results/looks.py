"""Looks: the analyses of a study whose comparative result somebody could see, as ledger and records hold them."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Self

from medicore.records.canonical import digest
from medicore.records.results.results import Primary
from medicore.records.section import Section

LOOKS = "lock/looks.json"
"""The file of a data lock that holds the study's earlier looks."""

RAW = "lock/raw/"
"""Where a data lock holds the files as the source delivered them."""

EXPLORATORY = "exploratory"
"""The kind of a look that was made with changed code or an uncommitted protocol."""

ANSWERS = "answers"
"""Where a data lock holds the decisions on the findings of an earlier look."""

UNBOUNDED = "inf"


def stored_number(value: float) -> float | str:
    """Return a number as JSON holds it: infinity as the text ``inf`` or ``-inf``."""
    if math.isinf(value):
        return UNBOUNDED if value > 0 else f"-{UNBOUNDED}"
    return float(value)


def read_number(part: Section, key: str) -> float:
    """Return the number that ``stored_number`` stored under a key."""
    stored = part.values.get(key)
    return float(stored) if stored in (UNBOUNDED, f"-{UNBOUNDED}") else float(part.number(key))


@dataclass(frozen=True, slots=True)
class Boundary:
    """What a look may claim: the boundary of |z| or z, and what it cost.

    ``fraction`` is the information fraction and ``spent`` the cumulative level, both None where the method has none.
    ``nominal_level`` is the level of a fixed analysis with this boundary. ``kept`` says that the information did not
    rise, so that the boundary of the look before stands. ``controlled`` is False where no level was planned for the look.
    """

    critical_value: float
    nominal_level: float
    fraction: float | None = None
    spent: float | None = None
    kept: bool = False
    controlled: bool = True

    def as_json(self) -> dict[str, Any]:
        """Return the boundary as it is stored."""
        return {**asdict(self), "critical_value": stored_number(self.critical_value)}

    @classmethod
    def of(cls, part: Section) -> Self:
        """Return the boundary that is stored."""
        return cls(
            critical_value=read_number(part, "critical_value"),
            nominal_level=float(part.number("nominal_level")),
            fraction=part.number_or_none("fraction"),
            spent=part.number_or_none("spent"),
            kept=part.flag("kept"),
            controlled=part.flag("controlled"),
        )


@dataclass(frozen=True, slots=True)
class SeenEstimate:
    """The numbers of a look: subjects, and estimate and standard error on the scale of inference.

    ``z`` is the normal quantile of the run's p-value with the estimate's sign. ``question`` is the digest of estimand,
    measure and unit: estimates with another one answer another question.
    """

    n: int
    estimate: float
    standard_error: float
    z: float
    question: str

    @property
    def information(self) -> float:
        """1/SE²."""
        return 1 / self.standard_error**2

    @property
    def digest(self) -> str:
        """SHA-256 of the numbers: the same data analysed again give the same."""
        return digest(asdict(self))

    @classmethod
    def of(cls, primary: Primary, z: float) -> Self:
        """Return the numbers of a primary result; ``z`` as the run's distribution gives it."""
        asked = digest({"estimand": primary.estimand, "measure": primary.measure, "unit": primary.unit})
        return cls(primary.n, primary.inferred, float(primary.standard_error), float(z), asked)


@dataclass(frozen=True, slots=True)
class Claim:
    """What a look claimed when it was made: method and digest of its design, boundary, valid interval, sequential p."""

    method: str
    design: str
    boundary: Boundary
    ci_low: float
    ci_high: float
    sequential_p: float | None


@dataclass(frozen=True, slots=True)
class SeenHarm:
    """A harm as a look counted it: digest of its design, events of each arm, and what the test came to.

    ``ratio`` is the exposure of the controls over that of the treated, None where the harm is compared with a background
    rate. What could not be tested has no ``log_likelihood_ratio``, and where no signal was possible there is no
    ``critical_value``.
    """

    name: str
    design: str
    treated: int
    control: int
    ratio: float | None
    expected: float | None
    log_likelihood_ratio: float | None
    critical_value: float | None
    signal: bool

    @classmethod
    def of(cls, part: Section) -> Self:
        """Return the harm that is stored."""
        return cls(
            part.text("name"),
            part.text("design"),
            part.count("treated"),
            part.count("control"),
            part.number_or_none("ratio"),
            part.number_or_none("expected"),
            part.number_or_none("log_likelihood_ratio"),
            part.number_or_none("critical_value"),
            part.flag("signal"),
        )


@dataclass(frozen=True, slots=True)
class SeenAnswer:
    """A signed decision with which a run went on after a finding of monitoring, and what was found.

    ``finding`` is the digest of the finding, ``sequence`` the ledger event of the decision.
    """

    run: str
    finding: str
    subject: str
    statistic: str
    threshold: str
    meaning: str
    reason: str
    signer: str
    name: str
    role: str
    signed_at: str
    sequence: int

    @classmethod
    def of(cls, part: Section) -> Self:
        """Return the answer that is stored."""
        texts = [field.name for field in fields(cls) if field.name != "sequence"]
        return cls(**{name: part.text(name) for name in texts}, sequence=part.count("sequence"))


@dataclass(frozen=True, slots=True)
class SeenLook:
    """A look: run, month, how it ended, digest of the delivered files, its numbers, what it claimed, the harms it counted.

    ``seen`` is None where neither ledger nor record holds the numbers, as of an exploratory run of an older version, and
    where harms were counted and no estimate was found. ``claim`` is None where no protocol had planned the look.
    ``answers`` are the decisions on its findings, which a run that repeats the look need not ask for again.
    """

    run: str
    month: str
    kind: str
    lock: str
    seen: SeenEstimate | None
    claim: Claim | None = None
    harms: tuple[SeenHarm, ...] = ()
    answers: tuple[SeenAnswer, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return the look as a data lock holds it."""
        answers = {ANSWERS: [asdict(one) for one in self.answers]} if self.answers else {}
        return {"run": self.run, "month": self.month, "kind": self.kind, **self.details(), **answers}

    def details(self) -> dict[str, Any]:
        """Return what the event of the step ``effect`` tells of the look; the event itself names the run."""
        found: dict[str, Any] = {"month": self.month, "lock": self.lock, "seen": None, "claim": None}
        if self.seen is not None:
            found["seen"] = {
                **asdict(self.seen),
                "information": self.seen.information,
                "digest": self.seen.digest,
            }
        if self.claim is not None:
            found["claim"] = {
                "method": self.claim.method,
                "design": self.claim.design,
                "boundary": self.claim.boundary.as_json(),
                "ci_low": stored_number(self.claim.ci_low),
                "ci_high": stored_number(self.claim.ci_high),
                "sequential_p": self.claim.sequential_p,
            }
        if self.harms:  # an event of before harms were counted tells of none
            found["harms"] = [asdict(harm) for harm in self.harms]
        return found

    @classmethod
    def of(cls, part: Section, *, run: str, kind: str) -> Self:
        """Return the look of a run that ``details`` stored."""
        seen = part.part("seen") if part.has("seen") else None
        claim = part.part("claim") if part.has("claim") else None
        return cls(
            run,
            part.text("month"),
            kind,
            part.text("lock"),
            None if seen is None else _seen(seen),
            None if claim is None else _claim(claim),
            tuple(SeenHarm.of(harm) for harm in part.parts("harms")) if part.has("harms") else (),
            tuple(SeenAnswer.of(answer) for answer in part.parts(ANSWERS)) if part.has(ANSWERS) else (),
        )


def _seen(part: Section) -> SeenEstimate:
    return SeenEstimate(
        part.count("n"),
        float(part.number("estimate")),
        float(part.number("standard_error")),
        float(part.number("z")),
        part.text("question"),
    )


def _claim(part: Section) -> Claim:
    return Claim(
        part.text("method"),
        part.text("design"),
        Boundary.of(part.part("boundary")),
        read_number(part, "ci_low"),
        read_number(part, "ci_high"),
        part.number_or_none("sequential_p"),
    )


def delivered_digest(lock: Mapping[str, str]) -> str:
    """Return the digest of a lock's delivered files, by the SHA-256 of every file of the lock.

    What the lock stores of earlier runs is left out: the same delivery, locked again, has the same digest.
    """
    return digest({name: sha for name, sha in sorted(lock.items()) if name.startswith(RAW)})


def looks_document(
    run: str, month: str, kind: str, earlier: Iterable[SeenLook], sequence: int = 0
) -> dict[str, Any]:
    """Return what the data lock of a run stores: which look it is itself, and all earlier ones in the ledger's order.

    ``sequence`` is the last event of the ledger that was read for them.
    """
    looks = [look.as_json() for look in earlier]
    return {"run": run, "month": month, "kind": kind, "sequence": sequence, "earlier": looks}


def earlier_looks(document: Section) -> tuple[SeenLook, ...]:
    """Return the earlier looks that ``looks_document`` stored."""
    return tuple(
        SeenLook.of(part, run=part.text("run"), kind=part.text("kind")) for part in document.parts("earlier")
    )


def answering_runs(document: Section) -> dict[str, int]:
    """Return the earlier runs whose decisions ``looks_document`` stored, each with the last event that was read for it."""
    answered = [look.run for look in earlier_looks(document) if look.answers]
    return {run: document.count("sequence") for run in answered}
