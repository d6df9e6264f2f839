"""contents: every piece of a bundle is what was recorded, and the code in it is the commit, to the byte."""

import hashlib
import io
import json
import tarfile
from pathlib import Path

import pytest

from medicore.cases.export.contents import contents, described, sbom
from medicore.cases.run.runs import sealed_commit
from medicore.cases.run.stored import file_entry, read_provenance
from medicore.errors import IntegrityError, ProtocolError
from medicore.offline import bundle_acts, bundle_parts, verify_bundle
from medicore.records.canonical import sha256
from medicore.records.identifiers import RunId
from medicore.stores.git.trees import object_name
from tests.whole_house.checkout import LOCKED
from tests.whole_house.house import WholeHouse
from tests.whole_house.study import BROKEN, FAILING, SOUND, SOUND_RUN, WAITING, WAITING_RUN

RUN = RunId.parse(SOUND_RUN)


def test_the_record_is_in_the_bundle_file_by_file(released: WholeHouse) -> None:
    """Each file of the provenance is there as recorded, the signed report and the decisions of the release beside them."""
    found = contents(released.house, RUN)
    commit = sealed_commit(released.house, RUN)
    for entry in read_provenance(released.house, RUN, commit)["files"]:
        data = found.files[f"record/{entry['name']}"]
        assert (sha256(data), len(data)) == (entry["sha256"], entry["size"])
    (event,) = released.house.ledger.events(subject=SOUND_RUN, action="decision.signed")
    assert sha256(found.files["record/report.signed.pdf"]) == event.details["signed_report"]["sha256"]
    assert f"record/decisions/{event.sequence}.dsse.json" in found.files
    assert found.identity["record_commit"] == released.records.resolve(f"record/{RUN}")
    assert found.identity["sealed_commit"] == commit


def test_code_and_commits_are_what_git_names(released: WholeHouse) -> None:
    """The archive of the source holds the tree of the code commit, and each commit's bytes have its name as SHA-1."""
    found = contents(released.house, RUN)
    for kind in ("code", "sealed", "record"):
        body = found.files[f"code/{kind}.commit"]
        name = hashlib.sha1(b"commit %d\0" % len(body) + body, usedforsecurity=False).hexdigest()
        assert name == found.identity[f"{kind}_commit"]
    with tarfile.open(fileobj=io.BytesIO(found.files["code/source.tar"])) as tar:
        packed = {member.name: tar.extractfile(member) for member in tar.getmembers()}
        held = {name: stream.read() for name, stream in packed.items() if stream is not None}
    tree = {file.name: file.data for file in released.records.tree(found.identity["code_commit"])}
    withheld = {
        entry["name"]: entry["blob"] for entry in json.loads(found.files["code/withheld.json"])["files"]
    }
    others = {f"studies/{study}.yaml" for study in (WAITING, BROKEN, FAILING)}
    assert set(withheld) == {*others, "studies/README.md"}, "whatever is not known to be the study's own"
    assert held == {name: data for name, data in tree.items() if name not in withheld}
    assert withheld == {name: object_name("blob", tree[name]) for name in withheld}
    outside = {name for name in found.files if name.startswith("repository/")}
    assert outside == {"repository/params.yaml", "repository/.dvc/config", "repository/dvc.lock"}


def test_the_program_that_verifies_is_in_it(released: WholeHouse) -> None:
    """The verifier is the package's own three files, and the text names their SHA-256 and the authority."""
    found = contents(released.house, RUN)
    for part in (verify_bundle, bundle_acts, bundle_parts):
        own = Path(part.__file__)
        assert found.files[own.name] == own.read_bytes()
        assert f"{sha256(own.read_bytes())}  {own.name}" in found.files["README.txt"].decode()
    assert found.files["authority.pem"] == released.house.seals.authority()


def test_a_run_without_results_has_none_in_its_bundle(month: WholeHouse) -> None:
    """What halted before its results has no file of analysis results; a whole run has one of its own numbers."""
    assert "analysis-results.json" not in contents(month.house, RunId.parse(WAITING_RUN)).files
    found = contents(month.house, RUN)
    results = json.loads(found.files["record/results.json"])
    assert str(results["primary"]["estimate"]) in found.files["analysis-results.json"].decode()


def test_everything_is_described_and_named_by_the_manifest(released: WholeHouse) -> None:
    """The manifest names every other file with digest and size, and so does the description for other software."""
    found = contents(released.house, RUN)
    files = described(found, tuple(released.house.ledger.events()), b"{}\n")
    manifest = json.loads(files["MANIFEST.json"])
    assert {entry["name"] for entry in manifest["files"]} == set(files) - {"MANIFEST.json"}
    assert all(sha256(files[entry["name"]]) == entry["sha256"] for entry in manifest["files"])
    crate = json.loads(files["ro-crate-metadata.json"])
    named = {entity["@id"] for entity in crate["@graph"] if "File" in entity["@type"]}
    assert set(files) - {"MANIFEST.json", "ro-crate-metadata.json"} <= named
    people = {entity.get("name") for entity in crate["@graph"] if entity["@type"] == "Person"}
    assert {"Ana Analyst", "Rita Reviewer"} <= people
    assert "Quinn Quality" not in people


def test_the_bill_of_materials_names_every_locked_package(month: WholeHouse) -> None:
    """Each package of the recorded environment has version, hashes and, where known, licence; twice the same."""
    found = sbom(month.house, RUN)
    assert (found["bomFormat"], found["specVersion"], found["version"]) == ("CycloneDX", "1.6", 1)
    components = {component["name"]: component for component in found["components"]}
    assert set(components) == set(LOCKED)
    lock = (month.root / "requirements.lock").read_text()
    for name, component in components.items():
        assert f"{name}=={component['version']} " in lock
        assert component["hashes"]
        assert all(item["content"] in lock for item in component["hashes"])
    assert any("licenses" in component for component in components.values())
    assert sbom(month.house, RUN) == found


def test_a_lock_file_that_is_not_the_recorded_one_is_refused(month: WholeHouse) -> None:
    """Packages are named from the very lock file of the provenance, and from no other."""
    commit = sealed_commit(month.house, RUN)
    month.records.spoil(commit, "requirements.lock", b"numpy==1.0\n")
    with pytest.raises(IntegrityError, match=rf"requirements\.lock of {RUN} is .*, provenance names"):
        sbom(month.house, RUN)


def test_what_is_not_recorded_is_not_handed_out(month: WholeHouse) -> None:
    """A run without a record has no contents, and a file of which no copy is whole breaks it off."""
    for ask in (contents, sbom):
        with pytest.raises(ProtocolError, match="has no sealed record"):
            ask(month.house, RunId(SOUND, "2025-03", 99))
    entry = file_entry(read_provenance(month.house, RUN, sealed_commit(month.house, RUN)), "scores.parquet")
    del month.content.remote[entry["md5"]], month.content.cache[entry["md5"]]
    with pytest.raises(IntegrityError, match=r"scores\.parquet of .*: no copy"):
        contents(month.house, RUN)


def test_no_byte_of_another_study_leaves_the_house(released: WholeHouse) -> None:
    """No file of the bundle holds a line of another study's protocol that the study's own and the code do not have."""
    found = contents(released.house, RUN)
    tree = {file.name: file.data for file in released.records.tree(found.identity["code_commit"])}
    known = b"\n".join(data for name, data in tree.items() if not name.startswith("studies/"))
    known += tree[f"studies/{RUN.study}.yaml"]
    marks = {
        line.strip()
        for study in (WAITING, BROKEN, FAILING)
        for line in tree[f"studies/{study}.yaml"].splitlines()
        if len(line.strip()) > 8 and line.strip() not in known
    }
    assert len(marks) > 2
    for name, data in found.files.items():
        assert not [mark for mark in marks if mark in data], name
