"""Tests of the execution of cells, in real processes."""

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
from medicore.stores.report import renderer_cells
from medicore.stores.report.cell_runner import perform
from medicore.stores.report.renderer_cells import execute
from medicore.stores.report.renderer_template import Cell

PARAMETERS = Cell("parameters", 'study = ""\n', parameters=True)


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """A folder for the cells and a home for their process."""
    report, home = tmp_path / "report", tmp_path / "home"
    report.mkdir()
    home.mkdir()
    return report, home


def runners() -> list[int]:
    """Return the processes that execute cells and descend from this one."""
    found = []
    for child in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):  # one of another test has just ended, or waits to be reaped
            if "cell_runner" in " ".join(child.cmdline()):
                found.append(child.pid)
    return found


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
    assert runners() == []


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
    assert runners() == []


def test_a_cell_may_only_print(folders: tuple[Path, Path]) -> None:
    """A cell that shows a value would look different in the two renderers, so it is refused."""
    with pytest.raises(ConfigurationError, match="cell 'shows' shows a value"):
        execute((PARAMETERS, Cell("shows", "1 + 1")), {"study": "x"}, *folders)


@pytest.mark.parametrize(
    "ending", ["import os\nos._exit(3)", "import os\nos._exit(0)", "import os\nos.abort()"]
)
def test_a_cell_that_ends_the_process_is_named(folders: tuple[Path, Path], ending: str) -> None:
    """A cell that ends the process gives our error with its label, whatever the process says of itself."""
    with pytest.raises(ConfigurationError, match="cell 'ends' ended the process") as caught:
        execute((PARAMETERS, Cell("ends", ending), Cell("later", "print(1)")), {"study": "x"}, *folders)
    assert caught.value.__suppress_context__
    assert runners() == []


def test_a_cell_that_hangs_is_stopped_with_what_it_started(
    folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the time limit the process is killed, with its children, and the cell at work is named."""
    monkeypatch.setattr(renderer_cells, "LIMIT_S", 2)
    code = (
        "import subprocess, sys, pathlib\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(300)'])\n"
        "pathlib.Path('child').write_text(str(child.pid))\n"
        "child.wait()"
    )
    with pytest.raises(
        ConfigurationError, match="cell 'hangs' was stopped: the cells did not end within 2 s"
    ):
        execute((PARAMETERS, Cell("hangs", code)), {"study": "x"}, *folders)
    assert runners() == []
    child = folders[0] / "child"
    if child.exists():
        with contextlib.suppress(psutil.NoSuchProcess):
            psutil.Process(int(child.read_text())).wait(10)
        assert not psutil.pid_exists(int(child.read_text()))


def test_a_process_that_never_began_is_an_error(
    folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the cells cannot be started at all, no cell is blamed."""
    monkeypatch.setattr(renderer_cells, "_COMMAND", (sys.executable, "-c", "print('no JSON')"))
    with pytest.raises(ConfigurationError, match="cell 'none' ended the process"):
        execute((PARAMETERS,), {"study": "x"}, *folders)


def test_only_what_python_prints_is_the_report(folders: tuple[Path, Path]) -> None:
    """What goes past Python to the outputs of the process, or to its error stream, is lost, and harms nothing."""
    code = (
        "import os, sys, warnings\nos.write(1, b'{}')\nos.write(2, b'aside')\n"
        "warnings.warn('aside')\nos.system('echo aside')\nprint('kept')\n"
    )
    assert execute((PARAMETERS, Cell("one", code)), {"study": "x"}, *folders)["one"] == "kept\n"


def test_cells_see_neither_the_users_packages_nor_other_folders(
    folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """PYTHONPATH, the user's packages and the folder of the program are out of reach; hashes are the same each time."""
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("PYTHONSTARTUP", str(tmp_path / "startup.py"))
    code = (
        "import sys, site, os\n"
        "print(os.path.realpath(sys.path[0]) == os.path.realpath(os.getcwd()))\n"
        "print(site.ENABLE_USER_SITE)\n"
        "print([part for part in sys.path if part.endswith(('elsewhere', 'report'))][1:])\n"
        "print(sys.flags.hash_randomization)\n"
    )
    assert execute((PARAMETERS, Cell("one", code)), {"study": "x"}, *folders)["one"] == "True\nFalse\n[]\n0\n"


def test_a_running_loop_is_no_hindrance(folders: tuple[Path, Path]) -> None:
    """Cells may be executed where an event loop is running already, as in a flow."""

    async def inside() -> dict[str, str]:
        return execute((PARAMETERS, Cell("one", "print(study)")), {"study": "x"}, *folders)

    assert asyncio.run(inside())["one"] == "x\n"


def cell(code: str, label: str = "one", **given: str) -> dict[str, object]:
    """Return a cell as the program is asked for it."""
    return {"label": label, "code": code, "given": given}


@pytest.mark.parametrize(
    ("code", "answer"),
    [
        ("", {"printed": {"first": "", "one": ""}}),
        ("print(name)", {"printed": {"first": "", "one": "given\n"}}),
        ("print(1); print(2)", {"printed": {"first": "", "one": "1\n2\n"}}),
        ("print(1)\nx = 2", {"printed": {"first": "", "one": "1\n"}}),
        ("from dataclasses import dataclass\n@dataclass\nclass A:\n    x: 'int'\nprint(A(1))",
         {"printed": {"first": "", "one": "A(x=1)\n"}}),
        ("print(__name__)", {"printed": {"first": "", "one": "__main__\n"}}),
        ("name", {"label": "one", "shown": True}),
        ("def", {"label": "one", "failed": "SyntaxError"}),
        ("print(unknown)", {"label": "one", "failed": "NameError"}),
        ("raise SystemExit(0)", {"label": "one", "failed": "SystemExit"}),
        ("display(1)", {"label": "one", "failed": "NameError"}),
    ],
)  # fmt: skip
def test_what_a_cell_comes_to(tmp_path: Path, code: str, answer: dict[str, object]) -> None:
    """A cell prints, shows its last value, or fails; names that are given are set after the cell that declares them."""
    first = cell("name = 'lost'", "first", name="given")
    assert perform([first, cell(code)], tmp_path) == answer
    assert (tmp_path / "cell").read_text(encoding="utf-8") == "one"


def test_an_interrupt_ends_the_process(tmp_path: Path) -> None:
    """Ctrl-C while a cell works ends the program with the process of the cells."""
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
    runner = psutil.Process(int(note.read_text()))
    os.kill(program.pid, signal.SIGINT)
    assert program.wait(60) != 0
    with contextlib.suppress(psutil.NoSuchProcess):
        runner.wait(10)
    assert not runner.is_running()
