"""Settings: read once, from the environment and from ``medicore.toml`` in the state folder."""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

import medicore
from medicore.errors import ConfigurationError


class Settings(BaseModel):
    """Where things are and who acts; every embedded part lives below ``home``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    root: Path
    home: Path
    person: str | None = None
    renderer: Literal["auto", "embedded", "quarto"] = "auto"
    paper: Literal["a4", "us-letter"] = "a4"

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
        """The ledger's database."""
        return self.home / "ledger.db"

    @property
    def archive(self) -> Path:
        """The write-once archive."""
        return self.home / "archive"


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Return the settings; ``MEDICORE_HOME`` moves the state folder, ``MEDICORE_PERSON`` says who acts.

    Raises
    ------
    ConfigurationError
        When ``medicore.toml`` is malformed or holds an unknown key.
    """
    variables = os.environ if environment is None else environment
    root = Path(medicore.__file__).resolve().parent.parent
    home = Path(variables.get("MEDICORE_HOME") or root / ".medicore").absolute()
    path = home / "medicore.toml"
    try:
        stored = tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        named = {
            key: variables[f"MEDICORE_{key.upper()}"]
            for key in ("person", "renderer", "paper")
            if variables.get(f"MEDICORE_{key.upper()}")
        }
        if moved := {"root", "home"} & set(stored):
            raise ConfigurationError(
                f"{path.name} sets {sorted(moved)[0]!r}; only MEDICORE_HOME moves folders"
            )
        return Settings(**{"root": root, "home": home, **stored, **named})
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path.name} is not valid TOML; correct it or remove it") from error
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise ConfigurationError(
            f"setting {place!r} in {path.name} or the environment: {first['msg']}"
        ) from error
