"""Rows of the analyses beside the primary one: looks, counted harms and negative controls."""

from collections.abc import Mapping
from typing import Any

from medicore.records.results.analysis_rows import ARM, CONTROL, HARM, LOOK, Number, Row, numbers
from medicore.records.results.paths import leaves_of


def look_rows(results: Mapping[str, Any]) -> tuple[Row, ...]:
    """Return the claim of the last look, and every look by number and run."""
    section = results.get("monitoring")
    if section is None:
        return ()
    parts = [
        Row({f"{name}, {key}": value for key, value in _finite(section[name]).items()})
        for name in ("stage_wise", "harm", "futility")
        if section[name] is not None
    ]
    rows = [Row(_finite(look), {LOOK: f"{look['number']}: {look['run']}"}) for look in section["looks"]]
    design = {
        f"design, {path}": value
        for path, value in leaves_of(section["design"])
        if isinstance(value, int | float)
    }
    return (Row(_finite(section) | design), *rows, *parts)


def harm_rows(results: Mapping[str, Any]) -> tuple[Row, ...]:
    """Return each counted harm: its test, its arms, and every look at it."""
    rows = []
    for harm in results.get("harms") or ():
        group = {HARM: harm["name"]}
        rows += [
            Row(numbers(harm, ("untested",)) | numbers(harm["design"], ("events", "exposure")), group),
            *_second_test(harm.get("verification"), group),
            *(Row(numbers(counts), group | {ARM: arm}) for arm, counts in harm["arms"].items()),
            *(
                Row(numbers(look), group | {LOOK: f"{look['number']}: {look['run']}"})
                for look in harm["looks"]
            ),
        ]
    return tuple(rows)


def _second_test(second: Mapping[str, Any] | None, group: Mapping[str, str]) -> tuple[Row, ...]:
    """Return what the second implementation finds of a harm; nothing in results of before, or where nothing was tested."""
    if second is None:
        return ()
    return (Row({f"second implementation, {key}": value for key, value in _finite(second).items()}, group),)


def control_rows(results: Mapping[str, Any]) -> tuple[Row, ...]:
    """Return the negative controls: their systematic error, and each control."""
    section = results.get("negative_controls")
    if section is None:
        return ()
    parts = {
        f"{name}, {key}": value
        for name in ("null", "systematic_error", "detectable")
        for key, value in (section[name] or {}).items()
    }
    rows = [Row(numbers(item), {CONTROL: item["name"]}) for item in section["controls"]]
    return (Row(numbers(section, ("too_few",)) | parts), *rows)


def _finite(section: Mapping[str, Any]) -> dict[str, Number]:
    """Return the numbers of a section, infinite ones as such: the results hold these as texts."""
    infinite = {key: float(value) for key, value in section.items() if value in ("inf", "-inf")}
    return numbers(section) | infinite


def second_look_rows(results: Mapping[str, Any]) -> tuple[Row, ...]:
    """Return what the second implementation finds of the looks."""
    found = (results.get("monitoring") or {}).get("verification") or {}
    parts = ("harm", "futility", "stage_wise")
    bounds = {f"{n}, {k}": v for n in parts for k, v in _finite(found.get(n) or {}).items()}
    rows = [Row(_finite(look), {LOOK: str(look["number"])}) for look in found.get("looks", ())]
    return (Row(_finite(found) | bounds), *rows) if found else ()
