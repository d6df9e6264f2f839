"""Frozen data and reports in a bucket, from the setting to a run whose data come back from there."""

import shutil
from dataclasses import replace

from tests.conftest import Project
from tests.line.conftest import CLEAN
from tests.line.key_block import save_keys
from tests.s3 import KEYS, S3Server, moto_server  # noqa: F401 - a fixture

NEXT = "2025-04"


def test_a_run_whose_content_is_in_a_bucket(copied: Project, moto_server: S3Server) -> None:  # noqa: F811
    """Data and reports are pushed there; without the cache they are read, verified and reproduced from there."""
    bucket, nowhere = moto_server.bucket(), {"AWS_SHARED_CREDENTIALS_FILE": "/nonexistent"}
    place = {
        "MEDICORE_CONTENT_REMOTE": f"s3://{bucket}/content",
        "MEDICORE_S3_ENDPOINT": moto_server.endpoint,
        "AWS_EC2_METADATA_DISABLED": "true",
        **nowhere,
    }
    without = replace(copied, environment={**copied.environment, **place})
    project = replace(without, environment={**without.environment, **moto_server.environment})
    before = {path.name for path in (copied.home / "dvc" / "remote").rglob("*")}
    project.medicore("edc", "deliver", NEXT, CLEAN)
    (row,) = project.medicore("run", CLEAN, NEXT, "--json").json()
    run = f"{CLEAN}/{NEXT}/1"
    assert (row["run"], row["state"]) == (run, "sealed, awaiting approval")
    assert project.sign(run, "approve").json()["state"] == "archived"
    stored = moto_server.client.list_objects_v2(Bucket=bucket)["Contents"]
    assert len(stored) > 5
    assert all(found["Key"].startswith("content/files/md5/") for found in stored)
    assert {path.name for path in (copied.home / "dvc" / "remote").rglob("*")} == before, "nothing came here"
    for name in ("cache", "site"):
        shutil.rmtree(copied.home / "dvc" / name)
    (verdict,) = project.medicore("verify", run, "--json").json()
    assert (verdict["failed"], verdict["warnings"]) == ({}, {})
    parts = {part["subject"]: part for part in project.medicore("doctor", "--json").json()}
    assert parts["content store"]["found"] == f"s3://{bucket}/content/"
    assert not KEYS.keys() & without.environment.keys(), "here the keys are in the Prefect block alone"
    save_keys(without, "content-keys")
    rebuilt = without.medicore("reproduce", run, "--json", MEDICORE_S3_CREDENTIALS="content-keys").json()
    assert rebuilt["identical"] is True
    report = max(stored, key=lambda found: found["Size"])["Key"]
    moto_server.client.delete_object(Bucket=bucket, Key=report)
    for folder in ("cache", "site"):
        shutil.rmtree(copied.home / "dvc" / folder, ignore_errors=True)
    assert "no copy is left" in project.medicore("verify", run, expected=6).err
