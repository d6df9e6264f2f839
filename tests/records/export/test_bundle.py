"""What a bundle shows of the ledger, and how its manifest names its files."""

import base64
import json
from collections.abc import Mapping
from typing import Any

from medicore.records.canonical import canonical, sha256
from medicore.records.export import bundle
from medicore.records.ledger.ledger import LedgerEvent, NewEvent, chain

RUN, OTHER = "MED-2024-0147/2025-03/1", "MED-2024-0163/2025-03/1"
AT = "2025-04-01T06:00:00.000000Z"
Told = tuple[str, str, str, Mapping[str, Any]]
TOLD: tuple[Told, ...] = (
    ("medicore", "authority.created", "authority", {}),
    ("medicore", "person.added", "medicore", {"role": "service"}),
    ("medicore", "person.added", "ada", {"role": "analyst"}),
    ("medicore", "person.added", "rita", {"role": "reviewer"}),
    ("medicore", "person.added", "paul", {"role": "reviewer"}),
    ("ada", "run.requested", RUN, {}),
    ("ada", "run.requested", OTHER, {}),
    ("rita", "decision.signed", RUN, {}),
    ("medicore", "person.revoked", "rita", {}),
    ("paul", "run.exported", RUN, {}),
    ("paul", "export.refused", RUN, {}),
    ("medicore", "checkpoint.signed", RUN, {}),
)


def ledger(told: tuple[Told, ...] = TOLD) -> tuple[LedgerEvent, ...]:
    """Return a chain of events, each given as actor, action, subject and details."""
    events: list[LedgerEvent] = []
    for actor, action, subject, details in told:
        new = NewEvent(actor, "person", action, subject, "", details)
        events.append(chain(new, AT, events[-1] if events else None))
    return tuple(events)


def test_run_and_its_people_are_shown_and_nothing_else() -> None:
    """Shown are the authority, the service, who acted on the run, and the run; not its copies, not other runs."""
    assert bundle.shown_events(ledger(), RUN) == (1, 2, 3, 4, 6, 8, 9)


def test_whoever_exports_is_shown() -> None:
    """The certificate of one who only exports is shown too, since their signature covers the manifest."""
    assert bundle.shown_events(ledger(), RUN, by="paul") == (1, 2, 3, 4, 5, 6, 8, 9)


def test_one_more_copy_changes_nothing() -> None:
    """What is shown is the same before and after an export, whoever made it."""
    assert bundle.shown_events(ledger(TOLD[:9]), RUN) == bundle.shown_events(ledger(), RUN)


def test_the_page_shows_no_copies() -> None:
    """Exports, their refusals and heads are left out, so that a further copy has the same page."""
    left = bundle.without_copies(event for event in ledger() if event.subject == RUN)
    assert [event.action for event in left] == ["run.requested", "decision.signed"]


def test_a_run_that_answers_is_shown_up_to_what_was_read_of_it() -> None:
    """The events of an earlier run by whose decision a finding is answered, and its people; nothing that came later."""
    told = (
        *TOLD[:7],
        ("paul", "decision.signed", OTHER, {}),
        ("paul", "run.exported", OTHER, {}),
        ("ada", "run.requested", RUN, {}),
        ("medicore", "notice.sent", OTHER, {}),
    )
    shown = bundle.shown_events(ledger(told), RUN, answering={OTHER: 9})
    assert shown == (1, 2, 3, 5, 6, 7, 8, 10)


def test_the_arrival_of_its_request_is_shown() -> None:
    """When the run's own signed request arrived proves that it came in time; the arrival of another is another's matter."""
    own, other = (
        {"envelope": base64.b64encode(canonical(_envelope(text))).decode()} for text in ("own", "other")
    )
    told = (
        *TOLD[:3],
        ("ada", "request.admitted", "requests", own),
        ("ada", "request.admitted", "requests", other),
        ("ada", "run.requested", RUN, own),
    )
    before = bundle.shown_events(ledger((*TOLD[:3], told[-1])), RUN)
    assert bundle.shown_events(ledger(told), RUN) == (*before[:-1], 4, 6)


def _envelope(payload: str) -> dict[str, object]:
    proof = base64.b64encode(b"\x30\x08\x02\x02\x11\x12\x02\x02\x21\x22").decode()
    return {"payload": payload, "signatures": [{"sig": proof}]}


def test_everything_can_be_shown() -> None:
    """The whole ledger is shown when it is asked for."""
    assert bundle.shown_events(ledger(), RUN, everything=True) == tuple(range(1, len(TOLD) + 1))


def test_hidden_events_keep_the_chain() -> None:
    """A line that is not shown holds place and digests alone, so that the next still follows from it."""
    events = ledger()
    lines = bundle.ledger_lines(events, (1, 2)).splitlines()
    assert lines[1] == canonical(events[1].as_json())
    hidden = [json.loads(line) for line in lines[2:]]
    assert all(set(line) == {"sequence", "previous", "digest"} for line in hidden)
    assert [line["previous"] for line in hidden[1:]] == [line["digest"] for line in hidden[:-1]]


def test_manifest_names_every_file() -> None:
    """The manifest has the run's identity, and name, SHA-256 and size of each file in the order of their names."""
    made = json.loads(bundle.manifest({"run": RUN}, {"b": b"22", "a": b""}))
    assert (made["schema"], made["run"]) == ("medicore-bundle-1", RUN)
    assert made["files"] == [
        {"name": "a", "sha256": sha256(b""), "size": 0},
        {"name": "b", "sha256": sha256(b"22"), "size": 2},
    ]


def test_readme_names_run_authority_and_program() -> None:
    """The text says what the folder is of, what to run, and both fingerprints."""
    identity = {"run": RUN, "folder": "records/MED-2024-0147/2025-03", "code_commit": "c" * 40}
    text = bundle.readme(
        identity,
        "a" * 64,
        {"verify_bundle.py": "b" * 64, "bundle_parts.py": "d" * 64, "bundle_acts.py": "e" * 64},
    ).decode()
    for words in (
        RUN,
        "python -I -S verify_bundle.py",
        "a" * 64,
        "b" * 64,
        "d" * 64,
        "c" * 40,
        identity["folder"],
    ):
        assert words in text
    assert max(len(line) for line in text.splitlines()) <= 120
