"""Numbers of other software on data that anyone can have, checked wherever the project is."""

import pytest

from tests.reference.carried import FILE, carried, text
from tests.reference.comparison import computed
from tests.reference.kang_schafer import kang_schafer
from tests.reference.open_data import carried_case
from tests.reference.reference import MISSING, available

ENOUGH = {
    "nhefs_wi": 400,
    "nhefs_6": 250,
    "nhefs_whatif_ch13": 4,
    "cattaneo2": 250,
    "cattaneo2_stata": 4,
    "acic_02": 200,
    **{f"kang_schafer_{seed} ps={ps} om={om}": 23 for seed in (1, 2) for ps in "ZX" for om in "ZX"},
}
"""Cases, and how many numbers of each there are at least."""


@pytest.mark.parametrize("name", ENOUGH)
def test_what_other_software_computes_is_reproduced(name: str) -> None:
    """Each number of NHEFS, cattaneo2, ACIC and Kang–Schafer comes out within its tolerance."""
    mine = [row for row in carried() if row.case == name]
    assert len(mine) >= ENOUGH[name]
    wrong = [
        f"{row.key}: {found} for {row.value}"
        for row in mine
        if (found := computed(row, carried_case)) is None or not abs(found - row.value) <= row.tolerance
    ]
    assert wrong == []


def test_every_number_that_travels_says_whose_it_is() -> None:
    """Each has a case of this list, and either software with its version or the book that prints it."""
    for row in carried():
        assert row.case in ENOUGH
        assert row.source
        assert row.status in ("agree", "single", "published")
        if row.status != "published":
            assert any(letter.isdigit() for letter in row.software) or row.software == "numpy prototype"


def test_the_seed_still_gives_the_data_that_were_computed_on() -> None:
    """The first subject of Kang and Schafer's data from seed 1 is the one that the other software saw."""
    designs, treated, outcome = kang_schafer(1)
    assert treated.sum() == 492
    assert abs(outcome.mean() - 209.9195602350682) < 1e-9
    assert abs(designs["X"][:, 3].mean() - 401.4520295438684) < 1e-9


@pytest.mark.skipif(not available(), reason=MISSING)
def test_the_numbers_that_travel_are_those_of_the_reference_folder() -> None:
    """The file is what ``python -m tests.reference.carried`` makes of the folder."""
    assert FILE.read_text(encoding="utf-8") == text()
