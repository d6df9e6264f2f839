"""A record in a bucket with Object Lock, from the settings to the restored bytes, through the command line."""

import shutil
from pathlib import Path

import pytest

from tests.conftest import Project, found_project, git
from tests.line.ended_run import run as run_of
from tests.line.key_block import save_keys
from tests.line.locked_archive import FIRST, REPORT, RUN, SIGNED, Kept
from tests.s3 import S3Server, moto_server  # noqa: F401 - a fixture
from tests.whole_house.prepared_study import MONTH, prepare


@pytest.fixture(scope="module")
def kept(moto_server: S3Server, prefect_url: str, tmp_path_factory: pytest.TempPathFactory) -> Kept:  # noqa: F811
    """Run a study in a house whose archive is a bucket, and release it."""
    folder, bucket = tmp_path_factory.mktemp("bucket"), moto_server.bucket()
    settings = {"MEDICORE_ARCHIVE": f"s3://{bucket}/medicore", "MEDICORE_S3_ENDPOINT": moto_server.endpoint}
    made = found_project(folder, prefect_url, **settings, **moto_server.environment)
    # Where the archive is lies in medicore.toml since the founding; the keys alone stay in the environment.
    environment = {name: value for name, value in made.environment.items() if name not in settings}
    project = Project(made.root, made.home, environment)
    prepare(project, FIRST, deployed=True)
    run_of(project, FIRST, expected=0)
    older = shutil.copy2(project.home / "ledger.db", folder / "older.db")
    assert project.sign(RUN, "approve").json()["state"] == "archived"
    return Kept(project, moto_server, bucket, Path(older))


def test_record_is_archived_locked_and_verified(kept: Kept) -> None:
    """Every object has its own VersionId and lock; ``verify``, ``archive verify`` and ``doctor`` find all well."""
    assert not any((kept.project.home / "archive").iterdir())
    assert "testsecret" not in (kept.project.home / "medicore.toml").read_text("utf-8")
    manifest = kept.manifest()
    stored = {version["Key"].removeprefix("medicore/"): version["VersionId"] for version in kept.versions()}
    assert {entry["key"]: entry["version"] for entry in manifest["objects"]}.items() <= stored.items()
    for key in stored:
        head = kept.server.client.head_object(Bucket=kept.bucket, Key=f"medicore/{key}")
        assert head["ObjectLockMode"] == "COMPLIANCE"
        assert head["ObjectLockRetainUntilDate"].date().isoformat() >= manifest["retain_until"]
    (verdict,) = kept.project.medicore("verify", RUN, "--json").json()
    assert (verdict["failed"], verdict["warnings"]) == ({}, {})
    answer = kept.project.medicore("archive", "verify", "--all", "--json")
    (found,) = (row for row in answer.json() if row["run"] == RUN)
    assert (found["failed"], answer.err) == ({}, "")
    assert kept.last(RUN, "archive.verified")["details"]["checks"] == found["checks"]
    rows = kept.project.medicore("archive", "list", FIRST.study, "--json").json()
    assert [(row["run"], row["objects"]) for row in rows] == [(RUN, len(manifest["objects"]))]
    assert RUN in kept.project.medicore("archive", "list").out
    parts = {part["subject"]: part for part in kept.project.medicore("doctor", "--json").json()}
    assert parts["archive"]["found"].endswith("with Object Lock, COMPLIANCE for 15 years by default")


def test_what_takes_nothing_away_is_a_warning(kept: Kept) -> None:
    """Objects behind a delete marker, or written again with the same bytes, are read and told, with an event (FAULTS 13)."""
    signed = kept.server.client.get_object(Bucket=kept.bucket, Key=f"medicore/{SIGNED}")["Body"].read()
    with kept.hidden(REPORT), kept.foreign(SIGNED, signed):
        answer = kept.project.medicore("verify", RUN, "--json")
    (version,) = (entry["version"] for entry in kept.manifest()["objects"] if entry["key"] == REPORT)
    (verdict,) = answer.json()
    words = f"hidden by a delete marker; read by its version {version[:12]}"
    assert verdict["failed"] == {}
    assert verdict["warnings"][f"{REPORT} (versions)"] == words
    again = verdict["warnings"][f"{SIGNED} (versions)"]
    assert again.startswith("the same bytes were written again")
    assert len(verdict["warnings"]) == 2
    assert f"medicore: warning: {REPORT} (versions): {words}\n" in answer.err
    assert f"medicore: warning: {SIGNED} (versions): {again}\n" in answer.err
    warned = kept.last(RUN, "verification.warned")
    assert sorted(warned["details"]["warned"]) == sorted(
        [f"{REPORT} (versions): {words}", f"{SIGNED} (versions): {again}"]
    )


def test_a_key_that_was_overwritten_is_found(kept: Kept) -> None:
    """Other bytes written under a key replace nothing, and verification fails by that key (FAULTS 14)."""
    with kept.foreign(REPORT, b"another report"):
        answer = kept.project.medicore("archive", "verify", RUN, expected=6)
    assert f"{REPORT} (versions): other bytes were written over it, as version " in answer.err
    failed = kept.last(RUN, "verification.failed")
    assert failed["reason"] == f"{REPORT} (versions)"
    assert "(archive)" not in str(failed["details"]), "the object itself is there still"


def test_a_ledger_rolled_back_is_caught_behind_delete_markers(kept: Kept, tmp_path: Path) -> None:
    """Whoever sets the ledger back, and hides every signed head in the archive, is caught by these heads (FAULTS 9, 13)."""
    home = tmp_path / "state"
    shutil.copytree(kept.project.home, home, symlinks=True)
    for name in ("ledger.db-wal", "ledger.db-shm"):
        (home / name).unlink(missing_ok=True)
    shutil.copy2(kept.older, home / "ledger.db")
    with kept.hidden("checkpoints/"), kept.hidden(f"archives/{RUN}/checkpoint-"):
        answer = kept.project.medicore("ledger", "verify", expected=6, MEDICORE_HOME=str(home))
    assert "is missing" in answer.err or "was replaced" in answer.err


def test_the_archive_alone_gives_the_record_back(kept: Kept, tmp_path: Path) -> None:
    """On a machine that knows nothing but the archive, every byte comes back, and makes the same report again (FAULTS 13)."""
    there, again = tmp_path / "there", tmp_path / "again"
    kept.project.medicore("archive", "restore", RUN, str(there), "--as", "reviewer")
    restored = kept.last(RUN, "archive.restored")
    home = tmp_path / "empty"
    empty = Project(kept.project.root, home, kept.project.environment)
    place = {"MEDICORE_ARCHIVE": f"s3://{kept.bucket}/medicore", "MEDICORE_S3_ENDPOINT": kept.server.endpoint}
    empty.medicore("init", **place)
    with kept.hidden(f"archives/{RUN}/"):
        answer = empty.medicore("archive", "restore", RUN, str(again), "--as", "reviewer", "--json")
    assert answer.json()["named_by_ledger"] is False
    assert "this ledger does not know the run" in answer.err
    assert answer.json()["manifest"] == restored["details"]["manifest"]
    files = [
        {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in folder.rglob("*")
            if path.is_file()
        }
        for folder in (there, again)
    ]
    assert files[0] == files[1]
    reports = kept.project.home / "reports" / FIRST.study / MONTH
    assert files[0]["report.signed.pdf"] == next(reports.glob("*.signed.pdf")).read_bytes()
    rebuilt = empty.medicore("reproduce", RUN, "--from", str(again), "--json").json()
    assert rebuilt["identical"] is True
    assert {"results.json", "report.pdf", "extract.parquet"} <= set(rebuilt["files"])
    raw = next((again / "record" / "lock" / "raw").iterdir())
    raw.write_bytes(raw.read_bytes()[:-1] + b"!")
    answer = empty.medicore("reproduce", RUN, "--from", str(again), expected=6)
    assert f"record/lock/raw/{raw.name} is not the file that the provenance names" in answer.err
    answer = empty.medicore("reproduce", RUN, "--from", str(tmp_path), expected=8)
    assert "the folder has no record.bundle" in answer.err
    git(
        "clone", "--quiet", "--branch", f"record/{RUN}", str(there / "record.bundle"), "code", folder=tmp_path
    )
    record = tmp_path / "code" / "records" / FIRST.study / MONTH
    assert (record / "results.json").read_bytes() == files[0]["record/results.json"]
    assert (tmp_path / "code" / "requirements.lock").read_bytes() == files[0]["requirements.lock"]
    kept.project.medicore("archive", "restore", RUN, str(there), "--as", "reviewer", expected=9)


def test_keys_come_from_the_prefect_block_that_is_named(kept: Kept) -> None:
    """With keys in a block of the Prefect server alone the archive opens; without block or keys one line says so."""
    keys = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
    nowhere = {"AWS_SHARED_CREDENTIALS_FILE": "/nonexistent", "AWS_EC2_METADATA_DISABLED": "true"}
    kept_environment = {k: v for k, v in kept.project.environment.items() if k not in keys} | nowhere
    project = Project(kept.project.root, kept.project.home, kept_environment)
    save_keys(project, "archive-keys")
    project.medicore("archive", "verify", RUN, MEDICORE_S3_CREDENTIALS="archive-keys")
    for name, words in (("", "no credentials for the archive"), ("no-such", "the Prefect block 'no-such'")):
        found = project.medicore("doctor", "--json", expected=9, MEDICORE_S3_CREDENTIALS=name).json()
        (part,) = (part for part in found if part["subject"] == "archive")
        assert part["found"].startswith(words)


def test_a_bucket_that_keeps_nothing_founds_no_house(kept: Kept, tmp_path: Path) -> None:
    """``init`` refuses a bucket without Object Lock in one line, before anything is made."""
    home = tmp_path / "state"
    bucket = kept.server.bucket(lock=False)
    place = {"MEDICORE_ARCHIVE": f"s3://{bucket}", "MEDICORE_S3_ENDPOINT": kept.server.endpoint}
    answer = kept.project.medicore("init", expected=9, MEDICORE_HOME=str(home), **place)
    assert answer.err.startswith(f"medicore: bucket {bucket} cannot be an archive")
    assert answer.err.count("\n") == 1
    assert not home.exists()
    doctor = kept.project.medicore("doctor", "--json", expected=9, **place).json()
    assert [part["healthy"] for part in doctor if part["subject"] == "archive"] == [False]
