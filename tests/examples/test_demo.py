"""The demo is a story of a page, and its secrets are for the account that runs it."""

import os
import sys
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

import pytest

from examples import demo


def test_passphrases_are_their_owners_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the umask, nobody else can read a passphrase of the demo or enter its folder; a second run finds the same."""
    home = tmp_path / "state"
    monkeypatch.setenv("MEDICORE_HOME", str(home))
    before = os.umask(0)
    try:
        first = demo.passphrase("reviewer")
    finally:
        os.umask(before)
    kept = home / "demo" / "reviewer.passphrase"
    assert {path.stat().st_mode & 0o777 for path in (home, kept.parent)} == {0o700}
    assert kept.stat().st_mode & 0o777 == 0o600
    assert demo.passphrase("reviewer") == first == kept.read_text(encoding="utf-8")
    assert demo.passphrase("operator") != first


TALKATIVE = """
import sys
print('ready', flush=True)
for place in range(30):
    print(f'{place:6.1f} s  MED-2024-0147/2025-03/1    seal         candidate', file=sys.stderr)
    print(f'line {place} ' + 'x' * 200)
sys.exit(10 if sys.argv[1] == 'portfolio' else 0)
"""


def test_the_story_has_at_most_sixty_lines_and_ends_with_what_to_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """However much the commands say, the demo prints a page, and its log keeps the rest."""
    monkeypatch.setenv("MEDICORE_HOME", str(tmp_path / "state"))
    for owner in ("AUTHORITY", "ANALYST", "REVIEWER", "OPERATOR"):
        monkeypatch.setenv(f"MEDICORE_PASSPHRASE_{owner}", "set by the demo")
    for name in (
        "MEDICORE_EDC_SECRET",
        "MEDICORE_EDC_SECRET_MED_2024_0147",
        "MEDICORE_EDC_SECRET_MED_2024_0198",
    ):
        monkeypatch.setenv(name, "set by the demo")
    monkeypatch.setenv("PREFECT_API_URL", "set by the demo")
    monkeypatch.setattr(demo, "PROGRAM", (sys.executable, "-c", TALKATIVE))
    monkeypatch.setattr(
        demo, "prefect_server", lambda _: nullcontext(SimpleNamespace(url="http://127.0.0.1"))
    )
    monkeypatch.setattr(demo, "latest", lambda study: f"{study}/{demo.MONTH}/1")
    before = os.umask(0o022)
    try:
        demo.main()
    finally:
        os.umask(before)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) <= 60
    assert sum(" seal " in line for line in lines) >= demo.ENDED
    assert max(map(len, lines[:-10])) <= demo.WIDTH + 2
    assert any("Open:" in line for line in lines[-12:])
    kept = (tmp_path / "state" / "demo" / "log.txt").read_text(encoding="utf-8")
    assert kept.count("line 29") == 8


def test_a_command_that_fails_says_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The demo ends with the exit code of the command, and prints everything that it said."""
    monkeypatch.setenv("MEDICORE_HOME", str(tmp_path))
    (tmp_path / "demo").mkdir()
    monkeypatch.setattr(demo, "PROGRAM", (sys.executable, "-c", TALKATIVE))
    with pytest.raises(SystemExit) as ended:
        demo.medicore("portfolio", story="All studies.", most=1)
    assert ended.value.code == 10
    assert "line 29" in capsys.readouterr().out
