"""What families across studies come to, after the month of the portfolio."""

from collections.abc import Collection

from medicore.cli.app import house, settings
from medicore.cli.show import say, table


def show_families(month: str, studies: Collection[str]) -> None:
    """Print a table of each declared family with one of the studies, by default of all; nothing without one."""
    from medicore.cases.portfolio.families import closed_families, portfolio_families

    opened = house(settings())
    for name in closed_families(opened, studies):
        say(f"Family {name}: not shown, since the comparative results of a study of its are closed.")
    for family in portfolio_families(opened, month, studies):
        table(
            f"Family {family['name']}: {family['method']}, level {family['alpha']:g}, declared in commit "
            f"{family['declared_in'][:12]}",
            ("study", "run", "sequential p", "adjusted p", "decision", "reason"),
            [
                (
                    one["study"],
                    one["run"] or "–",
                    f"{one['entering_p']:.3g}",
                    f"{one['adjusted_p']:.3g}",
                    "rejected" if one["rejected"] else "not rejected",
                    one["reason"],
                )
                for one in family["hypotheses"]
            ],
        )
