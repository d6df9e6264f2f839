"""subject: one patient from the row as delivered to the box of the diagram, and who looked is in the ledger first."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from medicore.cases.answers.subject import subject
from medicore.cases.people.signers import proved
from medicore.cases.proof.verify import verify
from medicore.cases.run.runs import sealed_commit
from medicore.cases.run.stored import file_entry, read_provenance
from medicore.errors import DataError, IntegrityError, ProtocolError, ReviewError
from medicore.records.canonical import sha256
from medicore.records.identifiers import RunId
from medicore.records.ledger.ledger import LedgerEvent
from medicore.records.people.people import Permission
from medicore.stores.files import FolderFiles
from tests.whole_house.content import md5
from tests.whole_house.house import WholeHouse
from tests.whole_house.people import tried_by, words
from tests.whole_house.prepared_study import MONTH
from tests.whole_house.study import (
    BROKEN,
    SOUND,
    SOUND_RUN,
    UNMEASURED,
    WAITING_RUN,
    YOUNG,
    sound,
)
from tests.whole_house.tampering import recorded_otherwise

RUN = RunId.parse(SOUND_RUN)
TEXTS = sound().texts


def looked(whole: WholeHouse, row: int, viewer: str = "rita", **more: Any) -> dict[str, Any]:
    """Look at the patient in a row of the export."""
    return subject(whole.house, SOUND, TEXTS["subject_id"][row], viewer, words, **more)


def views(whole: WholeHouse, run: str = SOUND_RUN) -> list[LedgerEvent]:
    """Return the events of patients that were looked at."""
    return [*whole.house.ledger.events(subject=run, action="subject.viewed")]


def test_an_analysed_patient(month: WholeHouse) -> None:
    """The row as delivered, each criterion satisfied with the value it was judged on, and the arm."""
    for row in (0, 1, 299):
        answer = looked(month, row)
        assert answer["source"]["values"] == {name: texts[row] for name, texts in TEXTS.items()}
        assert (answer["source"]["row"], answer["source"]["line"], answer["source"]["joined"]) == (
            row + 1,
            row + 2,
            [],
        )
        assert answer["run"] == SOUND_RUN
        assert [one["satisfied"] for one in answer["criteria"]] == [True]
        assert answer["criteria"][0]["delivered"] == TEXTS["age"][row]
        arm = TEXTS["arm"][row]
        assert answer["box"] == {
            "box": "analysed", "reason": None, "arm": arm, "group": {"active": "treated"}.get(arm, "control"),
            "outcome": "observed",
        }  # fmt: skip
    commit = sealed_commit(month.house, RUN)
    raw = file_entry(read_provenance(month.house, RUN, commit), "lock/raw/subjects.csv")
    assert (answer["source"]["file"], answer["source"]["sha256"]) == ("lock/raw/subjects.csv", raw["sha256"])
    assert [event.details["row"] for event in views(month)] == [1, 2, 300]


def test_an_excluded_patient(month: WholeHouse) -> None:
    """The box names the criterion that is not satisfied; the outcome, which is missing too, excludes nobody."""
    answer = looked(month, YOUNG)
    assert answer["box"] == {
        "box": "excluded", "reason": "Under 18", "arm": None, "group": None, "outcome": None,
    }  # fmt: skip
    assert [one["satisfied"] for one in answer["criteria"]] == [False]
    assert answer["criteria"][0]["value"] == "17.0"


def test_a_patient_without_an_outcome(month: WholeHouse) -> None:
    """A patient whose outcome is missing is analysed, and the answer says that it is missing."""
    box = looked(month, UNMEASURED[0])["box"]
    assert (box["box"], box["arm"], box["outcome"]) == ("analysed", TEXTS["arm"][UNMEASURED[0]], "missing")


def test_the_ledger_keeps_who_looked_and_no_patient(month: WholeHouse) -> None:
    """The event names run, file and row, is signed by the viewer, and holds neither identifier nor value."""
    looked(month, 4)
    (event,) = views(month)
    commit = sealed_commit(month.house, RUN)
    told = {"commit": commit, "file": "lock/raw/subjects.csv", "row": 5}
    assert proved(month.house, event, Permission.VIEW).details == told
    assert {key: value for key, value in event.details.items() if key != "envelope"} == told
    signed = json.loads(base64.b64decode(json.loads(base64.b64decode(event.details["envelope"]))["payload"]))
    secrets = [TEXTS[name][4] for name in ("subject_id", "age", "bmi", "severity", "week_4", "change")]
    for written in (json.dumps(event.as_json()), json.dumps(signed)):
        assert [secret for secret in secrets if secret in written] == []


def test_who_may_not_see_patients(month: WholeHouse) -> None:
    """An analyst, an operator, a stranger and a wrong passphrase see nothing; the ledger says that they tried."""
    patient = TEXTS["subject_id"][0]
    for who, given, told in (
        ("ana", words("ana"), "may not view"),
        ("otto", words("otto"), "may not view"),
        ("nobody", "", "is unknown"),
        ("rita", "guessed it", "does not open the key of rita"),
    ):
        with pytest.raises(ReviewError, match=told) as refused:
            subject(month.house, SOUND, patient, who, lambda _, given=given: given)
        tried = month.events(SOUND)[-1]
        assert (tried.action, tried_by(tried), tried.reason) == ("subject.refused", who, str(refused.value))
        assert patient not in json.dumps(tried.as_json())
    assert views(month) == []


def test_an_unknown_patient_is_recorded_as_sought_and_not_as_seen(month: WholeHouse) -> None:
    """A patient who is not in the extract is named neither in the answer nor in the ledger, which says that nobody was seen."""
    with pytest.raises(DataError, match="has no such subject") as refused:
        subject(month.house, SOUND, "SECRET-1", "rita", words)
    assert "SECRET-1" not in str(refused.value)
    assert views(month) == []
    (event,) = month.house.ledger.events(subject=SOUND_RUN, action="subject.sought")
    told = {"commit": sealed_commit(month.house, RUN), "found": 0}
    assert proved(month.house, event, Permission.VIEW).details == told
    assert "SECRET-1" not in json.dumps(event.as_json())
    assert [check.found for check in verify(month.house, RUN) if not check.passed] == []


def test_the_released_run_is_looked_at_before_a_later_one(released: WholeHouse) -> None:
    """Of a month with a release and a later attempt the release is shown; of a month without one, the latest attempt."""
    released.run(SOUND)
    assert looked(released, 0)["run"] == SOUND_RUN
    assert looked(released, 0, month=MONTH)["run"] == SOUND_RUN


def test_the_latest_attempt_is_looked_at_where_none_is_released(month: WholeHouse) -> None:
    """A halted run that reached as the cohort can be looked at, too."""
    second = month.run(SOUND).run
    assert looked(month, 0)["run"] == second
    assert subject(month.house, "TEST-WAITING", TEXTS["subject_id"][0], "quinn", words)["run"] == WAITING_RUN


@pytest.mark.parametrize(
    ("study", "asked", "told"),
    [
        (BROKEN, None, f"study {BROKEN} has no sealed run that reached the cohort"),
        (SOUND, "2025-02", f"study {SOUND} has no sealed run of 2025-02 that reached"),
        (SOUND, "2025-13", "month '2025-13' is malformed"),
        ("no study", None, "not a study identifier"),
    ],
)
def test_what_is_not_there_is_not_looked_at(
    month: WholeHouse, study: str, asked: str | None, told: str
) -> None:
    """A study or month without a cohort, and nonsense, are refused; nothing is recorded as seen."""
    with pytest.raises(ProtocolError, match=told):
        subject(month.house, study, "1", "rita", words, asked)
    assert [*month.house.ledger.events(action="subject.viewed")] == []


def test_a_disposition_that_the_criteria_do_not_give_is_found(month: WholeHouse, tmp_path: Path) -> None:
    """A recorded box other than what the criteria give again is an integrity error, and not shown."""
    commit = sealed_commit(month.house, RUN)
    provenance = read_provenance(month.house, RUN, commit)
    entry = file_entry(provenance, "disposition.parquet")
    table = month.house.workspaces.table(month.content.remote[entry["md5"]])
    table.loc[0, "reason"] = "Under 18"
    files = FolderFiles(tmp_path)
    files.write_table("other.parquet", table)
    data = files.read("other.parquet")
    month.content.remote[md5(data)] = data
    recorded_otherwise(month, RUN, "disposition.parquet", md5=md5(data), sha256=sha256(data))
    with pytest.raises(
        IntegrityError, match="the recorded disposition of the subject differs from the criteria"
    ):
        looked(month, 0)
    assert looked(month, 1)["box"]["box"] == "analysed"
