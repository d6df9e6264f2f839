"""Who may see closed results, who opens them, and what runs, notices and reports say meanwhile."""

from pathlib import Path
from typing import Any

import pytest

from flows.shown import artifacts
from medicore.cases.answers.notifying import tell_of_run
from medicore.cases.answers.shown import shown_outcome
from medicore.cases.answers.status import line, summary
from medicore.cases.export.export import export
from medicore.cases.people.access import access
from medicore.cases.people.acting import Actor
from medicore.cases.people.seeing import Viewer, closed, require_seen
from medicore.cases.people.unblinding import unblind, unblindings_check
from medicore.cases.portfolio.families import closed_families, portfolio_families
from medicore.cases.proof.verify import verify
from medicore.cases.run.analysis import Outcome
from medicore.cases.run.runs import sealed_commit
from medicore.cases.run.seal import read_results
from medicore.errors import ReviewError, WrongPassphraseError
from medicore.layout import lay_out_report, lay_out_signed_report, report_for_people
from medicore.records.finding import Finding
from medicore.records.identifiers import RunId
from medicore.records.ledger.ledger import NewEvent
from medicore.settings import Settings
from tests.cases.blinding.conftest import CLOSED, CLOSED_RUN, HALTED_RUN, Verbs, as_json, secrets
from tests.offline.forger import Forger
from tests.whole_house.exported import third_party
from tests.whole_house.house import WholeHouse
from tests.whole_house.people import actor, words
from tests.whole_house.prepared_study import MONTH

RUN = RunId.parse(CLOSED_RUN)


def opened(whole: WholeHouse) -> None:
    """Let quality unblind the study."""
    unblind(whole.house, actor("quinn", "The study has ended"), CLOSED)


def look(whole: WholeHouse, person: str, passphrase: str | None = None) -> None:
    """Let a person look at the closed results of the sealed run."""
    require_seen(whole.house, [RUN], Viewer(person, lambda _: passphrase or words(person)), "a test")


def test_a_look_is_signed_and_proved(shut: WholeHouse) -> None:
    """Who may see signs each look, and verify proves it; a wrong passphrase is counted and shows nothing."""
    look(shut, "bea")
    with pytest.raises(WrongPassphraseError):
        look(shut, "uma", "guessed it")
    (event,) = shut.house.ledger.events(subject=CLOSED_RUN, action="closed.viewed")
    checks = {check.subject: check for check in verify(shut.house, RUN)}
    assert checks[f"act {event.sequence} by bea"].passed
    details = {**event.details, "what": "another"}
    shut.house.ledger.append(NewEvent("bea", "board", "closed.viewed", CLOSED_RUN, event.reason, details))
    forged = shut.house.ledger.head()[0]
    again = {check.subject: check for check in verify(shut.house, RUN)}
    assert not again[f"act {forged} by bea"].passed


def test_an_export_shows_the_looks(shut: WholeHouse, tmp_path: Path) -> None:
    """After the unblinding the bundle verifies with the looks of the board and of the unblinded, each signed, and no forged one.

    The whole ledger tells of every study, and is exported when all are open.
    """
    look(shut, "bea")
    look(shut, "uma")
    opened(shut)
    with pytest.raises(ReviewError, match="results of TEST-HALTED are closed"):
        export(shut.house, RUN, "rita", words, whole_ledger=True)
    unblind(shut.house, actor("quinn", "The study has ended"), "TEST-HALTED")
    bundle = tmp_path / "bundle"
    for name, data in export(shut.house, RUN, "rita", words, whole_ledger=True).files.items():
        (bundle / name).parent.mkdir(parents=True, exist_ok=True)
        (bundle / name).write_bytes(data)
    code, answer = third_party(bundle, tmp_path)
    assert code == 0, answer

    def another(event: dict[str, Any]) -> None:
        if event["action"] == "closed.viewed":
            event["details"]["what"] = "nothing"

    Forger(bundle, shut.home / "people").rewrite(another)
    code, answer = third_party(bundle, tmp_path)
    assert (code, "(closed.viewed) is not what" in answer) == (1, True), answer


def test_unblinding_opens_for_ever(shut: WholeHouse) -> None:
    """Quality opens the study with a reason, once; then everybody sees its figures, and no later protocol closes it."""
    assert line(shut.house, RUN)["estimate"] is None
    opened(shut)
    assert isinstance(line(shut.house, RUN)["estimate"], float)
    look(shut, "")
    assert unblindings_check(shut.house).passed
    with pytest.raises(ReviewError, match="is open: it was unblinded on 2025-04-01"):
        opened(shut)


@pytest.mark.parametrize(
    ("who", "reason", "told"),
    [
        ("otto", "Because", "may not unblind"),
        ("bea", "Because", "may not unblind"),
        ("quinn", " ", "the reason is empty"),
    ],
)
def test_nobody_else_unblinds(shut: WholeHouse, who: str, reason: str, told: str) -> None:
    """Quality alone may, with a reason; a refusal is an event, and the study stays closed."""
    with pytest.raises(ReviewError, match=told):
        unblind(shut.house, Actor(who, reason, words(who)), CLOSED)
    (event,) = shut.house.ledger.events(action="closed.refused")
    assert (event.details["what"], event.details["claimed"]) == ("unblind", who)
    assert closed(shut.house, CLOSED) is not None


def test_a_forged_unblinding_opens_nothing(shut: WholeHouse) -> None:
    """An event that nobody signed, or that somebody else's right act was copied into, leaves the study closed and is named."""
    shut.house.ledger.append(NewEvent("quinn", "quality", "study.unblinded", CLOSED, "Because", {}))
    opened(shut)
    (_, event) = shut.house.ledger.events(action="study.unblinded")
    told = NewEvent("quinn", "quality", event.action, "TEST-HALTED", event.reason, event.details)
    shut.house.ledger.append(told)
    assert closed(shut.house, CLOSED) is None
    assert closed(shut.house, "TEST-HALTED") is not None
    assert not unblindings_check(shut.house).passed


def test_an_open_study_is_not_unblinded(month: WholeHouse) -> None:
    """There is nothing to open, and the refusal says so."""
    with pytest.raises(ReviewError, match="was never closed"):
        unblind(month.house, actor("quinn"), "TEST-SOUND")


def test_a_protocol_in_the_checkout_opens_nothing(shut: WholeHouse) -> None:
    """Who deletes the key, or names themselves in it, sees no more; who adds it closes the study before its next run."""
    path = shut.root / "studies" / f"{CLOSED}.yaml"
    text = path.read_text()
    path.write_text(text.replace("uma", "ana"))
    with pytest.raises(ReviewError, match="ana \\(analyst\\) may not see them"):
        look(shut, "ana")
    path.write_text("\n".join(part for part in text.splitlines() if "unblinded" not in part))
    assert closed(shut.house, CLOSED) is not None
    opened(shut)
    assert closed(shut.house, CLOSED) is None


def test_who_requests_does_not_unblind_themselves(shut: WholeHouse) -> None:
    """A name that just the person's own run holds lets them see nothing."""
    path = shut.root / "studies" / f"{CLOSED}.yaml"
    path.write_text(path.read_text().replace("uma", "ana"))
    shut.commit("Name ana")
    shut.run(CLOSED)
    with pytest.raises(ReviewError, match="may not see them"):
        look(shut, "ana")


def test_a_decision_on_closed_results_needs_eyes(shut: WholeHouse) -> None:
    """A reviewer who may not see cannot approve the report or answer a finding of the effect; one who may does, and anybody rejects."""
    for run, meaning in ((CLOSED_RUN, "approve"), (HALTED_RUN, "proceed")):
        findings = [one.digest for one in shut.history(run).findings] or [None]
        with pytest.raises(ReviewError, match="rita \\(reviewer\\) may not see them"):
            shut.sign(run, meaning, finding=findings[0])
    shut.sign(HALTED_RUN, "reject")
    shut.release(CLOSED_RUN, by="uma")
    settings = Settings(root=shut.root, home=shut.home)
    assert lay_out_report(settings, shut.house, RUN) == lay_out_signed_report(settings, shut.house, RUN) == ""
    assert not (shut.home / "reports").exists()
    opened(shut)
    assert report_for_people(settings, shut.house, RUN).endswith(".pdf")
    assert lay_out_signed_report(settings, shut.house, RUN).endswith(".signed.pdf")


@pytest.mark.parametrize("run", [CLOSED_RUN, HALTED_RUN])
def test_the_end_of_a_run_compares_no_arms(shut: WholeHouse, run: str) -> None:
    """Summary, notice and the state in Prefect hold its conduct alone."""
    sent: list[Any] = []
    tell_of_run(shut.house, RunId.parse(run), lambda message: sent.append(message))
    history = shut.history(run)
    findings = tuple(Finding.from_json(one.stored) for one in history.findings)
    ended = Outcome(run, "halted", "", findings, findings[0].message if findings else "")
    shown = shown_outcome(shut.house, ended)
    told = str((summary(shut.house, ended), sent, shown))
    assert [secret for secret in secrets(shut, run) if secret in told] == []
    assert not any(finding.message in told for finding in findings)
    failed = shown_outcome(shut.house, Outcome(run, "failed", "", message="the arms differ by 4.2"))
    assert failed.message == f"{run} has failed; see 'medicore status'"
    refused = Outcome(run.rpartition("/")[0], "refused", "", message="the ledger is damaged")
    assert shown_outcome(shut.house, refused).message == "the ledger is damaged"


def test_an_artifact_holds_no_result(shut: WholeHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    """Prefect is told the number of subjects and the CONSORT counts; of an open study the estimate, too."""
    told: list[Any] = []
    for kind in ("markdown", "table", "link"):
        monkeypatch.setattr(artifacts, f"create_{kind}_artifact", lambda **more: told.append(more))
    results = read_results(shut.house, RUN, sealed_commit(shut.house, RUN))
    artifacts.show_results(CLOSED_RUN, results, "", "a record", "unblinded")
    assert [secret for secret in secrets(shut, CLOSED_RUN) if secret in str(told)] == []
    artifacts.show_results(CLOSED_RUN, results, "", "a record", None)
    assert f"{results.primary.estimate:.4f}" in str(told)


def test_a_family_with_a_closed_study_is_not_decided(shut: WholeHouse) -> None:
    """Its adjusted p-values would tell of the closed one; it is named instead, until the study is open."""
    families = shut.root / "studies" / "families.yaml"
    families.write_text(
        f"families: [{{name: pair, studies: [{CLOSED}, TEST-X], method: hochberg, alpha: 0.05}}]"
    )
    assert portfolio_families(shut.house, MONTH) == []
    assert closed_families(shut.house) == ["pair"]
    opened(shut)
    assert [family["name"] for family in portfolio_families(shut.house, MONTH)] == ["pair"]


def test_access_says_who_could_see_and_who_saw(shut: WholeHouse) -> None:
    """The board since it was let in, the named since the run that named them; each look, refusal and the unblinding."""
    day = shut.clock.now().date().isoformat()
    look(shut, "bea")
    with pytest.raises(ReviewError):
        look(shut, "ana")
    found = access(shut.house, CLOSED)["comparative_results"]
    assert found["closed_until"] == "unblinded"
    request = shut.history(CLOSED_RUN).request.event
    assert {row["identifier"]: (row["since"], row["why"]) for row in found["could_see"]} == {
        "bea": (next(iter(shut.house.ledger.events(subject="bea"))).at, "of the monitoring board"),
        "uma": (request.at, f"unblinded in the protocol of {CLOSED_RUN}"),
    }
    assert [(row["who"], row["of"], row["what"]) for row in found["saw"]] == [("bea", CLOSED_RUN, "a test")]
    assert [(row["who"], row["what"]) for row in found["refused"]] == [("ana", "a test")]
    shut.clock.pass_days(1)
    opened(shut)
    look(shut, "ana")
    now = access(shut.house, CLOSED)["comparative_results"]
    assert (now["closed_until"], now["could_see"], now["unblinded"]["by"]) == (None, None, "quinn")
    assert now["saw"] == found["saw"]
    then = access(shut.house, CLOSED, day)["comparative_results"]
    assert (then["closed_until"], then["unblinded"]) == ("unblinded", None)


def test_the_verb_unblinds(verbs: Verbs, monkeypatch: pytest.MonkeyPatch) -> None:
    """'unblind' opens what 'explain' refused; 'access' shows that in words."""
    asked = ("explain", CLOSED_RUN, "primary.estimate", "--json")
    assert verbs.type(monkeypatch, *asked, "--as", "rita")[0] == 7
    code, printed = verbs.type(monkeypatch, "unblind", CLOSED, "--as", "quinn", "--reason", "The study ended")
    assert (code, "are open, by quinn" in printed) == (0, True), printed
    code, printed = verbs.type(monkeypatch, *asked)
    assert code == 0, printed
    assert isinstance(as_json(printed)["value"], float)
    printed = verbs.type(monkeypatch, "access", CLOSED)[1]
    assert "open to everybody, since quinn unblinded the study" in printed
    assert "Refused attempts" in printed
