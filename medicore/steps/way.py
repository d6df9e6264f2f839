"""The way of the data: the steps in order, what each reads and writes, and how one is performed.

The same declaration drives the live run, ``dvc.yaml`` (a test holds them together) and the ledger's digests.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from medicore.errors import ProtocolError
from medicore.records.canonical import sha256
from medicore.records.finding import Finding
from medicore.records.protocol import Protocol
from medicore.steps.gate import require_decided
from medicore.steps.ports import RecordFiles, Renderer


@dataclass(frozen=True, slots=True)
class Step:
    """A deterministic step: its files in, its files out.

    ``documents`` are small JSON files that the record commit holds itself; ``stored`` are the files that go
    to the content store, with a pointer in ``dvc.lock``.
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
        ("check.json", "extract.parquet"),
        ("cohort.json",),
        ("disposition.parquet", "analysis.parquet"),
    ),
    Step("propensity", ("cohort.json", "analysis.parquet"), ("propensity.json",), ("scores.parquet",)),
    Step("effect", ("lock", "propensity.json", "analysis.parquet", "scores.parquet"), ("effect.json",)),
    Step(
        "sensitivity",
        ("effect.json", "extract.parquet", "analysis.parquet", "scores.parquet", "disposition.parquet"),
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


@dataclass(frozen=True, slots=True)
class Rendering:
    """What the report step needs beside the files: the renderer, the template's folder, the library versions."""

    renderer: Renderer
    template_folder: str
    libraries: Mapping[str, str]


def step_named(name: str) -> Step:
    """Return the step of that name."""
    for step in STEPS:
        if step.name == name:
            return step
    raise ProtocolError(f"step {name[:40]!r} is unknown; expected one of {', '.join(STEP_NAMES)}")


def perform(
    name: str,
    files: RecordFiles,
    protocol: Protocol,
    identity: Mapping[str, Any],
    rendering: Callable[[], Rendering],
) -> tuple[Finding, ...]:
    """Perform one step on a record folder and return its findings.

    No step begins while an earlier one has a finding without a signed decision; ``identity["accepted"]`` lists
    the decisions by the digest of their finding. Linear algebra is pinned to one thread, so that the bits do
    not depend on how many the machine offers.
    """
    from threadpoolctl import threadpool_limits

    step_named(name)
    accepted = {decision["finding"] for decision in identity["accepted"]}
    for earlier in STEP_NAMES[: STEP_NAMES.index(name)]:
        require_decided(files, earlier, accepted)
    function = getattr(import_module(f"medicore.steps.{name}"), name)
    with threadpool_limits(limits=1):
        if name == "report":
            return tuple(function(files, protocol, identity, rendering()))
        return tuple(function(files, protocol))


def digests(files: RecordFiles, names: tuple[str, ...]) -> dict[str, str]:
    """Return the SHA-256 of each file; a folder stands for all files in it."""
    single = [name for given in names for name in (files.names(given) if given == "lock" else (given,))]
    return {name: sha256(files.read(name)) for name in single}
