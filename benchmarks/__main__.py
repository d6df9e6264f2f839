"""``python -m benchmarks [--write FILE]``: every contestant by turns, then memory and growth, as a table.

``python -m benchmarks answers``: how long an inspector waits for answers about a run of 5,000 patients.
``python -m benchmarks cost [ROUNDS]``: one run by command against its use cases, and provenance against the bare steps.
``python -m benchmarks month``: the month of eight studies of 5,000 patients, and where its time goes.
``python -m benchmarks verify``: one archived run verified, against reading and hashing every stored byte.
``python -m benchmarks years [SIZE ...]``: fifteen years of records, and how long the questions about them take.
"""

import argparse
import sys
from pathlib import Path

from benchmarks import answers, cost, month, verified, years
from benchmarks.contest import FOLLOWED, LOOPS_OF_SURVIVAL, SURVIVAL, contest, growth
from benchmarks.page import page


def main() -> None:
    """Measure, print the page, and write it where asked."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=main.__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="times that every contestant has its turn")
    parser.add_argument("--write", type=Path, metavar="FILE", help="keep the page, as docs/speed.md")
    asked = parser.parse_args()
    survival = contest(asked.rounds, SURVIVAL, LOOPS_OF_SURVIVAL, FOLLOWED)
    text = page(contest(asked.rounds), growth(asked.rounds), asked.rounds, survival)
    sys.stdout.write(text)
    if asked.write:
        asked.write.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    if sys.argv[1:2] == ["years"]:
        years.main([int(size) for size in sys.argv[2:]] or years.SIZES)
    elif sys.argv[1:2] == ["answers"]:
        answers.main()
    elif sys.argv[1:2] == ["cost"]:
        cost.main(sys.argv[2:])
    elif sys.argv[1:2] == ["month"]:
        month.main()
    elif sys.argv[1:2] == ["verify"]:
        verified.main()
    else:
        main()
