"""The page that a run prints, in Markdown."""

import os
import platform
from collections.abc import Mapping, Sequence

from benchmarks.contest import FOLLOWED, PACKAGES, REPLICATES, SUBJECTS, TEXTBOOK, Measured, Pair

MEMORY_AT = 50_000
TEXTBOOK_TARGET, PACKAGE_TARGET, MEMORY_TARGET = 90, 10, 200
MISSING = (
    "zEpid, causallib, lifelines and crabbymetrics were not measured: some need older versions of other packages, so they have "
    "an environment of their own. `make bench-packages` makes it; then run `make bench` again.\n"
)


def page(
    contest: Sequence[Pair], growth: Sequence[Measured], rounds: int, survival: Sequence[Pair] = ()
) -> str:
    """Return what was measured, with the targets and whether they are met."""
    missing = "" if PACKAGES.exists() else f"\n{MISSING}"
    return "\n".join(
        (
            "# Speed and memory of the bootstrap\n",
            "This page is what `python -m benchmarks --write docs/speed.md` found in one run; `make bench` prints "
            "the same of yours.\n",
            f"{SUBJECTS:,} subjects, 6 covariates in the units of a real study, {REPLICATES:,} replicates; each "
            "refits the propensity model and both outcome models and estimates AIPW. One thread. Every contestant is a "
            "process of its own and ours has a turn before each of its turns; the best of its "
            f"{rounds} and the best of our {rounds} beside them make the ratio. Seconds are the processor's; a loop's "
            "are those of fewer replicates, multiplied.\n",
            f"{_machine(contest)}\n{missing}",
            _contest(contest),
            _verdicts(contest, growth),
            *([survival_section(survival)] if survival else ()),
            "## Growth\n",
            f"{REPLICATES:,} replicates. Memory is the peak of a process that imports the bootstrap and what it "
            "needs, interpreter and data included.\n",
            _growth(growth),
        )
    )


def survival_section(survival: Sequence[Pair]) -> str:
    """Return what was measured of the bootstrap of survival."""
    return "\n".join(
        (
            "## Survival\n",
            f"{FOLLOWED:,} subjects with a time to an event, {REPLICATES:,} replicates; each refits the scores and the hazards of event "
            "and censoring in both arms and estimates the difference of survival by AIPW with censoring weights.\n",
            _contest(survival),
        )
    )


def _machine(contest: Sequence[Pair]) -> str:
    """Return the machine and the software, that of the packages apart where its versions differ."""
    ours: dict[str, str] = {}
    theirs: dict[str, str] = {}
    for one in (pair.theirs for pair in contest):
        (theirs if one.contestant.key.startswith("packages.") else ours).update(one.software)
    differing = {name: found for name, found in theirs.items() if ours.get(name) != found}
    text = (
        f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, {_listed(ours)}"
    )
    return f"{text}; the packages' environment: {_listed(differing)}." if differing else f"{text}."


def _listed(software: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {found}" for name, found in sorted(software.items()))


def _contest(contest: Sequence[Pair]) -> str:
    lines = [
        "| bootstrap | timed replicates | seconds | MediCore beside it | ratio | estimate | peak MB |",
        "|---|---|---|---|---|---|---|",
    ]
    for pair in sorted(contest, key=lambda found: found.ratio):
        one = pair.theirs
        lines.append(
            f"| {one.contestant.title} | {one.contestant.replicates:,} | {_seconds(one)} | {_seconds(pair.ours)} | "
            f"{pair.ratio:.1f} | {one.estimate:.6f} | {one.megabytes:.0f} |"
        )
    ours = contest[0].ours
    return "\n".join(lines) + f"\n\n{ours.contestant.title}: {ours.estimate:.6f}, {ours.megabytes:.0f} MB.\n"


def _seconds(one: Measured) -> str:
    return f"{one.seconds_per_replicate * REPLICATES:.2f}"


def _verdicts(contest: Sequence[Pair], growth: Sequence[Measured]) -> str:
    textbook = next(pair for pair in contest if pair.theirs.contestant.key == TEXTBOOK.key)
    others = [
        pair for pair in contest if not pair.theirs.contestant.key.startswith(("batched.", "textbook."))
    ]
    fastest = min(others, key=lambda pair: pair.ratio)
    held = next(one.megabytes for one in growth if one.subjects == MEMORY_AT)
    return "\n".join(
        (
            f"- at least {TEXTBOOK_TARGET} times as fast as the textbook loop: "
            f"{textbook.ratio:.0f} times, {_met(textbook.ratio >= TEXTBOOK_TARGET)}",
            f"- at least {PACKAGE_TARGET} times as fast as the fastest of the others "
            f"({fastest.theirs.contestant.title}): {fastest.ratio:.0f} times, "
            f"{_met(fastest.ratio >= PACKAGE_TARGET)}",
            f"- under {MEMORY_TARGET} MB at n = {MEMORY_AT:,}: {held:.0f} MB, {_met(held < MEMORY_TARGET)}\n",
        )
    )


def _growth(growth: Sequence[Measured]) -> str:
    lines = ["| subjects | seconds | ms per replicate | peak MB |", "|---|---|---|---|"]
    for one in growth:
        each = one.seconds_per_replicate
        lines.append(
            f"| {one.subjects:,} | {each * REPLICATES:.2f} | {each * 1000:.3f} | {one.megabytes:.0f} |"
        )
    return "\n".join(lines) + "\n"


def _met(met: bool) -> str:
    return "met" if met else "NOT MET"
