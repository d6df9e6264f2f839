"""Deliveries that nobody may analyse, and odd ones that stay as they are: through the command line."""

import json
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests.conftest import Project, found_project
from tests.line import faulty_deliveries as faulty
from tests.line.ended_run import HALTED, EndedRun, portfolio, require_failed, require_halted, run
from tests.whole_house.prepared_study import MONTH, SIZE, PreparedStudy, prepare

HALTING = (
    faulty.twice(),
    faulty.other_type(),
    faulty.other_unit(),
    faulty.future_date(),
    faulty.unblinding(),
    faulty.coerced(),
    faulty.empty(),
)

TOLD, UNTOLD = (replace(faulty.empty(), study=name) for name in ("TEST-TOLD", "TEST-UNTOLD"))


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, prefect_url: str) -> Project:
    """A project of its own, in which every faulty delivery lies in the inbox."""
    made = found_project(tmp_path_factory.mktemp("deliveries"), prefect_url)
    faulty.before_changes().deliver(made, faulty.EARLIER)
    prepare(
        made, *HALTING, faulty.cut(), faulty.fewer_rows(), faulty.changed(), faulty.odd_texts(), TOLD, UNTOLD
    )
    return made


@pytest.fixture(scope="module")
def halted(project: Project) -> dict[str, EndedRun]:
    """How the studies that halt at their check have ended."""
    return portfolio(project, *HALTING, expected=10)


def message_of(project: Project, ended: EndedRun) -> str:
    """Return the one finding's message of a run that halted at its check, where nobody may sign it away."""
    require_halted(ended, project, "check")
    (finding,) = ended.findings
    assert not finding["overridable"]
    return str(finding["message"])


def test_cut_export(project: Project) -> None:
    """A file that ends early fails before anything is frozen; bytes found and expected are named (FAULTS 33)."""
    path = project.home / "inbox" / "TEST-CUT" / MONTH / "raw" / "subjects.csv"
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    message = (
        f"TEST-CUT/{MONTH}/raw/subjects.csv differs from transfer.json: {len(whole) // 2} bytes found, "
        f"{len(whole)} expected; have it delivered again"
    )
    require_failed(run(project, faulty.cut(), expected=4), project, "extract", 4, message)


def test_fewer_rows_than_announced(project: Project) -> None:
    """Rows are counted, not believed, though every byte is the one announced (FAULTS 33)."""
    path = project.home / "inbox" / "TEST-FEWERROWS" / MONTH / "transfer.json"
    manifest = json.loads(path.read_text())
    manifest["files"][0]["rows"] += 1
    path.write_text(json.dumps(manifest))
    message = (
        f"TEST-FEWERROWS/{MONTH}/raw/subjects.csv has {SIZE} rows; expected {SIZE + 1} by transfer.json; have it "
        "exported again"
    )
    require_failed(run(project, faulty.fewer_rows(), expected=4), project, "extract", 4, message)


@pytest.mark.parametrize(
    ("study", "message"),
    [
        ("TEST-TWICE", "Column subject_id: 1 row(s) break the rule 'unique'; expected one row per subject."),
        ("TEST-OTHERTYPE", f"Column age: {SIZE} value(s) are not a decimal number such as 12.5."),
        ("TEST-OTHERUNIT", f"Column bmi: {SIZE} row(s) break the rule 'maximum'; expected at most 75 kg/m²."),
        ("TEST-FUTURE", "Column enrolled: 1 row(s) break the rule 'not in the future'; expected no date after 2025-03-31, the day of the export."),
        ("TEST-UNBLINDING", "Column dose would unblind the study, which is blinded; its values were not kept."),
        ("TEST-EMPTY", "The export has no subjects at all."),
    ],
)  # fmt: skip
def test_what_breaks_the_contract(
    project: Project, halted: dict[str, EndedRun], study: str, message: str
) -> None:
    """A subject twice, another type or unit, a day to come, an unblinding column, no subject: halt (FAULTS 34-38, 47)."""
    assert message_of(project, halted[study]) == message
    assert "17.31" not in json.dumps([halted[study].row, halted[study].events]), "a dose was told"


def test_nothing_is_coerced(project: Project, halted: dict[str, EndedRun]) -> None:
    """Words, foreign decimals and what a double cannot hold are counted, and no number is made of them (FAULTS 44)."""
    ended = halted["TEST-COERCED"]
    require_halted(ended, project, "check")
    assert [finding["message"] for finding in ended.findings] == [
        "Column age: 3 value(s) are not a decimal number such as 12.5.",
        "Column age: 1 value(s) are not a value that double precision can hold.",
    ]


def test_a_lock_that_lost_and_changed_subjects(project: Project) -> None:
    """A subject that vanished and values that changed since the month before halt, each counted (FAULTS 39, 40)."""
    study = faulty.changed()
    project.medicore("run", study.study, faulty.EARLIER)
    ended = run(project, study, expected=10)
    assert ended.row["state"] == HALTED
    assert [finding["message"] for finding in ended.findings] == [
        f"1 subject(s) of the data lock of {faulty.EARLIER} are no longer in the export.",
        f"Column age: 2 locked value(s) are not what they were in the data lock of {faulty.EARLIER}.",
    ]
    assert not any(finding["overridable"] for finding in ended.findings)


def test_odd_texts_are_kept(project: Project) -> None:
    """A byte-order mark is no part of a name; numbers, formulas and names from right to left stay texts (FAULTS 43-45)."""
    study: PreparedStudy = faulty.odd_texts()
    ended = run(project, study, expected=0)
    assert ended.row["state"] == "sealed, awaiting approval"
    assert ended.row["n"] == SIZE
    rows = [dict(zip(study.texts, values, strict=True)) for values in zip(*study.texts.values(), strict=True)]
    for place, subject in enumerate(faulty.ODD_SUBJECTS):
        found = project.medicore("subject", study.study, subject, "--as", "reviewer", "--json").json()
        assert found["source"]["values"] == rows[place]


def test_who_is_told_learns_gates_and_no_value(project: Project) -> None:
    """A halted run is told to the address of ``notify``; when nobody is there, the run ends as it would (FAULTS 71)."""
    taken: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            """Take what comes."""
            taken.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(204)
            self.end_headers()

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        address = f"http://127.0.0.1:{server.server_port}/hook"
        row = told_run(project, TOLD, address)
        server.shutdown()
        thread.join()
    (message,) = (json.loads(data) for data in taken)
    assert (message["run"], message["gates"]) == (row["run"], ["contract"])
    assert [e["action"] for e in project.events(row["run"])][-1] == "notice.sent"
    row = told_run(project, UNTOLD, address)
    assert [e["action"] for e in project.events(row["run"])][-1] == "notice.failed"
    refused = project.medicore("status", MEDICORE_NOTIFY="http://elsewhere.invalid/hook", expected=9)
    assert "expected https://" in refused.err


def told_run(project: Project, study: PreparedStudy, address: str) -> dict[str, Any]:
    """Run a study that halts, somebody being told, and return its line."""
    (row,) = project.medicore(
        "run", study.study, MONTH, "--json", expected=10, MEDICORE_NOTIFY=address
    ).json()
    return dict(row)
