"""What the readers of pandas raise over a damaged file, as one error."""

import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from medicore.errors import DataError


@contextmanager
def whole_file(name: str, program: str, again: str) -> Iterator[None]:
    """Let pandas read the file ``name`` of ``program`` in the block; a warning of pandas is an error.

    Raises
    ------
    DataError
        When the file is cut or damaged; ``again`` says how to have it exported again.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            yield
    except (ValueError, LookupError, OSError, AttributeError, TypeError, ArithmeticError, MemoryError, StopIteration, struct.error,
            Warning) as error:  # fmt: skip
        raise DataError(
            f"{name} is not a whole data set of {program} ({type(error).__name__}); expected it up to its end, in its own "
            f"encoding; {again}"
        ) from None
