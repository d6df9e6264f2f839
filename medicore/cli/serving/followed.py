"""The state of a run after its decisions were carried out, by the code with which the run began."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import typer

from medicore.cli.app import prefect
from medicore.cli.show import pairs, say

if TYPE_CHECKING:
    from medicore.ports.house import House
    from medicore.records.identifiers import RunId
    from medicore.settings import Settings


@dataclass(frozen=True, slots=True)
class Followed:
    """The state of a run after its decisions were carried out, the path of its signed report, and the exit code."""

    row: dict[str, Any]
    address: str
    code: int

    def show(self) -> None:
        """Print the state of the run, and what went wrong."""
        signed = {"signed report": self.address} if self.address else {}
        pairs({"run": self.row["run"], "state": self.row["state"], **signed})
        for message in self.row["messages"] if self.code else ():
            say(message)

    def leave(self) -> None:
        """End the command with the exit code of the outcome."""
        if self.code:
            raise typer.Exit(self.code)


def followed(command: typer.Context, chosen: "Settings", opened: "House", target: "RunId") -> Followed:
    """Carry out the decisions on a run by the flow, and return its new state.

    A run that began on another commit is continued by that commit, so that nobody has to check it out.
    """
    from flows.serving.continuing import follow_by
    from flows.shown.afterwards import SIGNED_REPORT_MISSING, afterwards
    from medicore.cases.answers.status import line
    from medicore.cases.review.own_commit import own_commit
    from medicore.layout import lay_out_signed_report

    commit = own_commit(opened, target)
    if commit is None:
        code = _followed_here(command, chosen, target)
    else:
        typer.echo(f"{target} began on commit {commit[:12]}, and continues by that commit ...", err=True)
        code = follow_by(chosen, commit, target)
    row, address = line(opened, target), ""
    with afterwards(target, SIGNED_REPORT_MISSING):
        address = lay_out_signed_report(chosen, opened, target)
    return Followed(row, address, code)


def _followed_here(command: typer.Context, chosen: "Settings", target: "RunId") -> int:
    """Carry out the decisions on a run by the code of this process, and return the exit code."""
    with prefect(command, chosen.home):
        from flows.analysis import outcome_of
        from flows.ending import noting
        from flows.requests import ReviewRequest
        from flows.review import review as flow

        return outcome_of(noting(lambda: flow(ReviewRequest(run=str(target)), return_state=True))).exit_code
