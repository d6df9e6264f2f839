"""Verify an exported MediCore record, offline, with Python's standard library and the openssl program alone.

    python -I -S verify_bundle.py [FOLDER] [--authority SHA256]

It needs ``bundle_parts.py`` beside it. FOLDER is the unpacked bundle, by default the folder of this file. The program
stops at the first check that fails; its exit code is 0 or 1, or 2 for wrong usage. ``--authority`` is the authority's
fingerprint, which the sponsor gives you by another channel.
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
    from medicore.offline.bundle_parts import (
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
        tree_name,
    )
else:
    sys.dont_write_bytecode = True  # nothing is put into the folder
    sys.path.insert(0, str(Path(__file__).resolve().parent))  # where -I forbids to look
    from bundle_parts import (
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
        tree_name,
    )

PROVENANCE, SOURCE, LOCK, PDF = (
    "record/provenance.json",
    "code/source.tar",
    "environment/requirements.lock",
    "record/report.signed.pdf",
)
DECISION, ACT = "application/vnd.in-toto+json", "application/vnd.medicore.act+json"
ASKED, SEALING = ("run.requested", "run.resumed"), ("run.sealed", "run.halted", "run.failed")
CORRECTED, DONE = "ledger.corrected", re.compile(r"[a-z]+\.(?:completed|halted)")
MOVES = {
    ("unknown", "run.requested"): "running",
    ("running", "run.halted"): "halted",
    ("running", "run.sealed"): "sealed",
    ("running", "run.failed"): "failed",
    ("halted", "run.continued"): "running",
    ("halted", "run.rejected"): "rejected",
    ("sealed", "run.rejected"): "rejected",
    ("sealed", "run.released"): "released",
    ("released", "archive.completed"): "archived",
}


def check_head(bundle: Bundle) -> str:
    """Verify that the service signed the last event, the export itself, with a certificate of the bundle's authority."""
    made = [event["details"]["certificate"].encode() for event in bundle.named("authority.created")]
    need(made == [bundle.read(AUTHORITY)], f"{AUTHORITY}: is not the one that the ledger names")
    head, signer = opened(bundle, CHECKPOINT, bundle.read(CHECKPOINT), HEAD, bundle.events[-1])
    need(signer["details"]["role"] == "service", f"{CHECKPOINT}: was not signed by the service")
    need(head["digest"] == bundle.events[-1]["digest"], f"{CHECKPOINT}: is of another event than the last")
    for event in bundle.named("person.renewed", on=signer["subject"]):
        name, given = f"{EXCERPT}: event {event['sequence']}", dict(event["details"])
        act, by = opened(bundle, name, base64.b64decode(given.pop("envelope", "")), ACT, event)
        same = [act["action"], act["subject"], act["details"]] == [event["action"], event["subject"], given]
        need(same and by["subject"] == event["actor"], f"{name} gives the service a key that nobody signed")
        need(by["details"]["role"] in ("operator", "quality"), f"{name} is by one whose role may not renew")
    return (
        f"event {head['sequence']} was signed as the ledger's head at {head['at']}, and with it the manifest"
    )


def check_decisions(bundle: Bundle) -> str:
    """Verify every request and decision: its signature, its signer, and the digests that it was signed on."""
    approvals, made, run, asker = 0, Json(), bundle.manifest["run"], b""
    requests, decisions = bundle.named(*ASKED, on=run), bundle.named("decision.signed", on=run)
    for event in requests:
        name, asked = f"{EXCERPT}: event {event['sequence']}", base64.b64decode(event["details"]["envelope"])
        signed, signer = opened(bundle, name, asked, ACT, event)
        told = [signer["subject"], signed["signer"], signed["reason"], signed["details"]["month"]]
        same = told == [event["actor"], event["actor"], event["reason"], run.split("/")[1]]
        need(same and run.split("/")[0] in signed["details"]["studies"], f"{name} is another request")
        asker = asker or (bundle.scratch / "key").read_bytes()
    for event in decisions:
        name = f"{EXCERPT}: event {event['sequence']}"
        envelope = base64.b64decode(event["details"]["envelope"])
        kept = f"record/decisions/{event['sequence']}.dsse.json"
        need(bundle.files.get(kept, envelope) == envelope, f"{kept}: is not the decision in the ledger")
        signed, signer = opened(bundle, name, envelope, DECISION, event)
        said, who = signed["predicate"], signer["details"]
        claimed = [said[key] for key in ("run", "signer", "printed_name", "role", "certificate")]
        known = [run, signer["subject"], who["name"], who["role"], who["fingerprint"]]
        need(claimed == known and event["actor"] == signer["subject"], f"{name} is another person's or run's")
        need(who["role"] in ("reviewer", "quality"), f"{name} is by one whose role may not decide")
        need(event["actor"] != requests[0]["actor"], f"{name} is on the signer's own request")
        need((bundle.scratch / "key").read_bytes() != asker, f"{name} is by the requester's own key")
        on = {each["name"]: next(iter(each["digest"].values())) for each in signed["subject"]}
        need(on.pop("code commit") == bundle.manifest["code_commit"], f"{name} is not on {SOURCE}")
        need(on.pop("requirements.lock") == digest(bundle.read(LOCK)), f"{LOCK}: is not what {name} is on")
        need(event["reason"] == said["reason"] and event["role"] == said["role"], f"{name} tells other words")
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


def check_acts(bundle: Bundle) -> str:
    """Follow the run from state to state: each is allowed, and follows from what was signed before it."""
    run, state, accepted, skipped = bundle.manifest["run"], "unknown", [], set()
    sealed: Json = {}
    for event in bundle.named(CORRECTED, on=run):
        name, told = f"{EXCERPT}: event {event['sequence']}", event["details"]
        signed, signer = opened(bundle, name, base64.b64decode(told["envelope"]), ACT, event)
        need(
            signer["details"]["role"] in ("operator", "quality"),
            f"{name} is by one whose role may not correct",
        )
        same = [signed["action"], signed["subject"], signed["details"]]
        need(same == [CORRECTED, run, {"disregarded": told["disregarded"]}], f"{name} is not what was signed")
        skipped |= set(told["disregarded"])
    moves = bundle.named(*(action for _, action in MOVES), on=run)
    for event in moves:
        name, action = f"{EXCERPT}: event {event['sequence']}", event["action"]
        if (state, action) not in MOVES:
            need(event["sequence"] in skipped, f"{name} says {action} of a run that is {state}")
            continue
        before = {n: said for n, said in bundle.decided.items() if n < event["sequence"]}
        standing = {n: said for n, said in before.items() if said["commit"] == sealed.get("commit")}
        if action == "run.continued":
            accepted += continuation(name, event["details"]["decisions"], sealed["findings"], standing)
        elif action == "run.rejected":
            said = standing.get(event["details"]["decision"], {})
            rejected = [said.get("meaning"), said.get("reason")] == ["reject", event["reason"]]
            need(rejected, f"{name} follows from no signed rejection")
        elif action == "run.released":
            approved = any(said["meaning"] == "approve" for said in standing.values())
            need(approved, f"{name} follows from no signed approval")
        elif action in SEALING:
            sealed = event["details"]
            if sealed["commit"] == bundle.manifest["sealed_commit"]:
                told_as_sealed(bundle, event, accepted)
        state = MOVES[state, action]
    return f"{len(moves)} moves are as their states and the signatures before them allow; the run is {state}"


def continuation(name: str, told: list[Json], findings: list[Json], standing: dict[int, Json]) -> list[Json]:
    """Return the acceptances with which a run continued; each is signed, and every finding has one."""
    keys = ("finding", "meaning", "reason", "signer", "role", "signed_at")
    roles = {one["digest"]: "quality" if one["gate"] == "previous lock" else "reviewer" for one in findings}
    for part in told:
        said = {**standing.get(part["sequence"], {})}
        same = [said.get(key) for key in keys] == [part[key] for key in keys]
        need(same and part["name"] == said["printed_name"], f"{name} continues with what nobody signed")
        need(part["meaning"] == "proceed", f"{name} continues with another decision than 'proceed'")
        need(part["role"] == roles.get(part["finding"]), f"{name} is answered in a wrong role")
    open_ones = {finding["digest"] for finding in findings} - {part["finding"] for part in told}
    need(not open_ones, f"{name} continues although {len(open_ones)} finding(s) have no signed answer")
    return told


def told_as_sealed(bundle: Bundle, event: Json, accepted: list[Json]) -> None:
    """Compare provenance with the request, the acceptances, the steps and the ledger's head before it was sealed."""
    run, provenance = bundle.manifest["run"], as_json(PROVENANCE, bundle.read(PROVENANCE))
    request = bundle.named("run.requested", on=run)[0]["details"]["identity"]
    expected = {**request, "record_tag": event["details"]["tag"], "accepted": accepted}
    need(
        provenance["run"] == expected, f"{PROVENANCE}: has another identity than request and signatures give"
    )
    stored = {entry["name"]: entry["sha256"] for entry in provenance["files"]}
    written: Json = {}
    for step in bundle.events[: event["sequence"]]:
        if step.get("subject") == run and DONE.fullmatch(step["action"]):
            written.update(step["details"].get("outputs", {}))
    changed = [name for name in written.keys() & stored.keys() if written[name] != stored[name]]
    need(not changed, f"{PROVENANCE}: names other outputs than the steps wrote: {', '.join(sorted(changed))}")
    head = provenance["ledger_head"]
    known = head["sequence"] == 0 or bundle.events[head["sequence"] - 1]["digest"] == head["digest"]
    need(known, f"{EXCERPT}: event {head['sequence']} is not the head with which the record was sealed")


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
    folder, code = bundle.manifest["folder"], {}
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
    return f"{len(code)} files are commit {bundle.manifest['code_commit']}, which the record holds"


CHECKS = (check_ledger, check_files, check_head, check_record, check_decisions, check_code, check_acts)


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
