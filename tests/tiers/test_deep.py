"""``make deep`` runs every deep test in a piece of its own size, and says what each piece did."""

import re
from pathlib import Path

import pytest

from tests.tiers.deep import PIECES, ROOT, Done, main, table

DEEP = re.compile(r"\bpytest\.mark\.deep\b")

SMALL = """
import pytest

@pytest.mark.deep
def test_deep():
    assert {}

def test_other():
    raise AssertionError("is not deep")
"""


def test_every_deep_test_is_in_one_piece() -> None:
    """Each file with a deep test lies in exactly one piece, and every piece has such a file."""
    files = [
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "tests").rglob("test_*.py")
        if DEEP.search(path.read_text(encoding="utf-8")) and path != Path(__file__).resolve()
    ]
    assert len(files) >= 5
    held = {name: [file for file in files if file.startswith(paths)] for name, paths in PIECES.items()}
    assert sorted(file for found in held.values() for file in found) == sorted(files)
    assert all(held.values())


@pytest.fixture
def pieces(tmp_path: Path) -> dict[str, tuple[str, ...]]:
    """Three pieces of small tests: one that passes, one that fails, and one without a deep test."""
    for name, claim in {"good": "True", "bad": "False"}.items():
        (tmp_path / f"test_{name}.py").write_text(SMALL.format(claim), encoding="utf-8")
    (tmp_path / "test_empty.py").write_text("def test_other(): ...\n", encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text(
        '[tool.pytest.ini_options]\nmarkers = ["deep"]\n', encoding="utf-8"
    )
    return {name: (f"test_{name}.py",) for name in ("good", "bad", "empty")}


@pytest.mark.usefixtures("few_plugins")
def test_each_piece_is_run_and_listed(
    tmp_path: Path, pieces: dict[str, tuple[str, ...]], capsys: pytest.CaptureFixture[str]
) -> None:
    """A failing piece, or one that proves nothing, fails the run, and the others are run all the same."""
    assert main([], pieces, tmp_path) == 1
    rows = [line.split(maxsplit=3) for line in capsys.readouterr().out.splitlines()[-4:]]
    assert rows[0] == ["piece", "tests", "minutes", "result"]
    assert [(row[0], row[1], row[3]) for row in rows[1:]] == [
        ("good", "1", "passed"),
        ("bad", "1", "FAILED: 1"),
        ("empty", "0", "FAILED: nothing was proved"),
    ]


@pytest.mark.usefixtures("few_plugins")
def test_one_piece_is_run_by_its_name(
    tmp_path: Path, pieces: dict[str, tuple[str, ...]], capsys: pytest.CaptureFixture[str]
) -> None:
    """A named piece is run alone; an unknown name is refused with the names that there are."""
    assert main(["good"], pieces, tmp_path) == 0
    assert "bad" not in capsys.readouterr().out
    assert main(["god"], pieces, tmp_path) == 2
    assert capsys.readouterr().err == "there is no piece 'god'; expected one of: good, bad, empty\n"


def test_table_names_what_is_too_long() -> None:
    """The table shows tests, minutes and result of each piece, and which piece is to be split."""
    text = table([Done("gaps", 3, 0, 1, 4.26, 0), Done("drills", 5, 0, 0, 31.0, 0)])
    assert text.splitlines()[1:] == [
        "gaps              3      4.3  passed, 1 skipped",
        "drills            5     31.0  passed; longer than 20 minutes, split it",
    ]
