"""The page ``docs/mutation.md``: how many mutants there are, and what became of them."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.mutation.mutants import Mutant
from tests.mutation.trial import Fate

PAGE = Path(__file__).resolve().parents[2] / "docs" / "mutation.md"
REGISTER = Path(__file__).resolve().parent / "equivalent.toml"
UNTRIED = Path(__file__).resolve().parent / "untried.toml"


@dataclass(frozen=True)
class Explanation:
    """Why mutants of one module and owner survive: their texts before and after, or all of the owner's."""

    module: str
    owner: str
    before: str
    after: str
    reason: str

    def explains(self, mutant: Mutant) -> bool:
        """Return whether this is the mutant, or one of them."""
        return (
            (mutant.module, mutant.owner) == (self.module, self.owner)
            and self.before in {"", mutant.before}
            and self.after in {"", mutant.after}
        )


def explanations() -> list[Explanation]:
    """Return the register of mutants that are equivalent, or as good as."""
    entries = tomllib.loads(REGISTER.read_text("utf-8")).get("equivalent", [])
    return [
        Explanation(
            each["module"], each["owner"], each.get("before", ""), each.get("after", ""), each["reason"]
        )
        for each in entries
    ]


@dataclass(frozen=True)
class Judgement:
    """The mutants by module and fate, and the explanations that explain nothing."""

    counts: Mapping[str, tuple[int, int, int]]
    surviving: Sequence[Mutant]
    explained: Mapping[str, Sequence[Explanation]]
    stale: Sequence[Explanation]

    @classmethod
    def of(cls, mutants: Sequence[Mutant], fates: Mapping[int, Fate]) -> "Judgement":
        """Return the judgement on all mutants that can be imported."""
        register = explanations()
        used: dict[Explanation, None] = {}
        counts: dict[str, tuple[int, int, int]] = {}
        surviving = []
        for number, mutant in enumerate(mutants):
            if fates[number] == "not importable":
                continue
            killed, explained, alive = counts.get(mutant.module, (0, 0, 0))
            reason = next((each for each in register if each.explains(mutant)), None)
            if fates[number] == "killed":
                killed += 1
            elif reason:
                used[reason] = None
                explained += 1
            else:
                alive += 1
                surviving.append(mutant)
            counts[mutant.module] = killed, explained, alive
        tried = {mutant.module for mutant in mutants}
        stale = [each for each in register if each.module in tried and each not in used]
        by_module = {name: [each for each in used if each.module == name] for name in counts}
        return cls(counts, surviving, by_module, stale)

    @property
    def status(self) -> int:
        """The exit status: 0 when every mutant is killed or explained."""
        return int(bool(self.surviving or self.stale))

    def summary(self) -> str:
        """Return the score by module, and what is left to do."""
        lines = [
            f"{name:24} {killed:5} killed {explained:4} equivalent {alive:4} surviving"
            for name, (killed, explained, alive) in self.counts.items()
        ]
        lines += [f"survived: {mutant}" for mutant in self.surviving]
        lines += [
            f"explains nothing: {each.module} {each.owner}: {each.before} -> {each.after}"
            for each in self.stale
        ]
        return "\n".join(lines)


def untried() -> tuple[str, ...]:
    """Return the modules that changed since their mutants were tried; a run over all modules leaves none."""
    return tuple(tomllib.loads(UNTRIED.read_text("utf-8"))["modules"])


def text(judgement: Judgement) -> str:
    """Return the page."""
    totals = [sum(numbers) for numbers in zip(*judgement.counts.values(), strict=True)]
    return "\n".join([INTRODUCTION, _score(judgement, totals), _equivalent(judgement)])


def waiting(page: str) -> tuple[str, ...]:
    """Return the modules of which a page says that their mutants wait to be tried."""
    return tuple(row[1] for row in re.finditer(r"^\| (\w+) \| [\d,]+ \| – \|", page, re.MULTILINE))


INTRODUCTION = """# Mutation tests of the statistics

Made by `make mutation` (`python -m tests.mutation`), which takes about an hour on two processors; \
`make mutation MODULES="evalue tipping"` tries some modules with their own tests in a minute and leaves this page.

A mutant is a copy of a module of `medicore/stats` with one change: an arithmetic operator, a comparison, a sign, a \
number ± 1, a truth value, `and` for `or`, a condition turned round, a function for its twin (sum and mean, log and \
log1p, minimum and maximum), a root, logarithm or transpose left out, a guard or an update left out. Texts and types \
are not changed. It is killed when a test fails, runs away or hangs. The tests are those of `tests/stats` that are not \
deep: the module's own of up to five seconds, then others that reach the changed statement, up to six seconds in \
all. The numbers of other software (`tests/reference`) and the simulations come on top; they are not counted here.

A mutant that survives is an error, unless `tests/mutation/equivalent.toml` says why no test can tell it from the \
original, or none should: a limit on effort (iterations, sizes of blocks), a tie of probability 0, a change in the \
last bits.
"""


def scored(page: str) -> dict[str, int]:
    """Return how many mutants a page says that each module has."""
    rows = re.finditer(r"^\| (\w+) \| ([\d,]+) \|", page, re.MULTILINE)
    return {row[1]: int(row[2].replace(",", "")) for row in rows if row[1] != "module"}


def _score(judgement: Judgement, totals: Sequence[int]) -> str:
    rows = [
        "## Score",
        "",
        "| module | mutants | killed | equivalent | surviving |",
        "|---|--:|--:|--:|--:|",
    ]
    for name, numbers in [*judgement.counts.items(), ("**all**", totals)]:
        killed, explained, alive = numbers
        rows.append(f"| {name} | {sum(numbers):,} | {killed:,} | {explained:,} | {alive:,} |")
    return "\n".join([*rows, ""])


def _equivalent(judgement: Judgement) -> str:
    rows = ["## Equivalent mutants", ""]
    for name, entries in judgement.explained.items():
        for each in entries:
            change = (
                f": `{each.before}` → `{each.after}`"
                if each.after
                else f": `{each.before}`"
                if each.before
                else ""
            )
            rows.append(f"- `{name}`, `{each.owner}`{change}: {each.reason}.")
    return "\n".join([*rows, ""])
