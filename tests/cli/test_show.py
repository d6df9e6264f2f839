"""Results on a terminal."""

import pytest

from medicore.cli.show import show_explored, table


@pytest.mark.parametrize("count", [3, 500])
def test_every_cell_of_a_table_is_shown(capsys: pytest.CaptureFixture[str], count: int) -> None:
    """Short or long, a table shows title, columns and every cell as it is, aligned and without markup."""
    rows = [(f"run {number}", "[bold]", "ü" * (number % 7), f"{number}.5") for number in range(count)]
    table("Runs [all]", ("run", "kind", "mark", "value"), rows)
    lines = capsys.readouterr().out.rstrip("\n").split("\n")
    assert (lines[0].strip(), lines[1].split()) == ("Runs [all]", ["run", "kind", "mark", "value"])
    assert [line.split() for line in lines[2:]] == [" ".join(row).split() for row in rows]
    assert {line.index("[bold]") for line in lines[2:]} == {lines[1].index("kind")}


def test_an_exploratory_run_is_shown_whole(capsys: pytest.CaptureFixture[str]) -> None:
    """Estimate with both intervals, the report's path, every finding, and that nothing can be signed."""
    finding = {
        "step": "effect",
        "gate": "failed replicates",
        "subject": "bootstrap",
        "message": "3.1% failed",
    }
    show_explored(
        {
            "run": "ACME-1/2025-01/1", "state": "exploratory, no record", "requested_by": "me", "report": "place/report.pdf",
            "estimate": 1.25, "valid_low": 0.5, "valid_high": 2.0, "ci_low": 0.75, "ci_high": 1.75, "n": 80,
            "findings": [finding], "messages": ["halted"], "next": "run it on a clean commit",
        }
    )  # fmt: skip
    out = capsys.readouterr().out
    for words in (
        "1.25",
        "valid at every look",
        "n 80",
        "place/report.pdf",
        "effect: failed replicates of bootstrap: 3.1% failed",
        "halted",
        "Next: run it",
    ):
        assert words in out
