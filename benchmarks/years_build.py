"""``python -m benchmarks.years_build HOME COUNT [PART]``: a state folder with so many archived records.

Runs in a committed copy of the project. The first month goes the whole line; each later record takes the files of
its study's first under its own month, and from there the real ledger, seal, signature, release and archive. What
is left out: keys are opened once. ``PART`` is 0 or 1 for either half of the studies.
"""

import functools
import json
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

from cryptography.hazmat.primitives.serialization import pkcs12

from benchmarks.years_studies import MONTHS, PASSPHRASE, STUDIES, deliver
from medicore.cases.keeping.release import follow
from medicore.cases.people.logged import log
from medicore.cases.review.review import Decision, sign_decision
from medicore.cases.run.analysis import analyse
from medicore.cases.run.histories import history_of
from medicore.cases.run.requesting import Request, sign_request
from medicore.cases.run.runs import ActiveRun, begin, reopen, sealed_commit
from medicore.cases.run.seal import seal
from medicore.cases.run.stored import read_provenance, stored_file
from medicore.founding import found
from medicore.ports.house import House
from medicore.records.identifiers import RunId
from medicore.records.ledger.ledger import LedgerEvent
from medicore.records.people.act import ENVELOPE
from medicore.settings import read_settings
from medicore.stores.content.dvc_content import DvcContent
from medicore.stores.content.workspace import parameters
from medicore.stores.files import write_atomically
from medicore.wiring import open_house, open_remote

REASON = "the month's analysis"


class _Copied(DvcContent):
    """The content store for a run whose files it holds already: what it says comes from the record they are of."""

    def __init__(self, home: Path, template: "_Template", run: RunId) -> None:
        remote = open_remote(read_settings({"MEDICORE_HOME": str(home)}))
        super().__init__(home / "dvc" / "cache", remote, home / "dvc" / "site")
        self._template, self._run = template, run

    def add(self, folder: Path, name: str) -> bytes:  # noqa: ARG002 - of the port
        return self._template.files["lock.dvc"]

    def commit(self, folder: Path, stages: Iterable[str]) -> bytes:  # noqa: ARG002 - of the port
        return self._template.lock.replace(
            self._template.active.id.folder.encode(), self._run.folder.encode()
        )

    def addresses(self, folder: str, lock: bytes, pointer: bytes) -> dict[str, str]:  # noqa: ARG002 - of the port
        return dict(self._template.addresses)


@dataclass(frozen=True, slots=True)
class _Template:
    """A real run, as the others are made from it: identity, protocol, events, and its record's files."""

    active: ActiveRun
    events: tuple[LedgerEvent, ...]
    files: Mapping[str, bytes]
    addresses: Mapping[str, str]
    lock: bytes

    def moved(self, value: Any, run: RunId) -> Any:  # noqa: ANN401 - any JSON
        """Return a document of the run as it would be in the month of ``run``."""
        text = json.dumps(value).replace(str(self.active.id), str(run))
        return json.loads(text.replace(self.active.id.folder, run.folder))


def build(house: House, home: Path, count: int, part: int | None) -> None:
    """Bring the state folder to ``count`` records, or only one half of the studies when ``part`` is given."""
    wanted = [RunId(study, month, 1) for month in MONTHS for study in STUDIES][:count]
    wanted = [run for run in wanted if part is None or STUDIES.index(run.study) % 2 == part]
    done = {event.subject for event in house.ledger.events(action="archive.completed")}
    templates: dict[str, _Template] = {}
    approval = Decision("reviewer", "approve", "Report read and found correct")
    for run in (one for one in wanted if str(one) not in done):
        if run.month == MONTHS[0]:
            deliver(home / "inbox", run.study, run.month)
            active = begin(house, _signed(house, Request(run.study, run.month, "analyst", REASON)))
            outcome = analyse(house, active)
            if outcome.state != "candidate":
                raise SystemExit(f"{run} is {outcome.state}: {outcome.message}")
        else:
            if run.study not in templates:
                templates[run.study] = _template(house, RunId(run.study, MONTHS[0], 1))
            _copy(house, home, templates[run.study], run)
        sign_decision(house, run, approval, PASSPHRASE)
        follow(house, run)
        house.workspaces.discard(run)


def _signed(house: House, request: Request) -> Request:
    """Return a request with its requester's signature."""
    return replace(request, signature=sign_request(house, request, (request.study,), lambda _: PASSPHRASE))


def _template(house: House, run: RunId) -> _Template:
    """Return a real run's record and events."""
    commit = sealed_commit(house, run)
    entries = read_provenance(house, run, commit)["files"]
    files = {entry["name"]: stored_file(house, run, commit, entry["name"]) for entry in entries}
    addresses = {entry["name"]: entry["md5"] for entry in entries if entry["md5"] is not None}
    events = tuple(
        event
        for event in house.ledger.events(subject=str(run))
        if (event.action.endswith(".completed") and event.action.split(".")[0] not in {"review", "archive"})
        or event.action == "lock.frozen"
    )
    return _Template(
        reopen(house, history_of(house, run), fence=0),  # it is copied, not worked on
        events,
        files,
        addresses,
        house.records.read(commit, "dvc.lock"),
    )


def _copy(house: House, home: Path, template: _Template, run: RunId) -> None:
    """Seal a run with the files of another."""
    first = template.active
    identity = template.moved(dict(first.identity), run) | {"month": run.month, "record_tag": f"run/{run}"}
    asked = _signed(house, Request(run.study, run.month, "analyst", REASON))
    details = {"identity": identity, "protocol": first.protocol.as_json(), ENVELOPE: asked.signature}
    log(house, "analyst", "run.requested", str(run), REASON, details)
    for event in template.events:
        log(
            house, event.actor, event.action, str(run), event.reason, template.moved(dict(event.details), run)
        )
    folder = house.workspaces.path(run)
    write_atomically(folder / "params.yaml", parameters(run, identity))
    content = _Copied(home, template, run)
    write_atomically(folder / ".dvc" / "config", content.config())
    record = folder / run.folder
    for name, data in template.files.items():
        (record / name).parent.mkdir(parents=True, exist_ok=True)
        (record / name).write_bytes(data)
    active = ActiveRun(run, first.protocol, identity, house.workspaces.files(run))
    seal(replace(house, content=content), active, "candidate")


if __name__ == "__main__":
    place, records = Path(sys.argv[1]), int(sys.argv[2])
    chosen = read_settings({"MEDICORE_HOME": str(place)})
    found(chosen, {"analyst": "Ana Lyst", "reviewer": "Re Viewer"}, lambda _: PASSPHRASE)
    opened = functools.cache(pkcs12.load_key_and_certificates)
    with patch.object(
        pkcs12, "load_key_and_certificates", opened
    ):  # a guess at a passphrase is slow on purpose
        build(open_house(chosen), place, records, int(sys.argv[3]) if len(sys.argv) > 3 else None)
