"""Settings: read once, from the environment and from ``medicore.toml`` in the state folder."""

import json
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator

from medicore.errors import ConfigurationError
from medicore.records.address import Address
from medicore.stores.git.workspace import is_workspace
from medicore.stores.installed import PRODUCT
from medicore.stores.privacy import require_owned

_VARIABLES = (
    "person", "renderer", "paper", "ledger", "time_stamps", "archive", "content_remote", "s3_endpoint", "s3_credentials",
    "notify", "console", "edc_hosts", "edc_credentials", "lease_seconds",
)  # fmt: skip


CHECKOUT = PRODUCT
"""The checkout that this program belongs to, unless it was installed from a wheel and works in a workspace."""

HostName = Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$")]


class Settings(BaseModel):
    """Where things are and who acts; every embedded part lives below ``home``.

    ``time_stamps`` is the address of an RFC 3161 service; ``time_stamps.pem`` in the state folder is the certificate
    of the authority behind it. ``archive_url`` is ``s3://bucket/prefix``, at ``s3_endpoint`` where that is not Amazon's;
    ``s3_credentials`` names the Prefect block with the keys, which are never in the settings themselves. In
    ``content_remote``, a bucket on the same server, DVC keeps frozen data and large results. ``notify`` is
    the address that is told of a run's end and of late months; without TLS it must be on this machine.
    ``console`` is the address of the console, to which links in Prefect lead; ``medicore serve`` gives its own.
    ``lease_seconds`` is how long a worker that is silent keeps the run that it holds from workers with another state folder.
    ``edc_hosts`` are the hosts that connectors may ask beside this machine; ``edc_credentials`` is how the names of the
    Prefect Secret blocks begin that open them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    root: Path
    home: Path
    person: str | None = None
    renderer: Literal["auto", "embedded", "quarto"] = "auto"
    paper: Literal["a4", "us-letter"] = "a4"
    time_stamps: str | None = None
    ledger_url: SecretStr | None = Field(default=None, alias="ledger")
    archive_url: str | None = Field(default=None, alias="archive", pattern=r"^s3://[^@:]+$")
    content_remote: str | None = Field(default=None, pattern=r"^s3://[^@:]+$")
    s3_endpoint: str | None = Field(default=None, pattern=r"^https?://[^@]+$")
    s3_credentials: str | None = Field(default=None, pattern=r"^[a-z0-9-]+$")
    lease_seconds: int = Field(default=900, ge=30, le=86400)
    notify: str | None = Field(default=None, pattern=r"^https?://[^@\s]+$")
    console: str | None = Field(default=None, pattern=r"^https?://[^@\s/?#]+$")
    edc_hosts: tuple[HostName, ...] = ()
    edc_credentials: str | None = Field(default=None, pattern=r"^[a-z0-9-]+$")

    @field_validator("edc_hosts", mode="before")
    @classmethod
    def _listed(cls, hosts: object) -> object:
        """Return the hosts of a variable, which separates them by commas, or those of the file as they are."""
        return tuple(host.strip() for host in hosts.split(",")) if isinstance(hosts, str) else hosts

    @field_validator("ledger_url")
    @classmethod
    def _postgresql(cls, url: SecretStr | None) -> SecretStr | None:
        if url is not None and not url.get_secret_value().startswith(("postgresql://", "postgres://")):
            raise ValueError("expected postgresql://…; leave it out to keep the ledger in a file")
        return url

    @field_validator("notify")
    @classmethod
    def _private(cls, url: str | None) -> str | None:
        if url is not None and not Address.of(url).is_private:
            raise ValueError("expected https://… for an address that is not on this machine")
        return url

    @property
    def inbox(self) -> Path:
        """Where the EDC delivers its exports: ``inbox/STUDY/MONTH``."""
        return self.home / "inbox"

    @property
    def records(self) -> Path:
        """The bare record repository."""
        return self.home / "records.git"

    @property
    def ledger(self) -> Path:
        """The ledger's file, where ``ledger_url`` names no database."""
        return self.home / "ledger.db"

    @property
    def archive(self) -> Path:
        """The folder of the write-once archive, where ``archive_url`` names no bucket."""
        return self.home / "archive"


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Return the settings; ``MEDICORE_HOME`` moves the state folder, ``MEDICORE_PERSON`` says who acts.

    Raises
    ------
    ConfigurationError
        When ``medicore.toml`` is malformed, or holds an unknown key or a password, or the state folder is another account's.
    """
    variables = os.environ if environment is None else environment
    root = _root(variables)
    home = Path(variables.get("MEDICORE_HOME") or root / ".medicore").absolute()
    path = home / "medicore.toml"
    try:
        stored = tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        named = {
            key: variables[f"MEDICORE_{key.upper()}"]
            for key in _VARIABLES
            if variables.get(f"MEDICORE_{key.upper()}")
        }
        if moved := {"root", "home"} & set(stored):
            raise ConfigurationError(
                f"{path.name} sets {sorted(moved)[0]!r}; only MEDICORE_HOME moves folders"
            )
        kept = str(stored.get("ledger", ""))
        if _without_password(kept) != kept:
            raise ConfigurationError(
                f"{path.name} holds a password in 'ledger'; remove it, give it as PGPASSWORD or in MEDICORE_LEDGER"
            )
        return Settings(**{"root": root, "home": home, **stored, **named})
    except PermissionError as error:
        require_owned(home, home.name)
        raise ConfigurationError(
            f"{path.name} in {home.name} may not be read by this account; expected its owner's: run the command as its owner"
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path.name} is not valid TOML; correct it or remove it") from error
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise ConfigurationError(
            f"setting {place!r} in {path.name} or the environment: {first['msg']}"
        ) from error


def _root(variables: Mapping[str, str]) -> Path:
    """Return the folder of code and protocols.

    That is the workspace that the variable MEDICORE_CHECKOUT names; otherwise the workspace, or the product's own checkout,
    that holds the current folder; otherwise that checkout.
    """
    named = variables.get("MEDICORE_CHECKOUT")
    if named and is_workspace(Path(named)):
        return Path(named).resolve()
    try:
        here = Path.cwd().resolve()
    except OSError:  # the current folder was removed
        return CHECKOUT
    above = (here, *here.parents)
    return next((folder for folder in above if folder == CHECKOUT or is_workspace(folder)), CHECKOUT)


def stored_settings(settings: Settings) -> str:
    """Return what ``medicore init`` keeps in ``medicore.toml``: where ledger and archive are must outlive variables."""
    lines = ["# MediCore settings; see docs/operate.md", 'person = "analyst"']
    if settings.ledger_url is not None:
        lines.append(f"ledger = {json.dumps(_without_password(settings.ledger_url.get_secret_value()))}")
    for name, value in (
        ("archive", settings.archive_url),
        ("content_remote", settings.content_remote),
        ("s3_endpoint", settings.s3_endpoint),
        ("s3_credentials", settings.s3_credentials),
        ("edc_credentials", settings.edc_credentials),
    ):
        if value is not None:
            lines.append(f"{name} = {json.dumps(value)}")
    if settings.edc_hosts:
        lines.append(f"edc_hosts = {json.dumps(list(settings.edc_hosts))}")
    return "\n".join(lines) + "\n"


def _without_password(url: str) -> str:
    """Return an address without its password, wherever it holds one; every other letter stays."""
    start, mark, query = url.partition("?")
    scheme, slashes, rest = start.partition("://")
    authority, slash, path = rest.partition("/")
    user, at, place = authority.rpartition("@")
    kept = "&".join(part for part in query.split("&") if not part.startswith("password="))
    return scheme + slashes + user.partition(":")[0] + at + place + slash + path + (kept and mark + kept)
