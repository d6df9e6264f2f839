"""export: a third party verifies the bundle with Python and openssl alone; the same record gives the same bytes."""

import json
import shlex
import zipfile
from pathlib import Path

import pytest
from lxml import html

from medicore.records.canonical import sha256
from tests.conftest import git
from tests.line.conftest import CLEAN, REFERENCE, Month
from tests.whole_house.exported import export, third_party

ONE_OF_EACH_CLASS = (
    "MANIFEST.json",
    "README.txt",
    "analysis-results.json",
    "authority.pem",
    "code/code.commit",
    "code/record.commit",
    "code/sealed.commit",
    "code/source.tar",
    "environment/requirements.lock",
    "environment/sbom.cdx.json",
    "index.html",
    "ledger/checkpoint.dsse.json",
    "ledger/excerpt.jsonl",
    "ledger/exported.jsonl",
    "record/extract.parquet",
    "record/lock.dvc",
    "record/lock/raw/nhefs.csv",
    "record/protocol.json",
    "record/provenance.json",
    "record/report.pdf",
    "record/results.json",
    "repository/dvc.lock",
    "ro-crate-metadata.json",
    "bundle_acts.py",
    "bundle_parts.py",
    "verify_bundle.py",
)


@pytest.fixture(scope="module")
def bundle(released: Month, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The released reference run, exported."""
    return export(released.project, released.run(REFERENCE), tmp_path_factory.mktemp("exported") / "bundle")


def test_third_party_verifies_a_released_run(bundle: Path, tmp_path: Path) -> None:
    """With Python's standard library and openssl alone, every check of a released run holds."""
    code, answer = third_party(bundle, tmp_path)
    assert code == 0, answer
    assert answer.count("ok    ") == 9
    assert "1 of them approving this record" in answer
    assert "VERIFIED REF-NHEFS/2025-03/1" in answer


def test_the_page_opens_every_number(bundle: Path) -> None:
    """By a double-click and without a script: of the report's hundreds of numbers each leads to an origin on the page."""
    page = html.document_fromstring((bundle / "index.html").read_text(encoding="utf-8"))
    held = {entry.get("id"): entry.text_content() for entry in page.find_class("origin")}
    led = [link for link in page.find_class("number") if link.tag == "a"]
    assert len(led) > 300
    leading = [
        *led,
        *(link for entry in page.find_class("origin") for link in entry.iter("a") if ".py" in link.text),
    ]
    assert len(leading) > len(led)
    assert {link.get("href").removeprefix("#") for link in leading} <= held.keys()
    assert not page.xpath(
        "//script | //@src[not(starts-with(., 'data:'))] | //@href[not(starts-with(., '#'))]"
    )
    estimate = json.loads((bundle / "record/results.json").read_bytes())["primary"]["estimate"]
    said = next(
        text for text in held.values() if "medicore explain REF-NHEFS/2025-03/1 primary.estimate" in text
    )
    assert json.dumps(estimate) in said


def test_bundle_holds_the_record_and_the_exact_code(released: Month, bundle: Path) -> None:
    """The bundle has the report, the frozen data, the signed decision and the commit that is checked out."""
    names = {path.relative_to(bundle).as_posix() for path in bundle.rglob("*") if path.is_file()}
    assert set(ONE_OF_EACH_CLASS) <= names
    assert any(name.startswith("record/decisions/") and name.endswith(".dsse.json") for name in names)
    manifest = json.loads((bundle / "MANIFEST.json").read_bytes())
    assert manifest["code_commit"] == git("rev-parse", "HEAD", folder=released.project.root)
    crate = json.loads((bundle / "ro-crate-metadata.json").read_bytes())
    described = {entity["@id"] for entity in crate["@graph"] if "File" in entity["@type"]}
    assert described == names - {"ro-crate-metadata.json"}


def test_a_zip_is_the_folder(released: Month, bundle: Path, tmp_path: Path) -> None:
    """A zip of the record is the folder to the byte, its command verifies it, and each copy is an event of the ledger."""
    run = released.run(REFERENCE)
    asked = ("export", run, "--to", str(tmp_path / "a.zip"), "--zip", "--as", "reviewer")
    told = released.project.medicore(*asked).out
    command = next(line for line in told.splitlines() if line.startswith("To verify, unpacked: "))
    with zipfile.ZipFile(tmp_path / "a.zip") as packed:
        packed.extractall(tmp_path / "unpacked")
    unpacked = tmp_path / "unpacked" / run.replace("/", "_")
    *_, program, option, fingerprint = shlex.split(command)
    assert (tmp_path / "unpacked" / program).is_file()
    assert third_party(unpacked, tmp_path, option, fingerprint)[0] == 0
    files = {path.relative_to(bundle): path.read_bytes() for path in bundle.rglob("*") if path.is_file()}
    assert files == {p.relative_to(unpacked): p.read_bytes() for p in unpacked.rglob("*") if p.is_file()}
    copies = [event for event in released.project.events(run) if event["action"] == "run.exported"]
    assert {event["actor"] for event in copies} == {"reviewer"}
    assert copies[-1]["details"]["manifest"] == sha256(files[Path("MANIFEST.json")])


def test_the_whole_ledger_is_exported_where_it_is_asked_for(released: Month, tmp_path: Path) -> None:
    """With ``--whole-ledger`` the events on other studies are readable."""
    whole = export(released.project, released.run(REFERENCE), tmp_path / "whole", "--whole-ledger")
    assert CLEAN in (whole / "ledger" / "excerpt.jsonl").read_text()


def test_nothing_is_written_over(released: Month, tmp_path: Path) -> None:
    """A target that is there is left alone, the refusal is one line, and no copy is recorded."""
    run = released.run(REFERENCE)
    before = len(released.project.events(run))
    err = released.project.medicore("export", run, "--to", str(tmp_path), expected=9).err
    assert "exists already" in err
    assert len(released.project.events(run)) == before


def test_sbom_names_every_locked_package(released: Month) -> None:
    """``sbom`` names each package of the recorded environment with version, hash and, where known, licence."""
    run = released.run(REFERENCE)
    document = released.project.medicore("sbom", run).json()
    assert (document["bomFormat"], document["specVersion"], document["version"]) == ("CycloneDX", "1.6", 1)
    components = {component["name"]: component for component in document["components"]}
    lock = (released.project.root / "requirements.lock").read_text()
    assert f"\nnumpy=={components['numpy']['version']} " in lock
    for component in components.values():
        assert component["type"] == "library"
        assert component["hashes"]
        assert all(item["content"] in lock for item in component["hashes"])
    assert any("licenses" in component for component in components.values())
    assert released.project.medicore("sbom", run).json() == document
