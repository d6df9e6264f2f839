"""The data lock of an active run: it is frozen once, and after that it has exactly the bytes that the ledger names."""

from collections.abc import Mapping

from medicore.cases.people.logged import SERVICE, log
from medicore.cases.run.runs import ActiveRun
from medicore.cases.run.stored import whole_copy
from medicore.errors import IntegrityError
from medicore.ports.house import House
from medicore.records.ledger.appending import FENCE
from medicore.records.ledger.event_details import DataLock
from medicore.steps.way import digests

_LAST = "lock/transfer.json"


def have_lock(house: House, active: ActiveRun, frozen: DataLock | None) -> None:
    """Put a run's data lock into its record folder: the frozen one, or one that is extracted and frozen now.

    A lock that was ``frozen`` according to the ledger is never extracted again. It is restored from any stored copy
    that is what the ledger names.

    Raises
    ------
    IntegrityError
        When no copy is intact, or the content store does not return what was to be frozen. The files in the folder
        are then removed, so that nothing is sealed with them: without its manifest, which is written last, a lock
        does not count.
    """
    if frozen is not None:
        _restore(house, active, frozen.files, frozen.pointer)
        return
    if not active.files.exists(_LAST):
        _extract(house, active)
    # Or a process was killed before it recorded the lock; the lock is complete, since its manifest is written last.
    _freeze(house, active)


def _extract(house: House, active: ActiveRun) -> None:
    from medicore.cases.run.earlier import approved_last, previous_estimate, previous_lock
    from medicore.cases.run.looks import looks_before
    from medicore.steps.extract import freeze  # imports pandas, which most verbs never need

    run = active.id
    house.progress(run, "extract", "pulling")
    transfer = house.edc(active.protocol).pull(run.study, run.month)
    freeze(
        active.files,
        transfer,
        previous_lock(house, run),
        previous_estimate(house, run),
        approved_last(house, run),
        looks_before(house, run, exploratory=active.exploratory),
    )


def _freeze(house: House, active: ActiveRun) -> None:
    run = active.id
    manifest, pointer = digests(active.files, ("lock",)), b""
    if not active.exploratory:
        try:
            pointer = house.content.add(house.workspaces.path(run), f"{run.folder}/lock")
        except IntegrityError:
            house.workspaces.discard_lock(run)
            raise
    details = {"files": manifest, "pointer": pointer.decode(), FENCE: active.fence}
    log(house, SERVICE, "lock.frozen", str(run), "", details)


def _restore(house: House, active: ActiveRun, frozen: Mapping[str, str], pointer: str) -> None:
    if pointer:
        active.files.write("lock.dvc", pointer.encode())
    if digests(active.files, ("lock",)) == frozen:
        return
    house.workspaces.discard_lock(active.id)
    addresses = house.content.addresses(active.id.folder, b"", pointer.encode())
    for name, digest in sorted(frozen.items(), key=lambda entry: entry[0] == _LAST):
        copies = house.content.objects(addresses[name]) if name in addresses else ()
        active.files.write(name, whole_copy(active.id, name, copies, digest))
