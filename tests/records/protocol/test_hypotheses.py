"""Secondary endpoints and families: what can be declared, and what is refused by name."""

import json
from typing import Any

import pytest
import yaml

from medicore.errors import ProtocolError
from medicore.records.protocol.hypotheses.coherence import protocol_of
from medicore.records.protocol.parsing import parse_protocol, parse_recorded
from tests.records.protocol.test_monitoring import SEQUENCE, SPENDING
from tests.records.protocol.test_protocol import TEXT

ENDPOINT: dict[str, Any] = {
    "name": "early", "column": "week8", "unit": "points", "label": "Score at week 8", "assessed": "none",
    "missing": {"method": "weighted"},
}  # fmt: skip
RELAPSE: dict[str, Any] = {
    "name": "relapse", "type": "integer", "timing": "follow-up", "minimum": 0, "maximum": 1,
}  # fmt: skip
FAMILY: dict[str, Any] = {
    "name": "main", "hypotheses": ["primary", "early"], "method": "holm", "alpha": 0.05, "month": "2025-06",
}  # fmt: skip
GRAPH = {"method": "graph", "weights": [1, 0], "transitions": [[0, 1], [0, 0]]}
SINGLE = {"method": "single", "month": "2025-06"}
WOMEN = {"subgroup": "sex", "level": "F"}


def written(**changed: Any) -> str:
    """Return the protocol with one secondary endpoint and one family; ``changed`` changes keys of the protocol."""
    stored = yaml.load(TEXT, yaml.CSafeLoader)
    stored["contract"]["columns"].append(RELAPSE)
    return json.dumps(
        {
            **stored,
            "sensitivity": {"subgroups": ["sex"]},
            "secondary": [ENDPOINT],
            "families": [FAMILY],
            **changed,
        }
    )


def refused(text: str) -> str:
    """Return the message with which a protocol is refused, by new runs and by what reads records alike."""
    messages = []
    for read in (parse_protocol, parse_recorded):
        with pytest.raises(ProtocolError) as caught:
            read(text, "x")
        messages.append(str(caught.value))
    assert messages[0] == messages[1]
    assert "\n" not in messages[0]
    return messages[0]


def endpoint(**keys: Any) -> str:
    """Return the protocol whose secondary endpoint has other keys."""
    return written(secondary=[{**ENDPOINT, **keys}], families=[])


def family(plan: dict[str, Any] = SEQUENCE, **keys: Any) -> str:
    """Return the protocol with this plan for the looks whose family has other keys."""
    return written(monitoring=plan, families=[{**FAMILY, **keys}])


def test_endpoint_and_family_are_declared() -> None:
    """The resolved protocol has them with their defaults, and they change its digest."""
    found = parse_protocol(written(), "x")
    assert found.as_json()["secondary"][0]["measure"] == "difference"
    (one,) = found.families
    assert one.keys == ("primary", "early")
    assert parse_recorded(json.dumps(found.as_json()), "x") == found
    assert parse_protocol(written(families=[]), "x").digest != found.digest


def test_a_protocol_without_them_is_the_protocol_of_before() -> None:
    """Where neither is declared, JSON and digest of the protocol are those of before they existed."""
    without = parse_protocol(written(secondary=[], families=[]), "x")
    stored = json.loads(written())
    del stored["secondary"], stored["families"]
    assert without == parse_protocol(json.dumps(stored), "x")
    assert not {"secondary", "families"} & set(without.as_json())


def test_an_endpoint_takes_the_place_of_the_outcome() -> None:
    """Column, schedule and measure are its own; population, models and looks are the study's."""
    found = parse_protocol(written(), "x")
    own = protocol_of(found, found.secondary[0])
    assert (own.outcome.column, own.estimand.variable, own.secondary, own.families) == (
        "week8", "Score at week 8", (), (),
    )  # fmt: skip
    assert (own.models, own.covariates, own.monitoring) == (found.models, found.covariates, found.monitoring)


@pytest.mark.parametrize(
    "text",
    [
        endpoint(column="relapse", type="binary", measure="risk ratio"),
        endpoint(missing={"method": "copy reference", "number": 5}),
        endpoint(assessed={"visit": "enrolled"}),
        family(SPENDING, **GRAPH),
        family(SINGLE, month=None, method="hochberg"),
        family(SINGLE, method="hommel"),
        family(hypotheses=["early", WOMEN], method="benjamini-hochberg"),
        family(hypotheses=["primary", WOMEN, {**WOMEN, "level": "M"}], method="fixed sequence"),
        family(hypotheses=["early", WOMEN], alpha=0.1, method="hochberg"),
    ],
)
def test_what_is_computed_is_accepted(text: str) -> None:
    """Every offered combination of type, measure, missing outcomes, method and plan for the looks."""
    assert parse_protocol(text, "x")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (endpoint(name="primary"), "the name 'primary' is that of the primary hypothesis"),
        (endpoint(column="nowhere"), "columns ['nowhere'] are used but not in the contract"),
        (endpoint(assessed={"visit": "nowhere"}), "columns ['nowhere'] are used but not in the contract"),
        (endpoint(column="change"), "column 'change' is the primary outcome"),
        (endpoint(column="sex"), "outcome 'sex' is of type category"),
        (endpoint(column="age"), "outcome 'age' is not measured at follow-up"),
        (endpoint(type="binary"), "binary outcome 'week8' must be an integer"),
        (endpoint(measure="risk ratio"), "the measure 'risk ratio' compares risks"),
        (endpoint(assessed={"visit": "age"}), "outcome.assessed.visit: column 'age' is of type integer"),
        (endpoint(missing={"method": "copy increments"}), "'copy increments' is computed by nothing yet"),
        (endpoint(missing={"method": "weighted", "covariates": ["arm"]}), "are not covariates"),
        (
            written(
                eligibility=[{"name": "Late", "column": "week8", "operator": "present"}], families=[]
            ),
            "criterion 'Late' selects by the endpoint",
        ),
    ],
)  # fmt: skip
def test_an_endpoint_that_is_not_computed_is_refused_by_name(text: str, words: str) -> None:
    """The message names the endpoint and what is wrong with it."""
    message = refused(text)
    assert "secondary endpoint " in message
    assert words in message


def test_endpoints_with_one_name_are_refused() -> None:
    """A name stands for one endpoint."""
    assert "2 endpoints have the name 'early'" in refused(
        written(secondary=[ENDPOINT, ENDPOINT], families=[])
    )


@pytest.mark.parametrize(
    "keys",
    [
        {"strategy": "composite variable", "composite": 0},
        {"strategy": "while on treatment", "column_before": "week8", "duration": "week8"},
    ],
)
def test_a_strategy_that_sets_the_primary_alone_is_refused_beside_an_endpoint(keys: dict[str, Any]) -> None:
    """Composite variable and while on treatment are refused by name; treatment policy and hypothetical are not."""
    estimand = yaml.load(TEXT, yaml.CSafeLoader)["estimand"]
    event = {"event": "Rescue", "detect": {"column": "sex", "operator": "equals", "value": "F"}}
    with_event = {**estimand, "intercurrent_events": [{**event, **keys}]}
    message = refused(written(estimand=with_event, families=[]))
    assert f"the strategy {keys['strategy']!r} of the intercurrent event 'Rescue'" in message
    hypothetical = {**estimand, "intercurrent_events": [{**event, "strategy": "hypothetical"}]}
    assert parse_protocol(written(estimand=hypothetical), "x")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            family(hypotheses=["primary", "late"]),
            "the hypothesis 'late' is not declared; expected one of primary, early",
        ),
        (family(hypotheses=["primary", {**WOMEN, "subgroup": "age"}]), "'age' is not a planned subgroup"),
        (
            family(hypotheses=["primary", {**WOMEN, "level": "X"}]),
            "'X' is not an allowed value of column 'sex'",
        ),
        (family(hypotheses=["primary", "primary"]), "the hypothesis 'primary' is tested 2 times"),
        (family(method="benjamini-hochberg"), "needs a family-wise error rate"),
        (family(method="benjamini-yekutieli"), "needs a family-wise error rate"),
        (family(method="hochberg"), "'hochberg' is not proved for the sequential p-value"),
        (family(SPENDING, method="hommel"), "'hommel' is not proved for the sequential p-value"),
        (family(alpha=0.025), "alpha is 0.025, and the primary is tested at 0.05"),
        (family({**SEQUENCE, "sides": 1, "benefit": "higher"}), "the primary is tested on one side"),
        (family(month=None), "expected the one month in which the other hypotheses are tested"),
        (family(SPENDING, month=None), "expected the one month in which the other hypotheses are tested"),
        (family(SINGLE, month="2025-07"), "monitoring plans the single look in 2025-06"),
        (family(month="2024-12"), "before the first analysis in 2025-01"),
    ],
)
def test_a_family_that_does_not_hold_its_level_is_refused_by_name(text: str, words: str) -> None:
    """The message says what was found, and what to write."""
    message = refused(text)
    assert "famil" in message
    assert words in message


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({**GRAPH, "method": "holm"}, "weights and transitions belong to the method 'graph', not 'holm'"),
        ({"method": "graph"}, "the method 'graph' needs its graph"),
        ({**GRAPH, "weights": [1]}, "expected 2 weights and 2 rows of 2 transitions"),
        ({**GRAPH, "transitions": [[0, 1]]}, "expected 2 weights and 2 rows of 2 transitions"),
        ({**GRAPH, "transitions": [[0, 1], [0]]}, "expected 2 weights and 2 rows of 2 transitions"),
        ({**GRAPH, "weights": [0.6, 0.5]}, "the weights sum to 1.1; expected 1 at most"),
        ({**GRAPH, "transitions": [[0.3, 0.8], [0, 0]]}, "row 1 of the transitions sums to 1.1"),
        ({**GRAPH, "transitions": [[0, 1], [0, 0.5]]}, "row 2 of the transitions passes on to itself"),
        ({**GRAPH, "weights": [1.5, 0]}, "less than or equal to 1"),
        ({"hypotheses": ["primary"]}, "at least 2 items"),
        ({"hypotheses": ["primary", {"subgroup": "sex"}]}, "is missing"),
    ],
)  # fmt: skip
def test_what_is_no_graph_is_refused(keys: dict[str, Any], words: str) -> None:
    """Weights and transitions are shares of the declared hypotheses, and belong to the method of graphs."""
    assert words in refused(family(**keys))


def test_families_with_one_name_and_a_hypothesis_in_two_are_refused() -> None:
    """Names are different, and each hypothesis spends the level of one family."""
    message = refused(written(families=[FAMILY, FAMILY]))
    assert "2 families have the name 'main'" in message
    assert "the hypothesis 'early' is tested 2 times" in message


def test_an_old_protocol_without_looks_may_be_read_with_neither() -> None:
    """A record of before there were looks has no family, and none is asked of it."""
    stored = yaml.load(TEXT, yaml.CSafeLoader)
    del stored["monitoring"]
    assert parse_recorded(json.dumps(stored), "x").families == ()
