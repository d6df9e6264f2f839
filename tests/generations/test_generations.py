"""What an earlier commit sealed, today's code verifies, explains, reproduces, compares, exports and goes on from."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from medicore.cases.answers.diff import diff
from medicore.cases.answers.explain import explain
from medicore.cases.export.export import export
from medicore.cases.proof.reproduce import reproduce
from medicore.cases.proof.verify import verify
from medicore.cases.proof.verify_all import verify_all
from medicore.cases.proof.verify_ledger import verify_ledger
from medicore.cases.run.runs import code_commit, sealed_commit
from medicore.cases.run.seal import read_results
from medicore.records.identifiers import RunId
from medicore.records.ledger.states import RunState, state_of
from medicore.records.results.origin import matching
from medicore.records.results.paths import paths_of, value_at
from medicore.stores.bundle_target import write_folder
from tests.command_line import as_command
from tests.conftest import PASSPHRASES, Project, found_project
from tests.flip import flip
from tests.generations.generation import EVENTS, RELEASED, ROOT, SEALED, STUDY, Generation, opened, unpacked
from tests.generations.next_month import next_month
from tests.generations.processor import require_reproduced
from tests.whole_house.exported import third_party

NEXT = RunId(STUDY, "2025-05", 1)
IDENTITY = ("study.", "references.", "findings", "schema")
"""Parts of the results that name the run and are computed by no function."""


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Generation:
    """The generation as its archive holds it: to be read, and to be copied from by what writes."""
    home = unpacked(tmp_path_factory.mktemp("generation") / "state")
    return Generation(home, opened(home))


@pytest.fixture
def copied(kept: Generation, tmp_path: Path) -> Generation:
    """A copy of the generation, to be written to or damaged."""
    home = Path(shutil.copytree(kept.home, tmp_path / "state"))
    return Generation(home, opened(home))


@pytest.fixture(autouse=True)
def untouched(kept: Generation) -> Iterator[None]:
    """Hold that reading leaves no event: a failed or warned check would leave one."""
    yield
    assert kept.house.ledger.head()[0] == EVENTS


def test_every_check_is_whole(kept: Generation) -> None:
    """All checks of both records hold without a warning: code, files, signatures, archive, and what they share."""
    found = {verified.run: verified.checks for verified in verify_all(kept.house)}
    assert list(found) == [RELEASED, SEALED, None]
    for checks in found.values():
        assert [check for check in checks if not check.passed or check.warned] == []
    subjects = {check.subject for check in found[RELEASED]}
    assert {"ledger", "authority", "people", "archive", f"objects of record/{RELEASED}"} <= subjects
    assert {"request 6 by analyst", "signature 28 by reviewer", "report.pdf (content store)"} <= subjects
    assert {
        "report.signed.pdf (local cache, signatures)",
        f"archives/{RELEASED}/record.bundle (archive)",
    } <= subjects
    assert verify(kept.house, RELEASED) == found[RELEASED]


def test_ledger_is_intact(kept: Generation) -> None:
    """The chain holds from the first event to the last, which a signed head in the archive attests."""
    report = verify_ledger(kept.house)
    assert (report.failed, report.wrong, report.unkept) == ((), None, ())
    assert (report.events, report.attested) == (EVENTS, EVENTS)


def test_flipped_byte_is_named(copied: Generation) -> None:
    """The checks read the old bytes: one flipped in the archived report is named, and everything else still holds."""
    flip(copied.home / "archive" / "reports" / str(RELEASED) / "report.pdf")
    failed = [check.subject for check in verify(copied.house, RELEASED) if not check.passed]
    name = f"reports/{RELEASED}/report.pdf"
    assert failed == [f"{name} (archive)", f"{name} (retention)"]


@pytest.mark.parametrize(
    ("run", "path", "file"),
    [
        (RELEASED, "primary.estimate", "medicore/stats/doubly_robust.py"),
        (SEALED, "imputation", "medicore/steps/imputing.py"),
    ],
)
def test_numbers_are_explained(kept: Generation, tmp_path: Path, run: RunId, path: str, file: str) -> None:
    """A number is explained by file and line of the code that made it, and comes out the same by that code."""
    kept.require_its_packages(tmp_path)
    answer = explain(kept.house, run, path, tmp_path / "scratch")
    assert answer.recomputed == answer.value == value_at(kept.results(run), path)
    assert (answer.file, answer.commit) == (file, code_commit(kept.house, run))
    name = answer.origin.function.split(":")[1]
    assert kept.text(run, file).splitlines()[answer.line - 1].startswith(f"def {name}(")


@pytest.mark.parametrize("run", [RELEASED, SEALED])
def test_every_result_has_its_place_in_the_recorded_code(kept: Generation, run: RunId) -> None:
    """The recorded trace table has an origin for every result, and each names a function of the recorded code."""
    origins = kept.origins(run)
    paths = [path for path in paths_of(kept.results(run)) if not path.startswith(IDENTITY)]
    assert len(paths) > 300
    assert {matching(origins, path).pattern.split(".")[0] for path in paths} >= {
        "primary",
        "sensitivity",
        "evalue",
    }
    for origin in origins:
        module, name = origin.function.split(":")
        assert f"\ndef {name}(" in kept.text(run, f"{module.replace('.', '/')}.py"), origin.pattern


def test_every_file_is_reproduced(kept: Generation, tmp_path: Path) -> None:
    """Every file of a record comes out again when its own code computes it, the PDF report too."""
    kept.require_its_packages(tmp_path)
    files = reproduce(kept.house, RELEASED, tmp_path / "scratch").files
    require_reproduced(kept, RELEASED, files, tmp_path / "scratch")
    assert {"report.pdf", "results.json", "effect.json", "extract.parquet", "findings.json"} <= {
        f.name for f in files
    }


@pytest.mark.deep
def test_its_own_packages_reproduce_it(kept: Generation, tmp_path: Path) -> None:
    """Where today's packages are others, the environment of its lock file is built, and its files come out in it."""
    files = reproduce(kept.house, SEALED, tmp_path / "scratch").files
    require_reproduced(kept, SEALED, files, tmp_path / "scratch")
    answer = explain(kept.house, SEALED, "primary.estimate", tmp_path / "explained")
    assert answer.recomputed == answer.value


def test_two_months_are_compared(kept: Generation, tmp_path: Path) -> None:
    """The two months differ in nothing, and the estimate, computed again by the recorded code, is the recorded one."""
    kept.require_its_packages(tmp_path)
    found = diff(kept.house, RELEASED, SEALED, tmp_path / "scratch")
    assert (found.changed, found.protocol, found.code, found.libraries, found.obstacle) == (
        (),
        (),
        (),
        (),
        "",
    )
    estimate = kept.results(RELEASED)["primary"]["estimate"]
    assert found.before.estimate == found.after.estimate == estimate
    assert found.attribution is not None
    assert [one.estimate for one in found.attribution.recomputed] == [estimate]
    assert found.subjects is not None
    assert (found.subjects.before, found.subjects.changed) == (1629, 0)


def test_export_verifies_without_medicore(copied: Generation, tmp_path: Path) -> None:
    """A bundle of an old record is whole by its own verifier, which has Python's standard library and openssl alone."""
    made = export(copied.house, RELEASED, "reviewer", PASSPHRASES.__getitem__)
    write_folder(tmp_path / "bundle", made.files)
    code, answer = third_party(tmp_path / "bundle", tmp_path)
    assert (code, answer.splitlines()[-1].partition(";")[0]) == (0, f"VERIFIED {RELEASED}"), answer
    assert f"files are commit {code_commit(copied.house, RELEASED)}" in answer


def test_command_line_verifies(kept: Generation) -> None:
    """``medicore verify --all`` ends with 0 on the old state folder, and so does ``medicore ledger verify``."""
    project = Project(ROOT, kept.home)
    answers = project.medicore("verify", "--all", "--json").json()
    assert [(answer["run"], answer["failed"]) for answer in answers] == [
        (str(RELEASED), {}), (str(SEALED), {}), (None, {}),
    ]  # fmt: skip
    assert project.medicore("ledger", "verify", "--json").json()["intact"] is True


def test_next_month_goes_on_from_it(copied: Generation, tmp_path: Path) -> None:
    """Today's code analyses, releases and archives the next month on it, compared with the old; the ledger goes on."""
    before = [event.digest for event in copied.house.ledger.events()]
    project = found_project(tmp_path / "founded", "")
    with as_command(project.root, project.surroundings()):
        assert next_month(copied.home, project.root, STUDY, NEXT.month) == f"{NEXT} candidate"
    house = copied.house
    events = tuple(house.ledger.events())
    assert [event.digest for event in events[:EVENTS]] == before
    assert state_of(house.ledger.events(subject=str(NEXT))) is RunState.ARCHIVED
    assert verify_ledger(house).failed == ()
    assert [verified.run for verified in verify_all(house) if verified.failed] == []
    change = read_results(house, NEXT, sealed_commit(house, NEXT)).document["change"]
    # The generation left out who has no outcome; today's protocol weights for being observed, on the same data.
    assert change["run"] == str(SEALED)
    assert 0.01 < change["in_standard_errors"] < 0.1
    assert change["previous_estimate"] == copied.results(SEALED)["primary"]["estimate"]
