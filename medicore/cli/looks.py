"""Verbs for planning looks, before any data: looks spending, looks sequence, looks maxsprt."""

from typing import Annotated, Any

import typer

from medicore.cli.app import Json, app
from medicore.cli.show import emit, figure, say, table

looks = typer.Typer(
    no_args_is_help=True,
    help="Planning of repeated looks: boundaries, levels and widths of a design, without data.",
)
app.add_typer(looks, name="looks")

Alpha = Annotated[float, typer.Option(help="The total level over all looks and sides.")]
SidesOption = Annotated[int, typer.Option(help="1: only benefit; 2: both directions.")]
Minimum = Annotated[int, typer.Option(help="Events before a signal is possible.")]


@looks.command()
def spending(
    function: Annotated[
        str, typer.Argument(help="obrien-fleming, pocock, hwang-shih-decani (gamma) or power (rho).")
    ],
    at: Annotated[
        list[float] | None,
        typer.Argument(
            metavar="LOOK...",
            help="Information fraction of each look; with --maximum, information or subjects.",
        ),
    ] = None,
    equal: Annotated[
        int | None, typer.Option(min=1, help="The number of looks, at equal steps up to the maximum.")
    ] = None,
    maximum: Annotated[
        float | None, typer.Option(help="Planned maximum of what LOOK counts, information or subjects.")
    ] = None,
    parameter: Annotated[float | None, typer.Option(help="gamma of hwang-shih-decani, rho of power.")] = None,
    sides: SidesOption = 2,
    alpha: Alpha = 0.05,
    harm: Annotated[
        float | None,
        typer.Option(metavar="LEVEL", help="A non-binding bound for harm at this one-sided level."),
    ] = None,
    futility: Annotated[
        float | None,
        typer.Option(
            metavar="BETA",
            help="A non-binding bound for futility that misses this share of effects of --drift.",
        ),
    ] = None,
    drift: Annotated[
        float | None,
        typer.Option(help="Mean of z at the maximum under the planned effect: effect/SE; shows the power."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Show the boundaries of alpha spending: z to cross, nominal level, level spent, width compared with a single look."""
    from medicore.cases.answers.planned_looks import planned_spending
    from medicore.stats.monitoring.boundaries import AlphaSpending
    from medicore.stats.monitoring.spending import Spending

    fractions = _fractions(at or [], equal, maximum)
    design = AlphaSpending(Spending(function, parameter), alpha, sides)  # type: ignore[arg-type]
    answer = planned_spending(design, fractions, harm=harm, futility=futility, drift=drift)
    if as_json:
        emit(answer)
        return
    named = function if parameter is None else f"{function} ({parameter:g})"
    heads = {
        "look": "look",
        "information_fraction": "information",
        "upper": "boundary z",
        "nominal_level": "nominal level",
        "level_spent_here": "spent here",
        "level_spent": "spent so far",
        "width": "width",
        "harm": "harm z",
        "futility": "futility z",
        "power": "power so far",
    }
    _show(f"Alpha spending, {named}, alpha {alpha:g}, {_sided(sides)}", heads, answer["looks"])
    say(
        "The boundary is the multiple of the standard error in the repeated interval; width compares it with one look."
    )


def _fractions(at: list[float], equal: int | None, maximum: float | None) -> list[float]:
    """Return the information fractions that the arguments name."""
    if bool(at) == (equal is not None):
        raise typer.BadParameter("name the looks, or give --equal")
    if equal is not None:
        if maximum is not None:
            raise typer.BadParameter("--maximum is for named looks; equal looks need none")
        return [number / equal for number in range(1, equal + 1)]
    if maximum is None:
        return at
    if not maximum > 0:
        raise typer.BadParameter("--maximum is not above 0")
    return [value / maximum for value in at]


@looks.command()
def sequence(
    tuned_at: Annotated[int, typer.Argument(help="Number of subjects at which the interval is narrowest.")],
    at: Annotated[list[int], typer.Argument(metavar="N...", help="Number of subjects at each look to show.")],
    first: Annotated[
        int, typer.Option(help="Number of subjects before which the sequence gives no interval.")
    ] = 1,
    sides: SidesOption = 2,
    alpha: Alpha = 0.05,
    as_json: Json = False,
) -> None:
    """Show a confidence sequence's multiples of the standard error, valid at every look, and widths compared with one look."""
    from medicore.cases.answers.planned_looks import planned_sequence
    from medicore.stats.monitoring.confidence_sequence import ConfidenceSequence

    answer = planned_sequence(ConfidenceSequence(alpha, tuned_at, first, sides), at)  # type: ignore[arg-type]
    if as_json:
        emit(answer)
        return
    title = f"Confidence sequence, alpha {alpha:g}, {_sided(sides)}, tuned at {tuned_at} (rho² {answer['rho_squared']:.6f})"
    _show(title, {"n": "subjects", "multiple": "multiple of SE", "width": "width"}, answer["looks"])


@looks.command()
def maxsprt(
    expected: Annotated[
        list[float] | None,
        typer.Argument(
            metavar="EXPECTED...",
            help="Expected events at the end; or, for declared looks, the cumulative number at each look.",
        ),
    ] = None,
    events: Annotated[
        int | None,
        typer.Option(help="Binomial: the number of all events, exposed and unexposed, at the end."),
    ] = None,
    ratio: Annotated[
        float | None, typer.Option(help="Binomial: unexposed time per exposed time, or controls per case.")
    ] = None,
    minimum: Minimum = 1,
    alpha: Alpha = 0.05,
    as_json: Json = False,
) -> None:
    """Show the critical value of MaxSPRT for a counted harm, Poisson or binomial, and its exact type I error."""
    from medicore.cases.answers.planned_looks import planned_binomial, planned_poisson

    if expected and events is None and ratio is None:
        answer = planned_poisson(expected, alpha, minimum)
    elif not expected and events is not None and ratio is not None:
        answer = planned_binomial(events, ratio, alpha, minimum)
    else:
        raise typer.BadParameter("give the expected events, or --events and --ratio")
    if as_json:
        emit(answer)
        return
    say(f"{answer['method']}, alpha {alpha:g}, {minimum} event(s) before a signal")
    say(f"critical value of the log likelihood ratio  {answer['critical_value']:.6f}")
    say(f"type I error                                {answer['type_one_error']:.6f}")
    if answer["looks"]:
        heads = {"look": "look", "expected": "expected events", "signal": "signal from"}
        _show("Counts that are a signal", heads, answer["looks"])


def _sided(sides: int) -> str:
    return "one-sided" if sides == 1 else "two-sided"


def _show(title: str, heads: dict[str, str], rows: list[dict[str, Any]]) -> None:
    """Print rows as a table with the columns that they have."""
    names = [name for name in heads if name in rows[0]]
    rows = [{**row, "look": f"{row['look']} (kept)"} if row.get("kept") else row for row in rows]
    cells = [[_cell(name, row[name]) for name in names] for row in rows]
    table(title, [heads[name] for name in names], cells)


def _cell(name: str, value: Any) -> str:  # noqa: ANN401 - a number or its absence
    """Return a level with the digits that it needs, any other number with four decimals."""
    level = name in ("nominal_level", "level_spent", "level_spent_here")
    return f"{value:.4g}" if level else figure(value)
