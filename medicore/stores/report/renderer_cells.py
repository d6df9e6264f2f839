"""Executes the cells of a template in a Jupyter kernel that sees nothing but its folder, and leaves no process."""

import asyncio
import os
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import nbformat
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

from medicore.errors import ConfigurationError
from medicore.stores.report.renderer import kernel_environment
from medicore.stores.report.renderer_template import Cell

_SECONDS_PER_CELL = 120
_LONGEST_SOCKET_PATH = 90  # the operating systems allow from 104 bytes on
_COMMAND = ("-m", "ipykernel_launcher", "-f", "{connection_file}", "--HistoryManager.enabled=False")


class _OwnKernel(AsyncKernelManager):
    """A kernel of this very Python; a kernel specification installed elsewhere can never take its place."""

    @property
    def kernel_spec(self) -> KernelSpec:
        return KernelSpec(argv=[sys.executable, *_COMMAND], display_name="MediCore", language="python")


def execute(cells: Sequence[Cell], parameters: Mapping[str, str], folder: Path, home: Path) -> dict[str, str]:
    """Return what each cell prints, by label; parameters are set after the cell that declares them.

    Raises
    ------
    ConfigurationError
        When a cell fails, hangs, or shows anything but printed text. The message names the cell and the kind
        of the exception, never its values.
    """
    notebook = nbformat.v4.new_notebook()
    places: dict[str, int] = {}
    for cell in cells:
        places[cell.label] = len(notebook.cells)
        notebook.cells.append(nbformat.v4.new_code_cell(cell.code))
        if cell.parameters:
            values = "\n".join(f"{name} = {value!r}" for name, value in parameters.items())
            notebook.cells.append(nbformat.v4.new_code_cell(values))
    _run(notebook, places, folder, home)
    return {label: _printed(label, notebook.cells[place].outputs) for label, place in places.items()}


def _run(notebook: Any, places: Mapping[str, int], folder: Path, home: Path) -> None:  # noqa: ANN401
    socket = str(home / "k")
    manager = _OwnKernel(connection_file=str(home / "kernel.json"))
    if len(socket) <= _LONGEST_SOCKET_PATH:
        # Sockets in the scratch folder: no port is opened, and no other user can connect.
        manager.transport, manager.ip = "ipc", socket
    client = NotebookClient(
        notebook, km=manager, timeout=_SECONDS_PER_CELL, shutdown_kernel="immediate", record_timing=False
    )
    try:
        with Path(os.devnull).open("wb") as nowhere, ThreadPoolExecutor(max_workers=1) as thread:
            # A thread and a loop of its own: nbclient would otherwise take over the signals of the main thread, or
            # meet a loop that is running already, or leave one open.
            started = client.async_execute(
                cwd=str(folder),
                env={**kernel_environment(home), "PATH": os.defpath},
                stdout=nowhere,
                stderr=nowhere,
                cleanup_kc=True,
            )
            work = thread.submit(asyncio.run, started)
            try:
                work.result()
            finally:
                _end(manager)
    except CellExecutionError as error:
        label = _failed(notebook, places)
        raise ConfigurationError(
            f"the report's cell {label!r} failed with {error.ename}; correct the template or its input"
        ) from None
    except (CellTimeoutError, DeadKernelError, RuntimeError) as error:
        raise ConfigurationError(
            f"the report's cells could not be executed ({type(error).__name__}); see that ipykernel is installed"
        ) from error


def _end(manager: _OwnKernel) -> None:
    """Kill the kernel if it is still there: after an interrupt, say. No process outlives its report."""
    process = getattr(manager.provisioner, "process", None)
    if process is not None:
        process.kill()
        process.wait()


def _failed(notebook: Any, places: Mapping[str, int]) -> str:  # noqa: ANN401 - nbformat's own type
    """Return the label of the cell that ended in an error."""
    failed = next(
        (
            index
            for index, cell in enumerate(notebook.cells)
            if any(output["output_type"] == "error" for output in cell.outputs)
        ),
        0,
    )
    return next((label for label, place in reversed(list(places.items())) if place <= failed), "unknown")


def _printed(label: str, outputs: Sequence[Mapping[str, Any]]) -> str:
    """Return the printed text among a cell's outputs; warnings on the error stream are not part of a report."""
    if any(output["output_type"] != "stream" for output in outputs):
        raise ConfigurationError(f"the report's cell {label!r} shows a value; it may only print Markdown")
    return "".join(output["text"] for output in outputs if output["name"] == "stdout")
