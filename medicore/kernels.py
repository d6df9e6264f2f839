"""The kernels of linear algebra: one choice for all processors, so that a sum has the same last digits everywhere.

OpenBLAS and NumPy choose their kernels by the processor's widest registers. Kernels of another width add in another
order, and the last digits of a sum differ. ``pin`` chooses for both, before they are loaded, what every x86-64 processor
since 2013 has (AVX2 and FMA): OpenBLAS's Haswell kernels, and NumPy's level X86_V3. On processors of another family
nothing is chosen; there the record only says what was used.
"""

import os
import resource
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from medicore.errors import InfrastructureError

OPENBLAS = "Haswell"
NUMPY = "X86_V3"
_WIDER = ("X86_V4", "AVX512_ICL", "AVX512_SPR")
VARIABLES: Mapping[str, str] = {
    "OPENBLAS_CORETYPE": OPENBLAS,
    "NPY_DISABLE_CPU_FEATURES": " ".join(_WIDER),
}
"""What OpenBLAS and NumPy read when they are loaded."""
_MACHINE = "x86_64"
_NEEDED = frozenset({"avx2", "fma"})
_LISTED = Path("/proc/cpuinfo")
_HEAD_BYTES = 8192
_ADDRESSES, _ADDRESSES_OF_A_PROCESSOR = 3 * 1024**3, 128 * 1024**2
"""Bytes: a run with 300 subjects addressed 2.7 GiB on two processors."""


def pin() -> None:
    """Choose the kernels for this process and its children, whatever the environment says."""
    if os.uname().machine == _MACHINE and _processor_has(_NEEDED):
        os.environ.update(VARIABLES)


def require_address_space() -> None:
    """Raise InfrastructureError when this process may address too little memory for the libraries of linear algebra.

    OpenBLAS reserves memory for each processor when it is loaded, and asks without end for what it does not get.
    """
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    least = _ADDRESSES + (os.cpu_count() or 1) * _ADDRESSES_OF_A_PROCESSOR
    if limit != resource.RLIM_INFINITY and limit < least:
        raise InfrastructureError(
            f"this process may address {limit / 1024**3:.2f} GiB of memory; expected {least / 1024**3:.2f} GiB or more on this "
            "machine, since linear algebra would wait for memory without end; raise the limit ('ulimit -v')"
        )


def narrowed() -> bool:
    """Return whether this processor would prefer wider kernels than the pinned ones."""
    return os.uname().machine == _MACHINE and _processor_has(frozenset({"avx512f"}))


def _processor_has(flags: frozenset[str]) -> bool:
    """Return whether the first processor has these flags; without Linux's list of them nothing is known, so not."""
    try:
        with _LISTED.open(encoding="ascii", errors="replace") as told:
            head = told.read(_HEAD_BYTES)
    except OSError:
        return False
    return any(flags <= set(line.split()) for line in head.splitlines() if line.startswith("flags"))


def loaded() -> list[dict[str, Any]]:
    """Return the libraries of linear algebra of this process, after loading NumPy: what is not loaded has no kernels."""
    import numpy.linalg  # noqa: F401
    from threadpoolctl import threadpool_info

    return list(threadpool_info())


def in_use(libraries: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Return the kernels that this process computes with; ``libraries`` are those that threadpoolctl finds loaded.

    NumPy must be loaded. The C library is named too, because it computes logarithms and exponentials.
    """
    import platform  # it loads much that most commands never need

    features = sys.modules["numpy._core._multiarray_umath"].__cpu_features__
    cores = {str(library["architecture"]) for library in libraries if library["internal_api"] == "openblas"}
    levels = [level for level in ("X86_V2", NUMPY, *_WIDER) if features.get(level)]
    return {
        "machine": os.uname().machine,
        "openblas": ", ".join(sorted(cores)) or "not loaded",
        "numpy": levels[-1] if levels else "baseline",
        "libc": " ".join(platform.libc_ver()).strip() or "not known",
    }


def require_pinned(libraries: Iterable[Mapping[str, Any]]) -> None:
    """Raise InfrastructureError when this process computes with other kernels than records on this machine need."""
    found = in_use(libraries)
    if found["machine"] != _MACHINE or (found["openblas"], found["numpy"]) == (OPENBLAS, NUMPY):
        return
    if not _processor_has(_NEEDED):
        raise InfrastructureError(
            f"this processor has no AVX2 and FMA; expected an x86-64 processor that has them, since its "
            f"kernels ({OPENBLAS}) give a record's last digits; use another machine"
        )
    raise InfrastructureError(
        f"linear algebra was loaded with the kernels OpenBLAS {found['openblas']}, NumPy {found['numpy']}; expected "
        f"{OPENBLAS} and {NUMPY}; load medicore before NumPy, or set "
        + " and ".join(f"{name}='{value}'" for name, value in VARIABLES.items())
    )
