"""The offline verifier is two short files that need the standard library alone, of an older Python too."""

import ast
import sys
from pathlib import Path
from types import ModuleType

import pytest

from medicore.offline import bundle_parts, verify_bundle
from tests.whole_house.exported import third_party

OLDEST = (3, 9)


@pytest.mark.parametrize("part", [verify_bundle, bundle_parts])
def test_program_needs_the_standard_library_alone(part: ModuleType) -> None:
    """Each file has fewer than 300 lines and imports nothing but the standard library and, where it runs, the other file."""
    source = Path(str(part.__file__)).read_text(encoding="utf-8")
    assert len(source.splitlines()) < 300
    imported = {
        name.partition(".")[0]
        for node in ast.walk(ast.parse(source, feature_version=OLDEST))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in (
            [node.module or ""] if isinstance(node, ast.ImportFrom) else [a.name for a in node.names]
        )
    }
    # For the checker of types the other file has the name that it has in the package.
    assert imported - {"bundle_parts", "medicore"} <= sys.stdlib_module_names
    assert "bundle_parts" not in imported or part is verify_bundle


def test_unreadable_bundle_is_an_answer(tmp_path: Path) -> None:
    """A folder without a manifest, or with one that is no JSON, is refused in a line."""
    program = Path(verify_bundle.__file__)
    (tmp_path / "empty").mkdir()
    assert third_party(tmp_path / "empty", tmp_path, program=program) == (
        1,
        "FAIL  MANIFEST.json: is missing\nNOT VERIFIED\n",
    )
    (tmp_path / "empty" / "MANIFEST.json").write_bytes(b"\xff")
    code, answer = third_party(tmp_path / "empty", tmp_path, program=program)
    assert (code, answer) == (1, "FAIL  MANIFEST.json: is not a JSON document\nNOT VERIFIED\n")
