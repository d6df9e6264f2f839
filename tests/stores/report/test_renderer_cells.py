"""Tests of the execution of cells, in real kernels."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import psutil
import pytest

from medicore.errors import ConfigurationError
from medicore.stores.report.renderer_cells import execute
from medicore.stores.report.renderer_template import Cell

PARAMETERS = Cell("parameters", 'study = ""\n', parameters=True)


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """A folder for the cells and a home for the kernel."""
    report, home = tmp_path / "report", tmp_path / "home"
    report.mkdir()
    home.mkdir()
    return report, home


def kernels() -> list[int]:
    """Return the processes of kernels that descend from this one."""
    return [
        child.pid
        for child in psutil.Process().children(recursive=True)
        if "ipykernel" in " ".join(child.cmdline())
    ]


def test_cells_print_with_the_parameters_in_their_folder(
    folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cells share a session, see the parameters, import what lies beside them, and see nothing of the user."""
    report, home = folders
    (report / "words.py").write_text("GREETING = 'hello'\n", encoding="utf-8")
    monkeypatch.setenv("MEDICORE_PASSPHRASE", "secret")
    cells = (
        PARAMETERS,
        Cell("first", "import os, time\nfrom words import GREETING\nprint(study)\nprint(GREETING)\n"),
        Cell(
            "second",
            "import sys\nprint('aside', file=sys.stderr)\nprint(os.environ['HOME'], time.tzname[0])\n",
        ),
        Cell("third", "print(sorted(name for name in os.environ if 'MEDICORE' in name))\n"),
    )
    found = execute(cells, {"study": "REF-'NHEFS'"}, report, home)
    assert found == {
        "parameters": "",
        "first": "REF-'NHEFS'\nhello\n",
        "second": f"{home} UTC\n",
        "third": "[]\n",
    }
    assert kernels() == []


def test_a_failing_cell_is_named_without_its_values(folders: tuple[Path, Path]) -> None:
    """The message of a failing cell has its label and the kind of exception, never a value; no process stays."""
    cells = (
        PARAMETERS,
        Cell("fine", "print(1)"),
        Cell("table", "patient = 'P-0815'\nraise KeyError(patient)"),
    )
    with pytest.raises(ConfigurationError, match="cell 'table' failed with KeyError") as caught:
        execute(cells, {"study": "x"}, *folders)
    assert "0815" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert "\n" not in str(caught.value)
    assert kernels() == []


def test_a_cell_may_only_print(folders: tuple[Path, Path]) -> None:
    """A cell that shows a value would look different in the two renderers, so it is refused."""
    with pytest.raises(ConfigurationError, match="cell 'shows' shows a value"):
        execute((PARAMETERS, Cell("shows", "1 + 1")), {"study": "x"}, *folders)


def test_a_kernel_that_dies_is_an_error(folders: tuple[Path, Path]) -> None:
    """A cell that ends its own kernel gives our error, not a hanging report."""
    with pytest.raises(ConfigurationError, match="could not be executed"):
        execute((PARAMETERS, Cell("ends", "import os\nos._exit(3)")), {"study": "x"}, *folders)
    assert kernels() == []


def test_a_long_folder_name_and_a_running_loop_are_no_hindrance(tmp_path: Path) -> None:
    """Where a socket's path would be too long the kernel listens on the loopback; an event loop may be running."""
    home = tmp_path / ("h" * 100)
    home.mkdir()

    async def inside() -> dict[str, str]:
        return execute((PARAMETERS, Cell("one", "print(study)")), {"study": "x"}, tmp_path, home)

    assert asyncio.run(inside())["one"] == "x\n"


def test_an_interrupt_ends_the_kernel(tmp_path: Path) -> None:
    """Ctrl-C while a cell works ends the program with its kernel."""
    (tmp_path / "home").mkdir()
    script = textwrap.dedent(
        f"""
        import signal
        from pathlib import Path
        from medicore.stores.report.renderer_cells import execute
        from medicore.stores.report.renderer_template import Cell
        # Who started the tests may ignore interrupts, which is inherited.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        folder = Path({str(tmp_path)!r})
        code = "import os, time, pathlib\\npathlib.Path('pid').write_text(str(os.getpid()))\\ntime.sleep(100)"
        execute((Cell("waits", code, parameters=True), ), {{}}, folder, folder / "home")
        """
    )
    program = subprocess.Popen([sys.executable, "-c", script], stderr=subprocess.DEVNULL)
    note = tmp_path / "pid"
    for _ in range(200):
        if note.exists() and note.read_text():
            break
        with pytest.raises(subprocess.TimeoutExpired):
            program.wait(0.1)
    kernel = psutil.Process(int(note.read_text()))
    os.kill(program.pid, signal.SIGINT)
    assert program.wait(60) != 0
    with contextlib.suppress(psutil.NoSuchProcess):
        kernel.wait(10)
    assert not kernel.is_running()
