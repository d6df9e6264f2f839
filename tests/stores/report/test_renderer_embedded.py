"""Tests of the embedded renderer, on a template of a few lines."""

import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from medicore.errors import ConfigurationError
from medicore.stores.report import renderer_embedded
from medicore.stores.report.renderer import TEMPLATE
from medicore.stores.report.renderer_embedded import EmbeddedRenderer
from tests.stores.small_template import CREATED, INPUTS, write_template


@pytest.fixture
def templates(tmp_path: Path) -> Path:
    """A template whose report is one line."""
    return write_template(tmp_path / "templates")


def test_the_report_is_pdf_a_and_the_same_in_another_folder(templates: Path, tmp_path: Path) -> None:
    """Rendering again, elsewhere, gives the same bytes; they are PDF/A-2b."""
    first = EmbeddedRenderer().render(str(templates), INPUTS, CREATED)
    second = EmbeddedRenderer().render(str(write_copy(templates, tmp_path)), INPUTS, CREATED)
    assert first == second
    assert b"<pdfaid:part>2</pdfaid:part>" in first


def write_copy(templates: Path, tmp_path: Path) -> Path:
    """Copy a template folder."""
    other = tmp_path / "somewhere else"
    other.mkdir()
    for path in templates.iterdir():
        (other / path.name).write_bytes(path.read_bytes())
    return other


def test_the_time_stamp_is_the_only_clock(templates: Path) -> None:
    """The date inside is the one given, in whatever zone; another moment gives other bytes."""
    same = CREATED.astimezone(timezone(timedelta(hours=12)))
    renderer = EmbeddedRenderer()
    first = renderer.render(str(templates), INPUTS, CREATED)
    assert renderer.render(str(templates), INPUTS, same) == first
    assert b"2025-04-01T07:30:00" in first
    assert renderer.render(str(templates), INPUTS, datetime(2025, 5, 1, tzinfo=UTC)) != first


def test_identity_names_the_programs() -> None:
    """The renderer's identity has its name and the versions of all that it runs."""
    identity = EmbeddedRenderer().identity
    assert identity["name"] == "embedded"
    assert set(identity) == {"name", "pandoc", "python", "typst"}
    assert all(identity.values())


def test_a_page_that_cannot_be_set_gives_no_pdf(templates: Path) -> None:
    """A fault of the page template is our error with Typst's message, in one line."""
    page = "#nothing-of-this-name\n$body$\n"
    (templates / "embedded-template.typ").write_text(page, encoding="utf-8")
    with pytest.raises(ConfigurationError, match="Typst could not set the report: unknown variable"):
        EmbeddedRenderer().render(str(templates), INPUTS, CREATED)


def test_typst_reads_nothing_outside_the_report(templates: Path, tmp_path: Path) -> None:
    """The page template cannot reach a file outside its folder."""
    (tmp_path / "secret.txt").write_text("secret", encoding="utf-8")
    page = f'#read("{"../" * 12}{tmp_path.relative_to("/") / "secret.txt"}")\n$body$\n'
    (templates / "embedded-template.typ").write_text(page, encoding="utf-8")
    with pytest.raises(ConfigurationError, match="Typst could not set the report"):
        EmbeddedRenderer().render(str(templates), INPUTS, CREATED)


def test_a_missing_pandoc_is_said(templates: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without pandoc in its wheel the message says which package lacks it."""
    monkeypatch.setattr(renderer_embedded, "PANDOC", templates / "pandoc")
    with pytest.raises(ConfigurationError, match="pypandoc-binary"):
        EmbeddedRenderer().render(str(templates), INPUTS, CREATED)


@pytest.mark.parametrize(
    ("kind", "expected"), [("PanicException", ConfigurationError), ("Other", BaseException)]
)
def test_a_breakdown_inside_typst_is_an_error_of_ours(
    templates: Path, monkeypatch: pytest.MonkeyPatch, kind: str, expected: type[BaseException]
) -> None:
    """A panic inside Typst, which is no Exception, becomes our error; an interrupt stays what it is."""
    breakdown = type(kind, (BaseException,), {})

    def panics(*_: object, **__: object) -> bytes:
        raise breakdown

    monkeypatch.setattr(renderer_embedded.typst, "compile", panics)
    with pytest.raises(expected) as caught:
        EmbeddedRenderer().render(str(templates), INPUTS, CREATED)
    assert isinstance(caught.value, ConfigurationError) == (kind == "PanicException")


def test_a_time_without_zone_and_a_lost_run_are_refused(templates: Path) -> None:
    """Nothing is rendered without a moment in time, or without the run's identity."""
    with pytest.raises(ConfigurationError, match="no time zone"):
        EmbeddedRenderer().render(str(templates), INPUTS, CREATED.replace(tzinfo=None))
    with pytest.raises(ConfigurationError, match=r"run\.json"):
        EmbeddedRenderer().render(str(templates), {"run.json": json.dumps({}).encode()}, CREATED)
    (templates / TEMPLATE).unlink()
    with pytest.raises(ConfigurationError, match=TEMPLATE):
        EmbeddedRenderer().render(str(templates), INPUTS, CREATED)
