"""Inputs as sites and systems send them: each gives what is right for it."""

import re
from pathlib import Path

import pytest

from tests.trials.cases import GROUPS
from tests.trials.tried import INPUTS, Case, tried

CASES = [case for cases in GROUPS.values() for case in cases]
ELSEWHERE = {
    "no-event-in-an-arm": "tests/trials/test_whole_inputs.py",
    "redcap-error-body": "tests/trials/test_other_inputs.py",
    "report-cjk": "tests/trials/test_whole_inputs.py",
}
"""Inputs that need more than extract and check, and where they are tried."""


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.identifier)
def test_an_input_gives_what_is_right_for_it(case: Case, tmp_path: Path) -> None:
    """An input is read as it was declared, or the user is told what is seen, what was expected and what to do."""
    found = tried(case, tmp_path)
    for words in case.says:
        assert re.search(words, found.said), found.said
    if not case.says:
        assert found.said == ""
    for column, values in case.holds.items():
        assert found.table is not None
        shown = [
            str(value) if not isinstance(value, int | float) else value
            for value in found.table[column].tolist()
        ]
        assert shown[: len(values)] == list(values)


def test_no_input_is_forgotten() -> None:
    """Every folder of inputs is tried, here or in the file that is named for it."""
    tried_here = {case.trial for case in CASES}
    assert {folder.name for folder in INPUTS.iterdir()} == tried_here | set(ELSEWHERE)
    for trial, file in ELSEWHERE.items():
        assert f'"{trial}"' in Path(file).read_text("utf-8")
