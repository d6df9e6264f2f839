"""survival: the curves of both arms with their numbers at risk; nothing for another outcome."""

from typing import Any

from presentation.writing.axis import Axis
from presentation.writing.exhibits import figure
from presentation.writing.inputs import Report
from presentation.writing.numbers import count, fixed, level
from presentation.writing.typst import Value, block, call, joined

_ARMS = ("treated", "control")


def curves(report: Report) -> str:
    """Return Figure 14.2.4: the survival curves of both arms to the horizon, with the numbers at risk."""
    found = report.results.get("survival")
    if not found:
        return ""
    drawn, at_risk = found["curves"], found["at_risk"]
    end = float(at_risk["times"][-1])
    time = Axis(0.0, end, end)
    ticks: list[Value] = [{"at": time.at(at), "words": f"{at:g}"} for at in at_risk["times"]]
    levels: list[Value] = [{"at": share / 5, "words": fixed(share / 5, 1)} for share in range(6)]
    arms: list[Value] = [_curve(report, arm, drawn, time) for arm in _ARMS]
    risk: list[Value] = [
        {
            "arm": arm,
            "counts": [[time.at(at), count(n)] for at, n in zip(at_risk["times"], at_risk[arm], strict=True)],
        }
        for arm in _ARMS
    ]
    words = f"Time, {found['unit']}"
    body = call("survival-curves", arms, risk, ticks, levels, words)
    ends = "; ".join(
        f"{arm} ({report.arm(arm)}) {fixed(drawn['arms'][arm]['survival'][-1], 3)} at the horizon, from {count(at_risk[arm][0])} "
        f"to {count(at_risk[arm][-1])} at risk"
        for arm in _ARMS
    )
    how = "weighted by the inverse probability of treatment" if drawn["weights"] != "none" else "unweighted"
    note = joined(
        f"Kaplan–Meier, {how}, with pointwise {level(report.results['primary']['level'])} intervals; below, the numbers at risk, "
        "unweighted.",
        report.cite("survival.curves", "survival.at_risk"),
    )
    return block(
        figure(
            "14.2.4",
            "Survival curves with numbers at risk",
            f"Survival curves, {how}: {ends}.",
            body,
            note=note,
            source="survival.curves",
        )
    )


def _curve(report: Report, arm: str, drawn: dict[str, Any], time: Axis) -> dict[str, Value]:
    """Return an arm's curve in the form that the template takes: steps, and the corners of its band."""
    found = drawn["arms"][arm]
    at = [time.at(value) for value in drawn["times"]]
    lower, upper = (_steps(at, found[end]) for end in ("ci_low", "ci_high"))
    return {
        "arm": arm,
        "words": f"{arm}: {report.arm(arm)}",
        "steps": _steps(at, found["survival"]),
        "band": [*lower, *reversed(upper)],
    }


def _steps(at: list[float], values: list[float]) -> list[Value]:
    """Return the corners of a curve that keeps each value until the next time."""
    corners: list[Value] = [[at[0], values[0]]]
    for before, place, value in zip(values, at[1:], values[1:], strict=False):
        corners += [[place, before], [place, value]] if value != before else [[place, value]]
    return corners
