"""Addresses of servers: nothing goes over a wire in the clear, and no password stands in an address."""

from dataclasses import dataclass
from urllib.parse import urlsplit

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True, slots=True)
class Address:
    """What the address of a server says: scheme and host in lower case, whether it holds a user, a query or a fragment.

    A text that is no address has neither scheme nor host.
    """

    scheme: str
    host: str
    has_user: bool = False
    has_query: bool = False

    @classmethod
    def of(cls, text: str) -> "Address":
        """Return what a text says as an address."""
        try:
            parts = urlsplit(text)
            host = parts.hostname or ""
        except ValueError:
            return cls("", "")
        return cls(parts.scheme, host, "@" in parts.netloc, bool(parts.query or parts.fragment))

    @property
    def is_local(self) -> bool:
        """Whether the host is this machine."""
        return self.host in _LOOPBACK

    @property
    def is_private(self) -> bool:
        """Whether nobody on the way can read along: by TLS, or because nothing leaves this machine."""
        return self.scheme == "https" or (self.scheme == "http" and self.is_local)

    @property
    def is_safe(self) -> bool:
        """Whether the address is private, names a host and holds no user or password."""
        return self.is_private and bool(self.host) and not self.has_user

    @property
    def is_plain(self) -> bool:
        """Whether the address names a host, and holds no more than host, port and path."""
        return bool(self.host) and not (self.has_user or self.has_query)
