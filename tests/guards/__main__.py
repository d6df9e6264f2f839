"""Break each guard and run the test of its attack: ``python -m tests.guards [WORD ...]``.

With words given, only the attacks are tried whose register, description, test or guards contain one of them. The exit
status is 1 when a test does not fail although its guard is broken, or does not come to its own lines.
"""

import sys
import time

from tests.guards.breaking import Attack, Ended, attacks, scratch


def main(words: list[str]) -> int:
    """Return the exit status of the trials of the chosen attacks, or of all."""
    chosen = [attack for attack in attacks() if not words or any(word in _told(attack) for word in words)]
    bad = 0
    with scratch() as copy:
        for attack in chosen:
            begun = time.monotonic()
            with copy.broken(attack):
                ended = copy.run(attack.test)
            verdict = _verdict(ended)
            print(f"{verdict} ({time.monotonic() - begun:.0f} s): {attack.what}", flush=True)  # noqa: T201 - its answer
            if verdict in {"NOT FOUND", "ERROR"}:
                bad += 1
                print(f"{attack.test}\n{ended.printed}", flush=True)  # noqa: T201 - its answer
    print(f"{len(chosen)} attacks, {bad} whose test does not fail with the guard broken")  # noqa: T201 - its answer
    return int(bad > 0)


def _told(attack: Attack) -> str:
    return " ".join([attack.subject, attack.what, attack.test, *map(str, attack.guards)])


def _verdict(ended: Ended) -> str:
    if ended.left_out:
        return "skipped"
    if ended.errors:
        return "ERROR"
    return "found" if ended.failed else "NOT FOUND"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
