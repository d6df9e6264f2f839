"""Studies in which the statistics cannot be trusted: each halts or fails, says why, and releases nothing."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from medicore.stores.clock import SystemClock
from medicore.stores.ledger.sqlite import SqliteLedger
from medicore.stores.report.pdf_text import text_of, tight
from tests.conftest import Project, found_project, git
from tests.line import faulty_studies as faulty
from tests.line.ended_run import EndedRun, portfolio, require_failed, require_halted, run
from tests.line.prepared_study import MONTH, PreparedStudy, prepare

# What ends alike is run by one command, which saves minutes: no run changes the project.
HALTING = (
    faulty.perfect_separation(),
    faulty.quasi_separation(),
    faulty.extreme_scores(),
    faulty.not_finite(),
    faulty.imbalanced(),
    faulty.no_pooled_variance(),
    faulty.not_converged(),
    faulty.too_much_trimmed(),
)
FAILING = (faulty.no_variance(), faulty.constant_outcome())
ALONE = (
    faulty.one_arm(),
    faulty.no_contrast(),
    faulty.unknown_arm(),
    faulty.empty_subgroup(),
    faulty.late_covariate(),
)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, prefect_url: str) -> Project:
    """A project of its own, in which every faulty study has its protocol and its delivery."""
    made = found_project(tmp_path_factory.mktemp("faults"), prefect_url)
    prepare(made, *HALTING, *FAILING, *ALONE)
    return made


@pytest.fixture(scope="module")
def halted(project: Project) -> dict[str, EndedRun]:
    """How the studies that halt have ended; the exit code is the smallest, so that none has failed."""
    return portfolio(project, *HALTING, expected=10)


@pytest.fixture(scope="module")
def failed(project: Project) -> dict[str, EndedRun]:
    """How the studies without variance have ended."""
    return portfolio(project, *FAILING, expected=5)


def refusal(project: Project, study: PreparedStudy) -> str:
    """Return why a study is refused: one line, an event in the ledger, and no run."""
    answer = project.medicore("run", study.study, MONTH, expected=3)
    assert answer.out == ""
    assert answer.err.startswith("medicore: ")
    assert answer.err.count("\n") == 1
    reason = answer.err.removeprefix("medicore: ").rstrip("\n")
    ledger = SqliteLedger(project.home / "ledger.db", SystemClock())
    assert reason in [event.reason for event in ledger.events(action="run.refused")]
    assert project.medicore("history", study.study, "--json").json() == []
    return reason


def test_one_arm(project: Project) -> None:
    """A study whose subjects are all in one arm fails at cohort, and the empty arm is named (FAULTS 48)."""
    ended = run(project, faulty.one_arm(), expected=4)
    message = (
        "arm 'control' has no eligible subject, so there is nothing to compare; "
        "check treatment labels and eligibility criteria"
    )
    require_failed(ended, project, "cohort", 4, message)


def test_three_arms_without_a_contrast(project: Project) -> None:
    """A protocol with three arms and no contrast is refused; the arms are named, and what to declare (FAULTS 49)."""
    assert refusal(project, faulty.no_contrast()) == (
        "studies/TEST-NOCONTRAST.yaml: treatment: column 'arm' has 3 arms (low dose, high dose, control) and no "
        "declared contrast of two; name one arm under 'treated' and one under 'control'; "
        "1 problem(s) in all; correct the file"
    )


def test_unknown_arm(project: Project) -> None:
    """An arm that the contract does not know halts the check; the known ones are named, the label is not (FAULTS 50)."""
    ended = run(project, faulty.unknown_arm(), expected=10)
    require_halted(ended, project, "check")
    (finding,) = ended.findings
    assert (finding["subject"], finding["statistic"], finding["overridable"]) == ("arm", "2", False)
    assert finding["message"] == (
        "Column arm: 2 row(s) break the rule 'allowed values'; expected one of active, control."
    )
    assert "ACTIVE-X" not in json.dumps([ended.row, ended.events])


def test_perfect_separation(project: Project, halted: dict[str, EndedRun]) -> None:
    """A covariate that tells the arms apart for everyone is named in the finding (FAULTS 51)."""
    ended = halted["TEST-PERFECT"]
    require_halted(ended, project, "propensity")
    assert "(separation): severity does so alone; " in ended.finding("separation")["message"]


def test_quasi_separation(project: Project, halted: dict[str, EndedRun]) -> None:
    """A level that occurs in one arm alone is named in the finding, though most subjects overlap (FAULTS 51)."""
    ended = halted["TEST-QUASI"]
    require_halted(ended, project, "propensity")
    assert "(separation): smoker=current does so alone; " in ended.finding("separation")["message"]


def test_extreme_scores(project: Project, halted: dict[str, EndedRun]) -> None:
    """Scores near 0 and 1 are a finding of overlap, with their range and the limits (FAULTS 52)."""
    ended = halted["TEST-EXTREME"]
    require_halted(ended, project, "propensity")
    assert "separation" not in [gate for gate, _ in ended.gates]
    finding = ended.finding("overlap")
    low, high = (float(text) for text in finding["statistic"].split(" to "))
    assert low <= 0.001
    assert high >= 0.999
    assert finding["threshold"] == "0.001 to 0.999"
    assert "have a propensity score at or beyond the limits 0.001 and 0.999; " in finding["message"]


def test_covariate_without_variance(project: Project, failed: dict[str, EndedRun]) -> None:
    """A covariate with one value for everyone fails the run, and is named (FAULTS 53)."""
    message = (
        "covariate 'bmi' has one and the same value in every analysed subject; "
        "remove it from the models, or look at eligibility and source"
    )
    require_failed(failed["TEST-NOVARIANCE"], project, "propensity", 5, message)


def test_values_that_are_not_finite(project: Project, halted: dict[str, EndedRun]) -> None:
    """NaN, inf and 1e400 in a number halt the check: counted, never coerced, never shown (FAULTS 54)."""
    ended = halted["TEST-NOTFINITE"]
    require_halted(ended, project, "check")
    assert [finding["message"] for finding in ended.findings] == [
        "Column bmi: 2 value(s) are not a decimal number such as 12.5.",
        "Column bmi: 1 value(s) are not a value that double precision can hold.",
    ]
    assert not any(finding["overridable"] for finding in ended.findings)
    assert "1e400" not in json.dumps([ended.row, ended.events])


def test_constant_outcome(project: Project, failed: dict[str, EndedRun]) -> None:
    """An outcome with one value for everyone fails the run, and is named (FAULTS 55)."""
    message = (
        "outcome 'change' has one and the same value in every analysed subject, so there is nothing to compare; "
        "check the column and its coding"
    )
    require_failed(failed["TEST-SAMEOUTCOME"], project, "effect", 5, message)


def test_imbalance_of_exactly_the_threshold(project: Project, halted: dict[str, EndedRun]) -> None:
    """An SMD of the threshold to the last bit halts, before and after weighting; the next number above lets pass (FAULTS 56)."""
    first = halted["TEST-IMBALANCED"]
    require_halted(first, project, "propensity")
    before, after = first.row["smd_before"], first.row["smd_after"]
    studies = (
        faulty.gated("TEST-EXACTBEFORE", "unweighted", before),
        faulty.gated("TEST-EXACTAFTER", "weighted", after),
        faulty.gated("TEST-JUSTABOVE", "weighted", float(np.nextafter(after, 1))),
    )
    prepare(project, *studies)
    ended = portfolio(project, *studies, expected=10)
    for study, sample, size in (("EXACTBEFORE", "unweighted", before), ("EXACTAFTER", "weighted", after)):
        require_halted(ended[f"TEST-{study}"], project, "propensity")
        (finding,) = ended[f"TEST-{study}"].findings
        assert finding["gate"] == f"SMD ({sample})"
        assert finding["statistic"] == finding["threshold"] == f"{size:.6g}"
        words = f"with |SMD| {size:.6g} ({sample}), at or above the limit {size:.6g}; respecify"
        assert words in finding["message"]
    assert ended["TEST-JUSTABOVE"].row["state"] == "sealed, awaiting approval"


def test_no_pooled_variance(project: Project, halted: dict[str, EndedRun]) -> None:
    """A covariate constant within each arm, at unequal means, has an infinite SMD and is named (FAULTS 57)."""
    ended = halted["TEST-NOPOOLED"]
    require_halted(ended, project, "propensity")
    finding = ended.finding("SMD (weighted)")
    assert (finding["subject"], finding["statistic"], finding["threshold"]) == ("severity", "inf", "0.1")
    words = "worst severity with |SMD| inf (weighted, as it does not vary within an arm), at or above the limit 0.1"
    assert words in finding["message"]
    assert ended.row["smd_before"] == "inf"


def test_model_that_does_not_converge(project: Project, halted: dict[str, EndedRun]) -> None:
    """A propensity model that does not converge halts for good, and the terms behind it are named (FAULTS 58)."""
    ended = halted["TEST-NOTCONVERGED"]
    require_halted(ended, project, "propensity")
    finding = ended.finding("convergence")
    assert finding["message"] == (
        "the propensity model did not converge in 100 iterations: severity and severity_again are nearly collinear; "
        "leave terms out in a new version of the protocol, and run again"
    )
    answer = project.sign(ended.row["run"], "proceed", finding=finding["digest"], expected=7)
    assert "(convergence) cannot be overridden; reject the run, have what it says corrected" in answer.err
    shown = project.medicore("review", ended.row["run"]).out
    assert "reject; no signature overrides it" in shown
    assert f"Next: medicore sign {ended.row['run']} --meaning reject" in shown


def test_empty_subgroup(project: Project) -> None:
    """An empty subgroup is not estimable, in results, report and review; the run waits for its reviewer (FAULTS 59)."""
    study = "TEST-EMPTYGROUP"
    ended = run(project, faulty.empty_subgroup(), expected=0)
    assert ended.row["state"] == "sealed, awaiting approval"
    assert "run.released" not in [event["action"] for event in ended.events]
    name = f"run/{study}/{MONTH}/1:records/{study}/{MONTH}/results.json"
    results = json.loads(git("show", name, folder=project.home / "records.git"))
    rows = {row["name"]: row for row in results["sensitivity"]["supplementary"]}
    words = "not estimable: no analysed subject belongs to it"
    assert (rows["Region: east"]["estimate"], rows["Region: east"]["n"]) == (None, 0)
    assert rows["Region: east"]["note"] == words
    assert rows["Region: south"]["estimate"] is not None
    report = project.home / "reports" / study / MONTH / f"{study}_{MONTH}_1.pdf"
    assert tight(words) in text_of(report.read_bytes())
    assert f"Region: east: {words}" in project.medicore("review", ended.row["run"]).out


def test_too_much_trimmed(project: Project, halted: dict[str, EndedRun]) -> None:
    """Trimming beyond the limit halts, with share, limits of the scores and limit of the share (FAULTS 60)."""
    ended = halted["TEST-TRIMMED"]
    require_halted(ended, project, "propensity")
    finding = ended.finding("trimmed share")
    assert float(finding["statistic"]) > float(finding["threshold"]) == 0.05
    assert " of 300 subjects (" in finding["message"]
    assert "with scores outside 0.4 to 0.6; the limit is 5.0%; see whether the estimand" in finding["message"]


def test_covariate_after_baseline(project: Project) -> None:
    """A protocol that adjusts for what treatment may have changed is refused, and the column named (FAULTS 61)."""
    assert refusal(project, faulty.late_covariate()) == (
        "studies/TEST-LATECOVARIATE.yaml: protocol: covariates ['week_4'] are not measured at baseline; "
        "adjusting for them is refused; 1 problem(s) in all; correct the file"
    )


def test_second_implementation_disagrees(tmp_path: Path, prefect_url: str) -> None:
    """A wrong sign in one of the two implementations halts for good, and says how far they are apart (FAULTS 62)."""
    broken = replace(found_project(tmp_path, prefect_url), apart=True)
    source = broken.root / "medicore" / "stats" / "verification.py"
    text = source.read_text("utf-8")
    right, wrong = "predicted: Vector = columns @", "predicted: Vector = -columns @"
    assert text.count(right) == 1
    source.write_text(text.replace(right, wrong), "utf-8")
    prepare(broken, faulty.sound())
    ended = run(broken, faulty.sound(), expected=10)
    require_halted(ended, broken, "effect")
    (finding,) = ended.findings
    assert (finding["gate"], finding["overridable"]) == ("double programming", False)
    assert float(finding["statistic"]) > float(finding["threshold"]) == 1e-6
    words = (
        f"they differ by {finding['statistic']} standard errors, tolerated are {finding['threshold']}; do not"
    )
    assert words in finding["message"]
