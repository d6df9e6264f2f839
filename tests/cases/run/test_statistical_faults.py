"""Studies in which the statistics cannot be trusted: each halts or fails, says why, and releases nothing."""

import json
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pytest

from medicore.cases.run.seal import read_results
from medicore.errors import DataError, EstimationError, ProtocolError, ReviewError
from medicore.records.identifiers import RunId
from medicore.stats.balance.rerandomisation import false_alarm_rates
from medicore.stats.monitoring.confidence_sequence import ConfidenceSequence
from medicore.steps import propensity
from medicore.steps.primaries import primary_estimator
from tests.whole_house import faulty_studies as faulty
from tests.whole_house.ended import Ended
from tests.whole_house.house import WholeHouse, found_whole_house
from tests.whole_house.prepared_study import MONTH, PreparedStudy

STUDIES = (
    faulty.perfect_separation(),
    faulty.quasi_separation(),
    faulty.extreme_scores(),
    faulty.not_finite(),
    faulty.imbalanced(),
    faulty.no_pooled_variance(),
    faulty.not_converged(),
    faulty.too_much_trimmed(),
    faulty.no_variance(),
    faulty.constant_outcome(),
    faulty.one_arm(),
    faulty.unknown_arm(),
    faulty.empty_subgroup(),
)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WholeHouse]:
    """A house in which every faulty study has its protocol and its delivery.

    How often chance alone makes a gate fire is found by 20 assignments instead of 400; tests/stats prove that rate.
    """
    whole = found_whole_house(tmp_path_factory.mktemp("faults"))
    whole.prepare(*STUDIES)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(propensity, "false_alarm_rates", partial(false_alarm_rates, draws=20))
        yield whole


def ended(house: WholeHouse, study: PreparedStudy) -> Ended:
    """Return how the month of a study ends."""
    return Ended(study, house, house.run(study.study))


def test_one_arm(house: WholeHouse) -> None:
    """A study whose subjects are all in one arm fails at cohort, and the empty arm is named (FAULTS 48)."""
    ended(house, faulty.one_arm()).require_failed(
        "cohort",
        DataError,
        "arm 'control' has no eligible subject whose outcome is due, so there is nothing to compare; "
        "check treatment labels, eligibility criteria and outcome.assessed",
    )


@pytest.mark.parametrize(
    ("study", "message"),
    [
        (
            faulty.no_contrast(),
            "studies/TEST-NOCONTRAST.yaml: line 65: treatment: column 'arm' has 3 arms (low dose, high dose, control) and no "
            "declared contrast of two; name one arm under 'treated' and one under 'control'; "
            "1 problem(s) in all; correct the file",
        ),
        (
            faulty.late_covariate(),
            "studies/TEST-LATECOVARIATE.yaml: line 91: covariates.5.column: covariates ['week_4'] are not measured at baseline; "
            "adjusting for them is refused; 1 problem(s) in all; correct the file",
        ),
    ],
)
def test_a_plan_that_cannot_be_trusted_is_refused(
    house: WholeHouse, study: PreparedStudy, message: str
) -> None:
    """Three arms without a contrast, and a covariate that treatment may have changed, begin no run (FAULTS 49, 61)."""
    study.write_protocol(house)  # type: ignore[arg-type] # a house has the folders of a project
    house.commit("A plan that cannot be trusted")
    with pytest.raises(ProtocolError) as refused:
        house.begin(study.study)
    (house.root / "studies" / f"{study.study}.yaml").unlink()
    house.commit("Taken back")
    assert str(refused.value) == message
    assert [*house.house.ledger.events(action="run.refused")][-1].reason == message
    assert house.runs(study.study) == []


def test_unknown_arm(house: WholeHouse) -> None:
    """An arm that the contract does not know halts the check; the known ones are named, the label is not (FAULTS 50)."""
    found = ended(house, faulty.unknown_arm())
    found.require_halted("check")
    (finding,) = found.outcome.findings
    assert (finding.subject, finding.statistic, finding.overridable) == ("arm", "2", False)
    assert finding.message == (
        "Column arm: 2 row(s) break the rule 'allowed values'; expected one of active, control."
    )
    assert "ACTIVE-X" not in json.dumps([event.as_json() for event in house.events(found.outcome.run)])


@pytest.mark.parametrize(
    ("study", "named"),
    [(faulty.perfect_separation(), "severity"), (faulty.quasi_separation(), "smoker=current")],
)
def test_separation(house: WholeHouse, study: PreparedStudy, named: str) -> None:
    """A covariate, or one level of it, that tells the arms apart is named in the finding (FAULTS 51)."""
    found = ended(house, study)
    found.require_halted("propensity")
    assert f"(separation): {named} does so alone; " in found.finding("separation").message


def test_extreme_scores(house: WholeHouse) -> None:
    """Scores near 0 and 1 are a finding of overlap, with their range and the limits (FAULTS 52)."""
    found = ended(house, faulty.extreme_scores())
    found.require_halted("propensity")
    assert "separation" not in [finding.gate for finding in found.outcome.findings]
    finding = found.finding("overlap")
    low, high = (float(text) for text in finding.statistic.split(" to "))
    assert low <= 0.001
    assert high >= 0.999
    assert finding.threshold == "0.001 to 0.999"
    assert "have a propensity score at or beyond the limits 0.001 and 0.999; " in finding.message


def test_covariate_without_variance(house: WholeHouse) -> None:
    """A covariate with one value for everyone fails the run, and is named (FAULTS 53)."""
    ended(house, faulty.no_variance()).require_failed(
        "propensity",
        EstimationError,
        "covariate 'bmi' has one and the same value in every analysed subject; "
        "remove it from the models, or look at eligibility and source",
    )


def test_values_that_are_not_finite(house: WholeHouse) -> None:
    """NaN, inf and 1e400 in a number halt the check: counted, never coerced, never shown (FAULTS 54)."""
    found = ended(house, faulty.not_finite())
    found.require_halted("check")
    assert [finding.message for finding in found.outcome.findings] == [
        "Column bmi: 2 value(s) are not a decimal number such as 12.5.",
        "Column bmi: 1 value(s) are not a value that double precision can hold.",
    ]
    assert not any(finding.overridable for finding in found.outcome.findings)
    assert "1e400" not in json.dumps([event.as_json() for event in house.events(found.outcome.run)])


def test_constant_outcome(house: WholeHouse) -> None:
    """An outcome with one value for everyone fails the run, and is named (FAULTS 55)."""
    ended(house, faulty.constant_outcome()).require_failed(
        "effect",
        EstimationError,
        "outcome 'change' has one and the same value in every analysed subject, so there is nothing to compare; "
        "check the column and its coding",
    )


def test_imbalance_of_exactly_the_threshold(house: WholeHouse) -> None:
    """An SMD of the threshold to the last bit halts, before and after weighting; the next number above lets pass (FAULTS 56)."""
    first = ended(house, faulty.imbalanced())
    first.require_halted("propensity")
    before, after = first.line["smd_before"], first.line["smd_after"]
    exact = (
        (faulty.gated("TEST-EXACTBEFORE", "unweighted", before), "unweighted", before),
        (faulty.gated("TEST-EXACTAFTER", "weighted", after), "weighted", after),
    )
    above = faulty.gated("TEST-JUSTABOVE", "weighted", float(np.nextafter(after, 1)))
    house.prepare(*(study for study, _, _ in exact), above)
    for study, sample, size in exact:
        found = ended(house, study)
        found.require_halted("propensity")
        (finding,) = found.outcome.findings
        assert finding.gate == f"SMD ({sample})"
        assert finding.statistic == finding.threshold == f"{size:.6g}"
        words = f"with |SMD| {size:.6g} ({sample}), at or above the limit {size:.6g}; respecify"
        assert words in finding.message
    assert ended(house, above).line["state"] == "sealed, awaiting approval"


def test_no_pooled_variance(house: WholeHouse) -> None:
    """A covariate constant within each arm, at unequal means, has an infinite SMD and is named (FAULTS 57)."""
    found = ended(house, faulty.no_pooled_variance())
    found.require_halted("propensity")
    finding = found.finding("SMD (weighted)")
    assert (finding.subject, finding.statistic, finding.threshold) == ("severity", "inf", "0.1")
    words = "worst severity with |SMD| inf (weighted, as it does not vary within an arm), at or above the limit 0.1"
    assert words in finding.message
    assert found.line["smd_before"] == "inf"


def test_model_that_does_not_converge(house: WholeHouse) -> None:
    """A propensity model that does not converge halts for good, and the terms behind it are named (FAULTS 58)."""
    found = ended(house, faulty.not_converged())
    found.require_halted("propensity")
    finding = found.finding("convergence")
    assert finding.message == (
        "the propensity model did not converge in 100 iterations: severity and severity_again are nearly collinear; "
        "leave terms out in a new version of the protocol, and run again"
    )
    with pytest.raises(
        ReviewError, match=r"\(convergence\) cannot be overridden; reject the run, have its cause"
    ):
        house.sign(found.outcome.run, "proceed", finding=finding.digest)


def test_empty_subgroup(house: WholeHouse) -> None:
    """An empty subgroup is not estimable, in results and line; the run waits for its reviewer (FAULTS 59)."""
    found = ended(house, faulty.empty_subgroup())
    run = RunId.parse(found.outcome.run)
    assert found.line["state"] == "sealed, awaiting approval"
    assert "run.released" not in house.actions(str(run))
    results = read_results(house.house, run, found.outcome.commit).document
    rows = {row["name"]: row for row in results["sensitivity"]["supplementary"]}
    words = "not estimable: no analysed subject belongs to it"
    assert (rows["Region: east"]["estimate"], rows["Region: east"]["n"]) == (None, 0)
    assert rows["Region: east"]["note"] == words
    assert rows["Region: south"]["estimate"] is not None
    assert f"Region: east: {words}" in found.line["not_estimable"]


def test_too_much_trimmed(house: WholeHouse) -> None:
    """Trimming beyond the limit halts, with share, limits of the scores and limit of the share (FAULTS 60)."""
    found = ended(house, faulty.too_much_trimmed())
    found.require_halted("propensity")
    finding = found.finding("trimmed share")
    assert float(finding.statistic) > float(finding.threshold) == 0.05
    assert " of 300 subjects (" in finding.message
    assert "with scores outside 0.4 to 0.6; the limit is 5.0%; see whether the estimand" in finding.message


def test_an_imbalance_that_was_accepted_is_printed_with_its_decision(house: WholeHouse) -> None:
    """A continued run's results hold each finding with who accepted it and why, and how often chance alone gives it."""
    study = faulty.gated("TEST-ACCEPTED", "unweighted", 0.1)
    house.prepare(study)
    run = RunId.parse(ended(house, study).outcome.run)
    findings = house.history(run).findings
    assert all(
        finding.false_alarm_rate is not None and 0 <= finding.false_alarm_rate <= 1 for finding in findings
    )
    outcome = house.proceed(str(run))
    results = read_results(house.house, run, outcome.commit).document
    assert [
        (one["digest"], one["decision"]["signer"], one["decision"]["meaning"]) for one in results["findings"]
    ] == [(finding.digest, "rita", "proceed") for finding in findings]
    assert run.month == MONTH


def test_second_implementation_disagrees(house: WholeHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong sign in one of the two implementations halts for good, and says how far they are apart (FAULTS 62)."""
    right = primary_estimator.verify_effect

    def wrong(*given: Any, **more: Any) -> Any:
        found = right(*given, **more)
        return replace(found, value=-found.value)

    study = faulty.sound()
    house.prepare(study)
    monkeypatch.setattr(primary_estimator, "verify_effect", wrong)
    found = ended(house, study)
    found.require_halted("effect")
    (finding,) = found.outcome.findings
    assert (finding.gate, finding.overridable) == ("double programming", False)
    assert float(finding.statistic) > float(finding.threshold) == 1e-6
    words = f"they differ by {finding.statistic} standard errors, tolerated are {finding.threshold}; do not"
    assert words in finding.message


def test_second_implementation_of_the_look_disagrees(
    house: WholeHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A boundary that is wrong by a thousandth halts for good and claims nothing; the rerun has every claim twice (FAULTS 62)."""
    right = ConfidenceSequence.multiple
    study = PreparedStudy("TEST-LOOKTWICE")
    house.prepare(study)
    with monkeypatch.context() as patch:
        patch.setattr(ConfidenceSequence, "multiple", lambda self, n: right(self, n) + 1e-3)
        found = ended(house, study)
    found.require_halted("effect")
    finding = next(one for one in found.outcome.findings if one.gate == "double programming of looks")
    assert not finding.overridable
    assert float(finding.statistic) > float(finding.threshold) == 1e-5
    again = ended(house, study).outcome
    assert again.state == "candidate"
    held = read_results(house.house, RunId.parse(again.run), again.commit).document
    second, looks = held["monitoring"]["verification"], held["monitoring"]["looks"]
    told = [(row["kind"], row["other_design"], row["rerun_of"]) for row in looks]
    assert told == [("halted", True, None), ("candidate", False, 1)]
    assert second["boundary"] == pytest.approx(held["monitoring"]["boundary"], rel=1e-9)
    assert second["difference"] <= second["tolerance"] == 1e-5
    assert "monitoring.verification" in held["references"]
