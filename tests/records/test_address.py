"""Addresses: which are private, safe and plain, whatever they are used for."""

import pytest

from medicore.records.address import Address


@pytest.mark.parametrize(
    ("text", "local", "private", "safe", "plain"),
    [
        ("https://edc.example:8443/api", False, True, True, True),
        ("HTTPS://EDC.example/api", False, True, True, True),
        ("http://localhost:8080/", True, True, True, True),
        ("http://127.0.0.1", True, True, True, True),
        ("http://[::1]:1/", True, True, True, True),
        ("http://edc.example/api", False, False, False, True),
        ("http://127.0.0.1.example/", False, False, False, True),
        ("ftp://127.0.0.1/", True, False, False, True),
        ("https://user:word@edc.example/", False, True, False, False),
        ("https://@edc.example/", False, True, False, False),
        ("https://edc.example/?token=1", False, True, True, False),
        ("https://edc.example/#part", False, True, True, False),
        ("https://", False, True, False, False),
        ("edc.example", False, False, False, False),
        ("https://[broken", False, False, False, False),
        ("", False, False, False, False),
    ],
)
def test_an_address_is_judged(text: str, local: bool, private: bool, safe: bool, plain: bool) -> None:
    """TLS or this machine is private; safe asks for a host and no user besides; plain for host, port and path alone."""
    found = Address.of(text)
    assert (found.is_local, found.is_private, found.is_safe, found.is_plain) == (local, private, safe, plain)


def test_the_host_is_in_lower_case() -> None:
    """Hosts are compared with a list in lower case."""
    assert Address.of("https://EDC.Example:1/API").host == "edc.example"
