"""What a run must keep inside: nothing of a patient in the ledger or in a message, nothing released."""

import json
import re

from tests.line.prepared_study import PreparedStudy
from tests.whole_house.house import WholeHouse

_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T[0-9:.]+")
_RELEASING = {"run.sealed", "decision.signed", "run.released", "archive.completed"}


def require_kept_inside(whole: WholeHouse, study: PreparedStudy, run: str, *messages: str) -> None:
    """Assert that neither estimate nor report nor a patient's value of a run that stopped left the house (FAULTS 71)."""
    events = whole.events(run)
    assert not _RELEASING & {event.action for event in events}
    assert whole.records.resolve(f"record/{run}") is None
    assert [key for key in whole.house.archive.keys("archives") if run in key] == []
    # A moment's microseconds are no measurement, though they may read like one.
    written = _MOMENT.sub(
        "", json.dumps([event.as_json() for event in events] + [*messages, *map(str, whole.told)])
    )
    assert [text for text in study.secrets() if text in written] == []
