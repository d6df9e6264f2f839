"""Access to an S3 server: its address, its credentials, and how long a request is repeated."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

from medicore.errors import ConfigurationError, InfrastructureError, UnavailableError
from medicore.records.address import Address

ATTEMPTS = 5
"""The least number of attempts after which a server counts as unreachable."""

PATIENCE_SECONDS = 60.0
"""How long a server may be silent before it counts as unreachable, as with the ledger's database."""

_AUTHORITIES = ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")
_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.3, 5.0
_CONNECT_SECONDS = 10
_READ_SECONDS = 60
_PASSING = {"SlowDown", "RequestTimeout", "Throttling", "ThrottlingException", "TooManyRequestsException"}
_SERVER_ERROR = 500
_NEVER = {501, 505}
"""Not implemented, and HTTP of another version: a later attempt would fail too."""

Answer = TypeVar("Answer")


@dataclass(slots=True)
class _Silence:
    """The time since when a server gives no answer; None while it answers."""

    since: float | None = None

    def seconds(self, now: float) -> float:
        """Return how long the silence has lasted; it begins now if there was none."""
        self.since = now if self.since is None else self.since
        return now - self.since


@dataclass(frozen=True, slots=True)
class S3Access:
    """How a server is reached: an address other than Amazon's, and the Prefect block with the credentials.

    Without a block the credentials come from the environment, as for every AWS program. A request is repeated until the
    server has been silent for ``patience`` seconds, and ATTEMPTS times at least. The silence is that of the server, not of
    the request: many requests to a server that stays away wait for it once.

    Raises
    ------
    ConfigurationError
        When the address is neither https nor of this machine, or holds a password.
    """

    endpoint: str | None = None
    block: str | None = None
    read_seconds: float = _READ_SECONDS
    pause: Callable[[float], None] = time.sleep
    patience: float = PATIENCE_SECONDS
    clock: Callable[[], float] = time.monotonic
    _silence: _Silence = field(default_factory=_Silence, init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        if self.endpoint is not None:
            _require_safe(self.endpoint)

    def client(self) -> Any:  # noqa: ANN401 - a boto3 client, whose type its library makes at run time
        """Return a boto3 client that repeats no request by itself.

        A request that writes may have been carried out without an answer; MediCore checks that before it repeats one.

        Raises
        ------
        ConfigurationError
            When there are no credentials, the block cannot be read, or it names an address that is not safe.
        """
        from botocore.client import Config
        from botocore.exceptions import BotoCoreError

        endpoint, authorities = self.endpoint_in_use(), self.authorities()
        config = Config(
            connect_timeout=_CONNECT_SECONDS,
            read_timeout=self.read_seconds,
            retries={"total_max_attempts": 1, "mode": "standard"},
            # MediCore hashes every object before it is sent and after it is read back.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            # Some servers do not support bucket names in their host name.
            s3={"addressing_style": "path" if endpoint else "auto"},
            ignore_configured_endpoint_urls=True,
        )
        try:
            session = self._session()
            if session.get_credentials() is None:
                raise ConfigurationError(
                    "no credentials for the archive; expected AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or "
                    "'s3_credentials' with the name of a Prefect block; set one"
                )
            verify = None if authorities is None else str(authorities)
            return session.client("s3", endpoint_url=endpoint, config=config, verify=verify)
        except (BotoCoreError, ValueError) as error:
            raise ConfigurationError(
                f"the settings of the AWS environment are not usable ({type(error).__name__}); correct them"
            ) from error

    def endpoint_in_use(self) -> str | None:
        """Return the server's address, from the settings or otherwise from the block; None for Amazon's.

        Raises
        ------
        ConfigurationError
            When the block cannot be read, or its address is not safe.
        """
        if self.endpoint is not None or self.block is None:
            return self.endpoint
        endpoint: str | None = self._credentials(self.block).aws_client_parameters.endpoint_url
        if endpoint is not None:
            _require_safe(endpoint)
        return endpoint

    def authorities(self) -> Path | None:
        """Return the file of the certificate authorities that are trusted; None for those that everybody trusts.

        The block names it, or one of the variables of the environment in their order.

        Raises
        ------
        ConfigurationError
            When the block cannot be read, or there is no such file.
        """
        named = {name: os.environ[name] for name in _AUTHORITIES if os.environ.get(name)}
        held = (
            None
            if self.block is None
            else self._credentials(self.block).aws_client_parameters.verify_cert_path
        )
        if held is not None:
            named = {f"the Prefect block {self.block!r}": str(held)}
        for name, path in named.items():
            if not Path(path).is_file():
                raise ConfigurationError(
                    f"{name} names no file of certificate authorities; expected one in PEM; correct it"
                )
            return Path(path)
        return None

    def keys(self) -> dict[str, str]:
        """Return what opens the server, under DVC's names: the keys in the block, and the file of authorities."""
        authorities = self.authorities()
        return {**self._block_keys(), **({} if authorities is None else {"ssl_verify": str(authorities)})}

    def _block_keys(self) -> dict[str, str]:
        """Return the keys in the block under DVC's names for them; nothing without a block.

        Raises
        ------
        ConfigurationError
            When the block cannot be read.
        """
        if self.block is None:
            return {}
        held = self._credentials(self.block)
        secret = held.aws_secret_access_key
        named = {
            "access_key_id": held.aws_access_key_id,
            "secret_access_key": secret.get_secret_value() if secret else None,
            "session_token": held.aws_session_token,
            "region": held.region_name,
        }
        return {name: str(value) for name, value in named.items() if value}

    def _session(self) -> Any:  # noqa: ANN401 - a boto3 session
        """Return boto3's session; Prefect is imported for a block alone, since it reads its settings when it is imported."""
        import boto3

        return boto3.Session() if self.block is None else self._credentials(self.block).get_boto3_session()

    def _credentials(self, block: str) -> Any:  # noqa: ANN401 - imported late
        """Return the block; Prefect would start a server of its own where none is named, so that is refused."""
        from prefect.settings import PREFECT_API_URL
        from prefect_aws import AwsCredentials

        if PREFECT_API_URL.value() is None:
            raise ConfigurationError(
                f"'s3_credentials' names the Prefect block {block!r}, and PREFECT_API_URL no server; expected the server "
                "that holds the block; set PREFECT_API_URL"
            )
        try:
            return AwsCredentials.load(block)
        except Exception as error:  # Prefect passes on every error of its server, its database and pydantic
            raise InfrastructureError(
                f"the Prefect block {block!r} of AWS credentials cannot be read; expected it on the server of "
                "PREFECT_API_URL; register it there or correct 's3_credentials'"
            ) from error

    def ask(self, what: str, request: Callable[[], Answer]) -> Answer:
        """Return the answer to a request that may be repeated; raise UnavailableError when there is no answer."""
        for attempt in count():
            try:
                answer = request()
            except Exception as error:
                if not is_passing(error):
                    self._silence.since = None
                    raise
                self.wait(what, attempt, error)
            else:
                self._silence.since = None
                return answer
        raise AssertionError("the last wait raises")  # pragma: no cover

    def wait(self, what: str, attempt: int, error: Exception, since: float | None = None) -> None:
        """Wait before the next attempt, longer each time; raise UnavailableError when the server was silent too long.

        ``since`` is the time of the first attempt at a request that fails while others are answered.
        """
        now = self.clock()
        silent = max(self._silence.seconds(now), 0.0 if since is None else now - since)
        if attempt + 1 >= ATTEMPTS and silent >= self.patience:
            raise UnavailableError(
                f"{what}: the archive did not answer after {attempt + 1} attempts ({trouble(error)}); only what was "
                "read back counts as archived; run the same command again later"
            ) from error
        self.pause(min(_FIRST_PAUSE_SECONDS * 2 ** min(attempt, 8), _LONGEST_PAUSE_SECONDS))


def is_passing(error: Exception) -> bool:
    """Return whether an error may be temporary: the server has a fault or asks to wait, or the connection was cut."""
    from botocore import exceptions

    if isinstance(error, exceptions.ClientError):
        never = is_never(error)
        return not never and (status_of(error) >= _SERVER_ERROR or trouble(error) in _PASSING)
    cut = (
        exceptions.HTTPClientError,
        exceptions.ConnectionError,
        exceptions.IncompleteReadError,
        exceptions.ResponseStreamingError,
    )
    return isinstance(error, cut) and not _is_untrusted(error)


def is_never(error: Exception) -> bool:
    """Return whether the server can never do what was asked."""
    return status_of(error) in _NEVER or trouble(error) == "NotImplemented"


def status_of(error: Exception) -> int:
    """Return the HTTP status of an S3 error, 0 when it has none."""
    return int(_answer_in(error).get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def trouble(error: Exception) -> str:
    """Return S3's name for an error, or the name of its class; a certificate that is not trusted is described."""
    if _is_untrusted(error):
        return "its certificate is of an authority that is not trusted here: name the authority's file in AWS_CA_BUNDLE"
    return str(_answer_in(error).get("Error", {}).get("Code") or type(error).__name__)


def _is_untrusted(error: Exception) -> bool:
    return "CERTIFICATE_VERIFY_FAILED" in str(error)


def _answer_in(error: Exception) -> dict[str, Any]:
    # In botocore even an error of the connection has a response: None.
    return getattr(error, "response", None) or {}


def _require_safe(endpoint: str) -> None:
    """Raise ConfigurationError unless an address is https or of this machine, and holds no password."""
    if not Address.of(endpoint).is_safe:
        raise ConfigurationError(
            "the address of the S3 server is neither https nor of this machine; expected https://… without a "
            "password; correct 's3_endpoint' in medicore.toml"
        )
