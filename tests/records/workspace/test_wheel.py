"""A wheel is read only if it is the product's, whole, and as its own list of digests says."""

import pytest

from medicore.errors import IntegrityError
from medicore.records.canonical import sha256
from medicore.records.workspace.wheel import read_wheel, wheel_in
from tests.whole_house.wheel import INFO, NAME, VERSION, digest, packed

FILES = {"medicore/a.py": b"a = 1\n", "quarto_templates/b.typ": b"b", "other/c.py": b"c"}


def test_code_and_templates_are_read() -> None:
    """A wheel gives its version, its SHA-256, and code and templates by their paths; other folders are no part of it."""
    data = packed(FILES)
    wheel = read_wheel(NAME, data)
    assert (wheel.version, wheel.sha256, wheel.path) == (VERSION, sha256(data), f"product/{NAME}")
    assert wheel.names("medicore") == ("a.py",)
    assert wheel.read("quarto_templates/b.typ") == b"b"
    with pytest.raises(IntegrityError, match=r"has no file 'other/c\.py'; expected code or templates"):
        wheel.read("other/c.py")


@pytest.mark.parametrize(
    ("record", "said"),
    [
        (f"medicore/a.py,sha256={digest(b'other')},5\n", "'medicore/a.py' is not what RECORD says"),
        (f"medicore/b.py,sha256={digest(b'')},0\n", "'medicore/a.py' is not what RECORD says"),
        ("medicore/a.py,md5=abc,5\n", "'medicore/a.py' is not what RECORD says"),
        ("medicore/a.py,sha256=a,5\n", "RECORD cannot be read"),
        ("medicore/a.py\n", "RECORD cannot be read"),
        ("\udcff", "RECORD cannot be read"),
    ],
)
def test_record_must_hold(record: str, said: str) -> None:
    """A file that RECORD does not name with its digest is refused, and so is a RECORD that cannot be read."""
    with pytest.raises(IntegrityError, match=said):
        read_wheel(NAME, packed({"medicore/a.py": b"a"}, record.encode(errors="surrogateescape")))


def test_what_is_no_wheel_is_refused() -> None:
    """A wrong name, no zip file, two lists of digests, two files of one name and a path that leads out are refused."""
    with pytest.raises(IntegrityError, match=r"is not the name of a wheel of the product"):
        read_wheel("numpy-2.0-py3-none-any.whl", packed(FILES))
    with pytest.raises(IntegrityError, match="is damaged, or no wheel"):
        read_wheel(NAME, b"PK")
    with pytest.raises(IntegrityError, match="has 2 lists RECORD"):
        read_wheel(NAME, packed({**FILES, "more.dist-info/RECORD": b""}))
    with pytest.raises(IntegrityError, match=r"'medicore/\.\./\.\./x' is not what RECORD says"):
        read_wheel(NAME, packed({**FILES, "medicore/../../x": b""}))
    with pytest.warns(UserWarning, match="Duplicate"):
        twice = packed({**FILES, f"{INFO}/RECORD": b""})
    with pytest.raises(IntegrityError, match="two files of one name"):
        read_wheel(NAME, twice)


def test_one_wheel_is_found() -> None:
    """Among the files of the product's folder there is no wheel, or one; two are refused."""
    assert wheel_in(["README.md"]) is None
    assert wheel_in(["README.md", NAME]) == NAME
    with pytest.raises(IntegrityError, match="holds 2 wheels; expected the one"):
        wheel_in([NAME, "medicore-0.2.0-py3-none-any.whl"])
