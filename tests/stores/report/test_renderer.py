"""Tests of what both renderers share."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from medicore.errors import ConfigurationError
from medicore.stores.report.renderer import TEMPLATE, epoch, kernel_environment, parameters, scratch_folder


@pytest.fixture
def templates(tmp_path: Path) -> Path:
    """A template folder with a module, and with things that do not belong to the template."""
    folder = tmp_path / "templates"
    (folder / "presentation" / "__pycache__").mkdir(parents=True)
    (folder / TEMPLATE).write_text("template", encoding="utf-8")
    (folder / "presentation" / "words.py").write_text("", encoding="utf-8")
    (folder / "presentation" / "__pycache__" / "words.pyc").write_bytes(b"")
    (folder / "README.md").write_text("", encoding="utf-8")
    return folder


def test_scratch_folder_holds_template_and_inputs_and_goes_away(templates: Path) -> None:
    """The template and the inputs lie side by side, caches and read-me do not come along, and nothing stays."""
    with scratch_folder(str(templates), {"run.json": b"{}"}) as scratch:
        report = scratch / "report"
        found = sorted(p.relative_to(report).as_posix() for p in report.rglob("*") if p.is_file())
        assert found == ["presentation/words.py", TEMPLATE, "run.json"]
        assert list((scratch / "home").iterdir()) == []
    assert not scratch.exists()


def test_scratch_folder_refuses_a_folder_without_template(tmp_path: Path) -> None:
    """A folder without the template is refused, and the message says what is missing."""
    with pytest.raises(ConfigurationError, match=TEMPLATE), scratch_folder(str(tmp_path), {}):
        pass


@pytest.mark.parametrize("name", ["../run.json", "presentation/run.json", TEMPLATE])
def test_an_input_cannot_leave_its_place_or_replace_the_template(templates: Path, name: str) -> None:
    """An input is a plain name beside the template and never one of its files."""
    with (
        pytest.raises(ConfigurationError, match="not a plain name"),
        scratch_folder(str(templates), {name: b""}),
    ):
        pass


def test_parameters_are_those_of_the_run() -> None:
    """Study, month and run come from run.json, as texts."""
    given = parameters(
        {"run.json": b'{"study": "MED-2024-0147", "month": "2025-03", "id": "MED-2024-0147/2025-03/2"}'}
    )
    assert given == {"study_id": "MED-2024-0147", "month": "2025-03", "run": "MED-2024-0147/2025-03/2"}


@pytest.mark.parametrize("inputs", [{}, {"run.json": b"{"}, {"run.json": b"{}"}, {"run.json": b"[]"}])
def test_parameters_need_a_run(inputs: dict[str, bytes]) -> None:
    """Without a readable identity of the run there are no parameters."""
    with pytest.raises(ConfigurationError, match=r"run\.json"):
        parameters(inputs)


def test_epoch_needs_a_time_zone() -> None:
    """A time stamp counts from 1970 in UTC, and one without a zone is refused."""
    assert epoch(datetime(1970, 1, 2, tzinfo=UTC)) == 86400
    with pytest.raises(ConfigurationError, match="no time zone"):
        epoch(datetime(1970, 1, 2))  # noqa: DTZ001 - what is refused


def test_kernel_environment_points_nowhere_but_home(tmp_path: Path) -> None:
    """Every folder that the programs may write to is below the scratch home, and no variable is inherited."""
    found = kernel_environment(tmp_path)
    folders = {value for value in found.values() if os.sep in value}
    assert folders
    assert all(Path(folder).is_relative_to(tmp_path) for folder in folders)
    assert found["TZ"] == "UTC"
