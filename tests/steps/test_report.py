"""The report is made of the steps' documents, the protocol and the identity, and of nothing else."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from medicore.errors import IntegrityError
from medicore.records.canonical import sha256
from medicore.records.delivery.transfer import RawFile, Transfer
from medicore.records.protocol.protocol import Protocol
from medicore.steps.check import check
from medicore.steps.cohort import cohort
from medicore.steps.effect import effect
from medicore.steps.extract import extract, freeze
from medicore.steps.gate import read_findings
from medicore.steps.perform import perform
from medicore.steps.propensity import propensity
from medicore.steps.report import Rendering, assemble, report
from medicore.steps.sensitivity import sensitivity
from medicore.stores.content.dvc_content import md5
from medicore.stores.files import FolderFiles
from tests.steps.analysed_trial import protocol, section, subjects

DECISION = {
    "meaning": "accept-finding",
    "reason": "Looked at it",
    "signer": "rev",
    "name": "Rév Iewer",
    "role": "reviewer",
    "signed_at": "2025-02-03T10:00:00+00:00",
}
IDENTITY: dict[str, Any] = {
    "run": "TEST-STEPS/2025-01/1",
    "month": "2025-01",
    "requested_at": "2025-02-02T09:00:00+00:00",
    "accepted": [],
}


class Recorder:
    """A renderer that keeps what it was given, in place of a PDF."""

    identity: Mapping[str, str] = {"name": "recorder", "typst": "0"}

    def render(self, template_folder: str, inputs: Mapping[str, bytes], created: datetime) -> bytes:
        """Return the inputs as they came."""
        shown = {name: json.loads(data) for name, data in inputs.items()}
        return json.dumps([template_folder, shown, created.isoformat()]).encode()


class Failing(Recorder):
    """A renderer that cannot."""

    def render(self, *_: Any, **__: Any) -> bytes:
        """Fail."""
        raise IntegrityError("no font")


RENDERING = Rendering(Recorder(), "quarto_templates", {"numpy": "2.0", "pandas": "3.0", "black": "1.0"})


def performed(folder: Path, plan: Protocol) -> FolderFiles:
    """Return a record folder with every step before the report performed, findings or not."""
    files = FolderFiles(folder)
    data = subjects().to_csv(index=False).encode()
    delivered = RawFile("subjects.csv", "csv", data, 240)
    freeze(files, Transfer("Test EDC", "TEST-STEPS", "2025-02-01T00:00:00+00:00", "v1", (delivered,)), None)
    assert extract(files, plan) == ()
    assert check(files, plan) == ()
    for step in (cohort, propensity, effect, sensitivity):
        step(files, plan)
    return files


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> FolderFiles:
    """Return a record folder of a run without findings, reported."""
    files = performed(tmp_path_factory.mktemp("record"), protocol())
    assert report(files, protocol(), IDENTITY, RENDERING) == ()
    return files


def test_results_are_the_sections_side_by_side(done: FolderFiles) -> None:
    """Each number of the results is the one that its step wrote."""
    results = json.loads(done.read("results.json"))
    assert results["schema"] == "medicore-results-1"
    assert results["study"]["protocol_digest"] == protocol().digest
    assert results["data"] == {
        key: value for key, value in section(done, "extract").items() if key != "findings"
    }
    assert results["primary"] == section(done, "effect")["primary"]
    assert results["balance"] == section(done, "propensity")["balance"]
    assert results["baseline"] == section(done, "cohort")["baseline"]
    assert "baseline" not in results["cohort"]
    assert "balance" not in results["propensity"]
    assert results["sensitivity"]["sensitivity"] == section(done, "sensitivity")["sensitivity"]
    assert json.loads(done.read("findings.json")) == {"findings": []}


def test_renderer_is_given_the_files_themselves(done: FolderFiles) -> None:
    """The PDF is what the renderer returns from results, protocol and identity, dated as the request."""
    template, inputs, created = json.loads(done.read("report.pdf"))
    assert (template, datetime.fromisoformat(created)) == (
        "quarto_templates",
        datetime(2025, 2, 2, 9, tzinfo=UTC),
    )
    assert inputs["results.json"] == json.loads(done.read("results.json"))
    assert inputs["protocol.json"] == protocol().as_json()
    assert set(inputs) == {"results.json", "protocol.json", "run.json"}


def test_run_names_inputs_and_versions(done: FolderFiles) -> None:
    """Seed, renderer, the libraries that compute, and SHA-256, MD5 and size of every file it rests on are shown."""
    run = json.loads(done.read("report.pdf"))[1]["run.json"]
    assert (run["run"], run["seed"], run["renderer"]) == (IDENTITY["run"], 7, dict(Recorder.identity))
    assert run["libraries"] == {"numpy": "2.0", "pandas": "3.0"}
    listed = {file["name"]: file for file in run["files"]}
    assert list(listed) == sorted(listed)
    assert {"protocol.json", "lock/raw/subjects.csv", "lock/transfer.json", "scores.parquet"} <= set(listed)
    for name, file in listed.items():
        data = protocol().as_document() if name == "protocol.json" else done.read(name)
        assert file == {"name": name, "sha256": sha256(data), "md5": md5(data), "size": len(data)}


def test_report_again_is_the_same(done: FolderFiles) -> None:
    """Rendering the same record again writes the same bytes."""
    before = {name: done.read(name) for name in ("results.json", "findings.json", "report.pdf")}
    report(done, protocol(), IDENTITY, RENDERING)
    assert {name: done.read(name) for name in before} == before


def test_finding_is_shown_with_its_own_decision(tmp_path: Path) -> None:
    """A decided finding carries who, when and why; another decision is not shown beside it."""
    plan = protocol(gates={"smd_sample": "unweighted"})
    files = performed(tmp_path, plan)
    (finding,) = read_findings(files, "propensity")
    other = {**DECISION, "finding": "0" * 64, "key": "k"}
    undecided = assemble(files, plan, {**IDENTITY, "accepted": [other]}, (finding,))
    assert undecided["findings"] == [{**finding.as_json(), "decision": None}]
    accepted = {**DECISION, "finding": finding.digest, "key": "k"}
    decided = assemble(files, plan, {**IDENTITY, "accepted": [other, accepted]}, (finding,))
    assert decided["findings"] == [{**finding.as_json(), "decision": DECISION}]


def test_report_needs_every_section(tmp_path: Path) -> None:
    """Without one of the documents there is no report, and the document is named (FAULTS 70)."""
    files = performed(tmp_path, protocol())
    (tmp_path / "sensitivity.json").unlink()
    with pytest.raises(IntegrityError, match=r"^sensitivity\.json is missing"):
        report(files, protocol(), IDENTITY, RENDERING)
    assert not files.exists("report.pdf")


def test_report_is_the_last_step(tmp_path: Path) -> None:
    """Performed as a step the report is the same, and it alone asks for the renderer."""
    files = performed(tmp_path, protocol())
    assert perform("report", files, protocol(), IDENTITY, lambda: RENDERING) == ()
    assert files.exists("report.pdf")
    assert json.loads(files.read("results.json"))["primary"] == section(files, "effect")["primary"]


def test_failing_renderer_leaves_no_pdf(tmp_path: Path) -> None:
    """When rendering fails its error is passed on, and nothing stands where the report should (FAULTS 70)."""
    files = performed(tmp_path, protocol())
    with pytest.raises(IntegrityError, match="no font"):
        report(files, protocol(), IDENTITY, Rendering(Failing(), "quarto_templates", {}))
    assert not files.exists("report.pdf")
