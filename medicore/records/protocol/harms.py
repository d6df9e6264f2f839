"""Counted harms: adverse events that are counted at every look, and tested against their expected number by MaxSPRT."""

from collections.abc import Iterator, Sequence
from math import exp, log
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from medicore.records.canonical import digest
from medicore.records.protocol.contract import Column, Contract
from medicore.records.protocol.growing import GrowingPart
from medicore.records.protocol.part import Action, Level, Name, Positive, Text
from medicore.records.protocol.safety.plan import Safety

LONGEST = 1000
"""The largest upper limit of a surveillance: with more events the exact critical value takes too long to compute."""


class CountedHarm(GrowingPart):
    """A harm: the column with each subject's number of events, and the design of its surveillance.

    ``binomial`` compares the events of the treated with those of both arms, ``poisson`` with ``rate`` events for each unit
    of ``exposure`` of the treated. ``exposure`` is the column with each subject's time at risk; without it a binomial harm
    counts every subject as one unit. A harm with ``terms`` has neither column: the events are those of the data set of adverse
    events with one of these preferred terms, at risk, and the exposure is the time at risk in years. ``upper_limit`` ends the surveillance: events of both arms, or expected events. A signal
    needs ``minimum_events`` events of the treated.
    """

    later: ClassVar[frozenset[str]] = frozenset({"terms"})

    name: Name
    label: Text
    kind: Literal["binomial", "poisson"]
    events: Name | None = None
    terms: tuple[Text, ...] = ()
    exposure: Name | None = None
    rate: Positive | None = None
    alpha: Level
    upper_limit: Annotated[float, Field(gt=0, le=LONGEST)]
    minimum_events: Annotated[int, Field(ge=1)] = 1
    action: Action = "board"

    def design(self, safety: Safety | None) -> dict[str, Any]:
        """Return the design of the surveillance: all that decides what is counted, and what is a signal.

        The events of a harm with terms, and their time, are those of the plan ``safety``.
        """
        own = self.model_dump(mode="json", exclude={"name", "label", "action"})
        return {**own, **safety.counting} if self.terms and safety is not None else own

    def design_digest(self, safety: Safety | None) -> str:
        """Return SHA-256 of the design."""
        return digest(self.design(safety))


def incoherent_harms(harms: Sequence[CountedHarm], contract: Contract) -> Iterator[str]:
    """Yield, in words, why a declared harm cannot be counted or tested."""
    names = [harm.name for harm in harms]
    for name in dict.fromkeys(name for name in names if names.count(name) > 1):
        yield f"monitoring.harms: two harms have the name {name!r}; expected different names; rename one"
    columns = {column.name: column for column in contract.columns}
    for harm in harms:
        place = f"monitoring.harms, harm {harm.name!r}"
        for problem in (*_counted(harm, columns), *_test(harm)):
            yield f"{place}: {problem}"


def _counted(harm: CountedHarm, columns: dict[str, Column]) -> Iterator[str]:
    """Yield why it is unknown how many events there are, and in which time."""
    if (harm.events is None) == (not harm.terms):
        yield (
            "expected either events, a column with each subject's number, or terms, preferred terms of the adverse events; "
            "write one of them"
        )
    elif harm.events is not None:
        yield from _counts(harm, columns.get(harm.events))
        yield from _exposure(harm, columns)
    elif harm.exposure is not None:
        yield "the exposure of a harm with terms is the time at risk of the safety plan; delete exposure"


def _counts(harm: CountedHarm, column: Column | None) -> Iterator[str]:
    """Yield why a column holds no number of events for each subject."""
    name = f"events column {harm.events!r}"
    if column is None:
        yield f"{name} is not in the contract; declare it under contract.columns"
        return
    if column.type != "integer" or column.minimum is None or column.minimum < 0:
        yield f"{name} holds no counts; expected type integer with minimum 0; declare it so"
    if column.timing != "follow-up":
        yield f"{name} is of timing {column.timing}; expected follow-up; a harm comes after the treatment began"
    yield from _complete(name, column)


def _exposure(harm: CountedHarm, columns: dict[str, Column]) -> Iterator[str]:
    """Yield why the time at risk is unknown."""
    if harm.exposure is None:
        if harm.kind == "poisson":
            yield (
                "a poisson harm has no exposure; expected the column of each subject's time at risk; write exposure: <column>"
            )
        return
    name, column = f"exposure column {harm.exposure!r}", columns.get(harm.exposure)
    if column is None:
        yield f"{name} is not in the contract; declare it under contract.columns"
        return
    if column.type not in {"number", "integer"} or column.minimum is None or column.minimum < 0:
        yield f"{name} holds no time at risk; expected type number or integer with minimum 0; declare it so"
    yield from _complete(name, column)


def _complete(name: str, column: Column) -> Iterator[str]:
    if not column.required:
        yield (
            f"{name} may be empty, and a subject without a value is not one without an event; expected a value for everyone; "
            "write required: true, and recode: {'': '0'} where the source leaves out the 0"
        )


def _test(harm: CountedHarm) -> Iterator[str]:
    """Yield why the design has no critical value."""
    if harm.kind == "binomial":
        if harm.rate is not None:
            yield "a binomial harm compares the arms and takes no background rate; delete rate, or write kind: poisson"
        if harm.upper_limit != int(harm.upper_limit):
            yield (
                f"upper_limit is {harm.upper_limit:g}; expected a whole number of events of both arms; round it"
            )
        if harm.minimum_events > harm.upper_limit:
            yield (
                f"minimum_events is {harm.minimum_events} and upper_limit {harm.upper_limit:g}; expected at most the limit; "
                "lower the minimum"
            )
        return
    if harm.rate is None:
        yield "a poisson harm has no background rate; expected the events for each unit of exposure; write rate"
    if (chance := _at_least(harm.minimum_events, harm.upper_limit)) < harm.alpha:
        yield (
            f"{harm.minimum_events} events or more within {harm.upper_limit:g} expected have a probability of {chance:.3g}, "
            f"below alpha {harm.alpha:g}; expected alpha at least; raise upper_limit or lower minimum_events"
        )


def _at_least(count: int, expected: float) -> float:
    """Return the probability of ``count`` events or more where ``expected`` are expected, by Poisson."""
    term, below = -expected, 0.0
    for number in range(count):
        below += exp(term)
        term += log(expected) - log(number + 1)
    return 1 - below
