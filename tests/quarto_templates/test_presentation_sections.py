"""Tests of the sections: what each says about results of every kind."""

from typing import Any

from presentation.design import flow
from presentation.sections import (
    check,
    cohort,
    effect,
    estimand,
    findings,
    overlap,
    propensity,
    provenance,
    sensitivity,
    synopsis,
)
from presentation.writing.typst import literal

from tests.quarto_templates.says import says

FINDING: dict[str, Any] = {
    "step": "propensity",
    "gate": "SMD (weighted)",
    "subject": "age",
    "statistic": "0.1278",
    "threshold": "0.1",
    "message": "1 of 18 terms is imbalanced",
    "false_alarm_rate": 0.264,
    "overridable": True,
    "digest": "cd" * 32,
    "decision": None,
}
SIGNED = {
    "meaning": "proceed",
    "reason": "The term does not confound",
    "signer": "b.reviewer",
    "name": "Béatrice Reviewer",
    "role": "statistician",
    "signed_at": "2025-04-02T09:00:00Z",
}


def test_an_observational_result_is_conditional_and_a_randomised_one_is_not(inputs: Any) -> None:
    """Words follow the design: assumptions are named for one, the unadjusted estimate beside the other."""
    assert says(effect.conclusion(inputs.report()), "no unmeasured confounding", "3.394 kg", "2.457 to 4.331")
    inputs.results["study"]["design"] = "randomised"
    made = effect.conclusion(inputs.report())
    assert says(
        made,
        "In this randomised study, the covariate-adjusted estimate",
        "The unadjusted estimate is 2.541 kg",
    )
    inputs.results["sensitivity"]["sensitivity"] = []
    assert not says(effect.conclusion(inputs.report()), "unadjusted")


def test_the_primary_table_has_its_standard_error_and_three_more(inputs: Any) -> None:
    """Beside the one for small samples stand influence function, sandwich and bootstrap; the second implementation confirms."""
    made = effect.primary_table(inputs.report())
    assert says(made, "0.478", "2.457 to 4.331", "leverage", "HC2", "1,528.0 degrees of freedom")
    assert says(made, "0.468", "0.479", "0.495", "2.423 to 4.380")
    assert says(effect.verification(inputs.report()), "3.393549493")
    inputs.results["primary"]["bootstrap"]["failed"] = {"rank lost": 3, "one arm too small": 0}
    assert says(
        effect.bootstrap(inputs.report()), "3 replicates could not be estimated (rank lost: 3)", "19711982"
    )


def test_criteria_that_exclude_nobody_are_shown(inputs: Any) -> None:
    """CONSORT: a criterion without exclusions is in the table and in the diagram."""
    inputs.results["cohort"]["criteria"].append({"name": "Under age", "excluded": 0, "remaining": 1566})
    inputs.describe()
    for made in (cohort.disposition(inputs.report()), flow.subjects(inputs.report())):
        assert says(made, "Under age", "Arm outside the declared contrast")


def test_a_long_list_of_criteria_still_fits_the_diagram(inputs: Any) -> None:
    """Too many criteria are set smaller; beyond that the last ones are counted together."""
    inputs.results["cohort"]["criteria"] = [
        {
            "name": f"Criterion {index} with a name that takes more than one line",
            "excluded": 1,
            "remaining": 1566,
        }
        for index in range(60)
    ]
    made = flow.subjects(inputs.describe().report())
    assert "size: 8pt" in made
    assert says(made, "36 more criteria: Table 14.1.1")
    assert says(cohort.disposition(inputs.report()), "Criterion 59")


def test_trimming_is_in_the_diagram_and_in_the_diagnostics(inputs: Any) -> None:
    """Subjects discarded for their scores are counted where they leave."""
    trimming = {"method": "discard", "lower": 0.05, "upper": 0.95, "discarded": 12}
    inputs.results["propensity"]["trimming"] = trimming
    assert says(flow.subjects(inputs.report()), "Discarded for extreme propensity scores, of both arms: 12.")
    assert says(propensity.diagnostics(inputs.report()), "discard, limits 0.05 to 0.95")


def test_baseline_names_units_levels_and_small_spreads(inputs: Any) -> None:
    """Numbers have unit, mean and standard deviation; categories have a title and a line per level."""
    row = next(row for row in inputs.results["baseline"] if row["kind"] == "mean")
    for arm in ("treated", "control", "overall"):
        row[arm] = {
            "mean": 0.5, "sd": 0.25, "n": 420, "missing": 8, "median": 0.48, "lower_quartile": 0.31, "upper_quartile": 0.7,
            "minimum": 0.02, "maximum": 0.99,
        }  # fmt: skip
    row["smd"] = 0.2826
    made = cohort.baseline(inputs.report())
    assert says(made, "Age, years", "420 (8)", "0.50 (0.25)", "0.48 (0.31 to 0.70)", "0.02 to 0.99", "0.283")
    assert says(made, "Sex", "male", "237 (55.4 %)", "n = 1,201")
    row["control"] |= {
        "n": 0,
        "median": None,
        "lower_quartile": None,
        "upper_quartile": None,
        "minimum": None,
        "maximum": None,
    }
    assert says(cohort.baseline(inputs.report()), "–")


def test_a_category_has_a_line_for_missing_values_and_a_number_does_not(inputs: Any) -> None:
    """A number counts its missing values with those it has; a category has a line of their own for them."""
    gap = {"kind": "missing", "level": "Missing", "unit": None, "column": "x", "label": ""}
    gaps = {arm: {"count": 7, "percent": 3.9} for arm in ("treated", "control", "overall")}
    rows = inputs.results["baseline"]
    place = next(index for index, row in enumerate(rows) if row["kind"] == "mean")
    rows.insert(place + 1, {**gap, **gaps, "label": rows[place]["label"]})
    assert not says(cohort.baseline(inputs.report()), "7 (3.9 %)")
    place = next(index for index, row in enumerate(rows) if row["kind"] == "count")
    rows.insert(place + 1, {**gap, **gaps, "label": rows[place]["label"]})
    assert says(cohort.baseline(inputs.report()), "Missing", "7 (3.9 %)")


def test_the_love_plot_is_sorted_and_has_no_ratio_of_two_values(inputs: Any) -> None:
    """The term that differs most before weighting stands first, and the variances of a category's level are not compared."""
    made = propensity.love_plot(inputs.report())
    terms = inputs.results["balance"]["terms"]
    last, first = sorted(terms, key=lambda term: abs(term["smd_unweighted"]))[:: len(terms) - 1]
    labels = [literal(inputs.report().term(term["term"])) for term in (first, last)]
    places = [made.index(f"label: {label}") for label in labels]
    assert places == sorted(places)
    sex = next(term for term in terms if term["term"] == "sex=1")
    sex["variance_ratio_weighted"] = 77.77
    assert not says(propensity.love_plot(inputs.report()), "77.77")
    age = next(term for term in terms if term["term"] == "age")
    age["variance_ratio_weighted"] = 77.77
    assert says(propensity.love_plot(inputs.report()), "77.77")


def test_an_infinite_smd_is_printed_and_drawn(inputs: Any) -> None:
    """A term with zero pooled spread has an infinite SMD: the sign in its column, an arrow in the plot."""
    inputs.results["balance"]["terms"][0]["smd_weighted"] = "inf"
    inputs.results["balance"]["worst"]["weighted"] = {"term": "sex=1", "smd": "inf"}
    made = propensity.love_plot(inputs.report())
    assert 'shape: "right"' in made
    assert says(made, "after weighting ∞ (Sex: female)")


def test_coefficients_have_digits_that_show_their_error(inputs: Any) -> None:
    """A coefficient on a large scale is not rounded away."""
    inputs.results["propensity"]["coefficients"] = [
        {"term": "(Intercept)", "estimate": 1.0, "standard_error": 0.5},
        {"term": "age^2", "estimate": 0.0000123, "standard_error": 0.0000021},
        {"term": "unknown", "estimate": 0.1, "standard_error": None},
    ]
    made = propensity.coefficients(inputs.report())
    assert says(made, "Intercept", "Age, squared", "0.0000123", "unknown")


def test_overlap_of_an_empty_arm_is_drawn_flat(inputs: Any) -> None:
    """A histogram without anyone in an arm is drawn, not divided by zero."""
    histogram = inputs.results["propensity"]["histogram"]
    histogram["treated"] = [0] * len(histogram["treated"])
    assert "mirrored-histogram" in overlap.overlap_plot(inputs.report())


def test_sensitivity_and_supplementary_are_kept_apart(inputs: Any) -> None:
    """Each kind has its own table and plot; a row names estimand, estimator, variance and n, or that they are the primary's."""
    report, weighted = inputs.report(), "IPW (Hájek) for treatment and observation · stacked sandwich"
    first, second = (sensitivity.rows_table(report, kind) for kind in ("sensitivity", "supplementary"))
    assert says(first, "Table 14.2.3", f"ATE · {weighted}", "ATE · TMLE for treatment and observation · ")
    assert says(first, "ATE · estimator and variance of the primary analysis")
    assert not says(first, "ddof")
    assert says(second, "Table 14.2.4", "Effect in the treated", f"ATT · {weighted}")
    assert not says(first, "Effect in the treated")
    assert says(sensitivity.forest(report, "supplementary"), "Figure 14.2.2", "Primary analysis")


def test_what_cannot_be_estimated_says_why(inputs: Any) -> None:
    """An empty subgroup has its row and its reason, in the table and in the plot."""
    row = inputs.results["sensitivity"]["supplementary"][-1]
    row |= dict.fromkeys(("estimate", "standard_error", "ci_low", "ci_high", "p_value"))
    row |= {"note": "not estimable: no treated subject is left", "n": 0}
    assert says(
        sensitivity.rows_table(inputs.report(), "supplementary"), "not estimable: no treated subject is left"
    )
    assert says(sensitivity.subgroups(inputs.report()), "not estimable")


def test_nothing_planned_is_said(inputs: Any) -> None:
    """A protocol without such analyses gives a sentence, and no empty table or plot."""
    inputs.results["sensitivity"] = {"sensitivity": [], "supplementary": []}
    assert says(sensitivity.rows_table(inputs.report(), "sensitivity"), "plans no sensitivity analyses")
    assert sensitivity.forest(inputs.report(), "supplementary") == ""
    assert "strip-plot" not in synopsis.synopsis(inputs.report())


def test_the_e_value_is_reported_when_it_is_there(inputs: Any) -> None:
    """The E-value has its sentence; without one there is none."""
    assert sensitivity.evalue(inputs.report()) == ""
    inputs.results["evalue"] = {"point": 2.104, "limit": 1.7}
    assert says(sensitivity.evalue(inputs.report()), "2.10 for the estimate", "1.70 for the confidence limit")


def test_findings_have_their_false_alarm_rate_and_decision(inputs: Any) -> None:
    """A finding is printed with its term in words, limit, false-alarm rate and who decided what; an open one says so."""
    assert says(findings.findings_and_decisions(inputs.report()), "No gate of the protocol fired")
    inputs.results["findings"] = [FINDING, {**FINDING, "false_alarm_rate": None, "decision": SIGNED}]
    made = findings.findings_and_decisions(inputs.report())
    assert says(
        made, "2 findings needed a decision", "26.4 % if nothing were wrong", "none yet", "not applicable"
    )
    assert says(made, "Finding 1: propensity – SMD (weighted) – Age")
    assert says(made, "proceed: The term does not confound", "Béatrice Reviewer (b.reviewer), statistician")
    assert says(synopsis.synopsis(inputs.report()), "2 found by gates, 1 decided")


def test_a_finding_says_on_which_earlier_run_it_was_decided(inputs: Any) -> None:
    """Where a run repeats a look, the decision is printed with its ledger event and its run; elsewhere there is no such row."""
    answered = {"run": "S-1/2025-03/1", "sequence": 41}
    inputs.results["findings"] = [{**FINDING, "decision": SIGNED, "answered": answered}]
    made = findings.findings_and_decisions(inputs.report())
    assert says(
        made, "Where it was decided", "ledger event 41, on run S-1/2025-03/1, whose look this run repeats"
    )
    inputs.results["findings"] = [{**FINDING, "decision": SIGNED}]
    assert not says(findings.findings_and_decisions(inputs.report()), "Where it was decided")


def test_contract_and_comparison(inputs: Any) -> None:
    """Violations are counted by column and rule; changes since the last lock are in words."""
    assert says(check.contract(inputs.report()), "no rule is violated")
    assert says(check.comparison(inputs.report()), "no earlier data lock")
    found = inputs.results["check"]
    found["violations"] = [{"column": "age", "rule": "range", "count": 3, "expected": "25 to 74"}]
    found["comparison"] = {
        "previous_month": "2025-02",
        "subjects_added": 60,
        "subjects_vanished": 0,
        "values_changed": [{"column": "bmi", "count": 2}],
    }
    assert says(check.contract(inputs.report()), "1 violation of the data contract", "25 to 74")
    assert says(check.comparison(inputs.report()), "60 subjects were added", "bmi: 2")


def test_estimand_has_its_five_attributes(inputs: Any) -> None:
    """Treatment, population, variable, intercurrent events with strategies, summary measure (ICH E9(R1))."""
    made = estimand.attributes(inputs.report())
    assert says(made, "Treatment", "Population", "Variable", "Intercurrent event 3", "Summary measure")
    assert says(
        made, "Strategy: treatment policy; the outcome is used", "The average treatment effect in the whole"
    )


def test_provenance_has_every_digest(inputs: Any) -> None:
    """Commit, tag, ledger head, protocol, environment and every file with MD5 and SHA-256 are there to compare."""
    made = (
        provenance.identity(inputs.report())
        + provenance.files(inputs.report())
        + provenance.libraries(inputs.report())
    )
    run = inputs.run
    wanted = [
        run["code_commit"],
        run["ledger_head"]["digest"],
        run["protocol_digest"],
        run["environment_digest"],
    ]
    wanted += [entry[name] for entry in run["files"] for name in ("md5", "sha256")]
    assert all(digest in made for digest in wanted)
    assert says(made, "19711982", "90,948", "scipy")
    assert says(provenance.commands(inputs.report()), "medicore verify REF-NHEFS", "dvc pull")


def test_provenance_names_the_authority(inputs: Any) -> None:
    """The fingerprint of the authority is printed; a run of an earlier version, which has none, has no such line."""
    assert "Authority fingerprint" not in provenance.identity(inputs.report())
    inputs.run["authority"] = "cd" * 32
    made = provenance.identity(inputs.report())
    assert "Authority fingerprint" in made
    assert inputs.run["authority"] in made
