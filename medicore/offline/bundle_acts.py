"""What was done to an exported record: its way from state to state, signed acts, and decisions on an earlier run.

``verify_bundle.py`` beside it makes these checks.
"""

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING or __package__:
    from medicore.offline.bundle_parts import (
        Bundle,
        Json,
        as_json,
        check_told_once,
        digest,
        need,
        place,
        requester,
        signed_act,
        signed_decision,
    )
else:
    from bundle_parts import (
        Bundle,
        Json,
        as_json,
        check_told_once,
        digest,
        need,
        place,
        requester,
        signed_act,
        signed_decision,
    )

PROVENANCE, LOOKS = "record/provenance.json", "record/lock/looks.json"
SEALING = ("run.sealed", "run.halted", "run.failed")
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
STEPS = ("extract", "check", "cohort", "propensity", "effect", "sensitivity", "report")
WORK = tuple(f"{step}.{end}" for step in STEPS for end in ("completed", "halted"))
STATES = ("unknown", "running", "halted", "sealed", "failed", "rejected", "released", "archived")
REMARKS = {
    **dict.fromkeys((*WORK, "run.resumed", "run.taken", "lock.frozen"), ("running",)),
    "review.completed": ("running", "halted", "sealed", "released", "rejected"),
    "review.halted": ("halted", "sealed"),
    **dict.fromkeys(("decision.signed", "run.returned"), ("halted", "sealed")),
    "archive.halted": STATES[1:-1],
    "archive.failed": ("released",),
    **dict.fromkeys(("archive.extended", "archive.held", "archive.lifted"), ("archived",)),
}
"""The events that leave the state as it is and are not allowed in each, with the states in which they are allowed."""
SIGNED = {
    CORRECTED: ("operator", "quality"),
    "subject.viewed": ("reviewer", "quality"),
    "subject.sought": ("reviewer", "quality"),
    "run.returned": ("reviewer", "quality"),
    "closed.viewed": ("analyst", "reviewer", "quality", "operator", "board", "executive", "inspector"),
    "archive.extended": ("operator", "quality"),
    "archive.held": ("operator", "quality"),
    "archive.lifted": ("quality",),
    "archive.restored": ("reviewer", "quality"),
    "run.exported": ("reviewer", "quality"),
}
"""The acts on a run that a person signs, beside requests and decisions, and who may do them."""
DECIDED_UPON = {
    *("evidence.json", "evidence.pdf", "extract.parquet", "protocol.json", "report.pdf", "results.json")
}


def check_acts(bundle: Bundle) -> str:
    """Follow the run from state to state: each is allowed, and follows from what was signed before it, for it alone."""
    run, state, accepted = bundle.manifest["run"], "unknown", list[Json]()
    signed = [event for event in bundle.named(*SIGNED, on=run) if event is not bundle.events[-1]]
    for event in signed:
        signed_act(bundle, event, SIGNED[event["action"]])
    skipped = {n for event in bundle.named(CORRECTED, on=run) for n in event["details"]["disregarded"]}
    moves, sealed = 0, Json()
    for event in bundle.named(*(action for _, action in MOVES), *REMARKS, on=run):
        action = event["action"]
        if (state, action) not in MOVES and state not in REMARKS.get(action, ()):
            need(event["sequence"] in skipped, f"{place(event)} says {action} of a run that is {state}")
        elif (state, action) in MOVES:
            follows(bundle, event, sealed, accepted)
            sealed = event["details"] if action in SEALING else sealed
            state, moves = MOVES[state, action], moves + 1
    check_told_once(bundle.events)
    return (
        f"{moves} moves are as their states and the signatures before them allow; {len(signed)} other acts are signed; "
        f"the run is {state}"
    )


def check_export(bundle: Bundle) -> str:
    """Prove that somebody who may export records signed the last event, and with it the manifest of this folder."""
    event = bundle.events[-1]
    signed_act(bundle, event, SIGNED["run.exported"])
    return f"{event['actor']} ({event['role']}) signed the export, and with it the manifest"


def follows(bundle: Bundle, event: Json, sealed: Json, accepted: list[Json]) -> None:
    """Prove that a move follows from what was signed on the record of ``sealed``; add what a continuation accepts."""
    action, name = event["action"], place(event)
    before = {n: said for n, said in bundle.decided.items() if n < event["sequence"]}
    standing = {n: said for n, said in before.items() if said["commit"] == sealed.get("commit")}
    if action == "run.continued":
        accepted += continuation(name, event["details"]["decisions"], sealed["findings"], standing)
    elif action == "run.rejected":
        said = standing.get(event["details"]["decision"], {})
        rejected = [said.get("meaning"), said.get("reason")] == ["reject", event["reason"]]
        need(rejected, f"{name} follows from no signed rejection")
    elif action == "run.released":
        approved = {said["signer"] for said in standing.values() if said["meaning"] == "approve"}
        need(approved, f"{name} follows from no signed approval")
        wanted = approvals_needed(bundle)
        need(len(approved) >= wanted, f"{name} follows from {len(approved)} of {wanted} people's approvals")
        same = event["details"]["commit"] == bundle.manifest["record_commit"]
        need(same, f"{name} released another record than this one")
    elif action in SEALING and event["details"]["commit"] == bundle.manifest["sealed_commit"]:
        told_as_sealed(bundle, event, accepted)


def approvals_needed(bundle: Bundle) -> int:
    """Return how many different people approve the run, according to the protocol in its request."""
    requests = bundle.named("run.requested", on=bundle.manifest["run"])
    review: Json = requests[0]["details"].get("protocol", {}).get("review", {})
    return int(review.get("approvals", 1))


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
    written = Json()
    for step in bundle.events[: event["sequence"]]:
        if step.get("subject") == run and DONE.fullmatch(step["action"]):
            written.update(step["details"].get("outputs", {}))
    changed = [name for name in written.keys() & stored.keys() if written[name] != stored[name]]
    need(not changed, f"{PROVENANCE}: names other outputs than the steps wrote: {', '.join(sorted(changed))}")
    absent = written.keys() - stored.keys() if event["action"] == "run.sealed" else ()
    need(not absent, f"{PROVENANCE}: lacks outputs that the steps wrote: {', '.join(sorted(absent))}")
    head = provenance["ledger_head"]
    known = head["sequence"] == 0 or bundle.events[head["sequence"] - 1]["digest"] == head["digest"]
    need(known, f"{place(head)} is not the head with which the record was sealed")


def check_answers(bundle: Bundle) -> str:
    """Prove each decision on an earlier run of the month by which findings of this record are answered."""
    looks, own = as_json(LOOKS, bundle.files.get(LOOKS, b"{}")), bundle.manifest["run"].rpartition("/")[0]
    held = list[Json]()
    for look in looks.get("earlier", []):
        stored, run = look.get("answers", []), look["run"]
        if stored:
            same = run.rpartition("/")[0] == own and stored == answers(bundle, run, looks["sequence"])
            need(same, f"{LOOKS}: holds other answers of {run} than people signed")
            held += stored
    used = 0
    for name in ("record/effect.json", "record/results.json"):
        for finding in as_json(name, bundle.files.get(name, b"{}")).get("findings", []):
            answer = finding.get("answered")
            used += answer is not None
            need(answer is None or answer in held, f"{name}: a finding is answered as {LOOKS} does not say")
    if not held:
        return "no finding is answered by a decision on an earlier run"
    return f"{len(held)} decisions on earlier runs of this month are signed; findings here name them {used} times"


def answers(bundle: Bundle, run: str, until: int) -> list[Json]:
    """Return the signed decisions with which a run went on from its looks by an event, as a data lock holds them.

    Each is on the commit and the files of the record that the run had then, by the provenance that the ledger names.
    """
    names = ("run.halted", "decision.signed", "run.continued", "run.rejected")
    events = [event for event in bundle.named(*names, on=run) if event["sequence"] <= until]
    if any(event["action"] == "run.rejected" for event in events):
        return []
    asked, key = requester(bundle, run)
    halt, decided, found = Json(), dict[int, Json](), list[Json]()
    for event in events:
        if event["action"] == "run.halted":
            halt = event["details"]
        elif event["action"] == "decision.signed":
            said, on = signed_decision(bundle, event, asked, key)
            decided[event["sequence"]] = {**said, "commit": on["sealed commit"]}
            if on["sealed commit"] == halt.get("commit"):
                same = on == decided_upon(bundle, halt)
                need(same, f"{place(event)} was signed on other files than the record of {run} had")
        else:
            standing = {n: said for n, said in decided.items() if said["commit"] == halt["commit"]}
            told = continuation(place(event), event["details"]["decisions"], halt["findings"], standing)
            found += [answer for part in told for answer in as_answer(run, part, halt["findings"])]
    return found


def decided_upon(bundle: Bundle, sealed: Json) -> Json:
    """Return the digests of an earlier run's record, on which a decision has to be signed, by its sealing event."""
    name = f"earlier/{sealed['commit']}.provenance.json"
    data = bundle.read(name)
    need(digest(data) == sealed["provenance"], f"{name}: is not the one that the ledger names")
    provenance = as_json(name, data)
    files = {entry["name"]: entry["sha256"] for entry in provenance["files"]}
    return {
        **{file: files[file] for file in files.keys() & DECIDED_UPON},
        "code commit": provenance["run"]["code_commit"],
        "requirements.lock": provenance["run"]["environment_digest"],
        "sealed commit": sealed["commit"],
    }


def as_answer(run: str, part: Json, findings: list[Json]) -> list[Json]:
    """Return an acceptance as a data lock holds it; none where it is about no look."""
    seen = [one for one in findings if one["digest"] == part["finding"]]
    keys = ("subject", "statistic", "threshold")
    return [
        {"run": run, **part, **{key: one[key] for key in keys}}
        for one in seen
        if (one["step"], one["gate"]) == ("effect", "monitoring")
    ]
