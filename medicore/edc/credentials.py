"""Secrets of EDC accounts: from the environment or from Prefect blocks, never from a file of the project."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import SecretStr

from medicore.errors import ConfigurationError
from medicore.records.identifiers import study_id

VARIABLE = "MEDICORE_EDC_SECRET"


@dataclass(frozen=True, slots=True)
class Credentials:
    """The places where the secret of a study's account is looked up.

    ``environment`` holds ``MEDICORE_EDC_SECRET_MED_2024_0147`` for one study or ``MEDICORE_EDC_SECRET`` for all;
    ``block`` is the beginning of the names of Prefect Secret blocks, ``edc`` for ``edc-med-2024-0147``.
    """

    environment: Mapping[str, str]
    block: str | None = None

    def secret(self, study: str) -> SecretStr:
        """Return the secret of the account that may export ``study``.

        Raises
        ------
        ConfigurationError
            When there is no secret, it cannot be read, or it has characters that an HTTP header cannot hold.
        """
        own = f"{VARIABLE}_{study_id(study).replace('-', '_')}"
        text = self.environment.get(own) or self.environment.get(VARIABLE) or ""
        if not text and self.block is not None:
            text = _from_block(f"{self.block}-{study.lower()}")
        if not text:
            raise ConfigurationError(
                f"no secret for the EDC of {study}; expected {own} or {VARIABLE} in the environment, or "
                "'edc_credentials' with the name of Prefect Secret blocks; set one"
            )
        if not text.isascii() or not text.isprintable():
            raise ConfigurationError(
                f"the secret for the EDC of {study} has characters that cannot be sent; expected printable ASCII; set it "
                "again"
            )
        return SecretStr(text)


def _from_block(name: str) -> str:
    from prefect.blocks.system import Secret

    try:
        block: Any = Secret.load(name)
        return str(block.get())
    except Exception as error:  # Prefect lets any error of its server, its database or pydantic through
        raise ConfigurationError(
            f"the Prefect Secret block {name!r} cannot be read ({type(error).__name__}); expected it on the server of "
            "PREFECT_API_URL; register it there or correct 'edc_credentials'"
        ) from error
