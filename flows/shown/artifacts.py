"""What people see in the Prefect UI: results, findings and links, but never a patient's value."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from uuid import UUID

from httpx import HTTPError
from prefect.artifacts import (
    create_link_artifact,
    create_markdown_artifact,
    create_progress_artifact,
    create_table_artifact,
    update_progress_artifact,
)
from prefect.context import SettingsContext, get_settings_context

from medicore.cases.proof.reproduce import Comparison
from medicore.records.finding import Finding
from medicore.records.results.results import Results


def _key(run: str, kind: str) -> str:
    return f"{run}-{kind}".lower().replace("/", "-")


@contextmanager
def best_effort() -> Iterator[None]:
    """Continue when Prefect's server cannot be reached: it only shows what ledger and record hold, and no run depends on it."""
    with suppress(HTTPError):
        yield


def begin_progress(run: str) -> UUID | None:
    """Publish that a run has begun, as an artifact that ``update_progress`` updates; return it."""
    made = create_progress_artifact(0.0, key=_key(run, "progress"), description=f"Steps of {run}")
    return (
        made if isinstance(made, UUID) else None
    )  # a coroutine only inside an event loop, and there is none here


def update_progress(progress: UUID | None, done: int, steps: int) -> None:
    """Publish how many steps of a run are done, if its beginning was published and the server answers at once.

    When a server is unreachable, Prefect's client tries for a minute or more. The run does not wait for that at each
    step; the next step publishes the same and more.
    """
    if progress is not None:
        with best_effort(), _one_attempt():
            update_progress_artifact(progress, 100.0 * done / steps)


@contextmanager
def _one_attempt() -> Iterator[None]:
    """Let Prefect's client make one attempt.

    ``temporary_settings`` would read and check all of Prefect's settings again, which takes longer than the request.
    """
    context = get_settings_context()
    client = context.settings.client.model_copy(update={"max_retries": 0})
    settings = context.settings.model_copy(update={"client": client})
    with SettingsContext(profile=context.profile, settings=settings):
        yield


def show_findings(run: str, findings: tuple[Finding, ...], link: str = "") -> None:
    """Publish a run's findings as a table, and a link to where people decide on them, if any."""
    rows = [
        {
            "step": f.step,
            "gate": f.gate,
            "subject": f.subject,
            "statistic": f.statistic,
            "threshold": f.threshold,
        }
        for f in findings
    ]
    create_table_artifact(
        key=_key(run, "findings"), table=rows, description=f"Findings of {run}: a human decides"
    )
    if link:
        create_link_artifact(key=_key(run, "decide"), link=link, description=f"Decide on {run}")


def show_comparisons(run: str, comparisons: tuple[Comparison, ...]) -> None:
    """Publish how each rebuilt file of a run compares with the recorded one."""
    rows = [{"file": c.name, "SHA-256": c.recorded, "identical": c.identical} for c in comparisons]
    create_table_artifact(key=_key(run, "replay"), table=rows, description=f"Files of {run}, built again")


def show_results(run: str, results: Results, link: str, record: str, closed: str | None) -> None:
    """Publish a run's primary result with the place of its record, its CONSORT counts and a link to its report, if any.

    Of a study that is ``closed`` until then, the primary result is left out.
    """
    primary, cohort = results.primary, results.cohort
    create_markdown_artifact(
        key=_key(run, "result"),
        markdown=f"Comparative results are closed until {closed}; n {primary.n}.\n\nRecord: {record}\n"
        if closed
        else (
            f"| estimand | estimator | n | estimate | valid interval | pointwise {primary.level:.0%} interval | p |\n"
            "|---|---|---|---|---|---|---|\n"
            f"| {primary.estimand} | {primary.estimator} | {primary.n} | {primary.estimate:.4f} | {_valid(results)} "
            f"| {primary.ci_low:.4f} to {primary.ci_high:.4f} | {primary.p_value:.3g} |\n\n"
            f"Record: {record}\n"
        ),
        description=f"Primary result of {run}",
    )
    flow = [{"criterion": "assessed", "excluded": 0, "remaining": cohort.assessed}]
    flow += [{"criterion": c.name, "excluded": c.excluded, "remaining": c.remaining} for c in cohort.criteria]
    create_table_artifact(key=_key(run, "consort"), table=flow, description=f"CONSORT counts of {run}")
    if link:
        create_link_artifact(key=_key(run, "report"), link=link, description=f"Report of {run}")


def _valid(results: Results) -> str:
    """Return the interval that is valid at all looks of the study; a dash for results of the time before looks."""
    found = results.monitoring
    return "–" if found is None else f"{found.ci_low:.4f} to {found.ci_high:.4f}"
