"""Frozen data and reports in a bucket, from the setting to a run whose data come back from there."""

import shutil
from dataclasses import replace
from pathlib import Path

from tests.conftest import found_project
from tests.line.key_block import save_keys
from tests.s3 import KEYS, S3Server, moto_server  # noqa: F401 - a fixture
from tests.whole_house.faulty_studies import sound
from tests.whole_house.prepared_study import MONTH, prepare


def test_a_run_whose_content_is_in_a_bucket(
    tmp_path: Path,
    prefect_url: str,
    moto_server: S3Server,  # noqa: F811
) -> None:
    """Data and reports are pushed there; without the cache they are read, verified and computed with again from there."""
    bucket, nowhere = moto_server.bucket(), {"AWS_SHARED_CREDENTIALS_FILE": "/nonexistent"}
    place = {
        "MEDICORE_CONTENT_REMOTE": f"s3://{bucket}/content",
        "MEDICORE_S3_ENDPOINT": moto_server.endpoint,
        "AWS_EC2_METADATA_DISABLED": "true",
        **nowhere,
    }
    founded, study = found_project(tmp_path, prefect_url), sound()
    prepare(founded, study, deployed=True)
    without = replace(founded, environment={**founded.environment, **place})
    project = replace(without, environment={**without.environment, **moto_server.environment})
    (row,) = project.medicore("run", study.study, MONTH, "--json").json()
    run = f"{study.study}/{MONTH}/1"
    assert (row["run"], row["state"]) == (run, "sealed, awaiting approval")
    assert project.sign(run, "approve").json()["state"] == "archived"
    stored = moto_server.client.list_objects_v2(Bucket=bucket)["Contents"]
    assert len(stored) > 5
    assert all(found["Key"].startswith("content/files/md5/") for found in stored)
    assert not any(path.is_file() for path in (founded.home / "dvc" / "remote").rglob("*")), (
        "nothing came here"
    )
    for name in ("cache", "site"):
        shutil.rmtree(founded.home / "dvc" / name)
    (verdict,) = project.medicore("verify", run, "--json").json()
    assert (verdict["failed"], verdict["warnings"]) == ({}, {})
    parts = {part["subject"]: part for part in project.medicore("doctor", "--json").json()}
    assert parts["content store"]["found"].startswith(
        f"s3://{bucket}/content/, an object written and fetched"
    )
    assert not KEYS.keys() & without.environment.keys(), "here the keys are in the Prefect block alone"
    save_keys(without, "content-keys")
    asked = ("explain", run, "cohort.analysed", "--json")
    assert without.medicore(*asked, MEDICORE_S3_CREDENTIALS="content-keys").json()["identical"] is True
    report = max(stored, key=lambda found: found["Size"])["Key"]
    moto_server.client.delete_object(Bucket=bucket, Key=report)
    for folder in ("cache", "site"):
        shutil.rmtree(founded.home / "dvc" / folder, ignore_errors=True)
    assert "no copy is left" in project.medicore("verify", run, expected=6).err
