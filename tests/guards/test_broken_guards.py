"""With a guard broken, the test of the attack that it finds fails: no test of an attack passes for another reason."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.guards.breaking import ROOT, Attack, attacks


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The verdict of each trial by the words of its attack, after all trials."""
    report = tmp_path_factory.mktemp("guards") / "verdicts.json"
    command = [sys.executable, "-m", "tests.guards", "--report", str(report)]
    subprocess.run(command, cwd=ROOT, check=False)
    found: dict[str, str] = json.loads(Path(report).read_text(encoding="utf-8"))
    return found


@pytest.mark.deep
@pytest.mark.parametrize("attack", attacks(), ids=lambda attack: f"{attack.subject}: {attack.what}")
def test_without_its_guard_an_attack_is_not_found(verdicts: dict[str, str], attack: Attack) -> None:
    """The test of the attack passes, and fails in its own lines once the guard is broken."""
    verdict = verdicts[attack.what]
    if verdict == "skipped":
        pytest.skip(
            f"{attack.test} is skipped on this machine, and says what is missing; run it alone to see"
        )
    assert verdict == "found", f"{attack.test}, without {', '.join(map(str, attack.guards))}: {verdict}"
