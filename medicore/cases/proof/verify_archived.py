"""verify_archived: the archived copies of runs, and only these, are read again."""

from collections.abc import Iterable, Iterator
from functools import partial

from medicore.cases.keeping.archived_bundle import require_archived_bundle
from medicore.cases.keeping.archived_run import archive_checks
from medicore.cases.people.logged import SERVICE, log
from medicore.cases.proof.verify import foundations, tell
from medicore.cases.run.histories import history_of
from medicore.ports.house import House
from medicore.records.checking import Check, CheckKind, attempt
from medicore.records.identifiers import RunId


def verify_archived(
    house: House, runs: Iterable[RunId], authority: str | None = None
) -> Iterator[tuple[RunId, tuple[Check, ...]]]:
    """Yield the checks of each run's archive, including the shared ones; the ledger records the result.

    The git bundle is cloned into an empty repository; no check of bytes could replace that. ``authority`` is the
    fingerprint of the authority that is trusted, if one is named.

    Raises
    ------
    ArchiveError
        When a run is not archived.
    """
    shared = foundations(house, authority)
    for run in runs:
        history = history_of(house, run)
        digest = history.archived.manifest
        checks = shared
        if shared[0].passed:
            clone = partial(require_archived_bundle, house, history)
            checks += (
                *archive_checks(house, history, digest),
                attempt(CheckKind.BUNDLE, f"archives/{run}/record.bundle (clone)", clone),
            )
        tell(house, run, checks)
        if all(check.passed for check in checks):
            log(house, SERVICE, "archive.verified", str(run), "", {"manifest": digest, "checks": len(checks)})
        yield run, checks
