"""Flipped bytes, two thousand of them in the deep tier: ``verify`` fails every time, and names what is damaged."""

import hashlib
import json
import tempfile
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml

from medicore.cases.proof.verify import foundations, verify
from medicore.cases.run.attest import key_of
from medicore.errors import ReviewError
from medicore.ports.house import House
from medicore.records.identifiers import RunId
from medicore.settings import read_settings
from medicore.stores.keys.signer import open_key
from medicore.wiring import open_house
from tests.conftest import PASSPHRASES, copy_tree, git
from tests.line.conftest import REFERENCE, Month
from tests.line.flipping import dump, failures, flipped, positions, says_the_same

SEED = 11_2025
SIGNED = "report.signed.pdf"
LEAST = 2000
"""Flips in all, over the deep tests of this file."""
CONTENT, GIT, LEDGER = 1420, 120, 480
FEW_GIT, FEW_LEDGER = 12, 96
ROUNDS = tuple(range(18))
"""Positions of each file, one a turn: of those that ``positions`` gives."""
FEW_ROUNDS = (0, 1, 2, 9, 17)
"""The first byte, the last, and one of the head, of the middle and of the last quarter."""
KINDS = ("commit", "tag", "tree", "blob")


@pytest.fixture(scope="module")
def state(kept_release: Month, session_memory: Path) -> Iterator[Path]:
    """A copy of the state folder, to be damaged."""
    with tempfile.TemporaryDirectory(dir=session_memory) as folder:
        copy_tree(kept_release.project.home, Path(folder) / "state")
        yield Path(folder) / "state"


@pytest.fixture(scope="module")
def opened(state: Path) -> House:
    """The house of the copy."""
    return open_house(read_settings({"MEDICORE_HOME": str(state)}))


def require_sound(house: House, run: str) -> None:
    """Assert that ``verify`` passes every check."""
    assert [check for check in verify(house, RunId.parse(run)) if not check.passed] == []


def stored(state: Path, run: str) -> dict[Path, str]:
    """Return the run's files in content store, cache and archive, each with the words by which it is named.

    The list of the frozen files is among them, and the labels of the ledger's heads that were signed for the run.
    """
    names: dict[Path, str] = {}
    record = state / "archive" / "archives" / run
    provenance = json.loads(next(record.rglob("provenance.json")).read_bytes())
    for entry in provenance["files"]:
        if entry["md5"] is None:
            continue
        for folder, place in (("remote", "content store"), ("cache", "local cache")):
            path = state / "dvc" / folder / "files" / "md5" / entry["md5"][:2] / entry["md5"][2:]
            if path.exists():
                names.setdefault(path, f"{entry['name']} ({place})")
    (out,) = yaml.load(next(record.rglob("lock.dvc")).read_bytes(), yaml.CSafeLoader)["outs"]
    for folder, place in (("remote", "content store"), ("cache", "local cache")):
        path = state / "dvc" / folder / "files" / "md5" / out["md5"][:2] / out["md5"][2:]
        names[path] = f"lock, list of files ({place})"
    path = state / "archive" / "reports" / run / SIGNED
    md5 = hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()
    for folder, place in (("remote", "content store"), ("cache", "local cache")):
        copy = state / "dvc" / folder / "files" / "md5" / md5[:2] / md5[2:]
        if copy.exists():
            names[copy] = f"{SIGNED} ({place})"
    archive = state / "archive"
    (manifest,) = (
        path for path in record.glob("manifest-*.json") if path.stem.removeprefix("manifest-").isdigit()
    )
    for entry in json.loads(manifest.read_bytes())["objects"]:
        names[archive / entry["key"]] = f"{entry['key']} (archive)"
        names[archive / f"{entry['key']}.retention.json"] = f"{entry['key']} (retention)"
    names[manifest] = f"archives/{run}/manifest"
    house = open_house(read_settings({"MEDICORE_HOME": str(state)}), read_only=True)
    for event in house.ledger.events(subject=run, action="checkpoint.signed"):
        names[archive / f"{key_of(event)}.retention.json"] = f"{key_of(event)} (retention)"
    names[archive / key_of(event)] = "ledger"
    return names


def reached_objects(repository: Path, run: str) -> dict[str, list[Path]]:
    """Return the files of the loose git objects that the run's tags reach, by kind, each with all packs."""
    tags = (f"refs/tags/run/{run}", f"refs/tags/record/{run}")
    listed = git("rev-list", "--objects", "--no-object-names", *tags, folder=repository).split()
    tagged = git("rev-parse", *tags, folder=repository).split()
    kinds = git(
        "cat-file", "--batch-all-objects", "--batch-check=%(objectname) %(objecttype)", folder=repository
    )
    kind_of = dict(line.split() for line in kinds.splitlines())
    found: dict[str, list[Path]] = {kind: [] for kind in KINDS}
    for name in sorted({*listed, *tagged}):
        path = repository / "objects" / name[:2] / name[2:]
        if path.exists():
            found[kind_of[name]].append(path)
    packs = sorted(repository.glob("objects/pack/*.pack"))
    return {kind: paths + packs for kind, paths in found.items()}


def object_of(path: Path) -> bytes | None:
    """Return what a loose git object says, None when it is none; a pack says its own bytes."""
    data = path.read_bytes()
    try:
        return data if path.suffix == ".pack" else zlib.decompress(data)
    except zlib.error:
        return None


def test_the_flips_add_up() -> None:
    """The deep tests of this file flip the number of bytes that they promise."""
    assert CONTENT + GIT + LEDGER >= LEAST


@pytest.mark.parametrize(
    ("turns", "least"),
    [
        (FEW_ROUNDS, CONTENT // len(ROUNDS) * len(FEW_ROUNDS)),
        pytest.param(ROUNDS, CONTENT, marks=pytest.mark.deep),
    ],
    ids=["few", "all"],
)
def test_every_stored_file_is_watched(
    kept_release: Month, state: Path, opened: House, turns: tuple[int, ...], least: int
) -> None:
    """A byte of every class, flipped in every file of content store, cache and archive, is found in that very file (FAULTS 1, 2)."""
    run = kept_release.run(REFERENCE)
    names = stored(state, run)
    chance = np.random.default_rng(SEED)
    require_sound(opened, run)
    manifest = next(path for path, name in names.items() if name.endswith("/manifest"))
    labels = [path for path in names if path.name.endswith(".retention.json")]
    heads = [
        path for path in names if "checkpoint" in f"{path.parent.name}/{path.name}" and path not in labels
    ]
    places = {path: positions(path.stat().st_size, chance, each=3) for path in names}
    count = 0
    # the repository is as it was, so one git process reads it for all turns, as it does for all runs
    with opened.records.reading() as records:
        house = replace(opened, records=records)
        for turn in turns:
            mask = 1 << (turn % 8)
            # what names other files, and labels beside what they describe, are damaged by themselves
            others = [path for path in names if path != manifest and path not in labels + heads]
            for batch in (others, labels, [manifest]):
                with flipped(*((path, places[path][turn]) for path in batch), mask=mask):
                    failed = {check.subject for check in failures(house, run)}
                assert failed >= {names[path] for path in batch}, {names[path] for path in batch} - failed
                count += len(batch)
            # a signed head that does not verify ends the work at the ledger, which says which head it is
            for path in heads:
                with flipped((path, places[path][turn]), mask=mask):
                    (failed_check,) = failures(house, run)
                assert failed_check.subject == "ledger"
                assert path.name in failed_check.found
                count += 1
    assert count >= least
    require_sound(opened, run)


def test_every_byte_of_the_people_is_watched_or_without_meaning(state: Path, opened: House) -> None:
    """A byte flipped in the authority's certificate is found; in a key it opens the same key or none, and proves nothing (FAULTS 80)."""
    chance = np.random.default_rng(SEED)
    people = state / "people"
    certificate = people / "authority.pem"
    for position in positions(certificate.stat().st_size, chance):
        with flipped((certificate, position), mask=1 << int(chance.integers(8))):
            assert not all(check.passed for check in foundations(opened)), position
    persons = {
        event.subject: event.details["fingerprint"] for event in opened.ledger.events(action="person.added")
    }
    words = {**PASSPHRASES, "medicore": (people / "medicore.passphrase").read_text()}
    for path in sorted(people.glob("*.p12")):
        person = path.stem
        whole = path.read_bytes()
        key, _, _ = open_key(whole, words[person], person, persons[person])
        for position in positions(len(whole), chance, each=1)[1:]:
            other = bytearray(whole)
            other[position] ^= 1 << int(chance.integers(8))
            try:
                found, _, _ = open_key(bytes(other), words[person], person, persons[person])
            except ReviewError:
                continue
            assert found.private_numbers() == key.private_numbers()


@pytest.mark.parametrize("flips", [FEW_GIT, pytest.param(GIT, marks=pytest.mark.deep)])
def test_every_object_of_the_record_repository_is_watched(
    kept_release: Month, state: Path, opened: House, flips: int
) -> None:
    """A byte flipped in a git object of the record makes the check of its tag fail, unless the object reads the same."""
    run = kept_release.run(REFERENCE)
    chance = np.random.default_rng(SEED)
    reached = reached_objects(state / "records.git", run)
    assert all(reached.values()), reached
    watching = {f"objects of run/{run}", f"objects of record/{run}"}
    require_sound(opened, run)
    count = 0
    while count < flips:
        paths = reached[KINDS[count % len(KINDS)]]
        path = paths[int(chance.integers(len(paths)))]
        position = int(chance.choice(positions(path.stat().st_size, chance)))
        said = object_of(path)
        with flipped((path, position), mask=1 << int(chance.integers(8))):
            failed: set[str] = set()
            for check in failures(opened, run):
                failed.add(check.subject)
                if check.subject in watching:
                    break
            if not failed and object_of(path) == said:
                continue  # a bit between the last block and its checksum belongs to neither
        assert failed & watching, (path.name, position)
        count += 1


@pytest.mark.parametrize("flips", [FEW_LEDGER, pytest.param(LEDGER, marks=pytest.mark.deep)])
def test_every_byte_of_the_ledger_that_says_something_is_watched(
    kept_release: Month, state: Path, opened: House, flips: int
) -> None:
    """A byte flipped in the ledger's file is found, unless every row of it still reads the same: then it said nothing (FAULTS 5)."""
    run = kept_release.run(REFERENCE)
    path = state / "ledger.db"
    before = dump(path)
    chance = np.random.default_rng(SEED)
    size = path.stat().st_size
    require_sound(opened, run)
    found = silent = 0
    while found < flips:
        position = int(chance.choice(positions(size, chance, each=6)))
        with flipped((path, position), mask=1 << int(chance.integers(8))):
            ledger = foundations(opened)[0]
            if ledger.passed:
                assert says_the_same(path, before), position
                silent += 1
            else:
                assert ledger.subject == "ledger"
                found += 1
    assert silent < found
