"""A house with two closed studies: one sealed, one that waits at findings; and people of every role."""

import contextlib
import io
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from medicore.cases.people.people import Newcomer, add
from medicore.cases.run.runs import sealed_commit
from medicore.cases.run.seal import read_results
from medicore.cases.run.stored import read_document
from medicore.cli import _run
from medicore.records.identifiers import RunId
from medicore.settings import Settings
from tests.few_draws import few_draws
from tests.whole_house.house import WholeHouse, found_whole_house
from tests.whole_house.people import actor, issuance, words
from tests.whole_house.prepared_study import MONTH, PreparedStudy
from tests.whole_house.study import named, sound, waiting

CLOSED, HALTED = "TEST-CLOSED", "TEST-HALTED"
CLOSED_RUN, HALTED_RUN = f"{CLOSED}/{MONTH}/1", f"{HALTED}/{MONTH}/1"
NEWCOMERS = {"bea": "board", "ella": "executive", "uma": "reviewer", "ivan": "inspector"}
"""Of the monitoring board, the chief medical officer, a reviewer who is unblinded by name, and an inspector of one study."""
PEOPLE = ("ana", "rita", "quinn", "otto", *NEWCOMERS)
BLIND = tuple(person for person in PEOPLE if person not in {"bea", "uma"})


def closed_study(made: PreparedStudy, until: str = "unblinded") -> PreparedStudy:
    """Return a study whose comparative results are closed."""
    return made.planned("comparative_results", {"closed_until": until, "unblinded": ["uma"]})


def secrets(whole: WholeHouse, run: str) -> frozenset[str]:
    """Return the numbers of a run that compare its arms, as pages and answers may print them."""
    named_run = RunId.parse(run)
    commit = sealed_commit(whole.house, named_run)
    held = whole.house.records.names(commit, named_run.folder)
    sections: list[Any] = []
    if "results.json" in held:
        results = read_results(whole.house, named_run, commit).document
        sections += [results["primary"], results["monitoring"], results["balance"]["worst"]]
    if "evidence.json" in held:
        sections.append(read_document(whole.house, named_run, commit, "evidence.json").get("effect", {}))
    found = {value for section in sections for value in _numbers(section)}
    texts = {text for value in found for text in (repr(value), f"{value:.4f}", f"{value:.4g}")}
    return frozenset(text for text in texts if len(re.sub(r"e.*|[-.]", "", text).strip("0")) >= 3)


def _numbers(part: Any) -> Iterator[float]:
    if isinstance(part, float):
        yield part
    elif isinstance(part, Mapping):
        for below in part.values():
            yield from _numbers(below)


class Verbs:
    """The command line at a house, in this process."""

    def __init__(self, whole: WholeHouse, folder: Path) -> None:
        self.whole, self.folder = whole, folder
        self.secrets = secrets(whole, CLOSED_RUN) | secrets(whole, HALTED_RUN)

    def type(self, monkeypatch: pytest.MonkeyPatch, *words_typed: str) -> tuple[int, str]:
        """Return the exit code of a verb, and everything that it printed."""
        out, err = io.StringIO(), io.StringIO()
        monkeypatch.setattr("sys.argv", ["medicore", *words_typed])
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = _run([])
        return code, out.getvalue() + err.getvalue()

    def leaks(self, text: str) -> list[str]:
        """Return the numbers in a text that compare the arms of a closed study."""
        return sorted(secret for secret in self.secrets if secret in text.replace("\u2212", "-"))


@pytest.fixture(scope="session")
def kept_closed(session_memory: Path) -> WholeHouse:
    """A house whose two closed studies have been run: to be copied from, never written to."""
    whole = found_whole_house(session_memory / "closed")
    for person, role in NEWCOMERS.items():
        studies = (CLOSED,) if role == "inspector" else ()
        newcomer = Newcomer(person, f"{person.title()} Person", role, studies)
        add(whole.house, actor(), newcomer, lambda person=person: issuance(person))  # type: ignore[misc]
    whole.prepare(closed_study(named(sound(), CLOSED)), closed_study(named(waiting(), HALTED)))
    with few_draws():
        for study in (CLOSED, HALTED):
            whole.run(study)
    return whole


@pytest.fixture
def shut(kept_closed: WholeHouse, tmp_path: Path) -> WholeHouse:
    """The house with two closed studies."""
    return kept_closed.copy(tmp_path / "closed")


@pytest.fixture
def verbs(shut: WholeHouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Verbs:
    """The command line at that house; every person's passphrase is in the environment."""
    settings = Settings(root=shut.root, home=shut.home)
    monkeypatch.setattr("medicore.settings.read_settings", lambda *_: settings)
    monkeypatch.setattr("medicore.wiring.open_house", lambda *_, **__: shut.house)
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path / "prefect"))
    for person in PEOPLE:
        monkeypatch.setenv(f"MEDICORE_PASSPHRASE_{person.upper()}", words(person))
    new = tmp_path / "new"
    new.mkdir()
    monkeypatch.chdir(new)
    return Verbs(shut, new)


def as_json(text: str) -> Any:
    """Return the document that a verb printed."""
    return json.loads(text)
