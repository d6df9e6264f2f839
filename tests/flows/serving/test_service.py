"""What the service starts sees no more of the secrets around it than its work needs."""

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from flows.serving import service as service_module
from flows.serving.service import service
from medicore.errors import ConfigurationError
from medicore.settings import Settings

# Stands for Prefect's command line and for the worker: it writes down which variables it saw; as a worker it stays.
PREFECT = """
import os, sys, time
from pathlib import Path

words = [word for word in sys.argv[1:] if not word.startswith("-")]
names = sorted(name for name in os.environ if name.startswith("MEDICORE_") or name.endswith("AUTH_STRING"))
place = Path("-".join(words[:2]) + ".txt")
place.with_suffix(".begun").write_text(" ".join(names))
place.with_suffix(".begun").rename(place)
if words == ["medicore"]:
    time.sleep(600)
if "set-concurrency-limit" in words and os.environ.get("PREFECT_TEST_FAILS"):
    raise SystemExit(7)
"""
TOLD = ["MEDICORE_CHECKOUT", "MEDICORE_HOME", "MEDICORE_REPOSITORY", "PREFECT_API_AUTH_STRING"]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A checkout in which a stand-in takes the place of Prefect, and its state folder."""
    for name in ("checkout/prefect", "checkout/flows/serving", "state/prefect"):
        (tmp_path / name).mkdir(parents=True)
    for name in ("prefect/__init__", "flows/__init__", "flows/serving/__init__"):
        (tmp_path / "checkout" / f"{name}.py").write_text("")
    for name in ("prefect/__main__", "flows/serving/worker"):
        (tmp_path / "checkout" / f"{name}.py").write_text(PREFECT)
    return Settings(root=tmp_path / "checkout", home=tmp_path / "state")


@pytest.fixture(autouse=True)
def without_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """A Prefect API is said to be there already."""

    @contextlib.contextmanager
    def there(*_: object) -> Iterator[tuple[str, None]]:
        yield "http://127.0.0.1:9/api", None

    monkeypatch.setattr(service_module, "attended_server", there)


def test_passphrases_reach_no_process_of_the_service(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker sees settings and secrets of the EDC, Prefect's command line neither, and nobody a passphrase.

    Both know the password of Prefect's API as clients, and not as its server.
    """
    for name in [name for name in os.environ if name.startswith("MEDICORE_")]:
        monkeypatch.delenv(name)
    given = ("MEDICORE_PASSPHRASE", "MEDICORE_PASSPHRASE_RITA", "MEDICORE_EDC_SECRET", "MEDICORE_PAPER")
    for name in given:
        monkeypatch.setenv(name, "secret")
    for name in ("PREFECT_API_AUTH_STRING", "PREFECT_SERVER_API_AUTH_STRING"):
        monkeypatch.setenv(name, "user:secret")
    started = settings.root / "medicore.txt"
    with service(settings):
        patient_until = time.monotonic() + 120
        while not started.exists() and time.monotonic() < patient_until:
            time.sleep(0.02)
    assert started.read_text().split() == sorted([*TOLD, "MEDICORE_EDC_SECRET", "MEDICORE_PAPER"])
    for name in ("work-pool-create", "work-pool-set-concurrency-limit", "deploy"):
        assert (settings.root / f"{name}.txt").read_text().split() == TOLD


def test_the_command_that_fails_is_named(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of Prefect's command lines the first that fails ends the start; it is named with its code, and no later one begins."""
    monkeypatch.setenv("PREFECT_TEST_FAILS", "1")
    words = (
        r"^'prefect work-pool set-concurrency-limit' ended with 7; its last output is in prefect/worker\.log"
    )
    with pytest.raises(ConfigurationError, match=words), service(settings):
        raise AssertionError("nothing is served")
    assert (settings.root / "work-pool-create.txt").exists()
    assert not (settings.root / "deploy.txt").exists()
