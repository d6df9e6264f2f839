"""The offline verifier against forgers who have more than a text editor: bundles made again with the service's key."""

import base64
import json
from pathlib import Path

from cryptography.hazmat.primitives.serialization import pkcs12

from medicore.records.canonical import canonical, document
from medicore.records.moment import moment, timestamp
from medicore.records.people.decision import Statement
from medicore.records.people.public_key import fingerprint
from medicore.stores.keys.signer import sign as sign_decision
from tests.offline.forger import Forger, Json, md5
from tests.stores.company import certify, company
from tests.whole_house.exported import third_party
from tests.whole_house.people import START, words
from tests.whole_house.study import SOUND


def test_forger_who_changes_nothing_is_believed(forger: Forger, tmp_path: Path) -> None:
    """The forging itself is sound: what is made again without a change verifies."""
    forger.rewrite()
    code, answer = third_party(forger.folder, tmp_path)
    assert code == 0, answer


def test_what_a_reviewer_signed_outlives_the_service_key(forger: Forger, tmp_path: Path) -> None:
    """With results, provenance, ledger, manifest and head all made again, the reviewer's signature still says no."""
    results = json.loads(forger.read("record/results.json"))
    results["primary"]["estimate"] += 1.0
    forger.replace("results.json", document(results))
    forger.rewrite()
    code, answer = third_party(forger.folder, tmp_path)
    assert code == 1
    assert "FAIL  record/results.json: is not what" in answer
    assert "ok    record" in answer


def test_code_that_no_signature_names_is_refused(forger: Forger, tmp_path: Path) -> None:
    """A byte changed in the code is not the commit that the decision names, even with the manifest made again."""
    source = forger.read("code/source.tar")
    place = source.index(b"\ndef ") + 1
    forger.write("code/source.tar", source[:place] + b"D" + source[place + 1 :])
    forger.rewrite()
    code, answer = third_party(forger.folder, tmp_path)
    assert code == 1
    assert "FAIL  code/source.tar: is not the code commit" in answer


def test_code_cannot_be_withheld(forger: Forger, tmp_path: Path) -> None:
    """Only files of other studies may be left out: code, the study's own protocol and its sources must be there."""
    kept = forger.read("code/withheld.json")
    for name in ("medicore/steps/effect.py", f"studies/{SOUND}.yaml", f"studies/sources/{SOUND}/a.csv"):
        held = json.loads(kept)
        held["files"].append({"name": name, "mode": "100644", "blob": "0" * 40})
        forger.write("code/withheld.json", document(held))
        forger.rewrite()
        code, answer = third_party(forger.folder, tmp_path)
        assert code == 1
        assert f"FAIL  code/withheld.json: {name} is no other study's" in answer


def test_a_withheld_file_is_the_commits(forger: Forger, tmp_path: Path) -> None:
    """Another digest of another study's protocol makes another tree, which is not the commit."""
    held = json.loads(forger.read("code/withheld.json"))
    held["files"][0]["blob"] = "0" * 40
    forger.write("code/withheld.json", document(held))
    forger.rewrite()
    code, answer = third_party(forger.folder, tmp_path)
    assert code == 1
    assert "FAIL  code/source.tar: is not the code commit" in answer


def test_changed_record_is_not_the_sealed_commit(forger: Forger, tmp_path: Path) -> None:
    """A file that no decision names on its own is still held by the sealed commit that the decision names."""
    check = json.loads(forger.read("record/check.json"))
    forger.replace("check.json", document({**check, "rows": 1}))
    forger.rewrite()
    code, answer = third_party(forger.folder, tmp_path)
    assert code == 1
    assert "is not the sealed commit" in answer


def test_dvc_that_points_elsewhere_is_refused(forger: Forger, tmp_path: Path) -> None:
    """A lock file of DVC that points at another file than the record's is named."""
    lock = forger.read("repository/dvc.lock")
    forger.write("repository/dvc.lock", lock.replace(md5(forger.read("record/report.pdf")), b"0" * 32))
    forger.rewrite()
    code, answer = third_party(forger.folder, tmp_path)
    assert code == 1
    assert "FAIL  repository/dvc.lock: is not of report.pdf" in answer


def test_released_record_is_the_commit_of_that_name(forger: Forger, tmp_path: Path) -> None:
    """What the release added beside the signatures themselves is held by the released commit."""
    index = forger.read("record/decisions/index.json")
    forger.write("record/decisions/index.json", index.replace(b"Looked at it", b"Never saw it"))
    forger.rewrite()
    code, answer = third_party(forger.folder, tmp_path)
    assert code == 1
    assert "is not the record commit" in answer


def test_decision_by_one_who_may_not_decide_is_refused(forger: Forger, tmp_path: Path) -> None:
    """A decision whose signer the ledger knows in another role counts for nothing, whatever the signature says."""

    def demote(event: Json) -> None:
        if event["action"] == "person.added" and event["subject"] == "rita":
            event["details"]["role"] = "operator"

    forger.rewrite(demote)
    code, answer = third_party(forger.folder, tmp_path)
    assert code == 1
    assert "is another person's or run's" in answer


def test_release_without_its_approval_is_refused(forger: Forger, tmp_path: Path) -> None:
    """A ledger that releases a run, and from which the approval was cut, is refused."""

    def cut(event: Json) -> None:
        if event["action"] == "decision.signed":
            event |= {"action": "decision.refused", "details": {}}

    forger.rewrite(cut)
    code, answer = third_party(forger.folder, tmp_path)
    assert code == 1
    assert "FAIL  ledger/excerpt.jsonl: released without an approval" in answer


def test_decision_after_revocation_is_refused(forger: Forger, tmp_path: Path) -> None:
    """A decision counts for nothing when the ledger says that the signer's key had been revoked before it."""
    events = [json.loads(line) for line in forger.read("ledger/excerpt.jsonl").splitlines()]
    signed = next(e for e in events if (e["action"], e["actor"]) == ("decision.signed", "rita"))
    revoked = {
        **signed,
        "actor": "medicore",
        "action": "person.revoked",
        "subject": signed["actor"],
        "details": {},
    }
    forger.rewrite(added=({**revoked, "at": signed["at"]},))
    code, answer = third_party(forger.folder, tmp_path)
    assert code == 1
    assert "rita was revoked before" in answer


def test_decision_after_expiry_is_refused(forger: Forger, tmp_path: Path) -> None:
    """The certificate must have been valid when the ledger took the decision, not only when it was issued."""

    def later(event: Json) -> None:
        if event["action"] == "decision.signed":
            at = moment(event["at"])
            event["at"] = timestamp(at.replace(year=at.year + 5))

    forger.rewrite(later)
    code, answer = third_party(forger.folder, tmp_path)
    assert code == 1
    assert "the certificate of rita was not valid" in answer


def test_signature_by_another_key_is_refused(forger: Forger, tmp_path: Path) -> None:
    """A decision whose signature is cut from another envelope does not verify."""
    head = json.loads(forger.read("ledger/checkpoint.dsse.json"))["signatures"][0]["sig"]

    def transplant(event: Json) -> None:
        kept = f"record/decisions/{event['sequence']}.dsse.json"
        if event["action"] == "decision.signed" and (forger.folder / kept).exists():
            envelope = json.loads(base64.b64decode(event["details"]["envelope"]))
            envelope["signatures"][0]["sig"] = head
            event["details"]["envelope"] = base64.b64encode(canonical(envelope)).decode()
            forger.write(kept, canonical(envelope))

    forger.rewrite(transplant)
    code, answer = third_party(forger.folder, tmp_path)
    assert code == 1
    assert "the signature of rita does not verify" in answer


def test_ledger_is_not_the_authoritys_own_word(forger: Forger, tmp_path: Path) -> None:
    """Whoever brings an authority of their own is found out by the fingerprint that the third party has."""
    code, answer = third_party(forger.folder, tmp_path, "--authority", "ab" * 32)
    assert code == 1
    assert "not the one you trust" in answer


def test_a_decision_by_the_requesters_own_key_is_refused(forger: Forger, tmp_path: Path) -> None:
    """A second identifier with a certificate for the requester's key decides on nothing in the bundle either (FAULTS 78)."""
    kept = (forger.people / "ana.p12").read_bytes()
    key, _, _ = pkcs12.load_key_and_certificates(kept, words("ana").encode())
    root, _ = company(START)
    made = certify("Rosa Reviewer", root, start=START, key=key)  # type: ignore[arg-type]
    certificate = made.pem.decode()
    events = [json.loads(line) for line in forger.read("ledger/excerpt.jsonl").splitlines()]
    rita = next(e for e in events if (e["action"], e["subject"]) == ("person.added", "rita"))
    told = {"certificate": certificate, "fingerprint": fingerprint(certificate), "chain": root.pem.decode()}
    rosa = {"subject": "rosa", "details": {**rita["details"], "name": "Rosa Reviewer", **told}}

    def sign(event: Json) -> None:
        if (event["action"], event["subject"]) == ("person.added", "quinn"):
            event |= rosa
        if event["action"] != "decision.signed":
            return
        event["actor"] = "rosa"
        statement = json.loads(json.dumps(event["details"]["statement"]))
        statement["predicate"] |= {
            "signer": "rosa",
            "printed_name": "Rosa Reviewer",
            "certificate": fingerprint(certificate),
        }
        decision = Statement.from_payload(canonical(statement))
        envelope = sign_decision(decision, made.pkcs12("forged words"), "forged words")
        event["details"] |= {"statement": statement, "envelope": base64.b64encode(envelope).decode()}
        forger.write(f"record/decisions/{event['sequence']}.dsse.json", envelope)

    forger.rewrite(sign)
    code, answer = third_party(forger.folder, tmp_path)
    assert code == 1
    assert "is by the requester's own key" in answer
