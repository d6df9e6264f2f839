"""The learners of flexible models give the same bits on any number of threads, in this process and in another."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from medicore.stats.models import learners
from medicore.stats.models.learners import LEARNERS
from tests.stats.models.test_learners import rows


def bits(name: str) -> str:
    """Return the digest of a learner's predictions on 3,000 subjects, more than one thread's portion."""
    x, label, outcome, new = rows(10, m=3000, k=300)
    learner = LEARNERS[name]
    found = learner.chances(x, label, new), learner.means(x, outcome, new)
    return hashlib.sha256(b"".join(part.tobytes() for part in found)).hexdigest()


@pytest.mark.parametrize("name", LEARNERS)
def test_the_number_of_threads_changes_no_bit(name: str) -> None:
    """With one, two or four threads allowed the predictions are the same bytes."""
    made = set()
    for threads in (1, 2, 4):
        with threadpool_limits(limits=threads):
            made.add(bits(name))
    assert len(made) == 1


def test_another_process_with_more_threads_gives_the_same_bits() -> None:
    """A process that was started with four threads predicts what this one does."""
    script = "from tests.stats.models.test_learners_threads import bits; print(bits('penalised'), bits('boosting'))"
    threads = {f"{name}_NUM_THREADS": "4" for name in ("OMP", "OPENBLAS", "MKL")}
    answer = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, **threads, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        check=True,
        text=True,
    )
    assert answer.stdout == f"{bits('penalised')} {bits('boosting')}\n"


def test_every_library_has_one_thread_while_a_model_is_fitted() -> None:
    """Within a learner all pools have one thread, also those that scikit-learn brought along, and their own after it."""

    def counted() -> np.ndarray:
        return np.array([pool["num_threads"] for pool in threadpool_info()], dtype=np.float64)

    limited: Callable[[], np.ndarray] = learners._on_one_thread(counted)
    limited()  # loads scikit-learn
    with threadpool_limits(limits=3):
        before, inside, after = counted(), limited(), counted()
    assert set(before) == {3.0}
    assert len(inside) == len(before) >= 2
    assert set(inside) == {1.0}
    assert np.array_equal(before, after)
