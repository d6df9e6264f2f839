"""Hosts of a fleet on one machine: network namespaces with a cable each to one switch, which a test can pull out."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_NET = "10.213.0"
_LIMIT_S = 60.0


def absent() -> str:
    """Return why there can be no network namespaces here; empty where there can."""
    if shutil.which("ip") is None:
        return "no 'ip' on this machine; get it with 'apt-get install iproute2'"
    tried = subprocess.run(["unshare", "--net", "true"], check=False, capture_output=True)
    return (
        "" if tried.returncode == 0 else "this account may make no network namespaces; run the test as root"
    )


@dataclass
class Host:
    """A host: its namespace, its address, and the processes that were started on it."""

    space: str
    address: str
    started: "list[subprocess.Popen[bytes]]" = field(default_factory=list)

    def start(
        self, *command: str, log: Path, folder: Path = ROOT, around: Mapping[str, str] = os.environ
    ) -> None:
        """Start a program on this host."""
        with log.open("ab") as output:
            self.started.append(
                subprocess.Popen(
                    ["ip", "netns", "exec", self.space, *command],
                    cwd=folder, env=around, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                )
            )  # fmt: skip

    def tunnel(self, here: str, there: str, log: Path) -> None:
        """Pass what comes to ``here`` on this host on to ``there``."""
        self.start(*tunnel(here, there), log=log)

    def unplug(self) -> None:
        """Pull the cable out of this host."""
        _ip("-n", self.space, "link", "set", "eth0", "down")

    def plug(self) -> None:
        """Put the cable back."""
        _ip("-n", self.space, "link", "set", "eth0", "up")

    def cut_power(self) -> None:
        """End the host as a power cut does: nothing of it runs on, and nobody hears of it."""
        self.unplug()
        while numbers := _ip("netns", "pids", self.space).split():
            for number in numbers:
                with suppress(ProcessLookupError):
                    os.kill(int(number), signal.SIGKILL)
            for process in self.started:
                process.wait(timeout=_LIMIT_S)


def tunnel(here: str, there: str) -> tuple[str, ...]:
    """Return the command that passes what comes to one end on to the other."""
    return (sys.executable, "-S", str(ROOT / "tests" / "tunnel.py"), here, there)


@contextmanager
def network(*names: str) -> Iterator[dict[str, Host]]:
    """Yield hosts by their names, connected by a switch of their own; all of it is gone afterwards."""
    numbers, made = count(1), []
    switch = f"mc{os.getpid()}"
    try:
        _ip("netns", "add", switch)
        made.append(Host(switch, ""))
        _ip("-n", switch, "link", "add", "switch", "type", "bridge")
        _ip("-n", switch, "link", "set", "switch", "up")
        for name, number in zip(names, numbers, strict=False):
            host = Host(f"{switch}-{name}", f"{_NET}.{number}")
            _ip("netns", "add", host.space)
            made.append(host)
            _ip(
                "link",
                "add",
                "eth0",
                "netns",
                host.space,
                "type",
                "veth",
                "peer",
                "name",
                f"p{number}",
                "netns",
                switch,
            )
            _ip("-n", switch, "link", "set", f"p{number}", "master", "switch", "up")
            _ip("-n", host.space, "addr", "add", f"{host.address}/24", "dev", "eth0")
            for device in ("lo", "eth0"):
                _ip("-n", host.space, "link", "set", device, "up")
        yield dict(zip(names, made[1:], strict=True))
    finally:
        for host in made[1:]:
            host.cut_power()
        for host in made:
            _ip("netns", "del", host.space)


def wait_for(what: str, seen: Callable[[], object], seconds: float) -> None:
    """Wait until ``seen()`` is true; fail with ``what`` when it is not so in time."""
    limit = time.monotonic() + seconds
    while not seen():
        assert time.monotonic() < limit, f"{what} within {seconds:.0f} s"
        time.sleep(0.5)


def _ip(*arguments: str) -> str:
    done = subprocess.run(["ip", *arguments], check=False, capture_output=True, text=True)
    assert done.returncode == 0, f"ip {' '.join(arguments)}: {done.stderr}"
    return done.stdout
