"""Coherence of the safety plan: it must agree with the contract, the source and the counted harms."""

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import Protocol

from medicore.records.protocol.contract import Contract
from medicore.records.protocol.harms import CountedHarm
from medicore.records.protocol.safety.plan import Safety
from medicore.records.protocol.source import Source, named


class Declared(Protocol):
    """What the rules read of a protocol."""

    @property
    def safety(self) -> Safety | None:
        """The safety plan."""
        ...

    @property
    def contract(self) -> Contract:
        """The data contract."""
        ...

    @property
    def edc(self) -> Source:
        """The source."""
        ...


def incoherent_safety(protocol: Declared, harms: Sequence[CountedHarm]) -> Iterator[str]:
    """Yield, in words, what contradicts the safety plan, or counts its terms where there is none."""
    plan = protocol.safety
    if plan is None:
        for harm in harms:
            if harm.terms:
                yield (
                    f"monitoring.harms, harm {harm.name!r}: terms are counted in the data set of adverse events; expected "
                    "safety.adverse_events; declare it, or count a column under events"
                )
        return
    yield from _at_risk(plan, protocol.contract)
    yield from _terms(plan, protocol.contract, harms)
    yield from _source(plan, protocol.edc)
    yield from _blinding(plan, protocol.contract)
    if set(plan.severities) & set(protocol.contract.missing):
        yield "safety.severities has a text that means 'missing' by contract.missing; take it out of one"


def _at_risk(plan: Safety, contract: Contract) -> Iterator[str]:
    columns = {column.name: column for column in contract.columns}
    for role in ("first", "last"):
        name = getattr(plan.at_risk, role)
        if name not in columns:
            yield f"safety.at_risk.{role}: column {name!r} is not in the contract; declare it under contract.columns"
        elif columns[name].type != "date":
            yield f"safety.at_risk.{role}: column {name!r} is of type {columns[name].type}; expected a date"
    if plan.at_risk.first == plan.at_risk.last:
        yield "safety.at_risk: first and last are one column; expected the first and the last day at risk"


def _terms(plan: Safety, contract: Contract, harms: Sequence[CountedHarm]) -> Iterator[str]:
    """Yield which counted terms are none of the coding dictionary, where the plan lists its terms."""
    if set(plan.preferred_terms) & set(contract.missing):
        yield (
            "safety.preferred_terms has a text that means 'missing' by contract.missing; take it out of one"
        )
    if not plan.preferred_terms:
        return
    for harm in harms:
        for term in dict.fromkeys(harm.terms):
            if term not in plan.preferred_terms:
                near = get_close_matches(term, plan.preferred_terms, n=1)
                advice = f"write {near[0]!r}, or add the term there" if near else "add it there"
                yield (
                    f"monitoring.harms, harm {harm.name!r}: term {term!r} is none of safety.preferred_terms and would count "
                    f"nothing; {advice}"
                )


def _source(plan: Safety, source: Source) -> Iterator[str]:
    if source.system == "redcap":
        yield (
            "safety is not offered with the system redcap, which gives one table with a row per record; deliver both tables "
            "as files, and declare system: files"
        )
    asked = (
        source.form
        if source.system == "rave"
        else source.dataset
        if source.system == "dataset-json-api"
        else None
    )
    if asked is not None and len(named(asked)) == 1:
        key = "form" if source.system == "rave" else "dataset"
        yield (
            f"edc.{key} names one table and safety.adverse_events another; write edc.{key}: [<subjects>, <events>], and the "
            "subjects' table under edc.datasets"
        )
    if any(dataset.table == plan.table for dataset in source.datasets):
        yield (
            f"safety.adverse_events names {plan.table!r}, which edc.datasets joins as a table with a row per subject; name "
            "another table for one"
        )


def _blinding(plan: Safety, contract: Contract) -> Iterator[str]:
    used = {plan.adverse_events.subject, *plan.adverse_events.columns.values(), *plan.adverse_events.where}
    shown = sorted(used & set(contract.unblinding))
    if shown and contract.blinded:
        yield f"columns {shown} of safety.adverse_events would unblind the study; take them out"
