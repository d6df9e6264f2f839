"""What a run's history tells of findings and of refused attempts to answer them."""

from tests.records.ledger.test_history import FINDING, history, sealing


def test_a_finding_has_its_gate_whichever_halt_told_it() -> None:
    """The gate says who may answer a finding; of no finding, or of one that nobody met, there is none."""
    later = {**FINDING, "digest": "6e" * 32, "gate": "previous lock"}
    found = history(
        "run.requested", sealing("run.halted", "one"), "run.continued", ("run.halted", {"findings": [later]})
    )
    assert found.gate_of(later["digest"]) == "previous lock"
    assert found.gate_of(FINDING["digest"]) == FINDING["gate"]
    assert found.gate_of("0" * 64) is None
    assert found.gate_of(None) is None


def test_who_claimed_to_sign_is_told() -> None:
    """A refused attempt names who claimed it; an earlier version had that name as the actor."""
    found = history("run.requested", ("decision.refused", {"claimed": "mallory"}), "decision.refused")
    assert [one.who for one in found.refused_decisions] == ["mallory", found.refused_decisions[1].event.actor]


def test_why_an_exploratory_run_stopped() -> None:
    """Its one event tells the findings, or else the error; of one that came to its end nothing went wrong."""
    halted = history(("run.explored", {"outcome": "halted", "findings": [FINDING]})).trouble
    failed = history(("run.explored", {"outcome": "failed", "error": "DataError"})).trouble
    assert halted is not None
    assert halted.messages == ("age is imbalanced",)
    assert failed is not None
    assert (failed.messages, failed.whole) == (("reason of run.explored",), False)
    assert history(("run.explored", {"outcome": "candidate"})).trouble is None
