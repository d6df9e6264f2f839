"""The holder of runs is a state folder: made once, the same for all its workers, and another one for a copy."""

import shutil
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from medicore.records.ledger.appending import Lease
from medicore.stores.holder import holder_of


def test_all_workers_of_a_folder_are_one_holder(tmp_path: Path) -> None:
    """Many who ask at once get one name, which begins with the host and stays."""
    with ThreadPoolExecutor(8) as workers:
        names = set(workers.map(holder_of, [tmp_path] * 32))
    assert names == {holder_of(tmp_path)}
    assert names.pop().startswith(f"{socket.gethostname()}/")
    assert [path.name for path in tmp_path.iterdir()] == ["holder"]


def test_a_copy_of_a_folder_is_another_holder(tmp_path: Path) -> None:
    """Whoever copies a state folder, its holder with it, holds none of its runs."""
    (tmp_path / "state").mkdir()
    first = holder_of(tmp_path / "state")
    shutil.copytree(tmp_path / "state", tmp_path / "copy")
    assert holder_of(tmp_path / "copy") != first


def test_the_host_is_told_and_does_not_count() -> None:
    """A folder that moved to another host, such as a container that starts again, is the same holder."""
    lease = Lease("one/ab-1", 7, "2025-04-01T12:00:00.000000Z", 900)
    assert lease.is_of("other/ab-1")
    assert not lease.is_of("one/ab-2")


def test_a_folder_that_is_not_there_has_no_holder(tmp_path: Path) -> None:
    """Nothing is made for someone who only reads."""
    assert holder_of(tmp_path / "missing").endswith("/read-only")
    assert not (tmp_path / "missing").exists()
