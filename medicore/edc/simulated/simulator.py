"""The simulated EDC of the portfolio: it enrols, treats, follows up and delivers, the same way every time.

Every subject takes one row of one stream of uniform numbers, so a later month repeats every earlier row and adds new
rows. Treatment depends on baseline values (confounding) unless the study is randomised. The outcome is computed from
baseline values, treatment and noise, so the true effect is known.
"""

import csv
import io
import os
import tempfile
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit, logit, ndtri

from medicore.edc.simulated.portfolio import FIRST_MONTH, STUDIES
from medicore.edc.simulated.study_plan import Counted, Grouped, Measured, StudyPlan
from medicore.errors import ProtocolError
from medicore.records.delivery.transfer import RawFile, Transfer, manifest_of
from medicore.records.protocol.calendar import first_day, last_day, month_after, month_period, months_between

__all__ = ["STUDIES", "deliver", "simulate", "true_effect"]

EXPORT_DELAY = timedelta(hours=6)
"""The time from the end of the month, in the study's time zone, to the EDC's export."""

RUN_IN = 18
"""Number of months before the first analysis in which the initial subjects were enrolled."""

_EVENTS, _HARMS, _CONTROLS = 1, 2, 3
"""The numbers of the streams of intercurrent events, of harms and of negative controls."""

Floats = NDArray[np.float64]
Objects = NDArray[np.object_]

# The first positions in a subject's row of uniform numbers; its covariates take the positions after these.
_SITE, _DAY, _CONSENT, _OTHER_ARM, _TREATED, _UNRECORDED, _DROPOUT, _VISIT, _NOISE, _COVARIATES = range(10)


def true_effect(study: str) -> float:
    """Return the study's true average treatment effect, in units of its outcome."""
    return _plan(study).effect


def simulate(study: str, month: str, seed_offset: int = 0) -> pd.DataFrame:
    """Return the study's subjects at the end of ``month``, one row each, in order of enrolment.

    Numbers are rounded as an EDC records them, dates are Python dates, missing values are None or NaN.
    ``seed_offset`` draws another study of the same kind.

    Raises
    ------
    ProtocolError
        When the study is unknown, or the month is malformed or before the first.
    """
    plan = _plan(study)
    enrolled = _enrolled_by(plan, month)
    rng = np.random.default_rng([plan.seed, seed_offset])
    uniform = rng.random((enrolled, _COVARIATES + len(plan.covariates)))
    enrolment = _enrolment_dates(plan, uniform[:, _DAY])
    columns: dict[str, object] = {
        "subject_id": [f"{study[-4:]}-{index + 1:05d}" for index in range(enrolled)],
        "site": [f"{1 + int(u * plan.sites):03d}" for u in uniform[:, _SITE]],
        "enrolled": enrolment,
        "consent": np.where(uniform[:, _CONSENT] < plan.refused_share, "N", "Y").astype(object),
    }
    lean, mean = np.full(enrolled, plan.allocation), np.full(enrolled, plan.mean)
    for place, covariate in enumerate(plan.covariates, start=_COVARIATES):
        values, selection, prognosis = _draw_covariate(covariate, uniform[:, place])
        columns[covariate.name] = values
        lean, mean = lean + selection, mean + prognosis
    treated = uniform[:, _TREATED] < expit(lean)
    female = np.equal(columns["sex"], "F")  # type: ignore[call-overload]
    effect = plan.effect + plan.modification * (female - 0.5)
    outcome = np.round(mean + effect * treated + plan.noise * ndtri(uniform[:, _NOISE]), plan.decimals)
    columns["arm"] = _arms(plan, treated, uniform)
    visits = _visit_dates(plan, enrolment, uniform)
    seen = (uniform[:, _DROPOUT] >= plan.dropout_share) & (visits <= last_day(month))
    visits[~seen] = None
    columns["visit"] = visits
    events = np.random.default_rng([plan.seed, seed_offset, _EVENTS])
    columns |= _event_dates(plan, enrolment, uniform[:, _DROPOUT], events, last_day(month))
    harms = np.random.default_rng([plan.seed, seed_offset, _HARMS])
    shares = [np.full(enrolled, harm.share) for harm in plan.harms]
    names = [harm.name for harm in plan.harms]
    columns |= _flags(plan, names, shares, enrolment, harms, last_day(month))
    controls = np.random.default_rng([plan.seed, seed_offset, _CONTROLS])
    risks = [expit(logit(one.share) + one.confounding * (lean - plan.allocation)) for one in plan.controls]
    columns |= _flags(plan, [one.name for one in plan.controls], risks, enrolment, controls, last_day(month))
    columns[plan.outcome] = np.where(seen, outcome, np.nan)
    return pd.DataFrame(columns)


def deliver(study: str, month: str, folder: Path) -> Path:
    """Write the study's export of the month into ``folder`` and return the folder; the bytes are always the same.

    The delivery is ``raw/subjects.csv`` and its manifest ``transfer.json``, which is written last.

    Raises
    ------
    ProtocolError
        When the study is unknown, or the month is malformed or before the first.
    """
    plan = _plan(study)
    rows = _texts(plan, simulate(study, month))
    if month == plan.mishap_month:
        rows = _mishap(plan, month, rows)
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerows(rows)
    data = buffer.getvalue().encode()
    exported = (month_period(month, plan.timezone).end + EXPORT_DELAY).astimezone(ZoneInfo(plan.timezone))
    transfer = Transfer(
        system="Simulated EDC",
        source=study,
        exported_at=exported.isoformat(),
        version=f"{study}@{month}",
        files=(RawFile("subjects.csv", "csv", data, len(rows) - 1),),
    )
    _write_once(folder / "raw" / "subjects.csv", data)
    _write_once(folder / "transfer.json", manifest_of(transfer).as_document())
    return folder


def _plan(study: str) -> StudyPlan:
    if study not in STUDIES:
        raise ProtocolError(
            f"study {study[:40]!r} has no simulated EDC; expected one of {', '.join(sorted(STUDIES))}"
        )
    return STUDIES[study]


def _enrolled_by(plan: StudyPlan, month: str) -> int:
    months = months_between(FIRST_MONTH, month)
    if months < 0:
        raise ProtocolError(f"month {month} is before the first, {FIRST_MONTH}; choose a later one")
    return min(plan.planned, plan.initial + plan.monthly * months)


def _enrolment_dates(plan: StudyPlan, uniform: Floats) -> Objects:
    """Return the day of enrolment of each subject, ``(n,)``: initial subjects in the run-in, the others month by month."""
    index = np.arange(len(uniform))
    late = index - plan.initial
    months = np.where(late < 0, index * (RUN_IN + 1) // plan.initial, RUN_IN + 1 + late // plan.monthly)
    names = [month_after(FIRST_MONTH, count - RUN_IN) for count in range(int(months[-1]) + 1)]
    starts = np.array([first_day(name) for name in names], dtype=object)
    lengths = np.array([last_day(name).day for name in names])
    dates: Objects = starts[months] + _days(np.floor(uniform * lengths[months]))
    return dates


def _visit_dates(plan: StudyPlan, enrolled: Objects, uniform: Floats) -> Objects:
    """Return the day of each subject's outcome visit, within a week of the planned day."""
    dates: Objects = enrolled + _days(plan.follow_up_days + np.floor(uniform[:, _VISIT] * 15) - 7)
    return dates


def _event_dates(
    plan: StudyPlan, enrolled: Objects, dropout: Floats, rng: np.random.Generator, until: date
) -> dict[str, Objects]:
    """Return the date of each intercurrent event by its column, None where it has not happened by ``until``.

    Events happen between enrolment and a week before the planned visit. They have a stream of their own, and each subject
    one row of it.
    """
    uniform = rng.random((len(enrolled), 2 * len(plan.events)))
    columns: dict[str, Objects] = {}
    for place, event in enumerate(plan.events):
        dates: Objects = enrolled + _days(1 + np.floor(uniform[:, 2 * place + 1] * (plan.follow_up_days - 8)))
        had = (uniform[:, 2 * place] < event.share) & ((not event.fatal) | (dropout < plan.dropout_share))
        dates[~had | (dates > until)] = None
        columns[event.name] = dates
    return columns


def _flags(
    plan: StudyPlan,
    names: Sequence[str],
    chances: Sequence[Floats],
    enrolled: Objects,
    rng: np.random.Generator,
    until: date,
) -> dict[str, Objects]:
    """Return for each name Y for who had it by ``until``, None for others, by its column; it comes within the follow-up.

    ``chances`` are ``(n,)`` for each name.
    """
    uniform = rng.random((len(enrolled), 2 * len(names)))
    columns: dict[str, Objects] = {}
    for place, (name, chance) in enumerate(zip(names, chances, strict=True)):
        dates: Objects = enrolled + _days(1 + np.floor(uniform[:, 2 * place + 1] * plan.follow_up_days))
        flags = np.full(len(enrolled), None, dtype=object)
        flags[(uniform[:, 2 * place] < chance) & (dates <= until)] = "Y"
        columns[name] = flags
    return columns


def _days(counts: Floats) -> Objects:
    return np.array([timedelta(days=int(count)) for count in counts], dtype=object)


def _arms(plan: StudyPlan, treated: NDArray[np.bool_], uniform: Floats) -> Objects:
    arms = np.where(treated, plan.treated, plan.control).astype(object)
    arms[uniform[:, _OTHER_ARM] < plan.other_share] = plan.other
    arms[uniform[:, _UNRECORDED] < plan.unrecorded_share] = None
    return arms


def _draw_covariate(
    covariate: Measured | Counted | Grouped, uniform: Floats
) -> tuple[object, Floats, Floats]:
    """Return a covariate's values as recorded and what they add to the treatment logit and to the outcome."""
    if isinstance(covariate, Grouped):
        level = np.searchsorted(np.cumsum(covariate.shares)[:-1], uniform, side="right")
        values = np.array(covariate.levels, dtype=object)[level]
        return values, np.array(covariate.selection)[level], np.array(covariate.prognosis)[level]
    if isinstance(covariate, Counted):
        counts = np.searchsorted(covariate.thresholds(), uniform, side="right")
        standard = (counts - covariate.rate) / covariate.rate**0.5
        return counts, covariate.selection * standard, covariate.prognosis * standard
    numbers = np.round(covariate.mean + covariate.sd * ndtri(uniform), covariate.decimals)
    numbers = np.clip(numbers, covariate.lower, covariate.upper)
    standard = (numbers - covariate.mean) / covariate.sd
    values = numbers if covariate.decimals else numbers.astype(np.int64)
    selection = covariate.selection * standard + covariate.curvature * standard**2
    return values, selection, covariate.prognosis * standard


def _texts(plan: StudyPlan, subjects: pd.DataFrame) -> list[list[str]]:
    """Return header and rows as texts of the export; a missing value is an empty field."""
    decimals = {c.name: c.decimals for c in plan.covariates if isinstance(c, Measured) and c.decimals}
    decimals[plan.outcome] = plan.decimals
    columns = []
    for name in subjects.columns:
        places = decimals.get(name)
        columns.append(
            [
                "" if pd.isna(value) else str(value) if places is None else f"{value:.{places}f}"
                for value in subjects[name]
            ]
        )
    return [list(subjects.columns), *(list(row) for row in zip(*columns, strict=True))]


def _mishap(plan: StudyPlan, month: str, rows: list[list[str]]) -> list[list[str]]:
    """Return the rows with the month's new laboratory values divided by ten (another unit), and one subject twice."""
    header, *subjects = rows
    place, enrolled = header.index(plan.mishap_column), header.index("enrolled")
    for row in subjects:
        if row[enrolled].startswith(month):
            row[place] = f"{float(row[place]) / 10:.1f}"
    return [header, *subjects, list(subjects[-1])]


def _write_once(path: Path, data: bytes) -> None:
    """Write ``data`` to ``path`` atomically, unless the file exists already."""
    if path.is_file() and path.read_bytes() == data:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, scratch = tempfile.mkstemp(dir=path.parent.parent, prefix=".delivery.")
    with os.fdopen(handle, "wb") as stream:
        stream.write(data)
    Path(scratch).chmod(0o644)
    Path(scratch).replace(path)
