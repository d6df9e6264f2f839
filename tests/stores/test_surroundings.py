"""What a process inherits does not decide what it does: proxies, encodings, terminals."""

import json
import os
import subprocess
import sys
import urllib.request
from pathlib import Path

import httpx
import pytest

from medicore.stores.surroundings import ask_this_machine_directly, is_utf8, leave_out_socks
from tests.conftest import ROOT

NAMES = (
    "no_proxy",
    "NO_PROXY",
    "http_proxy",
    "HTTP_PROXY",
    "https_proxy",
    "HTTPS_PROXY",
    "all_proxy",
    "ALL_PROXY",
)


@pytest.fixture(autouse=True)
def none_given(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take what this machine says of proxies away, and put it back afterwards."""
    for name in NAMES:
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({}, "localhost,127.0.0.1,::1"),
        ({"NO_PROXY": "corp.example, .internal"}, "corp.example,.internal,localhost,127.0.0.1,::1"),
        ({"no_proxy": "127.0.0.1", "NO_PROXY": "other.example"}, "127.0.0.1,localhost,::1"),
        ({"no_proxy": "", "NO_PROXY": "other.example"}, "other.example,localhost,127.0.0.1,::1"),
        ({"NO_PROXY": "*"}, "*"),
    ],
)
def test_loopback_is_asked_without_a_proxy(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], kept: str
) -> None:
    """Whatever hosts are named already, those of this machine join them; the clients take that for both schemes."""
    for name, value in {
        "HTTP_PROXY": "http://proxy.invalid:1",
        "HTTPS_PROXY": "http://proxy.invalid:1",
        **given,
    }.items():
        monkeypatch.setenv(name, value)
    ask_this_machine_directly()
    ask_this_machine_directly()
    assert (os.environ["no_proxy"], os.environ["NO_PROXY"]) == (kept, kept)
    for host in ("127.0.0.1", "localhost", "127.0.0.1:4200"):
        assert urllib.request.proxy_bypass(host)
    assert bool(urllib.request.proxy_bypass("prefect.example")) == (kept == "*")
    with httpx.Client() as client:
        through = {
            str(pattern.pattern) for pattern, transport in client._mounts.items() if transport is not None
        }
        direct = {str(pattern.pattern) for pattern, transport in client._mounts.items() if transport is None}
    assert through == (set() if kept == "*" else {"http://", "https://"})
    assert kept == "*" or {"all://127.0.0.1", "all://localhost", "all://[::1]"} <= direct


@pytest.mark.parametrize(
    ("given", "left"),
    [
        ({"ALL_PROXY": "socks5://proxy.invalid:1"}, ()),
        (
            {"all_proxy": " SOCKS5H://proxy.invalid:1", "HTTP_PROXY": "http://proxy.invalid:1"},
            ("HTTP_PROXY",),
        ),
        ({"https_proxy": "socks4://proxy.invalid:1", "http_proxy": "socks.example:1"}, ("http_proxy",)),
    ],
)
def test_a_socks_proxy_is_left_out(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], left: tuple[str, ...]
) -> None:
    """A client can be made although a variable names a SOCKS proxy; those of other proxies stay."""
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    assert set(leave_out_socks()) == set(given) - set(left)
    assert tuple(name for name in NAMES if name in os.environ) == left
    httpx.Client().close()


LOCALES = [
    {"LC_ALL": "C"},
    {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "ascii"},
    {"LANG": "tr_TR.UTF-8", "PYTHONIOENCODING": "latin-1"},
]
PRINTING = """
import sys
from medicore.stores.surroundings import print_everything, require_utf8
require_utf8()
print_everything()
from medicore.cli.show import emit, say
say(sys.argv[1])
emit({"name": sys.argv[1]})
print(sys.argv[1], open(sys.argv[1], "wb").name == sys.argv[1], file=sys.stderr)
"""


@pytest.mark.parametrize("locale", LOCALES)
def test_every_name_can_be_read_and_printed(tmp_path: Path, locale: dict[str, str]) -> None:
    """In any locale, with any encoding of its output, a command takes and prints a name; its JSON can be read."""
    name = "Zoë İ ≥ 試験 \U0001f600"
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("LC_", "LANG", "PYTHON"))}
    done = subprocess.run(
        [sys.executable, "-c", PRINTING, name],
        cwd=tmp_path, env={**kept, "PYTHONPATH": str(ROOT), **locale}, capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    encoding = locale.get("PYTHONIOENCODING", "utf-8")
    shown = name.encode(encoding, "backslashreplace")
    text, _, document = done.stdout.partition(b"\n")
    assert text == shown
    assert done.stderr == shown + b" True\n"
    assert json.loads(document) == {"name": name}
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize(
    ("encoding", "all_of_it"), [("UTF-8", True), ("utf8", True), (None, True), ("ascii", False)]
)
def test_utf8_takes_every_character(encoding: str | None, all_of_it: bool) -> None:
    """The spellings of UTF-8 count as it, and so does a stream in memory; other encodings do not."""
    assert is_utf8(encoding) is all_of_it
