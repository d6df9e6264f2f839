"""Inputs that need the steps after the check, or that are refused before a run begins."""

from pathlib import Path

import pytest

from medicore.errors import ProtocolError
from medicore.records.protocol.parsing import parse_protocol
from medicore.records.protocol.printable import require_printable
from medicore.steps.cohort import cohort
from medicore.stores.files import FolderFiles
from tests.trials.tried import Case, protocol_text, tried


def test_an_arm_without_events_is_told_with_its_counts(tmp_path: Path) -> None:
    """Where nobody under A died, the cohort halts: the arm, its events and what can be done."""
    trial = "no-event-in-an-arm"
    assert tried(Case(trial, ["d.csv"]), tmp_path).said == ""
    plan = parse_protocol(protocol_text(trial, {}), trial)
    (finding,) = cohort(FolderFiles(tmp_path / "record"), plan)
    assert "arm 'A' has 0 events of" in finding.message
    assert "or another outcome" in finding.message
    assert not finding.overridable


def test_a_protocol_in_letters_that_no_report_prints_is_refused() -> None:
    """The data may be in any letters; the title, the sponsor and the levels are printed."""
    plan = parse_protocol(protocol_text("report-cjk", {}), "p.yaml")
    with pytest.raises(ProtocolError, match=r"2 character\(s\) in title .* U\+8840"):
        require_printable(plan)
