"""Time stamps: tokens of an RFC 3161 service, requested over HTTP (RFC 3161, 3.4)."""

import ssl
from dataclasses import dataclass
from typing import Any

from medicore.errors import ConfigurationError
from medicore.records.address import Address

SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class TimeStampService:
    """The only service that the settings allow, and the certificate in PEM that proves its tokens.

    Raises
    ------
    ConfigurationError
        When the address is neither https nor of this machine, or holds a password.
    """

    address: str
    trusted: str

    def __post_init__(self) -> None:
        if not Address.of(self.address).is_safe:
            raise ConfigurationError(
                "the address of the time stamping service is neither https nor of this machine; "
                "expected https://… without a password; correct 'time_stamps' in medicore.toml"
            )

    def client(self) -> Any:  # noqa: ANN401 - a pyHanko time stamper
        """Return the service as pyHanko's client."""
        from asn1crypto import tsp
        from pyhanko.sign.timestamps import TimeStamper

        service = self

        class Client(TimeStamper):  # type: ignore[misc] # its types are not followed
            async def async_request_tsa_response(self, req: Any) -> Any:  # noqa: ANN401
                try:
                    return tsp.TimeStampResp.load(service.answer(req.dump()))
                except ValueError as error:
                    raise _refused("an answer that is not a time stamp") from error

        return Client()

    def answer(self, request: bytes) -> bytes:
        """Return the service's answer to a request; raise ConfigurationError when it gives no time stamp."""
        import httpx

        try:
            # No redirect is followed: the address in the settings is the only one that is allowed.
            with httpx.Client(
                follow_redirects=False, timeout=SECONDS, trust_env=False, verify=_trust_store(self.address)
            ) as client:
                answer = client.post(
                    self.address, content=request, headers={"Content-Type": "application/timestamp-query"}
                )
        except httpx.HTTPError as error:
            raise _refused(type(error).__name__) from error
        if answer.status_code != httpx.codes.OK:
            raise _refused(f"status {answer.status_code}")
        return answer.content


def _trust_store(address: str) -> "ssl.SSLContext | bool":
    # The system's own trust store and SSL_CERT_FILE, so that a company's authority is trusted; http does not need it.
    return ssl.create_default_context() if address.startswith("https:") else False


def _refused(found: str) -> ConfigurationError:
    return ConfigurationError(
        f"the time stamping service gave {found}; expected a time stamp; nothing was signed, try again later"
    )
