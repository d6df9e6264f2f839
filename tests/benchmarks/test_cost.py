"""The bench of cost: its page says how many times as dear each way is, and whether the command is cheap enough."""

import pytest

from benchmarks.cost import ARCHIVED, COMMAND, SEALED, STEPS, Cost, page


@pytest.mark.parametrize(("command", "verdict"), [(14.0, "1.75"), (16.0, "2.00"), (16.1, "2.01")])
def test_page_says_what_a_run_costs(command: float, verdict: str) -> None:
    """Ratios are of the processor's seconds in one run; twice the use cases is just enough for a command."""
    seconds = {STEPS: 4.0, SEALED: 8.0, ARCHIVED: 10.0, COMMAND: command}
    text = page(Cost(3, seconds))
    met = "met" if command <= 16 else "NOT MET"
    assert (
        f"takes {verdict} times the processor time of its use cases called directly; at most 2: {met}" in text
    )
    assert "makes the bare analysis 2.50 times as dear" in text
    assert "| steps alone | 4.0 | 1.00 |" in text
    assert f"| {SEALED} | 8.0 | 2.00 |" in text
    assert "the least of 3 rounds counts" in text
