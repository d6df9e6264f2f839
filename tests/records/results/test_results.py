"""Results are read by type: what is there is given as it is stored, and what is not there is missed when asked for."""

import json
import math
from typing import Any

import pytest

from medicore.errors import IntegrityError
from medicore.records.results.results import Results, primary_of

PRIMARY = {
    "n": 60, "estimate": 1.5, "standard_error": 0.25, "ci_low": 1, "ci_high": 2.0, "p_value": 1e-9, "level": 0.95,
    "estimand": "ATE", "estimator": "AIPW", "measure": "risk ratio", "scale": "logarithm", "unit": "",
}  # fmt: skip
STORED: dict[str, Any] = {
    "primary": PRIMARY,
    "balance": {"worst": {"unweighted": {"smd": 0.25}, "weighted": {"smd": None}}},
    "cohort": {
        "assessed": 90,
        "analysed": 60,
        "criteria": [{"name": "age", "excluded": 30, "remaining": 60}],
        "arms": {"A": {"n": 35}, "B": {"n": 25}},
    },
    "sensitivity": {
        "sensitivity": [{"name": "clipped", "estimate": None, "note": "did not converge"}],
        "supplementary": [{"name": "crude", "estimate": 2, "note": ""}],
    },
}


def results(**changed: Any) -> Results:
    """Return results with some sections changed."""
    return Results.from_json(json.dumps(STORED | changed).encode())


def test_what_a_look_may_claim_is_given_as_stored() -> None:
    """Limits may be infinite, a look without control has no p-value, and results of before looks have no such section."""
    stored = {"ci_low": "-inf", "ci_high": 2.5, "sequential_p": None, "number": 4}
    found = results(monitoring=stored).monitoring
    assert found is not None
    assert (found.ci_low, found.ci_high, found.sequential_p, found.number) == (-math.inf, 2.5, None, 4)
    controlled = results(monitoring=stored | {"sequential_p": 0.25}).monitoring
    assert controlled is not None
    assert controlled.sequential_p == 0.25
    assert results().monitoring is None


def test_the_primary_result_is_given_as_stored() -> None:
    """Every figure of the primary result has the value and the type that the file holds."""
    primary = results().primary
    found = {name: getattr(primary, name) for name in PRIMARY}
    assert found == PRIMARY
    assert {name: type(value) for name, value in found.items()} == {
        name: type(value) for name, value in PRIMARY.items()
    }


def test_a_ratio_is_inferred_on_its_logarithm() -> None:
    """A ratio counts as its natural logarithm, a difference as itself."""
    assert results().primary.inferred == math.log(1.5)
    assert results(primary=PRIMARY | {"scale": "identity"}).primary.inferred == 1.5


@pytest.mark.parametrize("stored", ["inf", "-inf"])
def test_an_infinite_imbalance_is_given_as_it_is_stored(stored: str) -> None:
    """Arms that do not vary have an infinite SMD, which JSON holds as a text (FAULTS 57)."""
    worst = {"unweighted": {"smd": stored}, "weighted": {"smd": 0.1}}
    assert results(balance={"worst": worst}).balance.smd_before == stored


def test_balance_cohort_and_sensitivity_are_given() -> None:
    """Worst balance, CONSORT counts and sensitivity rows have what the file holds, in its order."""
    found = results()
    assert (found.balance.smd_before, found.balance.smd_after) == (0.25, None)
    assert (found.cohort.assessed, found.cohort.analysed, found.cohort.in_arms) == (90, 60, 60)
    assert [(one.name, one.excluded, one.remaining) for one in found.cohort.criteria] == [("age", 30, 60)]
    assert [(row.name, row.estimate, row.note) for row in found.sensitivity] == [
        ("clipped", None, "did not converge"),
        ("crude", 2, ""),
    ]
    assert found.document == STORED


def test_results_of_an_older_version_are_read() -> None:
    """Results without keys that came later give everything else; only who asks for such a key is refused."""
    older = results(primary={"n": 60, "estimate": 1.5}, balance=None)
    assert (older.primary.n, older.primary.estimate) == (60, 1.5)
    with pytest.raises(
        IntegrityError, match=r"^results\.json, primary has no text 'unit'; .*medicore verify"
    ):
        _ = older.primary.unit
    with pytest.raises(IntegrityError, match=r"^results\.json has no section 'balance'"):
        _ = older.balance


def test_a_step_document_holds_a_primary_result_too() -> None:
    """The document of the step effect is read as the results are, and named in messages."""
    assert primary_of("effect.json", {"primary": PRIMARY}).estimate == 1.5
    with pytest.raises(IntegrityError, match=r"^effect\.json has no section 'primary'"):
        primary_of("effect.json", {})
