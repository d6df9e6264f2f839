"""The one tree of errors: a family per kind of trouble, each with its exit code.

A message says what was found, what was expected and what to do next, in one line, and never holds a
patient's value. Only the command line turns an error into an exit.
"""

from typing import ClassVar


class MediCoreError(Exception):
    """Root of every error that MediCore raises on purpose."""

    exit_code: ClassVar[int] = 1


class ProtocolError(MediCoreError):
    """The protocol, study, month or run that was named is unknown or malformed."""

    exit_code = 3


class DataError(MediCoreError):
    """The data delivered by the EDC break their contract or are not there."""

    exit_code = 4


class EstimationError(MediCoreError):
    """A model cannot be estimated: one arm only, aliased design, no convergence."""

    exit_code = 5


class IntegrityError(MediCoreError):
    """Something stored is not what was recorded. Never caught to continue."""

    exit_code = 6


class ReviewError(MediCoreError):
    """A decision is refused: wrong person, role, passphrase, binding or state."""

    exit_code = 7


class WrongPassphraseError(ReviewError):
    """The passphrase does not open the key; five in a row lock the person out."""


class UnknownPersonError(ReviewError):
    """Nobody has the identifier; whoever tries to sign in is not told which part was wrong."""


class ArchiveError(MediCoreError):
    """The archive could not take, keep or give back what was asked."""

    exit_code = 8


class ConfigurationError(MediCoreError):
    """The installation, its settings, code or environment is not fit for the work."""

    exit_code = 9


class InfrastructureError(ConfigurationError):
    """A store, a program, the disk or the clock cannot be used for now; no run fails for it, and the same command continues it."""


class UnavailableError(ArchiveError, InfrastructureError):
    """The archive or the content store does not answer, or refuses to: what it holds is unknown."""


class SourceUnavailableError(DataError, InfrastructureError):
    """The EDC gives no complete answer for now; whether its data are right is unknown."""


class TimeLimitError(InfrastructureError):
    """A program that MediCore started did not end in time, and was stopped."""


class HaltedError(MediCoreError):
    """A run stopped at findings and waits for a human."""

    exit_code = 10


class BusyError(MediCoreError):
    """Another process is at work on the same study and month."""

    exit_code = 11
