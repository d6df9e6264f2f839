"""The trace table of recorded code: read as literals, never executed, and refused in a line where it is anything else."""

import importlib
import inspect
from pathlib import Path

import pytest

from medicore.errors import IntegrityError
from medicore.records.results import trace
from medicore.records.results.origin import Origin
from medicore.records.results.recorded_trace import recorded_origin, recorded_origins
from medicore.records.results.trace import ORIGINS

TABLE = """
import os
from dataclasses import dataclass

LIMIT = 3
os.environ["KEY"] = "no name is assigned here"
FIRST, SECOND = "several", "names"
ANNOTATED: str = "is not read"
_TITLE = "What it is"
_KEYS = ("covariates", "trimming")
_ALL = ("seed", *_KEYS)

ORIGINS = (
    Origin("data.**", "extract", "medicore.steps.extract:extract", "What the source says"),
    Origin("primary.*", "effect", "a:b", _TITLE, "x = y", _ALL, "primary"),
    Origin(pattern="primary.**", step="effect", function="a:c", definition=_TITLE, protocol_keys=("outcome",), source="A book"),
)
"""


def table(*rows: str) -> str:
    """Return the source of a table with these rows."""
    return f"ORIGINS = ({', '.join(rows)},)"


def origin(**fields: str) -> str:
    """Return the source of one origin, its fields given by keyword as source."""
    given = {"pattern": "'a.**'", "step": "'effect'", "function": "'m:f'", "definition": "'d'", **fields}
    return f"Origin({', '.join(f'{name}={value}' for name, value in given.items())})"


def test_table_is_read_as_it_stands() -> None:
    """Texts, names of texts and tuples, unpacked tuples, and fields by place or by keyword become the same origins."""
    assert recorded_origins(TABLE) == (
        Origin("data.**", "extract", "medicore.steps.extract:extract", "What the source says"),
        Origin(
            "primary.*", "effect", "a:b", "What it is", "x = y", ("seed", "covariates", "trimming"), "primary"
        ),
        Origin("primary.**", "effect", "a:c", "What it is", protocol_keys=("outcome",), source="A book"),
    )


def test_todays_table_is_read_from_its_source() -> None:
    """The table of the code that runs, read from its sources, is the table that it has."""
    assert recorded_origins(inspect.getsource(trace), _source) == ORIGINS


def _source(module: str) -> str:
    return inspect.getsource(importlib.import_module(module))


def test_a_part_of_the_table_may_be_another_module() -> None:
    """Names in capitals are imported from the recorded modules, through several of them; no other name is looked up."""
    modules = {
        "m.parts": f"from m.texts import WHAT\nfrom m.code import function\nPARTS = ({origin(definition='WHAT')},)",
        "m.texts": "WHAT = 'what it is'\nOTHER = function()",
    }
    source = "from . import here\nfrom m.parts import PARTS, work\n" + table(
        "*PARTS", origin(pattern="'b.**'")
    )
    found = recorded_origins(source, modules.__getitem__)
    assert [one.definition for one in found] == ["what it is", "d"]
    assert recorded_origin(source, "b.x", modules.__getitem__) == found[1]


def test_a_part_that_is_no_table_is_refused() -> None:
    """A part that is not made of literals, not Python, not there, or that no module is given for, is an integrity error."""
    source = "from m.parts import PARTS\n" + table("*PARTS")
    for part, words in (
        ("PARTS = (function(),)", r"not made of literals \(line 1\)"),
        ("PARTS = (", "is not Python"),
        ("OTHER = ()", r"not made of literals \(line 2\)"),
    ):
        with pytest.raises(IntegrityError, match=words):
            recorded_origins(source, {"m.parts": part}.__getitem__)
    with pytest.raises(IntegrityError, match=r"imports m\.parts; expected a table of one module"):
        recorded_origins(source)


def test_first_pattern_that_fits_is_the_origin() -> None:
    """A path has the first origin of the recorded table that fits, as it has in the table of the code that runs."""
    assert recorded_origin(TABLE, "primary.estimate").function == "a:b"
    assert recorded_origin(TABLE, "primary.bootstrap.low").function == "a:c"
    with pytest.raises(IntegrityError, match=r"'study\.name' is not in the trace table"):
        recorded_origin(TABLE, "study.name")


def test_nothing_of_it_is_executed(tmp_path: Path) -> None:
    """A source that would write a file when it is executed writes none, whether its table is sound or not."""
    written = tmp_path / "written"
    source = f"open({str(written)!r}, 'w')\n"
    assert recorded_origins(source + TABLE) == recorded_origins(TABLE)
    with pytest.raises(IntegrityError, match="not made of literals"):
        recorded_origins(table(origin(definition=f"open({str(written)!r}, 'w').name")))
    assert not written.exists()


@pytest.mark.parametrize("source", ["ORIGINS = (", "def", "ORIGINS = ()\0"])
def test_source_that_is_not_python_is_refused(source: str) -> None:
    """A source that Python cannot parse is an integrity error which says so and what to do."""
    with pytest.raises(
        IntegrityError, match=r"^the recorded trace table is not Python; run 'medicore verify'$"
    ):
        recorded_origins(source)


@pytest.mark.parametrize(
    "source",
    [
        "",
        "OTHER = ('a',)",
        "ORIGINS = 'a text'",
        "ORIGINS = ('a text',)",
        f"ORIGINS = ({origin()}, 'a text')",
        f"ORIGINS: tuple = ({origin()},)",
        f"ORIGINS = OTHER = ({origin()},)",
        f"module.ORIGINS = ({origin()},)",
        f"def origins():\n    ORIGINS = ({origin()},)",
    ],
)
def test_missing_table_is_named(source: str) -> None:
    """A source whose table is missing, or is no tuple of origins, is an integrity error which names the table."""
    with pytest.raises(
        IntegrityError, match=r"^the recorded code has no table ORIGINS; run 'medicore verify'$"
    ):
        recorded_origins(source)


@pytest.mark.parametrize(
    "source",
    [
        table("3"),
        table("None"),
        table("b'bytes'"),
        table("UNKNOWN"),
        table("trace.Origin('a', 'b', 'c:d', 'e')"),
        table("Other('a', 'b', 'c:d', 'e')"),
        f"ORIGINS = [{origin()}]",
        f"ORIGINS = tuple({origin()})",
        f"ORIGINS = (*{origin()},)",
        f"ORIGINS = (*'text', {origin()})",
        f"ORIGINS = ({origin()},) + ({origin()},)",
        table(origin(definition="'a' + 'b'")),
        table(origin(definition="f'{1}'")),
        table(origin(definition="('a', 'b')")),
        table(origin(protocol_keys="'seed'")),
        table(origin(protocol_keys="('seed', ('covariates',))")),
        table(origin(pattern=origin())),
    ],
)
def test_anything_but_literals_is_refused(source: str) -> None:
    """A table with another thing than texts, tuples of texts and origins is an integrity error with its line."""
    with pytest.raises(
        IntegrityError, match=r"^the recorded trace table is not made of literals \(line 1\); run"
    ):
        recorded_origins(source)


@pytest.mark.parametrize(
    "row",
    [
        origin(author="'Nobody'"),
        "Origin('a', 'b', 'c:d', 'e', definition='twice')",
        "Origin('a', 'b', 'c:d', 'e', **{'section': 'x'})",
        "Origin(*('a', 'b', 'c:d', 'e'))",
        "Origin('a', 'b', 'c:d', 'e', 'f', ('g',), 'h', 'i', 'one too many')",
        "Origin('a', 'b', 'c:d')",
        "Origin(pattern='a', step='b', function='c:d', formula='e')",
    ],
)
def test_fields_are_those_of_an_origin(row: str) -> None:
    """An unknown field, one given twice, unpacked or too many, and one that is missing are refused with their line."""
    with pytest.raises(IntegrityError, match=r"not made of literals \(line 2\)"):
        recorded_origins("\n" + table(row))
