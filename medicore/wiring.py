"""Wiring: joins the ports of the steps to the stores, as the settings say. The only place that knows both."""

import json
import os
import shutil
from collections.abc import Callable
from typing import TYPE_CHECKING

from medicore.edc.delivery_folder import DeliveryFolder
from medicore.errors import ConfigurationError
from medicore.records.identifiers import RunId
from medicore.records.protocol import Protocol
from medicore.records.result_tables import result_tables
from medicore.records.source import DatasetJsonSource, FolderSource, RaveSource, RedcapSource
from medicore.settings import Settings
from medicore.steps.archiving import Archive
from medicore.steps.house import House
from medicore.steps.ports import Clock, Edc, Ledger, Renderer
from medicore.steps.review import approvals_of
from medicore.steps.runs import ActiveRun
from medicore.steps.seal import release_commit
from medicore.steps.signed_report import signed_report
from medicore.stores.archive_folder import FolderArchive
from medicore.stores.archive_s3 import LockedBucket
from medicore.stores.authority import Authority
from medicore.stores.certifier import AuthorityCertifier
from medicore.stores.clock import SystemClock
from medicore.stores.code import GitCode
from medicore.stores.content_remote import BucketRemote, FolderRemote
from medicore.stores.dvc_content import DvcContent
from medicore.stores.environment import LockedEnvironment
from medicore.stores.files import FolderLocks, write_atomically
from medicore.stores.git_records import GitRecords
from medicore.stores.index_sqlite import SqliteIndex
from medicore.stores.ledger_sqlite import SqliteLedger
from medicore.stores.protocols import StudyFolder
from medicore.stores.recorded_environment import RecordedEnvironments
from medicore.stores.replay import Replay
from medicore.stores.s3_client import S3Access
from medicore.stores.seals import AuthoritySeals
from medicore.stores.signed_report import SignedReports
from medicore.stores.workspace import Workspaces

if TYPE_CHECKING:
    from medicore.stores.time_stamps import TimeStampService

SERVICE_KEY = "medicore"

Progress = Callable[[RunId, str, str], None]


def _silent(run: RunId, step: str, what: str) -> None:
    """Show nothing."""


def open_house(settings: Settings, progress: Progress = _silent, *, read_only: bool = False) -> House:
    """Return the house of an initialised state folder; ``read_only`` one whose ledger only answers.

    Raises
    ------
    ConfigurationError
        When ``medicore init`` has not been run for this state folder.
    """
    home = settings.home
    if not (home / "medicore.toml").exists():
        raise ConfigurationError(f"no MediCore state in {home.name}; run 'medicore init' first")
    clock = SystemClock()
    code = GitCode(settings.root)
    records = GitRecords(settings.records)
    content = DvcContent(home / "dvc" / "cache", open_remote(settings), home / "dvc" / "site")
    environment = LockedEnvironment(settings.root)
    return House(
        clock=clock,
        ledger=open_ledger(settings, clock, read_only=read_only),
        locks=FolderLocks(home / "locks"),
        code=code,
        environment=environment,
        content=content,
        records=records,
        workspaces=Workspaces(home / "work", code, content),
        protocols=StudyFolder(settings.root / "studies"),
        archive=open_archive(settings),
        seals=AuthoritySeals(lambda: Authority(home / "people", clock), clock, SERVICE_KEY),
        certifier=AuthorityCertifier(lambda: Authority(home / "people", clock), clock),
        signed_reports=SignedReports(
            lambda: Authority(home / "people", clock),
            settings.root / "quarto_templates",
            lambda: time_stamps(settings),
        ),
        replay=Replay(records, content, RecordedEnvironments(home / "environments")),
        history=records,
        licences=environment,
        index=SqliteIndex(home / "index.db"),
        edc=lambda protocol: connector(settings, protocol),
        renderer=renderer_named,
        progress=progress,
        paper=settings.paper,
        renderer_name=chosen_renderer(settings),
    )


def open_ledger(settings: Settings, clock: Clock, *, read_only: bool = False) -> Ledger:
    """Return the ledger: in the PostgreSQL database that the settings name, else in its file."""
    if settings.ledger_url is None:
        return SqliteLedger(settings.ledger, clock, read_only=read_only)
    from medicore.stores.ledger_postgres import PostgresLedger

    return PostgresLedger(settings.ledger_url.get_secret_value(), clock, read_only=read_only)


def open_archive(settings: Settings) -> Archive:
    """Return the archive: the bucket that the settings name, else the folder; a bucket is asked at first use."""
    if settings.archive_url is None:
        return FolderArchive(settings.archive)
    return LockedBucket.at(settings.archive_url, S3Access(settings.s3_endpoint, settings.s3_credentials))


def open_remote(settings: Settings) -> FolderRemote | BucketRemote:
    """Return where the content store keeps its objects: the bucket that the settings name, else a folder."""
    if settings.content_remote is None:
        return FolderRemote(settings.home / "dvc" / "remote")
    return BucketRemote.at(settings.content_remote, S3Access(settings.s3_endpoint, settings.s3_credentials))


def connector(settings: Settings, protocol: Protocol) -> Edc:
    """Return the connector that a protocol's source names; servers are asked at first use.

    Raises
    ------
    ConfigurationError
        When the address of a server is not allowed.
    """
    source = protocol.edc
    if not isinstance(source, FolderSource):
        return _server_connector(settings, source)
    if source.root == "repository":
        if source.folder is None:
            raise ConfigurationError(
                f"the protocol of {protocol.study} names no folder in the repository; add one"
            )
        return DeliveryFolder(settings.root / source.folder, by_month=False)
    return DeliveryFolder(settings.inbox / source.folder if source.folder else settings.inbox, by_month=True)


def _server_connector(settings: Settings, source: RaveSource | RedcapSource | DatasetJsonSource) -> Edc:
    from medicore.edc.credentials import Credentials
    from medicore.edc.dataset_json_api import DatasetJsonApi
    from medicore.edc.http import EdcServer
    from medicore.edc.rave import Rave
    from medicore.edc.redcap import Redcap

    server = EdcServer(source.address, settings.edc_hosts)
    secret = Credentials(os.environ, settings.edc_credentials).secret
    if isinstance(source, RaveSource):
        return Rave(source, server, secret)
    if isinstance(source, RedcapSource):
        return Redcap(source, server, secret)
    return DatasetJsonApi(source, server, secret)


def time_stamps(settings: Settings) -> "TimeStampService | None":
    """Return the time stamping service that the settings name, or None.

    Raises
    ------
    ConfigurationError
        When the address is not allowed, or the certificate of the service's authority is not there.
    """
    if settings.time_stamps is None:
        return None
    from medicore.stores.time_stamps import TimeStampService

    path = settings.home / "time_stamps.pem"
    try:
        trusted = path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            f"{path.name} is not in the state folder, or no PEM; expected the certificate of the authority behind "
            "the time stamping service; put it there"
        ) from error
    return TimeStampService(settings.time_stamps, trusted)


def renderer_named(name: str) -> Renderer:
    """Return the renderer called ``embedded`` or ``quarto``, which proves each report that it hands out."""
    from medicore.stores.renderer_proven import ProvenRenderer

    if name == "quarto":
        from medicore.stores.renderer_quarto import QuartoRenderer

        return ProvenRenderer(QuartoRenderer())
    from medicore.stores.renderer_embedded import EmbeddedRenderer

    return ProvenRenderer(EmbeddedRenderer())


def chosen_renderer(settings: Settings) -> str:
    """Return the name of the renderer that new reports are made with."""
    if settings.renderer == "auto":
        return "quarto" if shutil.which("quarto") else "embedded"
    return settings.renderer


def lay_out_signed_report(settings: Settings, house: House, run: RunId) -> str:
    """Copy a run's signed report to where people read it, and return its address; empty when it is not released."""
    if release_commit(house, run) is None:
        return ""
    path = (
        settings.home / "reports" / run.study / run.month / f"{run.study}_{run.month}_{run.number}.signed.pdf"
    )
    write_atomically(path, signed_report(house, approvals_of(house, run)))
    return path.as_uri()


def lay_out_report(settings: Settings, active: ActiveRun) -> str:
    """Copy a run's report, and its tables, to where people read them; return its address, empty when there is none."""
    if not active.files.exists("report.pdf"):
        return ""
    run = active.id
    path = settings.home / "reports" / run.study / run.month / f"{run.study}_{run.month}_{run.number}.pdf"
    write_atomically(path, active.files.read("report.pdf"))
    tables = result_tables(json.loads(active.files.read("results.json")))
    for name, data in tables.items():
        write_atomically(path.with_name(f"{path.stem}_tables") / name, data)
    return path.as_uri()
