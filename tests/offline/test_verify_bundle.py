"""The offline verifier is three short files that need the standard library alone, of an older Python too."""

import ast
import sys
from pathlib import Path
from types import ModuleType

import pytest

from medicore.offline import bundle_acts, bundle_parts, verify_bundle
from medicore.records.ledger.states import MOVES, REMARKS, RunState
from medicore.records.people.people import PERMISSIONS, Permission, Role
from tests.whole_house.exported import third_party

OLDEST = (3, 9)


@pytest.mark.parametrize("part", [verify_bundle, bundle_acts, bundle_parts])
def test_program_needs_the_standard_library_alone(part: ModuleType) -> None:
    """Each file has fewer than 300 lines and imports nothing but the standard library and, where it runs, the other files."""
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
    # For the checker of types the other files have the names that they have in the package.
    assert imported - {"bundle_acts", "bundle_parts", "medicore"} <= sys.stdlib_module_names
    assert "bundle_parts" not in imported or part is not bundle_parts
    assert "bundle_acts" not in imported or part is verify_bundle


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


NEVER_EXPORTED = {RunState.EXPLORED, RunState.REFUSED}
"""The states of a run that has no record, and so no bundle."""


def offline(state: RunState | None) -> str:
    """Return the word that the offline verifier has for a state."""
    return "unknown" if state is None else state.name.lower()


def test_the_program_follows_the_table_of_states() -> None:
    """Its moves are those of the ledger for a run with a record, and a remark is refused in exactly the same states."""
    assert {
        (offline(state), action): offline(after)
        for (state, action), after in MOVES.items()
        if after not in NEVER_EXPORTED
    } == bundle_acts.MOVES
    limited = {
        action: {offline(state) for state in states - NEVER_EXPORTED}
        for action, states in REMARKS.items()
        if states != frozenset(RunState) and action != "archive.verified"  # which no export shows
    }
    assert {action: set(states) for action, states in bundle_acts.REMARKS.items()} == limited


def test_the_program_knows_who_may_act() -> None:
    """Each act needs a role to which the table of permissions gives the permission of that act."""
    wanted = {
        "ledger.corrected": Permission.ADMINISTER,
        "subject.viewed": Permission.VIEW,
        "subject.sought": Permission.VIEW,
        "archive.extended": Permission.EXTEND,
        "archive.held": Permission.EXTEND,
        "archive.lifted": Permission.LIFT,
        "archive.restored": Permission.EXPORT,
        "run.exported": Permission.EXPORT,
        "run.returned": Permission.RETURN,
    }
    may = {
        action: {role.value for role, given in PERMISSIONS.items() if permission in given}
        for action, permission in wanted.items()
    }
    may["closed.viewed"] = {role.value for role in Role} - {
        Role.SERVICE
    }  # the protocol names who is unblinded
    assert {action: set(roles) for action, roles in bundle_acts.SIGNED.items()} == may
