"""A decision holds for what it was signed on, by whom the rules allow, and for nothing else."""

import base64
import hashlib
from dataclasses import replace
from typing import Any

import pytest

from medicore.errors import ReviewError
from medicore.records.people.decision import (
    Statement,
    earlier_same,
    require_allowed,
    require_bound,
    state,
)
from medicore.records.people.people import Person, Role

RUN = "MED-2024-0147/2025-03/1"
NOON = "2025-04-01T12:00:00.000000Z"
FINDING = "f" * 64
DIGESTS = {
    "report.pdf": "1" * 64,
    "results.json": "2" * 64,
    "extract.parquet": "3" * 64,
    "protocol.json": "4" * 64,
    "code": "5" * 40,
    "requirements.lock": "6" * 64,
}
RITA = Person(
    identifier="rita",
    name="Dr Rita Reviewer",
    role=Role.REVIEWER,
    fingerprint=hashlib.sha256(b"rita").hexdigest(),
    valid_from="2025-01-01T00:00:00.000000Z",
    valid_until="2025-12-31T00:00:00.000000Z",
    certificate=base64.b64encode(b"rita").decode(),
)


def decide(person: Person = RITA, **changes: Any) -> Statement:
    """Return Rita's approval of the run, with these parts changed."""
    parts: dict[str, Any] = {
        "run": RUN,
        "digests": DIGESTS,
        "finding": None,
        "meaning": "approve",
        "reason": "The balance is good and the result is plausible.",
        "signed_at": NOON,
    }
    return state(person, **{**parts, **changes})


APPROVAL = decide()
OVERRIDE = decide(meaning="proceed", finding=FINDING)


@pytest.mark.parametrize(("statement", "finding"), [(APPROVAL, None), (OVERRIDE, FINDING)])
def test_a_decision_holds_for_what_it_was_signed_on(statement: Statement, finding: str | None) -> None:
    """The same run, digests and finding: the decision is bound."""
    require_bound(statement, RUN, DIGESTS, finding)


def test_a_replay_on_another_run_is_refused() -> None:
    """An approval of one run says nothing of the next, even where all digests are equal (21 CFR 11.70)."""
    with pytest.raises(ReviewError, match=rf"about run {RUN}; expected MED-2024-0147/2025-03/2"):
        require_bound(APPROVAL, "MED-2024-0147/2025-03/2", DIGESTS, None)


@pytest.mark.parametrize("name", sorted(DIGESTS))
def test_a_decision_is_stale_once_anything_changed(name: str) -> None:
    """Report, results, data, protocol, code or environment: changed, added or gone, the decision is stale."""
    changed = {**DIGESTS, name: "9" * len(DIGESTS[name])}
    with pytest.raises(
        ReviewError, match=rf"{name} is 999999999999, .* {DIGESTS[name][:12]}: the decision is stale"
    ):
        require_bound(APPROVAL, RUN, changed, None)
    fewer = {other: value for other, value in DIGESTS.items() if other != name}
    with pytest.raises(ReviewError, match=f"{name} is nothing, .* stale"):
        require_bound(APPROVAL, RUN, fewer, None)
    with pytest.raises(ReviewError, match=f"{name} is .* signed on nothing"):
        require_bound(decide(digests=fewer), RUN, DIGESTS, None)


@pytest.mark.parametrize("finding", ["e" * 64, None])
def test_an_override_dies_when_the_statistic_changes(finding: str | None) -> None:
    """An override binds to the digest of its very finding."""
    with pytest.raises(ReviewError, match="signed on ffffffffffff: the statistic has changed"):
        require_bound(OVERRIDE, RUN, DIGESTS, finding)


def test_the_right_person_is_allowed() -> None:
    """A reviewer with a valid key decides on another's request."""
    require_allowed(APPROVAL, RITA, "ana")


def test_the_requester_is_refused() -> None:
    """Nobody decides on their own request."""
    with pytest.raises(ReviewError, match="rita asked for this run; expected the decision of another"):
        require_allowed(APPROVAL, RITA, "rita")


@pytest.mark.parametrize("role", [Role.ANALYST, Role.OPERATOR, Role.SERVICE])
def test_the_wrong_role_is_refused(role: Role) -> None:
    """Analysts, operators and services do not approve."""
    person = replace(RITA, role=role)
    with pytest.raises(
        ReviewError,
        match=f"rita has the role {role}, which may not approve; expected one of quality, reviewer",
    ):
        require_allowed(decide(person), person, "ana")


def test_quality_does_not_override_findings() -> None:
    """The quality unit approves and rejects; to proceed past a finding is the reviewer's."""
    person = replace(RITA, role=Role.QUALITY)
    require_allowed(decide(person), person, "ana")
    with pytest.raises(ReviewError, match="may not proceed"):
        require_allowed(decide(person, meaning="proceed", finding=FINDING), person, "ana")


@pytest.mark.parametrize(
    "changes",
    [{"signer": "rosa"}, {"printed_name": "Rosa"}, {"role": "quality"}, {"certificate": "a" * 64}],
)
def test_what_the_ledger_does_not_say_is_refused(changes: dict[str, str]) -> None:
    """Signer, name, role and certificate are those of the ledger."""
    with pytest.raises(ReviewError, match="the ledger has other details for rita"):
        require_allowed(replace(APPROVAL, **changes), RITA, "ana")


def test_an_expired_key_is_refused() -> None:
    """A decision signed after the key's last day is refused."""
    late = decide(signed_at="2026-01-01T00:00:00.000000Z")
    with pytest.raises(ReviewError, match=r"2026-01-01.* is outside"):
        require_allowed(late, RITA, "ana")


def test_a_revoked_key_is_refused_and_earlier_approvals_stay() -> None:
    """Revocation ends what comes after it, and nothing before it."""
    require_allowed(APPROVAL, replace(RITA, revoked_at="2025-04-01T12:00:00.000001Z"), "ana")
    with pytest.raises(ReviewError, match="was revoked"):
        require_allowed(APPROVAL, replace(RITA, revoked_at=NOON), "ana")


def test_approving_twice_finds_the_first() -> None:
    """The same decision again is the first one, with whatever reason and at whatever time."""
    again = decide(reason="Still right.", signed_at="2025-04-02T12:00:00.000000Z")
    assert earlier_same(again, [OVERRIDE, APPROVAL]) is APPROVAL


@pytest.mark.parametrize(
    "other",
    [
        OVERRIDE,
        decide(meaning="reject"),
        decide(digests={**DIGESTS, "report.pdf": "9" * 64}),
        decide(run="MED-2024-0147/2025-03/2"),
        decide(replace(RITA, identifier="rosa")),
    ],
)
def test_another_decision_is_not_the_same(other: Statement) -> None:
    """Another meaning, content, run or signer is another decision."""
    assert earlier_same(APPROVAL, [other]) is None


def test_quality_answers_for_locked_values_and_the_reviewer_for_the_rest() -> None:
    """Who may answer a finding depends on its gate; to approve and to reject does not."""
    quality = replace(RITA, role=Role.QUALITY)
    signed = decide(quality, meaning="proceed", finding=FINDING)
    require_allowed(signed, quality, "ana", "previous lock")
    with pytest.raises(ReviewError, match="rita has the role quality, which may not proceed"):
        require_allowed(signed, quality, "ana", "overlap")
    with pytest.raises(ReviewError, match="rita has the role reviewer, which may not correct"):
        require_allowed(OVERRIDE, RITA, "ana", "previous lock")
    require_allowed(OVERRIDE, RITA, "ana", "overlap")
