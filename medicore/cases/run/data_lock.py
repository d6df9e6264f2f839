"""The data lock of a run at work: frozen once, and from then on the bytes that the ledger names."""

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
    """Have a run's data lock in its record folder: as it was frozen, or extracted and frozen now.

    What was ``frozen``, as the ledger tells it, is never extracted again. It is brought back from any stored copy that is what the ledger names.

    Raises
    ------
    IntegrityError
        When no copy is any more, or the content store does not give back what was to be frozen. What lies in the
        folder is taken away, so that nothing is sealed with it: a lock without its manifest, which is written last,
        is none.
    """
    if frozen is not None:
        _restore(house, active, frozen.files, frozen.pointer)
        return
    if not active.files.exists(_LAST):
        _extract(house, active)
    # Or a process was killed before the ledger knew of the lock, which is whole: its manifest is written last.
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
