"""Decisions that nobody with the right to it has made on this very record: refused by the flow, found by verify."""

import base64
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from medicore.cases.people.signers import people
from medicore.cases.review.review import decision_digests
from medicore.cases.run.runs import sealed_commit
from medicore.errors import MediCoreError
from medicore.ports.house import House
from medicore.records.identifiers import RunId
from medicore.records.ledger.ledger import NewEvent
from medicore.records.moment import timestamp
from medicore.records.people.decision import Statement, state
from medicore.records.people.people import Role, person_named
from medicore.settings import read_settings
from medicore.stores.keys.authority import Authority, Subject
from medicore.stores.keys.signer import sign
from medicore.wiring import open_house
from tests.command_line import as_command
from tests.conftest import PASSPHRASES, Project, found_project
from tests.line import faulty_studies as faulty
from tests.line.ended_run import portfolio
from tests.line.prepared_study import MONTH, PreparedStudy, prepare

SOUND, OTHER, HALTING = "TEST-SOUND", "TEST-OTHER", "TEST-IMBALANCED"
WORDS, YEAR = "a long passphrase of the forger", timedelta(days=365)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, prefect_url: str) -> Project:
    """A project in which two runs wait for approval and one waits at findings."""
    made = found_project(tmp_path_factory.mktemp("decisions"), prefect_url)
    studies = (faulty.sound(), replace(faulty.sound(), study=OTHER), faulty.imbalanced())
    prepare(made, *studies)
    portfolio(made, *studies, expected=10)
    return made


@pytest.fixture
def house(project: Project) -> House:
    """The project's house, opened in this process."""
    return open_house(read_settings({"MEDICORE_HOME": str(project.home)}))


@contextmanager
def _spoiled(project: Project, folder: Path) -> Iterator[tuple[Project, House]]:
    """Yield a copy of the project's state that may be spoiled, with its house."""
    home = folder / "state"
    shutil.copytree(project.home, home, symlinks=True)
    yield replace(project, home=home), open_house(read_settings({"MEDICORE_HOME": str(home)}))


def run_of(study: str) -> str:
    """Return the run of a study."""
    return f"{study}/{MONTH}/1"


def resumed(project: Project, run: str) -> str:
    """Resume the flow that follows decisions, as anyone with the Prefect API may, and return what it said."""
    with as_command(project.root, project.surroundings()):
        # Prefect is imported once its settings are in the environment.
        from flows.analysis import outcome_of
        from flows.requests import ReviewRequest
        from flows.review import review

        with pytest.raises(MediCoreError) as refused:
            outcome_of(review(ReviewRequest(run=run), return_state=True))
    return str(refused.value)


def digests_of(house: House, run: str) -> dict[str, str]:
    """Return what a decision on a run as it is sealed now binds to."""
    named = RunId.parse(run)
    return decision_digests(house, named, sealed_commit(house, named))


def statement(house: House, run: str, **changed: Any) -> Statement:
    """Return the reviewer's decision on a run, with some of its parts changed."""
    parts = {
        "digests": digests_of(house, run),
        "finding": None,
        "meaning": "approve",
        "reason": "Looked at it and found it so",
        "signed_at": timestamp(house.clock.now()),
        **changed,
    }
    return state(person_named(people(house), "reviewer"), run=run, **parts)


def slipped_in(house: House, run: str, said: Statement, envelope: bytes) -> None:
    """Write a decision into the ledger past every check, its chain intact, as one with the database could."""
    details = {"statement": said.as_json(), "envelope": base64.b64encode(envelope).decode()}
    house.ledger.append(NewEvent("reviewer", "reviewer", "decision.signed", run, said.reason, details))


def require_refused(project: Project, house: House, run: str, words: str) -> None:
    """Assert that the flow refuses, that the ledger says why, and that the run waits as before."""
    message = resumed(project, run)
    assert words in message
    last = [*house.ledger.events(subject=run)][-1]
    assert (last.action, last.actor) == ("review.halted", "medicore")
    assert words in last.reason
    (row,) = project.medicore("status", run.split("/")[0], "--json").json()
    assert "awaiting" in row["state"]
    assert house.records.resolve(f"record/{run}") is None


def test_a_flow_resumed_without_a_decision_halts_again(project: Project, house: House) -> None:
    """Whoever resumes the flow, without a signature the run stays where it is (FAULTS 23)."""
    require_refused(project, house, run_of(SOUND), "has no approval; sign one with")
    require_refused(project, house, run_of(HALTING), "still waits at")


def test_a_forged_signature_is_refused(project: Project, tmp_path: Path) -> None:
    """A decision signed with a key of the same name that our authority did not issue is no decision (FAULTS 16)."""
    with _spoiled(project, tmp_path) as (copy, opened):
        said = statement(opened, run_of(OTHER))
        forger = Authority.create(tmp_path / "forger", WORDS, opened.clock, validity=YEAR)
        issued = forger.issue(
            Subject("reviewer", said.printed_name, Role.REVIEWER),
            passphrase=WORDS, authority_passphrase=WORDS, validity=YEAR,
        )  # fmt: skip
        forged = sign(replace(said, certificate=issued.fingerprint), forger.key("reviewer"), WORDS)
        slipped_in(opened, run_of(OTHER), said, forged)
        require_refused(copy, opened, run_of(OTHER), "does not verify")
        assert "signature" in copy.medicore("verify", run_of(OTHER), expected=6).err


def test_an_approval_replayed_on_another_run_is_refused(project: Project, tmp_path: Path) -> None:
    """The reviewer's true approval of one run releases no other (FAULTS 20)."""
    with _spoiled(project, tmp_path) as (copy, opened):
        said = statement(opened, run_of(SOUND))
        envelope = opened.seals.sign(said, PASSPHRASES["reviewer"])
        slipped_in(opened, run_of(OTHER), said, envelope)
        require_refused(copy, opened, run_of(OTHER), "run")


def test_an_approval_of_other_data_is_stale(project: Project, tmp_path: Path) -> None:
    """An approval that the reviewer gave when the data were others does not hold for these (FAULTS 24)."""
    with _spoiled(project, tmp_path) as (copy, opened):
        digests = {**digests_of(opened, run_of(OTHER)), "extract.parquet": "0" * 64}
        said = statement(opened, run_of(OTHER), digests=digests)
        slipped_in(opened, run_of(OTHER), said, opened.seals.sign(said, PASSPHRASES["reviewer"]))
        require_refused(copy, opened, run_of(OTHER), "extract.parquet")


def test_an_override_dies_when_the_statistic_changes(project: Project, tmp_path: Path) -> None:
    """What was answered of one statistic is no answer to another, though gate and subject are the same (FAULTS 21)."""
    with _spoiled(project, tmp_path) as (copy, opened):
        (halted,) = opened.ledger.events(subject=run_of(HALTING), action="run.halted")
        finding = json.loads(json.dumps(halted.details["findings"][0]))
        copy.medicore(
            "sign", run_of(HALTING), "--meaning", "reject", "--as", "reviewer", "--reason", "Corrected at source",
            MEDICORE_PASSPHRASE=PASSPHRASES["reviewer"],
        )  # fmt: skip
        corrected = _shifted(faulty.imbalanced())
        shutil.rmtree(copy.home / "inbox" / HALTING / MONTH)
        corrected.deliver(copy)
        copy.medicore("run", HALTING, MONTH, expected=10)
        second = f"{HALTING}/{MONTH}/2"
        answer = copy.sign(second, "proceed", finding=finding["digest"], expected=7)
        assert "names 0 of the findings" in answer.err
        assert [*opened.ledger.events(subject=second)][-1].action == "decision.refused"


def _shifted(study: PreparedStudy) -> PreparedStudy:
    """Return the study with every severity of the treated a little higher, so that its imbalance is another."""
    return study.column("severity", (study.numbers("severity") + 0.5 * study.active).tolist())
