"""Verify an exported MediCore record, offline, with Python's standard library and the openssl program alone.

    python -I -S verify_bundle.py [FOLDER] [--authority SHA256]

It needs ``bundle_parts.py`` and ``bundle_acts.py`` beside it. FOLDER is the unpacked bundle, by default the folder of
this file. The program stops at the first check that fails; its exit code is 0 or 1, or 2 for wrong usage.
``--authority`` is the authority's fingerprint, which the sponsor gives you by another channel.
"""

import argparse
import base64
import io
import json
import re
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING or __package__:
    from medicore.offline.bundle_acts import check_acts, check_answers, check_export
    from medicore.offline.bundle_parts import (
        ASKED,
        AUTHORITY,
        CHECKPOINT,
        EXCERPT,
        HEAD,
        Bundle,
        FaultError,
        Json,
        as_json,
        check_files,
        check_ledger,
        digest,
        fingerprint,
        need,
        opened,
        place,
        requester,
        signed_act,
        signed_decision,
        tree_name,
        withheld,
    )
else:
    sys.dont_write_bytecode = True  # nothing is put into the folder
    sys.path.insert(0, str(Path(__file__).resolve().parent))  # where -I forbids to look
    from bundle_acts import check_acts, check_answers, check_export
    from bundle_parts import (
        ASKED,
        AUTHORITY,
        CHECKPOINT,
        EXCERPT,
        HEAD,
        Bundle,
        FaultError,
        Json,
        as_json,
        check_files,
        check_ledger,
        digest,
        fingerprint,
        need,
        opened,
        place,
        requester,
        signed_act,
        signed_decision,
        tree_name,
        withheld,
    )

PROVENANCE, SOURCE, LOCK, PDF = (
    "record/provenance.json",
    "code/source.tar",
    "environment/requirements.lock",
    "record/report.signed.pdf",
)


def check_head(bundle: Bundle) -> str:
    """Verify that the service signed the last event, the export itself, with a certificate of the bundle's authority."""
    made = [event["details"]["certificate"].encode() for event in bundle.named("authority.created")]
    need(made == [bundle.read(AUTHORITY)], f"{AUTHORITY}: is not the one that the ledger names")
    head, signer = opened(bundle, CHECKPOINT, bundle.read(CHECKPOINT), HEAD, bundle.events[-1])
    need(signer["details"]["role"] == "service", f"{CHECKPOINT}: was not signed by the service")
    need(head["digest"] == bundle.events[-1]["digest"], f"{CHECKPOINT}: is of another event than the last")
    for event in bundle.named("person.renewed", on=signer["subject"]):
        signed_act(bundle, event, ("operator", "quality"))
    return (
        f"event {head['sequence']} was signed as the ledger's head at {head['at']}, and with it the manifest"
    )


def check_decisions(bundle: Bundle) -> str:
    """Verify every request and decision: its signature, its signer, and the digests that it was signed on."""
    approvals, made, run = 0, Json(), bundle.manifest["run"]
    asker, key = requester(bundle, run)
    requests, decisions = bundle.named(*ASKED, on=run), bundle.named("decision.signed", on=run)
    for event in decisions:
        name = place(event)
        envelope = base64.b64decode(event["details"]["envelope"])
        kept = f"record/decisions/{event['sequence']}.dsse.json"
        need(bundle.files.get(kept, envelope) == envelope, f"{kept}: is not the decision in the ledger")
        said, on = signed_decision(bundle, event, asker, key)
        need(on.pop("code commit") == bundle.manifest["code_commit"], f"{name} is not on {SOURCE}")
        need(on.pop("requirements.lock") == digest(bundle.read(LOCK)), f"{LOCK}: is not what {name} is on")
        commit = on.pop("sealed commit")
        bundle.decided[event["sequence"]] = {**said, "commit": commit}
        if commit == bundle.manifest["sealed_commit"]:
            for file in {*on, "extract.parquet", "protocol.json", "report.pdf", "results.json"}:
                found = bundle.files.get(f"record/{file}")
                need(on.get(file) == (found and digest(found)), f"record/{file}: is not what {name} is on")
            approvals += said["meaning"] == "approve"
            made = event["details"].get("signed_report", made)
    need(approvals or not bundle.named("run.released", on=run), f"{EXCERPT}: released without an approval")
    need(not made or digest(bundle.read(PDF)) == made["sha256"], f"{PDF}: is not what was approved last")
    return f"{len(requests)} requests, {len(decisions)} decisions signed, {approvals} of them approving this record"


def check_record(bundle: Bundle) -> str:
    """Compare the record's files with provenance, the frozen data with the ledger, and both with DVC's pointers."""
    run = bundle.manifest["run"]
    sealed = bundle.named("run.sealed", "run.halted", "run.failed", on=run)[-1]["details"]
    same = digest(bundle.read(PROVENANCE)) == sealed["provenance"]
    need(same and sealed["commit"] == bundle.manifest["sealed_commit"], f"{PROVENANCE}: is not the ledger's")
    provenance, found = as_json(PROVENANCE, bundle.read(PROVENANCE)), {}
    for entry in provenance["files"]:
        name, data = entry["name"], bundle.read(f"record/{entry['name']}")
        found[name] = (len(data), digest(data), entry["md5"] and digest(data, "md5"))
        same = found[name] == (entry["size"], entry["sha256"], entry["md5"])
        need(same, f"record/{name}: is not what provenance recorded")
    need(digest(bundle.read(LOCK)) == provenance["run"]["environment_digest"], f"{LOCK}: is not the run's")
    frozen = sorted(name for name in found if name.startswith("lock/"))
    for event in bundle.named("lock.frozen", on=run):
        same = {name: found[name][1] for name in frozen} == event["details"]["files"]
        need(same, f"{PROVENANCE}: names other data than the ledger says were frozen")
        listed = [{"md5": found[name][2], "relpath": name[len("lock/") :]} for name in frozen]
        pointer, address = bundle.read("record/lock.dvc"), digest(json.dumps(listed).encode(), "md5")
        same = pointer == event["details"]["pointer"].encode() and f"md5: {address}.dir\n".encode() in pointer
        need(same, "record/lock.dvc: does not point at the frozen data")
    lock, folder = bundle.files.get("repository/dvc.lock", b"").decode(), bundle.manifest["folder"]
    for name, md5 in re.findall(rf"path:\s+{folder}/(\S+)\s+hash: md5\s+md5:\s+(\w{{32}})\s", lock):
        need(digest(bundle.read(f"record/{name}"), "md5") == md5, f"repository/dvc.lock: is not of {name}")
    return f"{len(found)} files as recorded when it was sealed, {len(frozen)} of them frozen data that DVC points at"


def check_code(bundle: Bundle) -> str:
    """Compute the names of the code's and the record's commits, and compare them with the manifest."""
    folder, others = bundle.manifest["folder"], withheld(bundle)
    code = {**others}
    with tarfile.open(fileobj=io.BytesIO(bundle.read(SOURCE))) as tar:
        for member in tar:
            stream = tar.extractfile(member) if member.isreg() else None
            mode = "120000" if member.issym() else "100755" if member.mode & 0o100 else "100644"
            code[member.name] = (mode, stream.read() if stream else member.linkname.encode())
    held = [e["name"] for e in as_json(PROVENANCE, bundle.read(PROVENANCE))["files"] if e["md5"] is None]
    whole = {name: file for name, file in code.items() if not name.startswith(f"{folder}/")}
    for name in (*held, "provenance.json", ".gitignore"):
        whole[f"{folder}/{name}"] = ("100644", bundle.read(f"record/{name}"))
    whole.update(bundle.below("repository/", ""))
    released = {**whole, **bundle.below("record/decisions/", f"{folder}/decisions/")}
    released.update(bundle.below(f"{PDF}.dvc", f"{folder}/{PDF[7:]}.dvc"))
    for part, files in (("code", code), ("sealed", whole), ("record", released)):
        body = bundle.read(f"code/{part}.commit")
        named = digest(b"commit %d\0" % len(body) + body, "sha1") == bundle.manifest[f"{part}_commit"]
        need(named, f"code/{part}.commit: is not the commit of that name")
        need(body.startswith(f"tree {tree_name(files)}\n".encode()), f"{SOURCE}: is not the {part} commit")
    left = f"; {len(others)} of other studies are left out" if others else ""
    return f"{len(code)} files are commit {bundle.manifest['code_commit']}, which the record holds{left}"


CHECKS = (
    check_ledger,
    check_files,
    check_head,
    check_record,
    check_decisions,
    check_code,
    check_acts,
    check_answers,
    check_export,
)


def main() -> int:
    """Print one line per check and return the exit code."""
    parser = argparse.ArgumentParser(description="Verify an exported MediCore record, offline.")
    parser.add_argument("folder", nargs="?", type=Path, default=Path(__file__).resolve().parent)
    parser.add_argument("--authority", type=lambda text: f"{int(text.replace(':', ''), 16):064x}")
    given = parser.parse_args()
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a name that this terminal cannot show is no fault
    try:
        with tempfile.TemporaryDirectory() as scratch:
            bundle = Bundle(given.folder, Path(scratch))
            for check in CHECKS:
                print(f"ok    {check.__name__[len('check_') :]}: {check(bundle)}")
            own = fingerprint(bundle.read(AUTHORITY).decode())
            need(given.authority in (None, own), f"{AUTHORITY}: has fingerprint {own}, not the one you trust")
    except FaultError as fault:
        print("\n".join(f"FAIL  {line}" for line in str(fault).splitlines()))
    except Exception as fault:  # noqa: BLE001 - whatever a forger wrote, the answer is one line
        print(f"FAIL  the next check could not be made: {type(fault).__name__} {fault}")
    else:
        print(f"VERIFIED {bundle.manifest['run']}; authority {own}: compare it with the sponsor's")
        return 0
    print("NOT VERIFIED")
    return 1


if __name__ == "__main__":
    raise SystemExit(main())
