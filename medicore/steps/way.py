"""The pipeline: the steps in order, and the files that each reads and writes.

The same declaration is used by the live run, by ``dvc.yaml`` (a test compares the two) and for the ledger's digests.
"""

from dataclasses import dataclass

from medicore.errors import ProtocolError
from medicore.ports.files import RecordFiles
from medicore.records.canonical import sha256


@dataclass(frozen=True, slots=True)
class Step:
    """A deterministic step with its input and output files.

    ``documents`` are small JSON files that are part of the record commit. ``stored`` are the files that go to the
    content store, with a pointer in ``dvc.lock``.
    """

    name: str
    inputs: tuple[str, ...]
    documents: tuple[str, ...]
    stored: tuple[str, ...] = ()

    @property
    def outputs(self) -> tuple[str, ...]:
        """All files that the step writes."""
        return self.documents + self.stored


STEPS = (
    Step("extract", ("lock",), ("extract.json",), ("extract.parquet",)),
    Step("check", ("lock", "extract.json", "extract.parquet"), ("check.json",)),
    Step(
        "cohort",
        ("check.json", "extract.json", "extract.parquet"),
        ("cohort.json",),
        ("disposition.parquet", "analysis.parquet"),
    ),
    Step("propensity", ("cohort.json", "analysis.parquet"), ("propensity.json",), ("scores.parquet",)),
    Step(
        "effect",
        (
            "lock",
            "propensity.json",
            "extract.parquet",
            "disposition.parquet",
            "analysis.parquet",
            "scores.parquet",
        ),
        ("effect.json",),
    ),
    Step(
        "sensitivity",
        (
            "effect.json",
            "extract.json",
            "extract.parquet",
            "analysis.parquet",
            "scores.parquet",
            "disposition.parquet",
        ),
        ("sensitivity.json",),
    ),
    Step(
        "report",
        (
            "extract.json",
            "check.json",
            "cohort.json",
            "propensity.json",
            "effect.json",
            "sensitivity.json",
            "lock",
            "extract.parquet",
            "disposition.parquet",
            "analysis.parquet",
            "scores.parquet",
        ),
        ("results.json", "findings.json"),
        ("report.pdf",),
    ),
)
STEP_NAMES = tuple(step.name for step in STEPS)
EVIDENCE = Step("evidence", (), ("evidence.json", "evidence.pdf"))
"""What is written when a run halts, from the files that it has reached by then; it is no step of the pipeline."""


def step_named(name: str) -> Step:
    """Return the step of that name."""
    for step in (*STEPS, EVIDENCE):
        if step.name == name:
            return step
    raise ProtocolError(f"step {name[:40]!r} is unknown; expected one of {', '.join(STEP_NAMES)}")


def digests(files: RecordFiles, names: tuple[str, ...]) -> dict[str, str]:
    """Return the SHA-256 of each file; the name of a folder stands for all files in it."""
    single = [name for given in names for name in (files.names(given) if given == "lock" else (given,))]
    return {name: sha256(files.read(name)) for name in single}
