"""The fleet's verb refuses what would lose healthy runs, and ``doctor`` knows whose server it is told of."""

from pathlib import Path

import pytest

from flows.serving.password import password_file
from flows.serving.server import free_port
from medicore.cli.serving.fleet import examined_fleet, setup
from medicore.errors import ConfigurationError


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A state folder of the test's own, to which Prefect's client is led too."""
    monkeypatch.setenv("MEDICORE_HOME", str(tmp_path))
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path / "prefect"))


def test_a_silence_shorter_than_three_heartbeats_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """One lost message is no lost host; and without a server there is no fleet."""
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")
    with pytest.raises(
        ConfigurationError, match=r"89 s is less than three heartbeats of 30 s.*; raise --silence"
    ):
        setup(silence=89)
    monkeypatch.delenv("PREFECT_API_URL")
    with pytest.raises(ConfigurationError, match="no Prefect server is named"):
        setup()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "cannot be read as a job template"),
        ("{", "cannot be read as"),
        ("[]", "has no 'variables'"),
        ("{}", "or no"),
    ],
)
def test_a_file_that_is_no_template_is_refused(
    text: str | None, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, prefect_url: str
) -> None:
    """Nothing is changed on the server by a file that is missing, no JSON, or of another shape."""
    monkeypatch.setenv("PREFECT_API_URL", prefect_url)
    if text is not None:
        (tmp_path / "template.json").write_text(text)
    with pytest.raises(ConfigurationError, match=said):
        setup(template_file=tmp_path / "template.json")


def test_the_server_of_serve_is_known_by_its_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No server, and that of ``serve``, have no fleet to examine; any other is asked, and one that is away is a fault."""
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    assert examined_fleet(tmp_path).startswith("none: PREFECT_API_URL names no server")
    port = free_port()
    monkeypatch.setenv("PREFECT_API_URL", f"http://127.0.0.1:{port}/api")
    with pytest.raises(ConfigurationError, match="cannot be reached"):
        examined_fleet(tmp_path)
    (tmp_path / "prefect").mkdir(exist_ok=True)
    password_file(tmp_path, port).write_text("medicore:word")
    assert "the server of 'medicore serve'" in examined_fleet(tmp_path)
    monkeypatch.setenv("PREFECT_API_URL", f"https://prefect.example:{port}/api")
    with pytest.raises(ConfigurationError, match="cannot be reached"):
        examined_fleet(tmp_path)
