"""What is installed is what the lock file names, or the packages that differ are named."""

from importlib.metadata import version
from pathlib import Path

import pytest

from medicore.errors import ConfigurationError
from medicore.records.canonical import sha256
from medicore.records.export.sbom import Licence
from medicore.stores.content.environment import LOCK_FILE, LockedEnvironment

NUMPY = version("numpy")
LOCK = f"""\
# how this file was made
--index-url https://index.invalid/simple
numpy=={NUMPY} \\
    --hash=sha256:{"0" * 64} \\
    --hash=sha256:{"1" * 64}
    # via medicore
SQLAlchemy[asyncio]=={version("sqlalchemy")}
Typing_Extensions=={version("typing_extensions")} ; python_version >= "3.11" \\
    --hash=sha256:{"2" * 64}
pywin32==306 ; sys_platform == "win32"
colorama==0.4.6;platform_system == "Windows"
"""


def locked(folder: Path, text: str) -> LockedEnvironment:
    """Return the environment held against a lock file of this text."""
    (folder / LOCK_FILE).write_text(text)
    return LockedEnvironment(folder)


def test_pins_of_this_platform_are_read(tmp_path: Path) -> None:
    """Names are normalised, extras and hashes left out, and packages of other platforms not asked for."""
    pins = locked(tmp_path, LOCK).locked()
    assert pins == {
        "numpy": NUMPY,
        "sqlalchemy": version("sqlalchemy"),
        "typing-extensions": version("typing_extensions"),
    }


def test_installed_packages_are_found(tmp_path: Path) -> None:
    """Every installed package has its version under its normalised name."""
    installed = LockedEnvironment(tmp_path).installed()
    assert (installed["numpy"], installed["typing-extensions"]) == (NUMPY, version("typing_extensions"))


def test_matching_environment_gives_the_digest(tmp_path: Path) -> None:
    """Where nothing differs, the lock file's SHA-256 is what the record holds."""
    environment = locked(tmp_path, LOCK)
    assert environment.deviations() == ()
    assert environment.require_locked() == environment.digest() == sha256(LOCK.encode())


def test_differing_packages_are_named(tmp_path: Path) -> None:
    """Another version and an absent package are refused by name, version and lock (FAULTS 29)."""
    environment = locked(tmp_path, "numpy==0.0.1\nno-such-package==1.0\n")
    assert environment.deviations() == (
        "no-such-package absent instead of 1.0",
        f"numpy {NUMPY} instead of 0.0.1",
    )
    expected = (
        r"^2 package\(s\) differ from requirements\.lock: no-such-package absent instead of 1\.0, numpy"
    )
    with pytest.raises(ConfigurationError, match=expected):
        environment.require_locked()


def test_long_lists_are_cut(tmp_path: Path) -> None:
    """The message stays one readable line when everything differs."""
    environment = locked(tmp_path, "".join(f"absent-{number}==1\n" for number in range(9)))
    with pytest.raises(ConfigurationError) as caught:
        environment.require_locked()
    assert str(caught.value).count("absent instead of") == 3
    assert str(caught.value).startswith("9 package(s)")


def test_missing_lock_file_is_refused(tmp_path: Path) -> None:
    """Without the lock file nothing can be proved (FAULTS 28)."""
    with pytest.raises(ConfigurationError, match=r"^requirements\.lock is missing; restore it with git"):
        LockedEnvironment(tmp_path).require_locked()


def test_licences_of_installed_packages_are_found(tmp_path: Path) -> None:
    """A package's licence is found under name and version: its SPDX expression, or the words of its classifiers."""
    licences = LockedEnvironment(tmp_path).licences()
    assert licences["typing-extensions", version("typing_extensions")] == Licence("PSF-2.0", expression=True)
    words = licences["sqlalchemy", version("sqlalchemy")]
    assert (words.expression, "MIT" in words.text) == (False, True)
