"""The line from delivery to archive, through the command line alone."""

import re

import pytest

from medicore.stores.report.pdf_text import text_of
from tests.line.conftest import BROKEN, CLEAN, IMBALANCED, REFERENCE, Month
from tests.quarto_templates.printed_references import cited_in, mapped_in, parts_of

# Case nhefs_wi of the reference numbers: R 4.2.2, WeightIt 1.2.0, PSweight 2.1.2, delicatessen 4.3, statsmodels 0.15.0
# agree on them; the tolerances are those published with them.
NHEFS = {
    "estimate": (3.3732646319, 3.4e-6),
    "ci_low": (2.44650665114, 2.5e-6),
    "ci_high": (4.30002261266, 4.4e-6),
}
NHEFS_SMALL_SAMPLES = (0.4828447671538, 5e-7)
"""The standard error of complete cases that is printed: HC2 leverages, by two routes here and by none elsewhere."""
NHEFS_OBSERVED = {
    "IPW (Hájek) for treatment and observation": 3.496493327918,
    "g-computation from the observed": 3.441151568650,
    "TMLE for treatment and observation": 3.392938488816,
}
"""Of all 1,629 smokers, 63 without an outcome, by GLM, WLS and OLS of statsmodels 0.15.0."""
NHEFS_CLOSE = 1e-9


def test_reference_study_gives_the_published_numbers(month: Month) -> None:
    """REF-NHEFS reproduces AIPW of complete cases by R, Stata and Python, and by statsmodels IPW, g-computation and TMLE."""
    assert month.project.medicore("verify", month.run(REFERENCE), "--json").json()[0]["failed"] == {}
    found = month.results(REFERENCE)
    complete = next(row for row in found["sensitivity"]["sensitivity"] if row["estimator"] == "AIPW")
    assert complete["estimate"] == pytest.approx(NHEFS["estimate"][0], abs=NHEFS["estimate"][1], rel=0)
    assert complete["standard_error"] == pytest.approx(
        NHEFS_SMALL_SAMPLES[0], abs=NHEFS_SMALL_SAMPLES[1], rel=0
    )
    assert found["primary"]["estimator"] == "AIPW for treatment and observation"
    assert found["primary"]["verification"]["relative_difference"] < 1e-6
    rows = {row["estimator"]: row["estimate"] for row in found["sensitivity"]["sensitivity"]}
    for estimator, expected in NHEFS_OBSERVED.items():
        assert rows[estimator] == pytest.approx(expected, rel=NHEFS_CLOSE), estimator
    assert (found["cohort"]["assessed"], found["cohort"]["analysed"]) == (1629, 1629)


def test_every_result_has_an_origin(month: Month) -> None:
    """Every path of the results but identity and findings leads to a step and a function that exists."""
    from importlib import import_module

    from medicore.records.results.paths import paths_of
    from medicore.records.results.trace import origin_of

    found = month.results(REFERENCE)
    paths = [
        path
        for path in paths_of(found)
        if path.split(".")[0] not in {"schema", "study", "findings", "references"}
    ]
    assert len(paths) > 200
    for path in paths:
        module, name = origin_of(path).function.split(":")
        assert callable(getattr(import_module(module), name))


def test_clean_study_is_sealed(month: Month) -> None:
    """A study without findings waits for approval, and its table row holds its figures."""
    row = month.rows[CLEAN]
    assert row["state"] == "sealed, awaiting approval"
    assert row["ci_low"] < row["estimate"] < row["ci_high"]
    assert row["smd_after"] < 0.1 < row["smd_before"]


def test_contract_violation_halts(month: Month) -> None:
    """A unit change and a duplicated subject halt the study; the message names column and rule, no value (FAULTS 34, 36)."""
    row = month.rows[BROKEN]
    assert row["state"] == "halted, awaiting a decision"
    assert row["estimate"] is None
    assert any("rule 'unique'" in message for message in row["messages"])
    actions = [event["action"] for event in month.project.events(month.run(BROKEN))]
    assert actions[actions.index("check.halted") + 1] == "run.halted"
    assert "cohort.completed" not in actions


def test_approval_by_requester_is_refused(month: Month) -> None:
    """The analyst who asked for a run may not approve it; the refusal is in the ledger (FAULTS 17)."""
    answer = month.project.sign(month.run(CLEAN), "approve", person="analyst", expected=7)
    assert answer.err.startswith("medicore: ")
    assert answer.err.count("\n") == 1
    last = month.project.events(month.run(CLEAN))[-1]
    assert (last["action"], last["actor"], last["details"]["claimed"]) == (
        "decision.refused", "medicore", "analyst",
    )  # fmt: skip
    (told,) = month.project.medicore("approvals", month.run(CLEAN), "--json").json()["refused"]
    assert (told["who"], told["message"]) == ("analyst", last["reason"])


def test_imbalance_halts_and_a_decision_continues(month: Month) -> None:
    """An imbalanced study halts; a signed decision on the finding continues the same run on the same lock."""
    run = month.run(IMBALANCED)
    waiting = month.project.medicore("review", run, "--json").json()
    finding = waiting["findings"][0]
    assert finding["gate"] == "SMD (weighted)"
    assert 0 <= finding["false_alarm_rate"] < 0.01  # weighting balances what chance alone divided
    assert "finding" in month.project.sign(run, "proceed", expected=7).err
    answer = month.project.sign(run, "proceed", finding=finding["digest"][:12]).json()
    assert answer["state"] == "sealed, awaiting approval"
    assert answer["estimate"] is not None
    actions = [event["action"] for event in month.project.events(run)]
    assert actions.count("lock.frozen") == actions.count("run.requested") == 1
    assert "run.continued" in actions
    assert month.project.medicore("verify", run, "--json").json()[0]["failed"] == {}


def test_release_and_archive(released: Month) -> None:
    """An approval releases the record and archives it; signing the same again changes nothing (FAULTS 26)."""
    run = released.run(REFERENCE)
    actions = [event["action"] for event in released.project.events(run)]
    assert [action for action in actions if action in {"run.released", "archive.completed"}] == [
        "run.released",
        "archive.completed",
    ]
    assert released.project.sign(run, "approve").json()["signed_before"] is True
    again = [event["action"] for event in released.project.events(run)]
    assert (
        again.count("decision.signed") == again.count("run.released") == again.count("archive.completed") == 1
    )


def test_explain_computes_again(released: Month) -> None:
    """``explain`` of a number as printed gives path, value, code, protocol keys, inputs and subjects, and it again."""
    run = released.run(REFERENCE)
    answer = released.project.medicore("explain", run, "--value", " 3.3935 ", "--json").json()
    assert (answer["path"], answer["identical"]) == ("primary.estimate", True)
    assert answer["file"] == "medicore/steps/models/estimator.py"
    assert answer["subjects"] == {"assessed": 1629, "analysed": 1629}
    assert set(answer["inputs"]) >= {"analysis.parquet", "scores.parquet", "protocol.json"}
    source = (released.project.root / answer["file"]).read_text().splitlines()
    assert re.match(r"def \w+\(", source[answer["line"] - 1])


def test_explain_starts_from_paper(released: Month) -> None:
    """What several results read alike is listed, what none reads is said, and a path or a value is asked for."""
    run = released.run(REFERENCE)
    several = released.project.medicore("explain", run, "--value", "0.00").out
    assert "balance.terms." in several
    assert f"Next: medicore explain {run} " in several
    missing = released.project.medicore("explain", run, "--value", "31.415926", expected=3).err
    assert "no result of the run is printed as '31.415926'" in missing
    assert "give either a path" in released.project.medicore("explain", run, expected=2).err


def test_explain_starts_from_a_reference(released: Month) -> None:
    """Every reference of the released report is in its appendix, and explain answers one by its path."""
    run = released.run(REFERENCE)
    pdf = released.project.home / "archive" / "reports" / run / "report.pdf"
    body, appendix = parts_of(text_of(pdf.read_bytes()))
    references = released.results(REFERENCE)["references"]
    printed = cited_in(body)
    assert mapped_in(appendix) == {f"R{number}": path for number, path in enumerate(references, start=1)}
    assert max(printed) <= len(references)
    name = f"R{references.index('primary.estimate') + 1}"
    assert int(name[1:]) in printed
    weighting = "sensitivity.sensitivity.1"  # the first are complete cases
    row = f"R{references.index(weighting) + 1}"
    told = released.project.medicore("explain", run, row).out
    assert f" {weighting}\n" in told
    assert "identical" in told
    assert told.count("IPW (Hájek)") == 1
    assert "  estimator: IPW (Hájek) for treatment and observation\n" in told
    assert "{" not in told
    assert "no reference R999" in released.project.medicore("explain", run, "[R999]", expected=3).err
