"""The disposition of the subjects as it is printed: every count with its share, so that no report has to divide."""

from collections.abc import Mapping, Sequence
from typing import Any

ARMS = ("treated", "control")
_OF_ELIGIBLE = ("not_yet_due", "due")
_OF_DUE = ("observed", "missing", "outside_window")


def disposition_rows(
    assessed: int, criteria: Sequence[Mapping[str, Any]], later: Sequence[tuple[str, str, int]]
) -> list[dict[str, Any]]:
    """Return the steps from the subjects assessed to the analysis set, in order.

    ``criteria`` are those of eligibility, each with ``name`` and ``excluded``; ``later`` holds what follows them: the
    reason, its kind (``contrast`` or ``outcome``) and how many subjects it leaves out. Each row has ``reason``, ``kind``,
    ``left_out``, its ``share`` of the assessed, and how many are ``remaining``.
    """
    steps = [*((str(one["name"]), "criterion", int(one["excluded"])) for one in criteria), *later]
    rows, remaining = [], assessed
    for reason, kind, left_out in steps:
        remaining -= left_out
        rows.append(
            {
                "reason": reason,
                "kind": kind,
                "left_out": left_out,
                "share": left_out / max(assessed, 1),
                "remaining": remaining,
            }
        )
    return rows


def outcome_groups(arms: Mapping[str, Mapping[str, int]]) -> dict[str, dict[str, dict[str, float]]]:
    """Return the eligible subjects of each arm and overall by the state of their outcome, as ``n`` and ``share``.

    ``arms`` are the counts of each arm by state. Not yet due and due are shares of the eligible; observed, missing and
    outside the window are shares of the due.
    """
    counts = {arm: dict(arms[arm]) for arm in ARMS}
    counts["overall"] = {state: sum(arms[arm][state] for arm in ARMS) for state in arms[ARMS[0]]}
    return {group: _shares(states) for group, states in counts.items()}


def _shares(states: Mapping[str, int]) -> dict[str, dict[str, float]]:
    due = states["observed"] + states["missing"]
    eligible = due + states["not_yet_due"]
    known = {**states, "due": due}
    return {
        "eligible": {"n": eligible},
        **{state: _part(known[state], eligible) for state in _OF_ELIGIBLE},
        **{state: _part(known[state], due) for state in _OF_DUE},
    }


def _part(number: int, whole: int) -> dict[str, float]:
    return {"n": number, "share": number / max(whole, 1)}
