"""The content store in a bucket: DVC pushes and pulls there, single objects are read past it, and no key is in a file."""

import shutil
from pathlib import Path

import pytest

from medicore.errors import ConfigurationError
from medicore.stores.content.content_remote import BucketRemote
from medicore.stores.content.dvc_content import DvcContent, md5
from medicore.stores.s3.client import S3Access
from tests.s3 import KEYS, S3Server, locking_server, moto_server  # noqa: F401 - fixtures
from tests.stores.content.test_dvc_content import RAW, RECORD, locked, scratch

pytestmark = pytest.mark.filterwarnings("ignore:_NoneStep.value will soon raise:DeprecationWarning")
DATA = b"%PDF\x00\r\n\xff"


@pytest.fixture(params=["moto_server", "locking_server"])
def server(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> S3Server:
    """Each of the two servers, with its keys in the environment."""
    found: S3Server = request.getfixturevalue(request.param)
    for name, value in found.environment.items():
        monkeypatch.setenv(name, value)
    return found


def remote_at(server: S3Server, bucket: str) -> BucketRemote:
    """Return the remote below a prefix of a bucket; it waits for nothing between its attempts."""
    return BucketRemote.at(
        f"s3://{bucket}/content/dvc", S3Access(server.endpoint, pause=lambda _: None, patience=0)
    )


@pytest.mark.parametrize("lock", [False, True])
def test_data_are_pushed_to_the_bucket_and_pulled_from_it(
    server: S3Server, tmp_path: Path, lock: bool
) -> None:
    """What was added comes back to the byte where cache and folder are gone, from a bucket with Object Lock too."""
    bucket = server.bucket(lock=lock)
    remote = remote_at(server, bucket)
    content = DvcContent(tmp_path / "cache", remote, tmp_path / "site")
    pointer = locked(content, tmp_path / "work")
    address, _ = content.put("report.signed.pdf", DATA)
    listed = server.client.list_objects_v2(Bucket=bucket)["Contents"]
    assert f"content/dvc/files/md5/{address[:2]}/{address[2:]}" in {found["Key"] for found in listed}
    assert content.objects(address) == (("content store", DATA), ("local cache", DATA))
    for name in ("cache", "work", "site"):
        shutil.rmtree(tmp_path / name)
    again = scratch(content, tmp_path / "again")
    (again / RECORD / "lock.dvc").write_bytes(pointer)
    content.pull(again, [str(again / RECORD / "lock.dvc")])
    assert {name: (again / RECORD / "lock" / name).read_bytes() for name in RAW} == RAW
    assert content.objects(address) == (("content store", DATA),)
    assert content.objects(md5(b"never stored")) == ()
    assert set(content.addresses(RECORD, b"", pointer).values()) >= {md5(data) for data in RAW.values()}


def test_the_configuration_names_the_bucket_and_holds_no_key(server: S3Server) -> None:
    """A record says where its data are, and neither it nor a work folder how that is opened."""
    remote = remote_at(server, "my-content")
    content = DvcContent(Path("cache"), remote, Path("site"))
    for said in (content.config().decode(), content.local_config().decode()):
        assert f"url = s3://my-content/content/dvc\n    endpointurl = {server.endpoint}\n" in said
        assert KEYS["AWS_SECRET_ACCESS_KEY"] not in said


def test_a_bucket_that_is_not_there_is_named(server: S3Server, tmp_path: Path) -> None:
    """Nothing is stored, read or proved in a bucket that nobody made, and one line says so."""
    remote = remote_at(server, "medicore-no-such-bucket")
    words = "the content store's bucket medicore-no-such-bucket cannot be used"
    with pytest.raises(ConfigurationError, match=words):
        remote.prove()
    with pytest.raises(ConfigurationError, match=words):
        DvcContent(tmp_path / "cache", remote, tmp_path / "site").put("report.pdf", DATA)
    with pytest.raises(ConfigurationError, match=words):
        remote.read(md5(DATA))


@pytest.mark.parametrize("address", ["s3://", "s3://bucket/../x", "s3://Bucket", "https://bucket"])
def test_a_malformed_address_is_refused(address: str) -> None:
    """Only a bucket with a plain prefix is an address, and the setting is named."""
    with pytest.raises(
        ConfigurationError, match=r"the content remote's address is malformed; .*'content_remote'"
    ):
        BucketRemote.at(address, S3Access())
