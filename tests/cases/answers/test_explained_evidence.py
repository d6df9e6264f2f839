"""explain, of an evidence report: its numbers and references lead to their origin as those of a report do."""

from pathlib import Path

import pytest

from medicore.cases.answers.explain import cited, explain, places
from medicore.cases.answers.reported import reported
from medicore.cli.explain import _show
from medicore.errors import ProtocolError
from medicore.records.identifiers import RunId
from medicore.records.results.paths import value_at
from medicore.records.results.printed import numbers_of
from tests.whole_house.house import WholeHouse
from tests.whole_house.study import BROKEN_RUN, FAILED_RUN, SOUND_RUN, WAITING_RUN

WAITS, BROKE = RunId.parse(WAITING_RUN), RunId.parse(BROKEN_RUN)


def test_every_reference_of_a_halt_leads_to_its_evidence(month: WholeHouse, tmp_path: Path) -> None:
    """Each reference has its path in the evidence; a number of each step, and each finding, is computed again the same."""
    for run, steps in ((WAITS, {"extract", "check", "cohort", "propensity"}), (BROKE, {"extract", "check"})):
        told = reported(month.house, run).document
        paths = [cited(month.house, run, f"R{place + 1}") for place in range(len(told["references"]))]
        assert paths == told["references"]
        explained = {
            found.origin.step: found
            for place, path in enumerate(("data.rows", "check.rows", "cohort.analysed", "balance.worst"))
            if path.split(".")[0] in told
            for found in [explain(month.house, run, path, tmp_path / f"{run.study}-{place}")]
        }
        assert set(explained) == steps
        assert all(found.value == found.recomputed for found in explained.values())
        finding = explain(month.house, run, "findings.0", tmp_path / f"{run.study}-finding")
        assert finding.value == finding.recomputed
        assert bool(finding.subjects) is ("cohort" in told)


def test_every_number_of_the_evidence_is_found_by_itself(month: WholeHouse) -> None:
    """A number leads to its place in the evidence, and one that a finding tells in words leads to that finding."""
    told = reported(month.house, WAITS).document
    share = value_at(told, "cohort.outcomes.missing_share.overall")
    assert "cohort.outcomes.missing_share.overall" in [
        place.path for place in places(month.house, WAITS, f"{100 * share:.1f} %")
    ]
    statistic = told["findings"][0]["statistic"]
    found = [place.path for place in places(month.house, WAITS, statistic)]
    assert {"findings.0.statistic", "findings.0.message"} & set(found)
    assert not [path for path, _ in numbers_of(told) if path.startswith(("primary", "sensitivity"))]


def test_a_run_that_continued_keeps_its_evidence_explained(month: WholeHouse, tmp_path: Path) -> None:
    """After a decision to proceed a reference is that of the report, and with ``evidence`` that of the evidence report."""
    before = reported(month.house, WAITS)
    month.proceed(WAITING_RUN)
    results, evidence = (reported(month.house, WAITS, evidence=asked) for asked in (False, True))
    assert (results.name, evidence) == ("results.json", before)
    number = f"R{len(evidence.document['references'])}"
    assert cited(month.house, WAITS, number, evidence=True) == evidence.document["references"][-1]
    found = explain(month.house, WAITS, "cohort.analysed", tmp_path / "scratch", evidence=True)
    assert found.value == found.recomputed == evidence.document["cohort"]["analysed"]


def test_it_is_said_when_nobody_had_been_selected(
    month: WholeHouse, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command says how many subjects are behind a number, and that a run halted before it had selected any."""
    for run, words in (
        (WAITS, "299 analysed of 300 assessed"),
        (BROKE, "the run halted before the step cohort"),
    ):
        _show(explain(month.house, run, "check.rows", tmp_path / run.study), same=True)
        assert words in capsys.readouterr().out


def test_what_the_halt_had_not_reached_is_told(month: WholeHouse, tmp_path: Path) -> None:
    """A path beyond the halt, a run without evidence, and a part of a finding that a person made are refused."""
    with pytest.raises(ProtocolError, match="holds no 'primary': it halted at the step check"):
        explain(month.house, BROKE, "primary.estimate", tmp_path / "never")
    with pytest.raises(ProtocolError, match="was sealed without results; expected a run with results"):
        explain(month.house, RunId.parse(FAILED_RUN), "cohort.analysed", tmp_path / "never")
    with pytest.raises(ProtocolError, match="has no evidence report; expected a run that halted"):
        reported(month.house, RunId.parse(SOUND_RUN), evidence=True)
    for part in ("decision", "waits", "answered_by"):
        with pytest.raises(ProtocolError, match="is not computed by one step"):
            explain(month.house, WAITS, f"findings.0.{part}", tmp_path / "never")
