"""One spelling for every record."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medicore.records.canonical import canonical, digest, document, sha256

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.text(), JSON, max_size=6))
def test_order_of_keys_does_not_matter(value: dict) -> None:
    """The same keys in another order give the same bytes and digest, and the bytes read back as the value."""
    other = dict(reversed(list(value.items())))
    assert canonical(value) == canonical(other)
    assert digest(value) == digest(other) == sha256(canonical(value))
    assert json.loads(canonical(value)) == json.loads(document(value)) == value


def test_no_nan() -> None:
    """What JSON cannot hold is refused, not spelled in a private way."""
    with pytest.raises(ValueError, match="JSON"):
        canonical({"x": float("nan")})


def test_sha256_of_nothing() -> None:
    """The digest is SHA-256 as FIPS 180-4 defines it."""
    assert sha256(b"") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
