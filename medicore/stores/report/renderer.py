"""What both renderers share: the scratch folder of a report, and the parameters of the template."""

import contextlib
import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

from medicore.errors import ConfigurationError

TEMPLATE = "regulatory_report.qmd"
FONTS = "fonts"
"""The template's folder of fonts, for letters that Typst's own fonts lack; templates of before December 2026 have none."""
RENDER_LIMIT_S = 1800.0
"""Time limit, in seconds, for a program that makes a report or a page."""
VERSION_LIMIT_S = 120.0
"""Time limit, in seconds, for a program that prints its version."""
_NOT_COPIED = shutil.ignore_patterns(".*", "__pycache__", "*.pyc", "*.md")


@contextlib.contextmanager
def scratch_folder(
    template_folder: str, inputs: Mapping[str, bytes], template: str = TEMPLATE
) -> Iterator[Path]:
    """Yield a new folder with ``report/`` (the templates and the inputs) and ``home/``; then remove it.

    ``home/`` is the home folder of the programs that render, so that they read and write nothing of the user's.

    Raises
    ------
    ConfigurationError
        When the template is missing, or an input has the name of one of its files.
    """
    source = Path(template_folder)
    if not (source / template).is_file():
        raise ConfigurationError(
            f"{template} is not in {source.name}; check out the whole code and try again"
        )
    with tempfile.TemporaryDirectory(prefix="medicore-", ignore_cleanup_errors=True) as folder:
        report, home = Path(folder) / "report", Path(folder) / "home"
        shutil.copytree(source, report, ignore=_NOT_COPIED)
        home.mkdir()
        for name, data in inputs.items():
            target = report / name
            if Path(name).name != name or target.exists():
                raise ConfigurationError(
                    f"input {name!r} is not a plain name beside the template's own files"
                )
            target.write_bytes(data)
        yield Path(folder)


def parameters(inputs: Mapping[str, bytes]) -> dict[str, str]:
    """Return the template's parameters; it compares them with ``run.json``, so that no parameter is lost."""
    try:
        run = json.loads(inputs["run.json"])
        return {"study_id": str(run["study"]), "month": str(run["month"]), "run": str(run["id"])}
    except (KeyError, ValueError, TypeError) as error:
        raise ConfigurationError(
            "run.json is missing, or does not name study, month and id of the run"
        ) from error


def epoch(created: datetime) -> int:
    """Return the report's time stamp in seconds since 1970; raise ConfigurationError when it has no time zone."""
    if created.tzinfo is None:
        raise ConfigurationError("the report's time stamp has no time zone; pass a time in UTC")
    return int(created.timestamp())


def kernel_environment(home: Path) -> dict[str, str]:
    """Return the environment of the programs that render: the same for every user, locale and time zone."""
    return {
        "HOME": str(home),
        "IPYTHONDIR": str(home / "ipython"),
        "JUPYTER_CONFIG_DIR": str(home / "jupyter"),
        "JUPYTER_DATA_DIR": str(home / "jupyter"),
        "JUPYTER_RUNTIME_DIR": str(home / "jupyter"),
        "JUPYTER_PLATFORM_DIRS": "1",
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",
        "PYTHONNOUSERSITE": "1",
    }
