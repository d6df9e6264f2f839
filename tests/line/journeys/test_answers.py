"""What people read: the answers as text, and the decisions that end a run otherwise than by approval."""

from dataclasses import replace

import pytest

from tests.line.conftest import BROKEN, CLEAN, IMBALANCED, MONTH, REFERENCE, Month


def test_status_and_history(released: Month) -> None:
    """``status`` shows where the latest runs stand; ``history`` every run of a study, or every event of a run."""
    status = released.project.medicore("status").out
    assert f"{REFERENCE}/{MONTH}/1" in status
    assert "archived" in status
    history = released.project.medicore("history", REFERENCE).out
    assert "analyst" in history
    events = released.project.medicore("history", released.run(REFERENCE)).out
    assert [
        word in events for word in ("run.requested", "lock.frozen", "run.released", "archive.completed")
    ] == [True] * 4
    (row,) = released.project.medicore("status", REFERENCE, "--json").json()
    assert (row["state"], row["due"], row["late"]) == ("archived", "2025-04-07", False)


def test_status_tells_what_is_late(released: Month) -> None:
    """``status --late`` names runs that were not released by their day, and months that nobody has asked for."""
    found = released.project.medicore("status", "--late", "--json").json()
    late = {row["run"] for row in found["late"]}
    assert BROKEN in {run.split("/")[0] for run in late}
    assert released.run(REFERENCE) not in late
    (gap, *_) = (gap for gap in found["not_asked_for"] if gap["study"] == REFERENCE)
    assert gap["first"] == "2025-04"
    text = released.project.medicore("status", "--late").out
    assert f"late since {found['late'][0]['due']}" in text
    assert "nobody has requested it" in text


def test_review_lists_what_waits_and_shows_one(month: Month) -> None:
    """``review`` lists what waits; of one run it shows each finding, what it may be answered with, and the binding."""
    listed = month.project.medicore("review").out
    assert month.run(CLEAN) in listed
    shown = month.project.medicore("review", month.run(BROKEN)).out
    assert "reject; the data need correction" in shown
    assert "sealed commit" in shown
    assert f"Next: medicore sign {month.run(BROKEN)} --meaning reject" in shown
    sealed = month.project.medicore("review", month.run(CLEAN)).out
    assert "--meaning approve" in sealed
    assert month.run(BROKEN) in [row["run"] for row in month.project.medicore("review", "--json").json()]


def test_explain_as_text(released: Month) -> None:
    """``explain`` as text names value, formula, code location, protocol and inputs."""
    answer = released.project.medicore("explain", released.run(CLEAN), "cohort.analysed").out
    assert "(identical)" in answer
    assert "medicore/steps/cohort.py:" in answer
    assert "eligibility.0.operator: " in answer
    assert "extract.parquet" in answer


def test_verify_as_text(released: Month) -> None:
    """``verify`` as text gives a verdict for each run."""
    everything = released.project.medicore("verify", "--all").out
    assert everything.count(" checks, 0 failed") >= 4


def test_verify_needs_to_know_what(month: Month) -> None:
    """``verify`` without a run and without --all is a usage error."""
    assert "name one run, or give --all" in month.project.medicore("verify", expected=2).err


def test_the_authority_is_told_and_demanded(released: Month) -> None:
    """Every verification demands the fingerprint that it is given; nonsense is wrong usage; ``doctor`` tells it with each part."""
    project, run = released.project, released.run(BROKEN)
    (own,) = {row["authority"] for row in project.medicore("people", "list", "--json").json()}
    parts = project.medicore("doctor").out
    assert f"SHA-256 {own}" in parts
    assert "FAULT" not in parts
    assert "chain of" in parts
    assert f"authority  {own}" in project.medicore("init").out
    assert f"authority  {own}" in project.medicore("people", "list").out
    spelled = ":".join(own[place : place + 2] for place in range(0, 64, 2)).upper()
    for verb in (("verify", run), ("verify", "--all"), ("ledger", "verify"), ("archive", "verify", "--all")):
        refused = project.medicore(*verb, "--authority", "ab" * 32, expected=6)
        assert f"the authority has the fingerprint {own}; expected {'ab' * 32}" in refused.err
        assert "is malformed" in project.medicore(*verb, "--authority", "ab", expected=2).err
    assert own in project.medicore("ledger", "verify", "--authority", spelled, "--json").out


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("history", "MED-2024-0181/2025-03/x"), 3, "malformed"),
        (("review", "MED-2024-0181/2025-03/99"), 3, "knows no run"),
        (("verify", "MED-2024-0181/2025-03/99"), 3, "is unknown; expected one of the ledger"),
        (("explain", f"{IMBALANCED}/2025-03/99", "primary.estimate"), 3, "the ledger knows no run"),
        (("step", "extract"), 0, ""),
        (("step", "nothing"), 3, "step 'nothing' is unknown"),
    ],
)
def test_nonsense_is_answered_in_one_line(
    month: Month, arguments: tuple[str, ...], code: int, words: str
) -> None:
    """Whatever is wrong with a request, the answer is one line and its family's exit code."""
    err = month.project.medicore(*arguments, expected=code).err
    assert words in err
    assert err.count("\n") <= 1


def test_passphrase_is_never_guessed(month: Month) -> None:
    """Without a terminal and without the variable, signing says where a passphrase comes from."""
    kept = {k: v for k, v in month.project.environment.items() if k != "MEDICORE_PASSPHRASE_REVIEWER"}
    answer = replace(month.project, environment=kept).medicore(
        "sign", month.run(CLEAN), "--meaning", "approve", "--as", "reviewer", "--reason", "read", expected=9
    )
    assert "MEDICORE_PASSPHRASE" in answer.err


def test_verify_scores_every_principle_of_alcoa(released: Month) -> None:
    """``verify RUN`` names evidence for each letter; all hold for a released run, and what is not there is not judged."""
    run = released.run(REFERENCE)
    (answer,) = released.project.medicore("verify", run, "--json").json()
    card = {score["principle"]: (score["holds"], score["evidence"]) for score in answer["alcoa"]}
    assert "".join(name[0] for name in card) == "ALCOACCEAT"
    assert all(holds is True for holds, _ in card.values()), card
    assert "asked for by analyst" in card["Attributable"][1]
    assert "until 20" in card["Enduring"][1]
    (halted,) = released.project.medicore("verify", released.run(BROKEN), "--json").json()
    waiting = {score["principle"]: score["holds"] for score in halted["alcoa"]}
    assert (waiting["Accurate"], waiting["Enduring"], waiting["Consistent"]) == (None, None, True)
    assert "computed twice by independent routes" in card["Accurate"][1]
