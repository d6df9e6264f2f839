"""explain: a number leads to its function, protocol keys, inputs and subjects, and is computed again the same."""

from pathlib import Path

import pytest

from medicore.cases.answers.explain import cited, explain, places
from medicore.cases.run.runs import sealed_commit
from medicore.cases.run.seal import read_results
from medicore.cases.run.stored import file_entry, read_provenance
from medicore.errors import IntegrityError, ProtocolError
from medicore.records.identifiers import RunId
from medicore.records.results.paths import value_at
from tests.whole_house.house import WholeHouse
from tests.whole_house.study import SOUND, SOUND_RUN, WAITING_RUN
from tests.whole_house.tampering import recorded_otherwise

RUN = RunId.parse(SOUND_RUN)


@pytest.mark.parametrize(
    ("path", "step", "file", "keys"),
    [
        ("primary.estimate", "effect", "medicore/steps/models/estimator.py", {"models", "seed"}),
        ("cohort.analysed", "cohort", "medicore/steps/cohort.py", {"eligibility"}),
        ("check.rows", "check", "medicore/steps/check.py", {"contract"}),
        ("balance.worst.weighted.smd", "propensity", "medicore/stats/balance/balance.py", {"covariates"}),
    ],
)
def test_a_number_has_its_whole_origin(
    month: WholeHouse, tmp_path: Path, path: str, step: str, file: str, keys: set[str]
) -> None:
    """The value again, to the bit; the line of the recorded function; the protocol's keys; inputs by their digests."""
    found = explain(month.house, RUN, path, tmp_path / "scratch")
    commit = sealed_commit(month.house, RUN)
    provenance = read_provenance(month.house, RUN, commit)
    assert found.value == found.recomputed == value_at(read_results(month.house, RUN, commit).document, path)
    assert (found.run, found.path, found.origin.step, found.file) == (SOUND_RUN, path, step, file)
    name = found.origin.function.partition(":")[2]
    source = (month.root / file).read_text().splitlines()
    assert source[found.line - 1].startswith((f"def {name}(", f"class {name}"))
    assert keys & {key.split(".")[0] for key in found.protocol}
    assert found.commit == provenance["run"]["code_commit"]
    for input_name, digest in found.inputs.items():
        assert file_entry(provenance, input_name)["sha256"] == digest
    assert "protocol.json" in found.inputs
    assert found.subjects == {"assessed": 300, "analysed": 299}


def test_a_whole_row_is_explained_as_a_number_is(month: WholeHouse, tmp_path: Path) -> None:
    """A reference of the report may stand for a row of a table, which is computed again with all that it holds."""
    references = read_results(month.house, RUN, sealed_commit(month.house, RUN)).document["references"]
    path = cited(month.house, RUN, f"R{references.index('primary.estimate') + 1}")
    assert path == "primary.estimate"
    row = next(one for one in references if one.startswith("sensitivity.sensitivity."))
    found = explain(
        month.house, RUN, cited(month.house, RUN, f"[R{references.index(row) + 1}]"), tmp_path / "scratch"
    )
    assert (found.path, found.value == found.recomputed) == (row, True)
    assert found.value["estimator"]
    with pytest.raises(ProtocolError, match="no reference R999"):
        cited(month.house, RUN, "R999")


def test_a_finding_is_explained_by_its_gate(month: WholeHouse, tmp_path: Path) -> None:
    """A finding leads to the function of its step that found it, and is found again; the decision on it is no result."""
    month.proceed(WAITING_RUN)
    run = RunId.parse(WAITING_RUN)
    findings = read_results(month.house, run, sealed_commit(month.house, run)).document["findings"]
    for place, finding in enumerate(findings):
        whole = explain(month.house, run, f"findings.{place}", tmp_path / f"whole-{place}")
        assert whole.value == whole.recomputed == {k: v for k, v in finding.items() if k != "decision"}
        part = explain(month.house, run, f"findings.{place}.statistic", tmp_path / f"part-{place}")
        assert part.value == part.recomputed == finding["statistic"]
        assert (part.origin.step, "gates" in part.file or finding["step"] == "check") == (
            finding["step"],
            True,
        )
        with pytest.raises(ProtocolError, match="see 'medicore approvals"):
            explain(month.house, run, f"findings.{place}.decision", tmp_path / "never")
    for path in ("findings", "findings.99", "findings.first"):
        with pytest.raises(ProtocolError, match="expected one"):
            explain(month.house, run, path, tmp_path / "never")


def test_a_number_on_paper_leads_to_its_places(month: WholeHouse) -> None:
    """A number as printed leads to every result that reads like it, the likeliest first; others are refused."""
    results = read_results(month.house, RUN, sealed_commit(month.house, RUN)).document
    found = places(month.house, RUN, f" {results['primary']['estimate']:.4f} ")
    assert (found[0].path, found[0].value) == ("primary.estimate", results["primary"]["estimate"])
    assert len(places(month.house, RUN, "299")) > 1
    with pytest.raises(ProtocolError, match=r"no result of the run is printed as '31\.415926'"):
        places(month.house, RUN, "31.415926")


def test_what_is_computed_otherwise_now_is_shown_beside(month: WholeHouse, tmp_path: Path) -> None:
    """When the recorded results hold another value than the data give, both are told."""
    commit = sealed_commit(month.house, RUN)
    name = f"{RUN.folder}/results.json"
    stored = month.records.read(commit, name)
    recorded_otherwise(month, RUN, "results.json", stored.replace(b'"analysed": 299', b'"analysed": 298'))
    assert stored != month.records.read(commit, name)
    found = explain(month.house, RUN, "cohort.analysed", tmp_path / "scratch")
    assert (found.value, found.recomputed) == (298, 299)


def test_what_has_no_origin_is_refused(month: WholeHouse, tmp_path: Path) -> None:
    """A path that leads nowhere, a run without results, and one that was never sealed are refused."""
    for run, path, words in (
        (RUN, "primary.nothing", "does not exist at 'nothing'"),
        (RunId.parse(WAITING_RUN), "primary.estimate", "sealed without results"),
        (RunId(SOUND, "2025-03", 99), "primary.estimate", "has no sealed record"),
    ):
        with pytest.raises(ProtocolError, match=words):
            explain(month.house, run, path, tmp_path / "never")
    assert not (tmp_path / "never").exists()


def test_code_that_does_not_hold_the_function_is_an_integrity_error(
    month: WholeHouse, tmp_path: Path
) -> None:
    """A record whose code lacks the function that its trace table names explains nothing."""
    commit = sealed_commit(month.house, RUN)
    name = "medicore/steps/cohort.py"
    month.records.spoil(commit, name, month.records.read(commit, name).replace(b"\ndef ", b"\n# def "))
    with pytest.raises(IntegrityError, match=f"is not in {name} of commit {commit[:12]}"):
        explain(month.house, RUN, "cohort.analysed", tmp_path / "scratch")
