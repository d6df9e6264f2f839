"""The verb that compares: diff."""

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from medicore.cli.app import Json, RunText, Seer, app, house, require_seen, settings
from medicore.cli.show import between, emit, figure, say, table

if TYPE_CHECKING:
    from medicore.cases.answers.diff import Attribution, Difference, Side
    from medicore.records.results.difference import Change, SubjectChanges

_LINES = 20
"""The number of changed names that are listed; --json has all of them."""
_TOGETHER = " + "


@app.command()
def diff(before: RunText, after: RunText, person: Seer = None, as_json: Json = False) -> None:
    """Show the differences between two runs, and the effect of each part on the estimate."""
    from dataclasses import asdict

    from medicore.cases.answers.diff import diff as compared
    from medicore.records.identifiers import RunId

    runs = RunId.parse(before), RunId.parse(after)
    chosen = settings()
    opened = house(chosen)
    require_seen(chosen, opened, person, "diff", before, after)
    with tempfile.TemporaryDirectory(prefix="medicore-diff-") as scratch:
        found = compared(opened, *runs, Path(scratch))
    if as_json:
        emit(asdict(found))
    else:
        _show(found)


def _show(found: "Difference") -> None:
    say(f"{found.before.run} and {found.after.run}\n")
    _subjects(found.subjects)
    _changes("protocol", "key(s)", found.protocol)
    if found.protocol and "protocol" not in found.changed:
        say("  The study's file is the same: the code has other defaults.")
    _changes("code", "file(s)", found.code, values=False)
    if found.code:
        say(f"  commit {found.before.code_commit[:12]}, then {found.after.code_commit[:12]}")
    _changes("libraries", "package(s)", found.libraries)
    say(f"\nestimate   {_estimate(found.before)}, then {_estimate(found.after)}")
    for side in (found.before, found.after):
        if side.look is not None:
            say(f"look {side.look}, {side.run}: valid interval {between(side.valid_low, side.valid_high)}")
    if found.attribution is None:
        say(f"The change is not attributed: {found.obstacle}")
    else:
        _attribution(found.attribution)


def _subjects(subjects: "SubjectChanges | None") -> None:
    if subjects is None:
        say("data       one of the runs has no extract to compare")
        return
    say(
        f"data       {subjects.before} subjects, then {subjects.after}: {subjects.added} added, "
        f"{subjects.removed} removed, {subjects.changed} with another value"
    )
    for change in subjects.values:
        say(f"  {change.column}: {change.altered} altered, {change.filled} filled, {change.emptied} emptied")
    for word, names in (("added", subjects.columns_added), ("removed", subjects.columns_removed)):
        if names:
            say(f"  columns {word}: {', '.join(names)}")


def _changes(title: str, unit: str, changes: "tuple[Change, ...]", *, values: bool = True) -> None:
    """Print how many names differ, and list the first of them."""
    say(f"{title:<10} {len(changes)} {unit} differ" if changes else f"{title:<10} the same")
    for change in changes[:_LINES]:
        said = f": {_brief(change.before)}, then {_brief(change.after)}" if values else ""
        say(f"  {change.name} {change.kind}{said if change.kind == 'changed' else ''}")
    if len(changes) > _LINES:
        say(f"  and {len(changes) - _LINES} more (all with --json)")


def _attribution(found: "Attribution") -> None:
    rows = [(_TOGETHER.join(one.parts), one.value) for one in found.contributions]
    rows += [("environment", found.environment), ("together", found.recorded)]
    say()
    table(
        "The change of the estimate",
        ("part", found.unit_of_scale, "standard errors of the second run"),
        [(name, f"{value:+.4f}", f"{value / found.standard_error:+.2f}") for name, value in rows],
    )
    say()
    table(
        "Computed again, with these parts of the second run",
        ("parts", "estimate", "findings set aside, or why it cannot be computed"),
        [
            (
                _TOGETHER.join(one.later) or "none",
                figure(one.estimate),
                one.obstacle or "; ".join(one.set_aside) or "–",
            )
            for one in found.recomputed
        ],
    )
    say(
        "\nA part's share is its Shapley value: the effect of changing it on the estimate, averaged over all orders "
        "of change (Shapley, 1953). The shares add up to the whole change."
    )
    for one in found.contributions:
        if len(one.parts) > 1:
            say(f"{' and '.join(one.parts)} share one number, since a combination cannot be computed.")
    say(
        "Environment: the recorded change minus the one computed here; for example another machine rounds differently."
    )


def _estimate(side: "Side") -> str:
    if side.estimate is None or side.standard_error is None:
        return "none"
    return f"{side.estimate:.4f} (SE {side.standard_error:.4f}, n {side.n}, {side.estimand})"


def _brief(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:80] + " …"
