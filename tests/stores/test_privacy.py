"""A state folder that lets others in is refused, with what was found and what to do."""

import os
from pathlib import Path

import pytest

from medicore.errors import ConfigurationError
from medicore.stores.privacy import loose_parts, require_private


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A state folder as ``medicore init`` makes it, with one secret of each kind."""
    folder = tmp_path / "state"
    for path in (folder, folder / "people", folder / "prefect"):
        path.mkdir(mode=0o700)
    for name in (
        "people/authority.key",
        "people/rita.p12",
        "people/medicore.passphrase",
        "prefect/password.4200",
    ):
        (folder / name).touch(0o600)
    return folder


def test_a_closed_folder_is_private(home: Path) -> None:
    """Folder and secrets of its owner alone pass; a file that is no secret may have any mode below."""
    (home / "medicore.toml").touch(0o644)
    assert require_private(home) == "mode 0700, its owner's alone"


@pytest.mark.parametrize("mode", [0o755, 0o770, 0o701, 0o711, 0o702, 0o1777])
def test_an_open_folder_is_refused(home: Path, mode: int) -> None:
    """Any right of group or others to the folder is told with its mode and the command that takes it away."""
    home.chmod(mode)
    with pytest.raises(ConfigurationError) as refused:
        require_private(home)
    assert str(refused.value) == (
        f"state has mode {mode:04o}, so that other users may look into it; expected 0700: 'chmod 700 state', "
        "and find out who could read or write in it"
    )


@pytest.mark.parametrize(
    "name", ["people/authority.key", "people/rita.p12", "people/medicore.passphrase", "prefect/password.4200"]
)
def test_an_open_secret_is_refused(home: Path, name: str) -> None:
    """Any right of group or others to a key or a password is told, with its name."""
    (home / name).chmod(0o640)
    with pytest.raises(ConfigurationError, match=f"state/{name} has mode 0640.*expected 0600: 'chmod 600"):
        require_private(home)


@pytest.mark.skipif(
    os.geteuid() != 0, reason="root alone gives files away; run these tests as root in a container"
)
@pytest.mark.parametrize("name", ["", "people", "prefect", "people/authority.key"])
def test_what_belongs_to_another_user_is_refused(home: Path, name: str) -> None:
    """A folder or key of another user is told with both numbers, since its owner can open it at any time."""
    os.chown(home / name, 65534, 65534)
    with pytest.raises(
        ConfigurationError, match=f"belongs to the user with number 65534; expected {os.geteuid()}"
    ):
        require_private(home)


def test_a_missing_folder_is_told(tmp_path: Path) -> None:
    """Where there is no state folder the message says how to make one."""
    with pytest.raises(ConfigurationError, match="run 'medicore init'"):
        require_private(tmp_path / "state")


@pytest.mark.parametrize("mode", [0o666, 0o664, 0o777, 0o622])
def test_a_file_of_people_that_others_may_write_is_refused(home: Path, mode: int) -> None:
    """What is no secret may be read by others, and written by its owner alone (FAULTS 80)."""
    (home / "people" / "authority.pem").touch(0o644)
    assert require_private(home)
    (home / "people" / "authority.pem").chmod(mode)
    with pytest.raises(ConfigurationError, match=rf"^people/authority\.pem has mode {mode:04o}.*'chmod go-w"):
        require_private(home)


@pytest.mark.parametrize("target", ["elsewhere", "authority.key"])
def test_a_link_among_the_keys_is_refused(home: Path, target: str) -> None:
    """A link is named, whether it leads anywhere or not, and is not followed (FAULTS 80)."""
    (home / "people" / "rita.p12").unlink()
    (home / "people" / "rita.p12").symlink_to(target)
    with pytest.raises(ConfigurationError):
        require_private(home)
    assert list(loose_parts(home / "people")) == [
        "people/rita.p12 is a symbolic link; expected a file or folder: replace the link by its target, and "
        "find out who made it"
    ]


def test_what_is_no_file_is_named_and_what_is_missing_has_no_parts(tmp_path: Path) -> None:
    """A pipe is no file; a folder that was never made has nothing wrong in it (FAULTS 80)."""
    (tmp_path / "archive" / "a").mkdir(parents=True)
    os.mkfifo(tmp_path / "archive" / "a" / "pipe")
    assert list(loose_parts(tmp_path / "archive")) == [
        "archive/a/pipe is neither file nor folder; expected a file or folder: remove it, and find out who made it"
    ]
    assert list(loose_parts(tmp_path / "never made")) == []
