"""Wiring: joins the ports of the steps to the stores, as the settings say. The only place that knows both."""

import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from medicore.edc.delivery_folder import DeliveryFolder
from medicore.errors import ConfigurationError
from medicore.ports.archive import Archive
from medicore.ports.code import Renderer
from medicore.ports.house import House
from medicore.ports.ledger import Clock, Ledger
from medicore.ports.study import Edc
from medicore.records.identifiers import RunId
from medicore.records.ledger.appending import require_possible
from medicore.records.protocol.protocol import Protocol
from medicore.records.protocol.source import DatasetJsonSource, FolderSource, RaveSource, RedcapSource
from medicore.settings import Settings
from medicore.stores.archive.folder import FolderArchive
from medicore.stores.archive.locked_bucket import LockedBucket
from medicore.stores.clock import DatabaseClock, SystemClock
from medicore.stores.content.content_remote import BucketRemote, FolderRemote
from medicore.stores.content.dvc_content import DvcContent
from medicore.stores.content.environment import LockedEnvironment
from medicore.stores.content.recorded_environment import RecordedEnvironments
from medicore.stores.content.replay import Replay
from medicore.stores.content.workspace import Workspaces
from medicore.stores.files import FolderLocks
from medicore.stores.git.records import GitRecords
from medicore.stores.git.workspace import code_of
from medicore.stores.holder import holder_of
from medicore.stores.keys.authority import Authority
from medicore.stores.keys.certifier import AuthorityCertifier
from medicore.stores.keys.seals import AuthoritySeals
from medicore.stores.ledger.index import SqliteIndex, key_from
from medicore.stores.ledger.sqlite import SqliteLedger
from medicore.stores.protocols import StudyFolder
from medicore.stores.report.signed_report import SignedReports
from medicore.stores.s3.client import S3Access

if TYPE_CHECKING:
    from medicore.stores.keys.time_stamps import TimeStampService

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
    clock = clock_of(settings)
    code = code_of(settings.root)
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
        sealing=records,
        workspaces=Workspaces(home / "work", code, content),
        protocols=StudyFolder(settings.root / "studies"),
        archive=open_archive(settings),
        seals=AuthoritySeals(lambda: Authority(home / "people", clock), clock, SERVICE_KEY),
        certifier=AuthorityCertifier(lambda: Authority(home / "people", clock), clock),
        signed_reports=SignedReports(
            lambda: Authority(home / "people", clock),
            code.templates,
            lambda: time_stamps(settings),
        ),
        replay=Replay(records, content, RecordedEnvironments(home / "environments")),
        history=records,
        licences=environment,
        index=SqliteIndex(home / "index.db", key_from(home / "people" / f"{SERVICE_KEY}.passphrase")),
        edc=lambda protocol: connector(settings, protocol),
        renderer=renderer_named,
        rendition=_rendition,
        progress=progress,
        holder=holder_of(home),
        lease_seconds=settings.lease_seconds,
        paper=settings.paper,
        renderer_name=chosen_renderer(settings),
    )


def open_ledger(settings: Settings, clock: Clock, *, read_only: bool = False) -> Ledger:
    """Return the ledger: in the PostgreSQL database that the settings name, else in its file."""
    if settings.ledger_url is None:
        return SqliteLedger(settings.ledger, clock, read_only=read_only, rule=require_possible)
    from medicore.stores.ledger.postgres import PostgresLedger

    url = settings.ledger_url.get_secret_value()
    return PostgresLedger(url, clock, read_only=read_only, rule=require_possible)


def clock_of(settings: Settings) -> SystemClock | DatabaseClock:
    """Return the clock of a house: this host's, or that of the PostgreSQL database with the ledger, once it is open."""
    return SystemClock() if settings.ledger_url is None else DatabaseClock(SystemClock())


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
        When the address is not allowed, or the certificate of the service's authority is missing.
    """
    if settings.time_stamps is None:
        return None
    from medicore.stores.keys.time_stamps import TimeStampService

    path = settings.home / "time_stamps.pem"
    try:
        trusted = path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            f"{path.name} is not in the state folder, or no PEM; expected the certificate of the authority behind "
            "the time stamping service; put it there"
        ) from error
    return TimeStampService(settings.time_stamps, trusted)


def _rendition(template: Mapping[str, bytes], inputs: Mapping[str, bytes], page: str) -> bytes:
    """Return a page in HTML; what makes it is imported when a page is asked for."""
    from medicore.stores.report.rendition import render_html

    return render_html(template, inputs, page)


def renderer_named(name: str) -> Renderer:
    """Return the renderer called ``embedded`` or ``quarto``, which proves each report before it returns it."""
    from medicore.stores.report.renderer_proven import ProvenRenderer

    if name == "quarto":
        from medicore.stores.report.renderer_quarto import QuartoRenderer

        return ProvenRenderer(QuartoRenderer())
    from medicore.stores.report.renderer_embedded import EmbeddedRenderer

    return ProvenRenderer(EmbeddedRenderer())


def chosen_renderer(settings: Settings) -> str:
    """Return the name of the renderer that new reports are made with; ``auto`` is Quarto where it can be called."""
    if settings.renderer == "auto":
        from medicore.stores.report.renderer_quarto import quarto_program

        return "quarto" if quarto_program() else "embedded"
    return settings.renderer
