"""The evidence of a halt holds what was found up to the halt, and no effect, at whichever step the run halted."""

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from medicore.errors import ProtocolError
from medicore.records.canonical import document
from medicore.records.finding import MONITORING, PREVIOUS_LOCK, Finding
from medicore.steps.evidence import assemble_evidence, evidence_files
from medicore.steps.gate import DOCUMENT
from medicore.steps.perform import perform
from medicore.steps.report import Rendering
from medicore.steps.way import STEP_NAMES, STEPS
from medicore.stores.files import FolderFiles
from tests.steps.analysed_trial import protocol, section
from tests.steps.test_report import DECISION, IDENTITY, performed

HALTING = ("check", "cohort", "propensity", "effect", "sensitivity")
REACHED = {"check": "check", "cohort": "cohort", "propensity": "balance"}
"""The section of the evidence that a step adds."""


class Recorder:
    """A renderer that keeps what it was given, in place of a PDF."""

    identity: Mapping[str, str] = {"name": "recorder"}

    def render(
        self, folder: str, inputs: Mapping[str, bytes], created: datetime, template: str = ""
    ) -> bytes:
        """Return the inputs as they came."""
        shown = {name: json.loads(data) for name, data in inputs.items()}
        return json.dumps([folder, shown, created.isoformat(), template]).encode()


RENDERING = Rendering(Recorder(), "quarto_templates", {"numpy": "2.0"})


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, bytes]:
    """Return the files of a run with every step before the report performed, none of which found anything."""
    files = performed(tmp_path_factory.mktemp("record"), protocol())
    return {name: files.read(name) for name in files.names()}


def halted(folder: Path, done: Mapping[str, bytes], *findings: Finding) -> FolderFiles:
    """Return the files of a run that halted at the step of the last finding."""
    files, last = FolderFiles(folder), STEP_NAMES.index(findings[-1].step)
    later = {name for step in STEPS[last + 1 :] for name in step.outputs}
    for name, data in done.items():
        if name not in later:
            files.write(name, data)
    for finding in findings:
        told = section(files, finding.step)
        told["findings"].append(finding.as_json())
        files.write(DOCUMENT[finding.step], document(told))
    return files


def found_at(step: str, gate: str = "limit", *, overridable: bool = True) -> Finding:
    """Return a finding of a step."""
    return Finding(step, gate, "age", "0.213", "0.1", "Too far apart.", 0.012, overridable)


def numbers_in(value: Any) -> set[float]:
    """Return every number with a fraction in a JSON value."""
    if isinstance(value, Mapping):
        return set().union(*map(numbers_in, value.values())) if value else set()
    if isinstance(value, list):
        return set().union(*map(numbers_in, value)) if value else set()
    return {value} if isinstance(value, float) and value != round(value, 3) else set()


@pytest.mark.parametrize("step", HALTING)
def test_each_step_shows_what_was_reached_and_no_effect(
    step: str, done: Mapping[str, bytes], tmp_path: Path
) -> None:
    """The sections end with the halted step, the finding is whole, and no number of effect or sensitivity is among them."""
    files, finding = halted(tmp_path, done, found_at(step)), found_at(step)
    told = assemble_evidence(files, protocol(), IDENTITY)
    at = STEP_NAMES.index(step)
    assert told["halt"] == {
        "step": step, "reached": list(STEP_NAMES[: at + 1]), "effect_computed": step in ("effect", "sensitivity"),
    }  # fmt: skip
    for name, part in REACHED.items():
        assert (part in told) == (STEP_NAMES.index(name) <= at)
    assert told["findings"] == [
        {**finding.as_json(), "decision": None, "waits": True, "answered_by": ["reviewer"]}
    ]
    assert {"primary", "monitoring", "sensitivity", "harms"}.isdisjoint(told)
    effects = numbers_in([json.loads(done[name]) for name in ("effect.json", "sensitivity.json")])
    before = numbers_in([json.loads(done[f"{name}.json"]) for name in ("cohort", "propensity")])
    assert len(effects - before) > 20
    assert (effects - before).isdisjoint(numbers_in(told))
    assert "findings.0" in told["references"]


def test_the_report_is_rendered_of_the_evidence_alone(done: Mapping[str, bytes], tmp_path: Path) -> None:
    """The renderer gets evidence, protocol and identity with the mark of evidence; the same again gives the same bytes."""
    files = halted(tmp_path, done, found_at("cohort"))
    made = evidence_files(files, protocol(), IDENTITY, RENDERING)
    assert set(made) == {"evidence.json", "evidence.pdf"}
    folder, inputs, created, template = json.loads(made["evidence.pdf"])
    assert (folder, template) == ("quarto_templates", "evidence_report.qmd")
    assert created == IDENTITY["requested_at"]
    assert set(inputs) == {"evidence.json", "protocol.json", "run.json"}
    assert inputs["evidence.json"] == json.loads(made["evidence.json"])
    run = inputs["run.json"]
    assert (run["status"], run["kind"], run["title"]) == ("evidence", "Evidence report", protocol().title)
    names = [file["name"] for file in run["files"]]
    assert "analysis.parquet" in names
    assert "scores.parquet" not in names
    assert perform("evidence", files, protocol(), IDENTITY, lambda: RENDERING) == ()
    assert {name: files.read(name) for name in made} == made


def test_an_earlier_decision_is_shown_and_the_halt_is_the_next_one(
    done: Mapping[str, bytes], tmp_path: Path
) -> None:
    """After a decision the run halted again: both findings are shown, the first with who decided and why."""
    first, second = found_at("propensity"), found_at("effect", MONITORING)
    files = halted(tmp_path, done, first, second)
    identity = {**IDENTITY, "accepted": [{**DECISION, "finding": first.digest}]}
    told = assemble_evidence(files, protocol(), identity)
    assert told["halt"]["step"] == "effect"
    assert [finding["waits"] for finding in told["findings"]] == [False, True]
    assert told["findings"][0]["decision"] == DECISION


@pytest.mark.parametrize(
    ("finding", "roles"),
    [
        (found_at("check", PREVIOUS_LOCK), ["quality"]),
        (found_at("check", "contract", overridable=False), []),
    ],
)
def test_who_may_let_the_run_proceed_is_told(
    finding: Finding, roles: list[str], done: Mapping[str, bytes], tmp_path: Path
) -> None:
    """A corrected lock is a question for quality assurance, and a broken contract one that no signature answers."""
    told = assemble_evidence(halted(tmp_path, done, finding), protocol(), IDENTITY)
    assert [each["answered_by"] for each in told["findings"]] == [roles]


def test_a_run_that_did_not_halt_has_no_evidence(done: Mapping[str, bytes], tmp_path: Path) -> None:
    """Where every finding is decided, or a step is missing, there is nothing to decide; the message says so."""
    finding = found_at("cohort")
    files = halted(tmp_path, done, finding)
    decided = {**IDENTITY, "accepted": [{**DECISION, "finding": finding.digest}]}
    with pytest.raises(ProtocolError, match=r"^propensity\.json is not in the record, and no step before it"):
        assemble_evidence(files, protocol(), decided)
