"""The gates of negative controls: they judge the study before its estimate exists."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from medicore.records.finding import Finding
from medicore.records.protocol.protocol import Protocol
from medicore.steps.gate import shown

SHARE = "negative controls"
ERROR = "systematic error"
DETECTABLE = "detectable effect"

AlarmRates = Callable[[], Mapping[str, float]]
"""How often each gate fires when the arms differ by chance alone; it is asked only where one fires."""


def control_findings(
    protocol: Protocol, section: Mapping[str, Any] | None, alarm_rates: AlarmRates
) -> tuple[Finding, ...]:
    """Return the findings on negative controls; none where there are fewer than are needed, for they judge nothing."""
    fired = fired_gates(section)
    if section is None or not fired:
        return ()
    rates = alarm_rates() if set(fired) - {DETECTABLE} else {}
    words = {SHARE: _share, ERROR: _error, DETECTABLE: _detectable}
    return tuple(
        words[gate](protocol, section, rates.get(gate, 0.0) if gate != DETECTABLE else None) for gate in fired
    )


def fired_gates(section: Mapping[str, Any] | None) -> tuple[str, ...]:
    """Return the names of the gates that fire."""
    return tuple(_fired(section)) if section is not None else ()


def _fired(section: Mapping[str, Any]) -> Iterator[str]:
    limits = section["limits"]
    if section["too_few"] is None:
        if section["share"] >= limits["controls_share"]:
            yield SHARE
        if section["systematic_error"]["value"] >= limits["systematic_error"]:
            yield ERROR
    found, limit = section["detectable"], limits["detectable_effect"]
    if found is not None and limit is not None and found["effect"] > limit:
        yield DETECTABLE


def _share(_: Protocol, section: Mapping[str, Any], rate: float | None) -> Finding:
    share, limit = section["share"], section["limits"]["controls_share"]
    worst = min(
        (row for row in section["controls"] if row["estimate"] is not None), key=lambda row: row["p_value"]
    )
    return Finding(
        "propensity", SHARE, "share that differs", shown(share), shown(limit),
        f"{section['differing']} of {section['estimated']} negative controls differ between the arms at p < "
        f"{shown(1 - section['level'])}, most clearly {worst['name']}; the limit is a share of {shown(limit)}; the treatment "
        "affects none of them, so look for confounding, selection or measurement that differs between the arms",
        false_alarm_rate=rate,
    )  # fmt: skip


def _error(_: Protocol, section: Mapping[str, Any], rate: float | None) -> Finding:
    error, limit = section["systematic_error"], section["limits"]["systematic_error"]
    return Finding(
        "propensity", ERROR, "expected absolute systematic error", shown(error["value"]), shown(limit),
        f"the negative controls show an expected absolute systematic error of {shown(error['value'])} "
        f"({shown(section['level'])} interval {shown(error['ci_low'])} to {shown(error['ci_high'])}; scale: "
        f"{section['scale']}); the limit is {shown(limit)}; look for confounding that the covariates miss, or show why an "
        "estimate with this error is worth having",
        false_alarm_rate=rate,
    )  # fmt: skip


def _detectable(protocol: Protocol, section: Mapping[str, Any], rate: float | None) -> Finding:
    found, limit = section["detectable"], section["limits"]["detectable_effect"]
    return Finding(
        "propensity", DETECTABLE, protocol.estimand.measure, shown(found["effect"]), shown(limit),
        f"the smallest effect that the study finds with a power of {shown(found['power'])} is {shown(found['effect'])}; the "
        f"limit is {shown(limit)}; wait for more subjects, or say why an estimate of this precision is worth having",
        false_alarm_rate=rate,
    )  # fmt: skip
