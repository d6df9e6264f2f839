"""Diagnosis: what an operator wants to know before the month begins."""

import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from medicore.cases.people.service import service_keys
from medicore.cases.review.readiness import require_service_key
from medicore.cases.studies.deploying import undeployed
from medicore.errors import ConfigurationError, IntegrityError, MediCoreError
from medicore.kernels import in_use, loaded, require_pinned
from medicore.records.ledger.ledger import verify_chain
from medicore.records.people.public_key import fingerprint
from medicore.settings import Settings
from medicore.stores.clock import DatabaseClock, SystemClock
from medicore.stores.content.environment import LockedEnvironment
from medicore.stores.git.records import GitRecords
from medicore.stores.git.workspace import code_of
from medicore.stores.keys.authority import Authority
from medicore.stores.locking import prove_locks
from medicore.stores.privacy import require_private
from medicore.stores.protocols import StudyFolder
from medicore.wiring import (
    chosen_renderer,
    clock_of,
    open_archive,
    open_house,
    open_ledger,
    open_remote,
    renderer_named,
)

_LEAST_FREE_BYTES = 2 * 1024**3


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One part of the installation, whether it is in order, and what was found."""

    subject: str
    healthy: bool
    found: str


def diagnose(settings: Settings, more: Mapping[str, Callable[[], str]]) -> tuple[Diagnosis, ...]:
    """Return the state of every part; a part with a fault says what to do.

    ``more`` are parts of floors above this one.
    """
    parts: list[tuple[str, Callable[[], str]]] = [
        ("Python", _python),
        ("git", lambda: _program("git")),
        ("code", lambda: f"clean, at commit {code_of(settings.root).require_clean()[:12]}"),
        ("environment", lambda: f"as locked, {LockedEnvironment(settings.root).require_locked()[:12]}"),
        ("kernels", _kernels),
        ("protocols", lambda: _protocols(settings)),
        ("deployments", lambda: _deployments(settings)),
        ("state folder", lambda: _state(settings)),
        ("record repository", lambda: _records(settings)),
        ("permissions", lambda: require_private(settings.home)),
        ("locks", lambda: _locks(settings)),
        ("ledger", lambda: _ledger(settings)),
        ("authority", lambda: _authority(settings)),
        ("service key", lambda: _service_key(settings)),
        ("archive", lambda: open_archive(settings).prove()),
        ("content store", lambda: _content(settings)),
        ("disk", lambda: _disk(settings)),
        ("renderer", lambda: _renderer(settings)),
        *more.items(),
    ]
    return tuple(_examine(subject, work) for subject, work in parts)


def _examine(subject: str, work: Callable[[], str]) -> Diagnosis:
    try:
        return Diagnosis(subject, True, work())
    except MediCoreError as error:
        return Diagnosis(subject, False, str(error))


def _python() -> str:
    # pip refuses the installation below Python 3.11, so here only the version is of interest.
    return ".".join(str(part) for part in sys.version_info[:3])


def _kernels() -> str:
    libraries = loaded()
    require_pinned(libraries)
    return ", ".join(f"{name} {value}" for name, value in in_use(libraries).items())


def _program(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        raise ConfigurationError(f"{name} is not on the PATH; install it")
    return path


def _protocols(settings: Settings) -> str:
    folder = StudyFolder(settings.root / "studies")
    found = folder.protocols()
    folder.families()
    return f"{len(found)} valid"


def _deployments(settings: Settings) -> str:
    declared = (settings.root / "prefect.yaml").read_text(encoding="utf-8")
    differing = undeployed(declared, StudyFolder(settings.root / "studies").protocols())
    if differing:
        raise ConfigurationError(
            f"prefect.yaml is not what the protocols say: {len(differing)} line(s) differ, first {differing[0]!r}; run "
            "'medicore deploy' and commit the file"
        )
    return "prefect.yaml follows the protocols"


def _state(settings: Settings) -> str:
    if not (settings.home / "medicore.toml").exists():
        raise ConfigurationError("not initialised; run 'medicore init'")
    return str(settings.home)


def _records(settings: Settings) -> str:
    _state(settings)
    GitRecords(settings.records).require_plain()
    return "objects, tags and code alone"


def _locks(settings: Settings) -> str:
    _state(settings)
    return prove_locks(settings.home)


def _ledger(settings: Settings) -> str:
    _state(settings)
    clock = clock_of(settings)
    ledger = open_ledger(settings, clock)
    sequence, digest = verify_chain(ledger.events())
    kind = "SQLite"
    if isinstance(clock, DatabaseClock):
        kind = f"PostgreSQL, this host's clock {clock.require_close().total_seconds():+.1f} s from its own"
    return f"chain of {sequence} events intact, head {digest[:12]} ({kind})"


def _authority(settings: Settings) -> str:
    _state(settings)
    certificate = Authority(settings.home / "people", SystemClock()).certificate.decode()
    told = [
        e.details["certificate"]
        for e in open_ledger(settings, clock_of(settings), read_only=True).events(action="authority.created")
    ]
    if told != [certificate]:
        raise IntegrityError("authority.pem is not the authority of this ledger; restore it")
    return f"SHA-256 {fingerprint(certificate)}"


def _service_key(settings: Settings) -> str:
    _state(settings)
    opened = open_house(settings)
    require_service_key(opened)
    keys = service_keys(opened)
    last = max(keys.values(), key=lambda key: key.since)
    earlier = f", {len(keys) - 1} earlier" if len(keys) > 1 else ""
    return (
        f"signs, certificate {last.service.fingerprint[:12]} until {last.service.valid_until[:10]}{earlier}"
    )


def _content(settings: Settings) -> str:
    _state(settings)
    from medicore.stores.content.probing import probe

    return f"{probe(open_remote(settings))}, an object written and fetched by DVC"


def _renderer(settings: Settings) -> str:
    identity = dict(renderer_named(chosen_renderer(settings)).identity)
    return f"{identity.pop('name')}: {', '.join(f'{part} {version}' for part, version in identity.items())}"


def _disk(settings: Settings) -> str:
    nearest = settings.home if settings.home.exists() else settings.root
    free = shutil.disk_usage(nearest).free
    if free < _LEAST_FREE_BYTES:
        raise ConfigurationError(f"only {free / 1024**3:.1f} GiB are free; make room, at least 2 GiB")
    return f"{free / 1024**3:.0f} GiB free"
