"""The verb by which an analyst requests a run of a Prefect deployment: it signs the request and sends it."""

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from medicore.cli.app import Asker, Json, Reason, app, house, settings
from medicore.cli.show import emit, say

if TYPE_CHECKING:
    from prefect.client.schemas.objects import FlowRun

DEPLOYMENT = "analysis/study"
PINNED = "analysis/pinned"


@app.command()
def request(
    study: Annotated[str, typer.Argument(help="Study, such as MED-2024-0147.")],
    month: Annotated[str, typer.Argument(help="Analysis month, YYYY-MM.")],
    reason: Reason = "Monthly analysis",
    person: Asker = None,
    deployment: Annotated[
        str,
        typer.Option(help=f"Deployment of the flow 'analysis'; {DEPLOYMENT}, with a commit {PINNED}."),
    ] = "",
    commit: Annotated[
        str,
        typer.Option(
            help="The full commit of the checkout or workspace; no other code may run. See the deployment 'pinned'."
        ),
    ] = "",
    print_only: Annotated[
        bool,
        typer.Option("--print", help="Print the signed body for POST …/create_flow_run, and send nothing."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Sign a request for a study's month and send it to the Prefect server of PREFECT_API_URL; it must arrive within an hour."""
    from medicore.cases.people.clock import require_clock
    from medicore.cases.run.arriving import record_arrival
    from medicore.cases.run.requesting import Request, admit, sign_request
    from medicore.cli.passphrase import passphrase_of
    from medicore.records.identifiers import commit_id, study_id

    chosen = settings()
    opened = house(chosen)
    require_clock(opened)
    # Signed is the commit that the run will have; the worker clones the one that was given.
    of_study = opened.code.of_study(study_id(study), commit_id(commit)) if commit else ""
    asked = Request(study, month, person or chosen.person or "", reason, commit=of_study)
    # The worker proves that its code is of that commit; the code here may be another.
    admit(opened, replace(asked, commit=""))
    signed = {
        "study": study,
        "month": month,
        "requester": asked.requester,
        "reason": reason,
        "signature": sign_request(opened, asked, (study,), passphrase_of),
        **({"commit": of_study} if commit else {}),
    }
    body: dict[str, Any] = {"parameters": {"request": signed}}
    if commit:
        body["job_variables"] = {"commit": commit}
    if print_only:
        emit(body)
        return
    deployment = deployment or (PINNED if commit else DEPLOYMENT)
    sent = _send(deployment, body)
    record_arrival(opened, signed)
    answer = {"flow_run": str(sent.id), "name": sent.name, "deployment": deployment}
    if as_json:
        emit(answer)
    else:
        say(f"Asked for {study} {month}: flow run {answer['flow_run']} of {deployment}")
        say(f"Next: medicore history {study}")


def request_month(
    month: str, studies: list[str], reason: str, person: str | None, *, print_only: bool, as_json: bool
) -> None:
    """Sign one request for a month of studies and send it for each of them, or print the signed bodies."""
    from medicore.cases.people.clock import require_clock
    from medicore.cases.run.arriving import record_arrival
    from medicore.cases.run.requesting import Request, admit, sign_request
    from medicore.cli.passphrase import passphrase_of
    from medicore.records.identifiers import study_id

    chosen = settings()
    opened = house(chosen)
    wanted = tuple(study_id(study) for study in studies) or opened.protocols.studies()
    asked = Request(wanted[0], month, person or chosen.person or "", reason)
    require_clock(opened)
    for study in wanted:
        admit(opened, replace(asked, study=study))
    signature = sign_request(opened, asked, wanted, passphrase_of)
    common = {"month": month, "requester": asked.requester, "reason": reason, "signature": signature}
    bodies = [{"parameters": {"request": {"study": study, **common}}} for study in wanted]
    if print_only:
        emit(bodies)
        return
    rows = []
    for study, body in zip(wanted, bodies, strict=True):
        sent = _send(DEPLOYMENT, body)
        rows.append({"study": study, "flow_run": str(sent.id), "name": sent.name, "deployment": DEPLOYMENT})
        if len(rows) == 1:
            record_arrival(opened, body["parameters"]["request"])
    if as_json:
        emit(rows)
        return
    for row in rows:
        say(f"Asked for {row['study']} {month}: flow run {row['flow_run']} of {DEPLOYMENT}")
    say("Next: medicore status")


def _send(deployment: str, body: dict[str, Any]) -> "FlowRun":
    """Return the flow run that the server has scheduled; raise ConfigurationError when it refused."""
    from httpx import HTTPError
    from prefect.deployments import run_deployment
    from prefect.exceptions import PrefectException
    from prefect.settings import PREFECT_API_URL

    from medicore.errors import ConfigurationError

    address = PREFECT_API_URL.value()
    if not address:
        raise ConfigurationError(
            "no Prefect server is named; expected its address in PREFECT_API_URL, as 'medicore serve' prints it"
        )
    try:
        return run_deployment(deployment, timeout=0, as_subflow=False, **body)  # type: ignore[return-value]
    except (HTTPError, PrefectException) as error:
        raise ConfigurationError(
            f"the Prefect server did not accept the request for {deployment} ({type(error).__name__}); expected a "
            "running server with that deployment: see 'prefect deployment ls'"
        ) from error
