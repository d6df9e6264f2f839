"""DVC's configuration holds any path that a folder of ours can have, or it is said that it cannot."""

import pytest
from configobj import ConfigObj

from medicore.errors import ConfigurationError
from medicore.stores.content.dvc_settings import value_of


@pytest.mark.parametrize(
    "path",
    ["/a/b", "/it's a \"tëst\" 試験", "/100% #1?/b", "/a, b", "/it's, \"x\" #1/b", "/a ", "/a;b=c [d]", "/é #\"", "s3://a/b"],
)  # fmt: skip
def test_a_path_is_read_as_it_was_written(path: str) -> None:
    """Remarks, lists and quotes of the format do not cut a path, and one without such letters is as it was."""
    text = value_of(path)
    assert ConfigObj(["[cache]", f"    dir = {text}"])["cache"]["dir"] == path
    assert (text == path) == (not set(path) & set("#,") and path == path.strip())


@pytest.mark.parametrize("path", ["/%(home)s", "/a\nb", "/''' \"\"\",x"])
def test_a_path_that_the_format_cannot_hold_is_refused(path: str) -> None:
    """What DVC would read otherwise is refused in one line, before anything is stored elsewhere."""
    with pytest.raises(
        ConfigurationError, match=r"DVC's configuration cannot name .*; expected a path"
    ) as refused:
        value_of(path)
    assert "\n" not in str(refused.value)
