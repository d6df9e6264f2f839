"""What the service starts sees no more of the secrets around it than its work needs."""

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from flows.serving import service as service_module
from flows.serving.service import service
from medicore.settings import Settings

# Stands for Prefect's command line: it writes down which of our variables it saw; as a worker it stays.
PREFECT = """
import os, sys, time
from pathlib import Path

words = [word for word in sys.argv[1:] if not word.startswith("-")]
names = sorted(name for name in os.environ if name.startswith("MEDICORE_"))
place = Path("-".join(words[:2]) + ".txt")
place.with_suffix(".begun").write_text(" ".join(names))
place.with_suffix(".begun").rename(place)
if words[:2] == ["worker", "start"]:
    time.sleep(600)
"""
TOLD = ["MEDICORE_CHECKOUT", "MEDICORE_HOME", "MEDICORE_REPOSITORY"]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A checkout in which a stand-in takes the place of Prefect, and its state folder."""
    for name in ("checkout/prefect", "state/prefect"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "checkout" / "prefect" / "__init__.py").write_text("")
    (tmp_path / "checkout" / "prefect" / "__main__.py").write_text(PREFECT)
    return Settings(root=tmp_path / "checkout", home=tmp_path / "state")


def test_passphrases_reach_no_process_of_the_service(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker sees settings and secrets of the EDC, Prefect's command line neither, and nobody a passphrase."""

    @contextlib.contextmanager
    def there(*_: object) -> Iterator[tuple[str, None]]:
        yield "http://127.0.0.1:9/api", None

    monkeypatch.setattr(service_module, "attended_server", there)
    for name in [name for name in os.environ if name.startswith("MEDICORE_")]:
        monkeypatch.delenv(name)
    given = ("MEDICORE_PASSPHRASE", "MEDICORE_PASSPHRASE_RITA", "MEDICORE_EDC_SECRET", "MEDICORE_PAPER")
    for name in given:
        monkeypatch.setenv(name, "secret")
    started = settings.root / "worker-start.txt"
    with service(settings):
        patient_until = time.monotonic() + 120
        while not started.exists() and time.monotonic() < patient_until:
            time.sleep(0.02)
    assert started.read_text().split() == sorted([*TOLD, "MEDICORE_EDC_SECRET", "MEDICORE_PAPER"])
    for name in ("work-pool-create", "work-pool-set-concurrency-limit", "deploy"):
        assert (settings.root / f"{name}.txt").read_text().split() == TOLD
