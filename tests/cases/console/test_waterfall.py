"""The waterfall: each part begins where the one before ended, and the last row ends where the second run stands."""

from medicore.console.waterfall import EDGE, ROW, WIDTH, waterfall


def test_parts_lead_from_one_estimate_to_the_next() -> None:
    """Rising and falling parts touch each other; the drawing fills its width; rows lie below each other."""
    bars = waterfall(("S/1", 2.0), [("data", 1.0), ("protocol", -0.5), ("code", 0.0)], ("S/2", 2.5))
    assert [bar.name for bar in bars] == ["S/1", "data", "protocol", "code", "S/2"]
    assert [bar.kind for bar in bars] == ["whole", "more", "less", "none", "whole"]
    first, data, protocol, code, last = bars
    assert (first.left, data.left, data.left + data.width) == (EDGE, EDGE, WIDTH - EDGE)
    assert protocol.left + protocol.width == WIDTH - EDGE
    assert protocol.left == code.left == last.left == WIDTH / 2
    assert [bar.top for bar in bars] == [row * ROW for row in range(5)]


def test_no_change_is_drawn() -> None:
    """Where nothing moved, every row stands at the left edge and can be seen."""
    bars = waterfall(("S/1", 2.0), [("data", 0.0)], ("S/2", 2.0))
    assert {(bar.left, bar.width > 0) for bar in bars} == {(EDGE, True)}
