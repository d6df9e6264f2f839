"""The kernels of linear algebra are the pinned ones, whatever processor and environment there are."""

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from medicore import kernels
from medicore.errors import ConfigurationError
from medicore.kernels import NUMPY, OPENBLAS, VARIABLES, in_use, require_address_space, require_pinned

on_x86 = pytest.mark.skipif(
    os.uname().machine != "x86_64", reason="kernels are chosen for x86-64 processors alone"
)
TOLD = """
import numpy.linalg
from threadpoolctl import threadpool_info
from medicore.kernels import in_use, require_pinned
print(in_use(threadpool_info()))
require_pinned(threadpool_info())
"""


def in_process(code: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Run Python code in a process of its own with these variables."""
    return subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@on_x86
def test_another_choice_in_the_environment_is_not_obeyed() -> None:
    """A process that loads MediCore first computes with the pinned kernels."""
    done = in_process("import medicore\n" + TOLD, OPENBLAS_CORETYPE="Nehalem", NPY_DISABLE_CPU_FEATURES=NUMPY)
    assert done.returncode == 0, done.stderr
    assert f"'openblas': '{OPENBLAS}'" in done.stdout
    assert f"'numpy': '{NUMPY}'" in done.stdout


@on_x86
@pytest.mark.parametrize(
    ("other", "found"),
    [
        ({"OPENBLAS_CORETYPE": "Nehalem"}, f"OpenBLAS Nehalem, NumPy {NUMPY}"),
        ({"NPY_DISABLE_CPU_FEATURES": NUMPY}, f"OpenBLAS {OPENBLAS}, NumPy X86_V2"),
    ],
)
def test_kernels_that_were_loaded_before_are_refused(other: dict[str, str], found: str) -> None:
    """A process that loaded NumPy with other kernels may perform no step; the message says what to set."""
    given = {**VARIABLES, **other}
    done = in_process("import numpy.linalg\n" + TOLD, **given)
    assert done.returncode == 1
    said = done.stderr.splitlines()[-1]
    assert said.startswith("medicore.errors.ConfigurationError: linear algebra was loaded with the kernels")
    assert found in said
    assert f"OPENBLAS_CORETYPE='{OPENBLAS}'" in said


@on_x86
def test_a_processor_without_the_pinned_kernels_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A processor that lacks AVX2 keeps its own kernels, since others would end the process, and computes no record."""
    monkeypatch.setattr(kernels, "_NEEDED", frozenset({"avx2", "a flag that no processor has"}))
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Nehalem")
    kernels.pin()
    assert os.environ["OPENBLAS_CORETYPE"] == "Nehalem"
    with pytest.raises(ConfigurationError, match="this processor has no AVX2 and FMA"):
        require_pinned([{"internal_api": "openblas", "architecture": "Nehalem"}])


def test_a_machine_that_does_not_list_its_processor_keeps_its_kernels(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Where nothing is known of the processor, nothing is chosen."""
    monkeypatch.setattr(kernels, "_LISTED", tmp_path / "absent")
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Nehalem")
    kernels.pin()
    assert os.environ["OPENBLAS_CORETYPE"] == "Nehalem"
    assert not kernels.narrowed()


def test_no_loaded_library_is_told_so() -> None:
    """A process without OpenBLAS says so, and its NumPy level is that of this process."""
    assert in_use([])["openblas"] == "not loaded"


@pytest.mark.parametrize("processors", [1, 2, 64])
def test_too_little_address_space_is_refused(processors: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """With 1.5 GB nothing is loaded that would wait for memory without end; no limit, and enough, are allowed."""
    monkeypatch.setattr(kernels.os, "cpu_count", lambda: processors)
    least = 3 * 1024**3 + processors * 128 * 1024**2
    for limit, allowed in (
        (resource.RLIM_INFINITY, True),
        (least, True),
        (least - 1, False),
        (1_500_000_000, False),
    ):
        monkeypatch.setattr(
            kernels.resource, "getrlimit", lambda _, soft=limit: (soft, resource.RLIM_INFINITY)
        )
        if allowed:
            require_address_space()
            continue
        with pytest.raises(ConfigurationError, match=r"may address [\d.]+ GiB of memory; .*'ulimit -v'"):
            require_address_space()
