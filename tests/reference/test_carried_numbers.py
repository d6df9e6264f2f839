"""Numbers of other software on data that anyone can have, checked wherever the project is."""

import pytest

from tests.reference.carried import CASES, FILE, carried, carried_case, text
from tests.reference.comparison import computed
from tests.reference.reference import MISSING, available


@pytest.mark.parametrize("name", CASES)
def test_what_software_agrees_on_is_reproduced(name: str) -> None:
    """Each number of NHEFS and cattaneo2 that two implementations agree on comes out within its tolerance."""
    mine = [row for row in carried() if row.case == name]
    assert len(mine) > 100
    wrong = [
        f"{row.key}: {found} for {row.value}"
        for row in mine
        if (found := computed(row, carried_case)) is None or not abs(found - row.value) <= row.tolerance
    ]
    assert wrong == []


@pytest.mark.skipif(not available(), reason=MISSING)
def test_the_numbers_that_travel_are_those_of_the_reference_folder() -> None:
    """The file is what ``python -m tests.reference.carried`` makes of the folder."""
    assert FILE.read_text(encoding="utf-8") == text()
