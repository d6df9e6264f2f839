"""The probe of the content store: an object written and fetched by DVC, on servers that are not Amazon's."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from medicore.edc.http import EdcServer, Request
from medicore.errors import ConfigurationError, DataError, InfrastructureError, IntegrityError
from medicore.stores.content.content_remote import BucketRemote, FolderRemote
from medicore.stores.content.dvc_content import md5
from medicore.stores.content.probing import _DATA, probe
from medicore.stores.s3.client import S3Access
from tests.faulty_s3 import Faulty, faulty_server
from tests.s3 import S3Server, moto_server  # noqa: F401 - a fixture
from tests.stores.private_cloud import certified_server

pytestmark = pytest.mark.filterwarnings("ignore:_NoneStep.value will soon raise:DeprecationWarning")
VARIABLES = ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")


@pytest.fixture
def authority(tmp_path: Path) -> Path:
    """The certificate of a server in a private cloud, with its key."""
    return certified_server(tmp_path)


@pytest.fixture
def cloud(
    moto_server: S3Server,  # noqa: F811
    authority: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Faulty]:
    """An S3 server behind https with a private authority, which takes no object without its length."""
    for name, value in moto_server.environment.items():
        monkeypatch.setenv(name, value)
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    with faulty_server(moto_server.endpoint, authority) as found:
        yield found


def remote_at(cloud: Faulty, server: S3Server, *, lock: bool = False) -> BucketRemote:
    """Return the remote in a new bucket of the private cloud."""
    access = S3Access(cloud.endpoint, pause=lambda _: None, patience=0)
    return BucketRemote.at(f"s3://{server.bucket(lock=lock)}/content", access)


def test_a_private_cloud_takes_and_returns_an_object(
    cloud: Faulty,
    moto_server: S3Server,  # noqa: F811
    authority: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Above https with a private authority MediCore writes and DVC fetches, with Object Lock too, each time that it is tried."""
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    remote = remote_at(cloud, moto_server, lock=True)
    for tried in (1, 2):
        assert probe(remote) == remote.prove()
        assert cloud.writes == tried
    assert {int(headers["Content-Length"]) for headers in cloud.headers} == {len(_DATA)}


@pytest.mark.parametrize("variable", VARIABLES)
def test_each_variable_names_the_authority_to_both_clients(
    cloud: Faulty,
    moto_server: S3Server,  # noqa: F811
    authority: Path,
    monkeypatch: pytest.MonkeyPatch,
    variable: str,
) -> None:
    """MediCore's client reaches the server by it, and DVC is told the same file."""
    monkeypatch.setenv(variable, str(authority))
    remote = remote_at(cloud, moto_server)
    assert remote.prove().startswith("s3://")
    assert remote.keys() == {"ssl_verify": str(authority)}


def test_an_authority_that_nobody_was_told_of_is_refused_at_once(
    cloud: Faulty,
    moto_server: S3Server,  # noqa: F811
) -> None:
    """The message says which variable names an authority, and the server is not waited for."""
    access = S3Access(cloud.endpoint)  # with all its patience
    with pytest.raises(
        InfrastructureError, match=r"name the authority's file in AWS_CA_BUNDLE\); expected a bucket"
    ):
        probe(BucketRemote.at(f"s3://{moto_server.bucket()}/content", access))


def test_a_file_of_authorities_that_is_missing_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A variable that names no file is told by its name."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "none.pem"))
    with pytest.raises(
        ConfigurationError, match=r"^REQUESTS_CA_BUNDLE names no file of certificate authorities"
    ):
        S3Access("https://s3.example").client()


def test_the_other_clients_trust_it_by_one_variable(
    cloud: Faulty, authority: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SSL_CERT_FILE reaches the connectors to an EDC and the client of messages and of Prefect, and neither trusts before."""
    asked = Request("the records", "/", {})
    server = EdcServer(cloud.endpoint, pause=lambda _: None)
    with pytest.raises(DataError, match="a connection that failed"):
        server.ask(asked)
    with pytest.raises(httpx.ConnectError):
        httpx.get(cloud.endpoint)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    assert server.ask(asked).body
    assert httpx.get(cloud.endpoint).status_code == httpx.codes.OK


def test_a_folder_is_probed_too(tmp_path: Path) -> None:
    """The object lies under its name; a folder that cannot be written, and one that returns other bytes, are told."""
    remote = FolderRemote(tmp_path / "remote")
    assert probe(remote) == "folder on this machine"
    name = md5(_DATA)
    stored = tmp_path / "remote" / "files" / "md5" / name[:2] / name[2:]
    assert stored.read_bytes() == _DATA
    stored.chmod(0o644)
    stored.write_bytes(b"other bytes")
    with pytest.raises(IntegrityError, match=f"has other bytes as object {name}"):
        probe(remote)
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(InfrastructureError, match="could not store probe: Not a directory; mend /"):
        probe(FolderRemote(tmp_path / "file"))
