"""What no byte of a file shows, attacked in a released month one after the other: each command names it, and none says intact."""

import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path

import pytest
import yaml

from medicore.records.identifiers import RunId
from medicore.stores.s3.client import S3Access
from tests.conftest import Project, git
from tests.line.conftest import REFERENCE, Month
from tests.s3 import KEYS

Attack = Callable[[], AbstractContextManager[None]]


@contextmanager
def moved(path: Path, target: Path) -> Iterator[None]:
    """Move a file or folder elsewhere, for a while."""
    path.rename(target)
    yield
    target.rename(path)


@contextmanager
def linked(path: Path) -> Iterator[None]:
    """Put a link to the same bytes in the place of a file, for a while."""
    with moved(path, path.with_name(f"aside-{path.name}")):
        path.symlink_to(path.with_name(f"aside-{path.name}"))
        yield
        path.unlink()


@contextmanager
def opened_to(path: Path, mode: int) -> Iterator[None]:
    """Give a file or folder another mode, for a while."""
    before = path.stat().st_mode
    path.chmod(mode)
    yield
    path.chmod(before)


def stored(home: Path, md5: str) -> Path:
    """Return where the content store itself keeps an object."""
    return home / "dvc" / "remote" / "files" / "md5" / md5[:2] / md5[2:]


def test_each_blind_spot_is_named(copied: Project, released: Month, tmp_path: Path) -> None:
    """Lists, durable copies, names of heads, modes, links, an emptied archive: found, and sound once undone (FAULTS 80)."""
    run, home, aside = RunId.parse(released.run(REFERENCE)), copied.home, tmp_path / "aside"
    tag = f"refs/tags/run/{run}"

    def pointed(name: str) -> dict[str, str]:
        return dict(
            yaml.load(
                git("cat-file", "blob", f"{tag}:{run.folder}/{name}", folder=home / "records.git"),
                yaml.CSafeLoader,
            )
        )

    archive, people = home / "archive", home / "people"
    (listed,) = (out["md5"] for out in pointed("lock.dvc")["outs"])
    lock = yaml.load(
        git("cat-file", "blob", f"{tag}:dvc.lock", folder=home / "records.git"), yaml.CSafeLoader
    )
    reported = {out["path"]: out["md5"] for stage in lock["stages"].values() for out in stage["outs"]}
    report = reported[f"{run.folder}/report.pdf"]
    head = sorted((archive / "checkpoints").glob("*-????????????????.json"))[-1]
    verify, ledger = ("verify", str(run)), ("ledger", "verify")
    attacks: list[tuple[Attack, tuple[str, ...], str]] = [
        (partial(moved, stored(home, listed), aside), verify, "lock, list of files (content store): no copy is left"),
        (partial(moved, stored(home, report), aside), verify, "report.pdf (content store): no copy is left there"),
        (partial(moved, head, head.with_name("head.json")), ledger, "checkpoints/head.json: is the signed head of"),
        (partial(opened_to, archive / "reports" / str(run) / "report.pdf", 0o666), ("archive", *verify), "has mode 0666"),
        (partial(opened_to, archive / "checkpoints", 0o777), ledger, "archive/checkpoints has mode 0777"),
        (partial(linked, people / "authority.pem"), verify, "people/authority.pem is a symbolic link"),
        (partial(moved, archive, aside), ("archive", *verify), "object(s) that the ledger names are not in the archive"),
        (partial(moved, archive, aside), ledger, "object(s) that the ledger names are not in the archive"),
    ]  # fmt: skip
    for attack, command, words in attacks:
        with attack():
            answer = copied.medicore(*command, expected=6)
        assert words in answer.out.replace("signed head: ", ""), answer.out
        assert "intact" not in answer.out
    with opened_to(archive / "reports", 0o777), linked(people / "authority.pem"):
        doctor = {part["subject"]: part for part in copied.medicore("doctor", "--json", expected=9).json()}
    assert "archive/reports has mode 0777" in doctor["archive"]["found"]
    assert "people/authority.pem is a symbolic link" in doctor["permissions"]["found"]
    assert ", 0 failed" in copied.medicore(*verify).out
    assert "intact" in copied.medicore(*ledger).out


def test_a_bucket_that_does_not_answer_is_not_damage(
    released: Month, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the archive cannot be asked, verify says that with exit code 8, and says nothing against the ledger (FAULTS 80)."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    # How long it waits between its attempts is no matter here.
    monkeypatch.setattr("medicore.wiring.S3Access", partial(S3Access, pause=lambda _: None, patience=0))
    answer = released.project.medicore(
        "verify", released.run(REFERENCE), expected=8, MEDICORE_ARCHIVE="s3://any-bucket/archive",
        MEDICORE_S3_ENDPOINT=f"http://127.0.0.1:{port}", **KEYS,
    )  # fmt: skip
    assert "1 check(s) could not be made, first ledger: could not be asked" in answer.err
    assert "did not answer after 5 attempts" in answer.err
    assert "not what" not in answer.out + answer.err
