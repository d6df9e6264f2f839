"""Tests of counted harms in the report: counts, ratio, level and what stands, in words and as rows of a table."""

from typing import Any

from presentation.sections import harms

from tests.quarto_templates.says import says


def test_each_harm_is_told_in_words(inputs: Any) -> None:
    """Events of both arms, what was expected, the ratio beside its critical value, and the first signal."""
    made = harms.counted(inputs.report())
    first, second = inputs.results["harms"]
    assert says(
        made,
        "Admission to hospital: 19 events in 428 subjects",
        "21 events in 1,201 subjects",
        "By the ratio of the arms' subjects, 10.51 events of the treated were expected",
        f"The log likelihood ratio is {first['log_likelihood_ratio']:.3f}, the critical value {first['critical_value']:.3f}",
        "a signal needs 3 events of the treated",
        "the level spent so far is not known exactly",
        "Look 2 was the first to signal the harm; a signal stands, and the protocol declares that nothing is stopped by it.",
        "At a background rate of 0.004 for each unit of exposure, 3.43 events of the treated were expected",
        "3 events in 428 subjects, exposure 856.75",
        f"by this look {100 * second['level_spent']:.2f} % are spent",
        "No look has signalled the harm.",
    )


def test_every_look_is_a_row_under_its_harm(inputs: Any) -> None:
    """The table names each harm and has a row for each of its looks, with a reference of its own."""
    inputs.results["harms"][0]["looks"][0]["other_design"] = True
    report = inputs.report()
    made = harms.counted(report)
    assert says(
        made,
        "Table 14.2.7",
        "2: REF-NHEFS/2025-02/1 (exploratory)",
        "1: REF-NHEFS/2025-01/1 (sealed, other design)",
    )
    paths = {report.results["references"][number - 1] for number in report.cited}
    assert paths == {
        *("harms.0", "harms.1"),
        *(f"harms.{harm}.looks.{look}" for harm in range(2) for look in range(3)),
    }


def test_what_was_not_tested_and_what_has_ended_is_told(inputs: Any) -> None:
    """Without exposure the reason stands in place of the ratio; past its end a harm says that nothing is a signal."""
    first, second = inputs.results["harms"]
    first |= {"untested": "an arm has no exposure yet", "first_signal": None, "action": "board"}
    first |= dict.fromkeys(("expected", "log_likelihood_ratio", "critical_value", "level_spent"))
    first["design"]["exposure"] = "years"
    second["ended"] = True
    assert says(
        harms.counted(inputs.report()),
        "By the ratio of the arms' exposure; the surveillance ends at 60 events of both arms.",
        "This look could not be tested: an arm has no exposure yet. No look",
        "The surveillance is past its end without a signal",
    )
    second |= {"first_signal": 3, "ended": False}
    assert says(
        harms.counted(inputs.report()),
        "This look was the first to signal the harm",
        "the monitoring board decides",
    )


def test_a_protocol_without_harms_says_so(inputs: Any) -> None:
    """No table and no method stand where no harm is declared."""
    assert says(
        harms.method(inputs.report()), "Kulldorff et al. 2011", "exact where that ratio does not change"
    )
    inputs.results["harms"] = []
    report = inputs.report()
    assert says(harms.counted(report), "The protocol declares no harm to be counted.")
    assert harms.method(report) == ""


def test_a_harm_of_terms_is_compared_by_time(inputs: Any) -> None:
    """The time at risk of each arm is told, and that the arms are compared by it."""
    first = inputs.results["harms"][0]
    first["design"] |= {"events": None, "terms": ["Angioedema"]}
    first["arms"]["treated"]["exposure"] = 812.5
    assert says(
        harms.counted(inputs.report()),
        "exposure 812.5",
        "By the ratio of the arms' exposure, 10.51 events of the treated were expected",
    )


def test_a_term_that_no_event_has_is_told(inputs: Any) -> None:
    """The words name the term, and say whether the protocol's list confirms its spelling."""
    first, second = inputs.results["harms"]
    first |= {"absent_terms": ["Zoster"], "terms_listed": False}
    second |= {"absent_terms": ["Syncope"], "terms_listed": True}
    assert says(
        harms.counted(inputs.report()),
        "No delivered adverse event has the preferred term Zoster; the protocol lists no preferred terms that would show",
        "has the preferred term Syncope; the protocol's list of preferred terms has it so.",
    )


def test_the_second_implementation_is_told(inputs: Any) -> None:
    """Its critical value and the differences stand after the level; a record that is older than it says nothing of it."""
    first, second = inputs.results["harms"]
    first["verification"] = {
        "library": "SciPy", "route": "renewal equation", "critical_value": 3.25, "difference": 2e-12, "tolerance": 1e-6,
        "level_difference": 3e-13, "level_tolerance": 1e-6,
    }  # fmt: skip
    second.pop("verification", None)
    made = harms.counted(inputs.report())
    assert says(
        made,
        "The second implementation (SciPy, renewal equation) finds the critical value 3.250",
        "differ by 2e−12, accepted up to 1e−06, and levels by 3e−13, accepted up to 1e−06.",
    )
    assert str(made).count("second implementation") <= 1
