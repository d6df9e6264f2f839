"""What ``ledger verify`` prints of what it found."""

import pytest

from medicore.cli.ledger import _answer


def test_heads_without_a_copy_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    """The text names each signed head that the archive lacks by its event, and nothing of the kind where none is lacking."""
    facts = {"intact": True, "events": 40, "without a copy": [31, 38], "wrong": None, "failed": {}}
    _answer(facts, as_json=False)
    assert "signed heads without a copy in the archive: 31, 38" in capsys.readouterr().out
    _answer({**facts, "without a copy": []}, as_json=False)
    printed = capsys.readouterr().out
    assert "intact" in printed
    assert "without a copy" not in printed
