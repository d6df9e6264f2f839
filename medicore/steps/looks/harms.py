"""Counted harms of a look: cumulative events by arm, their expected number, and the test of each declared harm."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from math import isclose
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medicore.errors import DataError
from medicore.ports.files import RecordFiles
from medicore.records.protocol.harms import CountedHarm
from medicore.records.protocol.protocol import Protocol
from medicore.records.protocol.safety.plan import TERM
from medicore.records.results.looks import EXPLORATORY, SeenHarm, SeenLook, earlier_looks
from medicore.stats.monitoring.surveillance import (
    Surveillance,
    SurveillanceResult,
    binomial_surveillance,
    poisson_surveillance,
)
from medicore.steps.looks.second_harms import Counted, verified_harm
from medicore.steps.looks.section import frozen_looks, plan_of, this_look
from medicore.steps.safety.at_risk import at_risk
from medicore.steps.safety.counted_terms import absent
from medicore.steps.safety.events import frozen_events

NO_EXPOSURE = "an arm has no exposure yet"
"""Why a harm is not compared between the arms, or with its background rate."""

NO_SIGNAL = "no signal is possible with this upper limit, level and ratio of exposure"
"""Why the log likelihood ratio has no critical value."""

SAME_RATIO = 1e-9
"""Relative difference up to which two ratios of exposure are one."""


@dataclass(frozen=True, slots=True)
class ArmCounts:
    """What an arm's subjects come to: their number, their events, their exposure (their number where none is declared)."""

    subjects: int
    events: int
    exposure: float


@dataclass(frozen=True, slots=True)
class Told:
    """A harm as an earlier look counted it; ``number`` is that of the look."""

    number: int
    look: SeenLook
    harm: SeenHarm

    def signals(self, design: str) -> bool:
        """Say whether its signal stands where today's design has that digest; an exploratory one of another does not."""
        return self.harm.signal and (self.look.kind != EXPLORATORY or self.harm.design == design)


def counted_harms(
    files: RecordFiles, protocol: Protocol
) -> tuple[list[dict[str, Any]], tuple[SeenHarm, ...]]:
    """Return the section ``harms`` of the results, and what the ledger's event tells of them.

    Everybody counts whose arm is one of the two that are compared, eligible or not, with an outcome or without: the safety
    set. Counts are cumulative and of this data lock; earlier looks are those that the ledger told. A signal of an earlier
    look stands, also where the counts fell or the design changed; only an exploratory look of another design, which nobody
    approved, gave none. Raises DataError where a count or an exposure is
    missing.
    """
    declared = plan_of(protocol).harms
    if not declared:
        return [], ()
    extract = files.read_table("extract.parquet")
    looks = earlier_looks(frozen_looks(files))
    now = this_look(files, None, ())
    rows, counted = [], []
    for harm in declared:
        arms = safety_counts(files, protocol, harm, extract)
        told = [
            Told(number, look, seen)
            for number, look in enumerate(looks, start=1)
            for seen in look.harms
            if seen.name == harm.name
        ]
        design = harm.design_digest(protocol.safety)
        earlier = [one.harm for one in told]
        found = tested_harm(harm, arms, earlier, design)
        seen = _seen(harm, design, arms, found)
        counted.append(seen)
        row = _row(harm, harm.design(protocol.safety), arms, found, (*told, Told(len(looks) + 1, now, seen)))
        row |= {"verification": second_test(harm, arms, earlier, design, found)}
        rows.append(row | _terms(files, protocol, harm))
    return rows, tuple(counted)


def safety_counts(
    files: RecordFiles, protocol: Protocol, harm: CountedHarm, extract: pd.DataFrame
) -> dict[str, ArmCounts]:
    """Return the cumulative counts of everybody in each compared arm, ``treated`` and ``control``.

    Of a harm with terms they are of who was at risk: the events with one of the terms in that time, and its years.
    """
    if harm.terms:
        return {
            name: ArmCounts(len(arm.days), int(arm.events[TERM].isin(harm.terms).sum()), arm.years)
            for name, arm in at_risk(files, protocol).arms.items()
        }
    assigned = extract[protocol.treatment.column].to_numpy(dtype=object)
    arms = {arm: assigned == getattr(protocol.treatment, arm) for arm in ("treated", "control")}
    events = _complete(extract[harm.events], arms, harm.name)
    exposure = _complete(extract[harm.exposure], arms, harm.name) if harm.exposure else np.ones(len(extract))
    return {
        arm: ArmCounts(int(member.sum()), int(events[member].sum()), float(exposure[member].sum()))
        for arm, member in arms.items()
    }


def _complete(column: pd.Series, arms: Mapping[str, NDArray[np.bool_]], name: str) -> NDArray[np.float64]:
    """Return the values of a column, ``(n,)``; raise DataError where a counted subject has none."""
    values = column.to_numpy(dtype=float, na_value=np.nan)
    missing = sum(int(np.isnan(values[member]).sum()) for member in arms.values())
    if missing:
        raise DataError(
            f"column {str(column.name)!r} of the harm {name!r} is missing for {missing} subject(s); expected a value for "
            "everybody in an arm; complete the data"
        )
    return values


def tested_harm(
    harm: CountedHarm, arms: Mapping[str, ArmCounts], earlier: Sequence[SeenHarm], digest: str
) -> SurveillanceResult | None:
    """Return the MaxSPRT of a look's cumulative counts; None where there is no exposure to compare them by.

    ``digest`` is that of today's design. The level spent is known where every earlier look had this design and, between arms, this ratio of exposure.
    """
    counted = _counted(harm, arms, earlier, digest)
    if counted is None:
        return None
    if counted.rate is not None:
        expected = counted.rate * counted.exposure
        return poisson_surveillance(counted.design, counted.treated, expected, counted.furthest)
    most = None if counted.furthest is None else int(counted.furthest)
    return binomial_surveillance(counted.design, counted.treated, counted.events, counted.ratio or 0.0, most)


def second_test(
    harm: CountedHarm,
    arms: Mapping[str, ArmCounts],
    earlier: Sequence[SeenHarm],
    digest: str,
    first: SurveillanceResult | None,
) -> dict[str, Any] | None:
    """Return the test by the second implementation, held against the ``first``; None where nothing was tested."""
    counted = _counted(harm, arms, earlier, digest)
    return None if counted is None or first is None else verified_harm(counted, first)


def _counted(
    harm: CountedHarm, arms: Mapping[str, ArmCounts], earlier: Sequence[SeenHarm], digest: str
) -> Counted | None:
    """Return what the harm is tested by; None where there is no exposure to compare it by."""
    treated, control = arms["treated"], arms["control"]
    design = Surveillance(harm.alpha, harm.upper_limit, harm.minimum_events)
    counts = (design, treated.events, control.events, treated.exposure)
    same = all(seen.design == digest for seen in earlier)
    if harm.rate is not None:
        if harm.rate * treated.exposure == 0 < treated.events:
            return None
        furthest = max((seen.expected or 0.0 for seen in earlier), default=0.0) if same else None
        return Counted(*counts, harm.rate, None, furthest)
    if 0 in (treated.exposure, control.exposure):
        return None
    ratio = control.exposure / treated.exposure
    same = same and all(
        seen.ratio is not None and isclose(seen.ratio, ratio, rel_tol=SAME_RATIO) for seen in earlier
    )
    most = max((seen.treated + seen.control for seen in earlier), default=0) if same else None
    return Counted(*counts, None, ratio, most)


def _terms(files: RecordFiles, protocol: Protocol, harm: CountedHarm) -> dict[str, Any]:
    """Return, of a harm with terms, which of them no delivered event has, and whether the plan lists its terms."""
    if not harm.terms or protocol.safety is None:
        return {}
    delivered = frozen_events(files, protocol.safety, protocol).table[TERM]
    listed = bool(protocol.safety.preferred_terms)
    return {"absent_terms": absent(harm.terms, delivered), "terms_listed": listed}


def _seen(
    harm: CountedHarm, digest: str, arms: Mapping[str, ArmCounts], found: SurveillanceResult | None
) -> SeenHarm:
    compared = found is not None and harm.kind == "binomial"
    return SeenHarm(
        harm.name,
        digest,
        arms["treated"].events,
        arms["control"].events,
        arms["control"].exposure / arms["treated"].exposure if compared else None,
        None if found is None else found.expected,
        None if found is None else found.log_likelihood_ratio,
        None if found is None else found.critical_value,
        found is not None and found.signal,
    )


def _row(
    harm: CountedHarm,
    design: Mapping[str, Any],
    arms: Mapping[str, ArmCounts],
    found: SurveillanceResult | None,
    looks: Sequence[Told],
) -> dict[str, Any]:
    """Return the harm as the results hold it."""
    today = looks[-1].harm.design
    untested = NO_EXPOSURE if found is None else NO_SIGNAL if found.critical_value is None else None
    nothing = dict.fromkeys(
        ("expected", "log_likelihood_ratio", "critical_value", "type_one_error", "level_spent")
    )
    result = nothing | {"ended": False, "signal": False} if found is None else asdict(found)
    return {
        "name": harm.name,
        "label": harm.label,
        "kind": harm.kind,
        "design": design,
        "action": harm.action,
        "arms": {arm: asdict(counts) for arm, counts in arms.items()},
        **result,
        "untested": untested,
        "first_signal": next((told.number for told in looks if told.signals(today)), None),
        "looks": [_look(told, today) for told in looks],
    }


def _look(told: Told, design: str) -> dict[str, Any]:
    """Return one look at a harm; ``design`` is the digest of today's design, by which others are told."""
    seen = told.harm
    return {
        "number": told.number,
        "run": told.look.run,
        "month": told.look.month,
        "kind": told.look.kind,
        "treated": seen.treated,
        "control": seen.control,
        "expected": seen.expected,
        "log_likelihood_ratio": seen.log_likelihood_ratio,
        "critical_value": seen.critical_value,
        "signal": seen.signal,
        "other_design": seen.design != design,
    }
