"""In which order the test files of a session are started: the longest first, so that no processor idles at the end."""

from collections.abc import Sequence
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent
SECONDS = {
    "line/failures/test_served.py": 60,
    "line/journeys/test_verbs.py": 48,
    "line/journeys/test_workspace.py": 45,
    "line/journeys/test_diff.py": 27,
    "generations/test_generations.py": 26,
    "line/failures/test_full_disk.py": 26,
    "line/journeys/test_hostile_environment.py": 23,
    "line/keeping/test_archive_s3.py": 20,
    "flows/serving/test_server.py": 16,
    "stats/bootstrap/test_disagreement.py": 16,
    "cases/browser/test_pages_in_chromium.py": 20,
    "cases/browser/test_console_in_chromium.py": 20,
    "cases/console/test_protection.py": 20,
    "cases/run/test_statistical_faults.py": 14,
    "line/journeys/test_month.py": 14,
    "quarto_templates/test_report_check.py": 14,
    "line/journeys/test_repro.py": 13,
    "quarto_templates/test_references.py": 12,
    "quarto_templates/test_report.py": 12,
    "steps/test_combinations.py": 12,
    "cases/run/test_planned_analyses.py": 11,
    "line/failures/test_restarts.py": 11,
    "line/journeys/test_refusals.py": 11,
    "quarto_templates/test_printed_numbers.py": 11,
    "steps/alternatives/test_flexible.py": 11,
    "cases/blinding/test_every_verb.py": 10,
    "cases/blinding/test_seeing.py": 10,
    "stats/survival/test_leave_one_out.py": 10,
    "steps/alternatives/test_repeated_visits.py": 10,
    "stores/test_ledger_writers.py": 10,
    "cases/blinding/test_every_page.py": 9,
    "contracts/test_replay_contract.py": 9,
    "line/journeys/test_console.py": 15,
    "line/journeys/test_interfaces.py": 9,
    "quarto_templates/test_presentation_terms.py": 9,
    "stats/imputation/test_conditional_outcomes.py": 9,
    "tiers/test_quick.py": 9,
    "flows/test_waiting.py": 9,
    "cases/run/test_interrupted.py": 9,
    "edc/test_connectors.py": 8,
    "flows/test_after_the_end.py": 8,
    "mutation/test_mutants.py": 8,
    "quarto_templates/test_html.py": 8,
    "quarto_templates/test_presentation_survival.py": 8,
    "stats/bootstrap/test_bootstrap.py": 8,
    "stats/imputation/test_imputation_draws.py": 8,
    "steps/models/test_outcome_imputing.py": 8,
    "stores/content/test_recorded_environment.py": 8,
}
"""What the dearest files take of a processor, measured once, by name below ``tests``; all others take less."""


def longest_first(items: Sequence[pytest.Item]) -> list[pytest.Item]:
    """Return the tests file by file: those with whole commands, then the others, in each group the longest first.

    The very first file builds the month that many need; those follow that do not, so that nobody waits for it. Files
    of which no time is known stay in the order in which they come.
    """

    def seconds(item: pytest.Item) -> int:
        path = item.path
        return SECONDS.get(path.relative_to(TESTS).as_posix(), 0) if path.is_relative_to(TESTS) else 0

    ordered = sorted(items, key=seconds, reverse=True)
    needing = dict.fromkeys(
        item.path for item in ordered if "built_month" in getattr(item, "fixturenames", ())
    )
    first = next(iter(needing), None)

    def place(item: pytest.Item) -> int:
        if item.path in needing:
            return 0 if item.path == first else 2
        return 1 if "line" in item.path.parts else 3

    return sorted(ordered, key=place)
