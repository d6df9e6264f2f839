"""A run that the infrastructure interrupts: it stays open, nothing is sealed as failed, and the same request continues it."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from medicore.cases.proof.verify import verify
from medicore.cases.run.advance import advance
from medicore.cases.run.analysis import analyse
from medicore.cases.run.requesting import Request, sign_request
from medicore.cases.run.runs import ActiveRun
from medicore.edc.http import EdcServer
from medicore.edc.http import Request as Question
from medicore.errors import (
    BusyError,
    ConfigurationError,
    InfrastructureError,
    MediCoreError,
    SourceUnavailableError,
    TimeLimitError,
    UnavailableError,
)
from medicore.records.delivery.transfer import Transfer
from medicore.records.finding import Finding
from medicore.records.identifiers import RunId
from medicore.records.ledger.ledger import LedgerEvent, NewEvent
from medicore.records.ledger.states import RunState
from medicore.stores.content.content_remote import BucketRemote, FolderRemote
from medicore.stores.content.dvc_content import DvcContent
from medicore.stores.content.workspace import Workspaces
from medicore.stores.git.calling import git
from medicore.stores.s3.client import S3Access
from tests.edc.test_http import WHOLE, raw, scripted
from tests.faulty_s3 import Faulty, faulty_server
from tests.s3 import S3Server, moto_server  # noqa: F401 - a fixture
from tests.whole_house.house import WholeHouse
from tests.whole_house.study import SOUND, SOUND_RUN

pytestmark = pytest.mark.filterwarnings("ignore:_NoneStep.value will soon raise:DeprecationWarning")


def storing(whole: WholeHouse, remote: BucketRemote | FolderRemote) -> None:
    """Give a house the real content store, with its objects at ``remote``."""
    content = DvcContent(whole.home / "dvc" / "cache", remote, whole.home / "dvc" / "site")
    workspaces = Workspaces(whole.home / "work", whole.house.code, content)  # type: ignore[arg-type]
    whole.house = replace(whole.house, content=content, workspaces=workspaces)


@pytest.fixture
def faulty(moto_server: S3Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Faulty]:  # noqa: F811
    """A proxy before an S3 server, with the server's keys in the environment."""
    for name, value in moto_server.environment.items():
        monkeypatch.setenv(name, value)
    with faulty_server(moto_server.endpoint) as found:
        yield found


@pytest.mark.parametrize(
    "error",
    [UnavailableError("gone"), TimeLimitError("slow"), InfrastructureError("full"), BusyError("taken")],
)
def test_no_fault_of_the_infrastructure_seals_a_run(founded: WholeHouse, error: MediCoreError) -> None:
    """Store, program, disk and another worker leave the run as it is; the same request takes up the same number."""

    def step(active: ActiveRun, name: str) -> tuple[Finding, ...]:
        assert (str(active.id), name) == (SOUND_RUN, "extract")
        raise error

    with pytest.raises(type(error), match=str(error)):
        analyse(founded.house, founded.begin(SOUND), step)
    assert founded.state(SOUND_RUN) is RunState.RUNNING
    assert founded.records.resolve(f"run/{SOUND_RUN}") is None
    assert str(founded.begin(SOUND).id) == SOUND_RUN
    assert founded.actions(SOUND_RUN) == ["run.requested", "run.resumed"]


def test_a_bucket_that_takes_nothing_leaves_the_run_open(
    founded: WholeHouse,
    faulty: Faulty,
    moto_server: S3Server,  # noqa: F811
) -> None:
    """While S3 refuses the frozen data the run waits, and afterwards it ends in its one record (FAULTS 63)."""
    access = S3Access(faulty.endpoint, pause=lambda _: None, patience=0)
    storing(founded, BucketRemote.at(f"s3://{moto_server.bucket()}/content", access))
    faulty.always = "refuse"
    with pytest.raises(UnavailableError, match=r"the content store's bucket .* did not answer"):
        founded.run(SOUND)
    assert founded.state(SOUND_RUN) is RunState.RUNNING
    assert founded.told[-1] == (SOUND_RUN, "extract", "interrupted")
    faulty.always = ""
    outcome = founded.run(SOUND)
    assert (outcome.run, outcome.state) == (SOUND_RUN, "candidate")
    actions = founded.actions(SOUND_RUN)
    assert [actions.count(name) for name in ("lock.frozen", "run.resumed", "run.failed")] == [1, 1, 0]
    assert [check for check in verify(founded.house, RunId.parse(SOUND_RUN)) if not check.passed] == []


def test_an_edc_that_is_down_leaves_the_run_open(founded: WholeHouse) -> None:
    """A server of the EDC that answers nothing but 503 fails no run; when it answers, the same run ends in its one record."""
    folder = founded.house.edc

    class Served:
        """A source whose delivery is fetched only after a real server gave a whole answer."""

        def __init__(self, server: EdcServer) -> None:
            self.server = server

        def pull(self, study: str, month: str) -> Transfer:
            self.server.ask(Question("the records"))
            return folder(None).pull(study, month)  # type: ignore[arg-type] # the folder of deliveries

    with scripted(raw("503 Out of service")) as script:
        founded.house = replace(founded.house, edc=lambda _: Served(script.server()))
        with pytest.raises(SourceUnavailableError, match="status 503 in 5 attempts") as caught:
            founded.run(SOUND)
        assert caught.value.exit_code == 4
        assert founded.state(SOUND_RUN) is RunState.RUNNING
        script.answers = [WHOLE]
        outcome = founded.run(SOUND)
    assert (outcome.run, outcome.state) == (SOUND_RUN, "candidate")
    actions = founded.actions(SOUND_RUN)
    assert [actions.count(name) for name in ("lock.frozen", "run.resumed", "run.failed")] == [1, 1, 0]


def test_a_store_that_is_lost_at_the_seal_leaves_the_run_open(founded: WholeHouse, tmp_path: Path) -> None:
    """The steps are done and stay done; the seal alone is repeated when the folder of the content store is back."""
    storing(founded, FolderRemote(tmp_path / "remote"))

    def step(active: ActiveRun, name: str) -> tuple[Finding, ...]:
        found = advance(founded.house, active, name)
        if name == "report":
            (tmp_path / "remote").rename(tmp_path / "away")
            (tmp_path / "remote").write_bytes(b"no folder")
        return found

    with pytest.raises(InfrastructureError, match=r"could not store .*: Not a directory; mend /"):
        analyse(founded.house, founded.begin(SOUND), step)
    assert founded.state(SOUND_RUN) is RunState.RUNNING
    (tmp_path / "remote").unlink()
    (tmp_path / "away").rename(tmp_path / "remote")
    assert founded.run(SOUND).state == "candidate"
    assert founded.actions(SOUND_RUN).count("effect.completed") == 1


def test_a_request_that_meets_a_lost_store_is_not_refused(founded: WholeHouse) -> None:
    """Nobody refused it, so the ledger has no refusal, and no second time-out is waited for."""

    class Lost:
        """A ledger that answers nothing."""

        def append(self, event: NewEvent) -> LedgerEvent:
            raise AssertionError(event)

        def __getattr__(self, name: str) -> Callable[..., object]:
            def asked(*_: object, **__: object) -> object:
                raise InfrastructureError(f"no {name}")

            return asked

    house = replace(founded.house, ledger=Lost())  # type: ignore[arg-type] # it answers nothing
    with pytest.raises(InfrastructureError, match="no events"):
        sign_request(house, Request(SOUND, "2025-03", "ana", "Monthly analysis"), [SOUND], lambda _: "")


def test_what_git_cannot_do_is_infrastructure(tmp_path: Path) -> None:
    """A repository that git cannot read says nothing about data or statistics."""
    with pytest.raises(InfrastructureError, match="git rev-parse exited with 128"):
        git("rev-parse", "HEAD", folder=tmp_path)
    assert issubclass(InfrastructureError, ConfigurationError)
