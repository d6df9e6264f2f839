"""The portfolio report prints a study's numbers as the study's own report prints them."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from presentation.portfolio import diagnostics, front, months
from presentation.portfolio.inputs import Portfolio
from presentation.sections.synopsis import benefit
from presentation.writing.typst import Call, Words

from medicore.cases.portfolio.figures import shown
from tests.quarto_templates import portfolio_sample
from tests.quarto_templates.printed_numbers import printed_numbers
from tests.quarto_templates.test_references import enriched

NUMBER = re.compile(r"[−-]?\d[\d,]*(?:\.\d+)?")
MONTH = portfolio_sample.MONTH


def portfolio_of(inputs: Any) -> Portfolio:
    """Return the portfolio of one study with the results and the protocol of these inputs."""
    study = portfolio_sample.study(1, "sealed, awaiting approval") | shown(inputs.results, inputs.protocol)
    study["months"] = [{"month": MONTH, "released": False, **study["figures"]}]
    return Portfolio({**portfolio_sample.contents(), "studies": [study]}, portfolio_sample.identity())


def cells_of(printed: Any) -> list[Any]:
    """Return the cells of the one row of a table."""
    rows = [row for call in printed.calls for row in call.arguments[5] if row["kind"] != "group"]
    assert len(rows) == 1
    return list(rows[0]["cells"])


def words_of(value: Any) -> Iterator[str]:
    """Yield the words of a cell."""
    if isinstance(value, Call):
        for argument in value.arguments:
            yield from words_of(argument)
    else:
        yield value.words if isinstance(value, Words) else str(value)


def numbers_of(cells: list[Any]) -> list[str]:
    """Return the numbers in cells."""
    return [number for cell in cells for words in words_of(cell) for number in NUMBER.findall(words)]


@pytest.mark.parametrize(
    ("design", "scale", "declared"),
    [
        ("observational", "identity", {"decimals": 1, "better": "lower", "relevant": 2}),
        ("randomised", "identity", {"decimals": 0, "better": "higher", "relevant": 2.5}),
        ("randomised", "logarithm", {"decimals": 2, "better": "higher"}),
        ("observational", "identity", {}),
    ],
)
def test_both_reports_print_the_same_number(
    inputs: Any, design: str, scale: str, declared: dict[str, Any]
) -> None:
    """Estimate, intervals, p, sizes, balance and change stand in the study's report digit by digit, and so do the words on benefit."""
    enriched(inputs)
    inputs.results["study"]["design"], inputs.results["primary"]["scale"] = design, scale
    inputs.results["monitoring"]["sequential_p"] = 0.2345
    outcome = inputs.protocol["outcome"]
    inputs.protocol["outcome"] = {
        key: held for key, held in outcome.items() if key not in {"decimals", "better", "relevant"}
    } | declared
    portfolio, report = portfolio_of(inputs), inputs.report()
    own = {number.text for number in printed_numbers(report)}
    _, result, meaning, change = cells_of(front.glance(portfolio))
    balance = cells_of(diagnostics.balance_and_overlap(portfolio))[1:-1]
    series = cells_of(months.short_series(portfolio))[3:]
    told = numbers_of([result, change.arguments[0], *balance, *series])
    assert len(told) == 21
    assert [number for number in told if number not in own] == []
    assert benefit(report) == ("" if "better" not in declared else meaning.arguments[0])
