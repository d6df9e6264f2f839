"""Results on a terminal."""

import pytest

from medicore.cli.show import table


@pytest.mark.parametrize("count", [3, 500])
def test_every_cell_of_a_table_is_shown(capsys: pytest.CaptureFixture[str], count: int) -> None:
    """Short or long, a table shows title, columns and every cell as it is, aligned and without markup."""
    rows = [(f"run {number}", "[bold]", "ü" * (number % 7), f"{number}.5") for number in range(count)]
    table("Runs [all]", ("run", "kind", "mark", "value"), rows)
    lines = capsys.readouterr().out.rstrip("\n").split("\n")
    assert (lines[0].strip(), lines[1].split()) == ("Runs [all]", ["run", "kind", "mark", "value"])
    assert [line.split() for line in lines[2:]] == [" ".join(row).split() for row in rows]
    assert {line.index("[bold]") for line in lines[2:]} == {lines[1].index("kind")}
