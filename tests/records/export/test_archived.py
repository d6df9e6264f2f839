"""Keys of archived objects lie in every store, and retention only grows."""

import pytest

from medicore.errors import ArchiveError
from medicore.records.export.archived import is_key, require_key, require_longer


@pytest.mark.parametrize(
    "key", ["checkpoints/7.json", "archives/MED-2024-0147/2025-03/1/record/results.json"]
)
def test_keys_of_names_and_slashes_are_valid(key: str) -> None:
    """A valid key is returned as it is."""
    assert is_key(key)
    assert require_key(key) == key


@pytest.mark.parametrize("key", ["", "/root", "../up", "a//b", "a b", "a/../b", "é"])
def test_keys_that_point_elsewhere_are_refused(key: str) -> None:
    """A key that could leave the archive, or that some store cannot hold, is refused with its text."""
    assert not is_key(key)
    with pytest.raises(ArchiveError, match="is malformed"):
        require_key(key)


def test_retention_is_never_shortened() -> None:
    """A later date is an extension, the same date is none, an earlier one is refused."""
    assert require_longer("a", "2040-01-01", "2041-01-01")
    assert not require_longer("a", "2040-01-01", "2040-01-01")
    with pytest.raises(ArchiveError, match="retention is never shortened"):
        require_longer("a", "2040-01-01", "2039-12-31")
