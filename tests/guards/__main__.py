"""Break each guard and run the test of its attack: ``python -m tests.guards [--report FILE] [WORD ...]``.

With words given, only the attacks are tried whose register, description, test or guards contain one of them. The verdicts
are printed, and written as JSON into the file. The exit status is 1 when a test does not fail although its guard is broken,
or does not come to its own lines.
"""

import argparse
import json
import os
import sys
from pathlib import Path

os.environ["OPENBLAS_NUM_THREADS"] = "1"

import pytest

from tests.guards.breaking import Attack, attacks
from tests.guards.forked import OPTIONS, Forked, can_be_forked
from tests.guards.scratch import Ended, scratch

FINE = {"found", "skipped"}
"""The verdicts of an attack whose test needs its guard, and of one whose test this machine cannot run."""


def main(words: list[str], report: Path | None) -> int:
    """Return the exit status of the trials of the chosen attacks, or of all."""
    chosen = [attack for attack in attacks() if not words or any(word in _words_of(attack) for word in words)]
    verdicts = _forked([attack for attack in chosen if can_be_forked(attack)])
    verdicts |= _copied([attack for attack in chosen if attack.what not in verdicts])
    if report is not None:
        report.write_text(json.dumps(verdicts, indent=1), encoding="utf-8")
    bad = [what for what, verdict in verdicts.items() if verdict not in FINE]
    _tell(f"{len(chosen)} attacks, {len(bad)} whose test does not fail for want of the guard")
    return int(bool(bad))


def _forked(chosen: list[Attack]) -> dict[str, str]:
    """Return the verdicts of the attacks that a fork can try."""
    if not chosen:
        return {}
    trials = Forked(chosen, _tell)
    pytest.main([*OPTIONS, *dict.fromkeys(attack.test for attack in chosen)], plugins=[trials])
    return trials.verdicts


def _copied(chosen: list[Attack]) -> dict[str, str]:
    """Return the verdicts of attacks that are tried in a copy of the project; their tests must pass there at first."""
    verdicts: dict[str, str] = {}
    with scratch() as copy:
        sound = copy.run(*dict.fromkeys(attack.test for attack in chosen)) if chosen else None
        if sound is not None and (sound.failed or sound.errors):
            _tell(f"tests fail with every guard in its place, make them pass first\n{sound.printed}")
            return dict.fromkeys((attack.what for attack in chosen), "UNSOUND")
        for attack in chosen:
            with copy.broken(attack):
                ended = copy.run(attack.test)
            verdicts[attack.what] = verdict_of(ended)
            _tell(f"{verdicts[attack.what]}: {attack.what}")
            if verdicts[attack.what] not in FINE:
                _tell(f"{attack.test}\n{ended.printed}")
    return verdicts


def verdict_of(ended: Ended) -> str:
    """Return the verdict of a trial by how its tests ended."""
    if ended.left_out:
        return "skipped"
    if ended.errors:
        return "ERROR"
    return "found" if ended.failed else "NOT FOUND"


def _words_of(attack: Attack) -> str:
    return " ".join([attack.subject, attack.what, attack.test, *map(str, attack.guards)])


def _tell(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - its answer


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.guards")
    parser.add_argument("words", nargs="*", metavar="WORD")
    parser.add_argument("--report", type=Path)
    given = parser.parse_args()
    sys.exit(main(given.words, given.report))
