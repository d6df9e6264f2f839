"""portfolio_families: the primaries of several studies, each by the sequential p-value that its sealed run holds."""

from typing import Any

import pytest
import yaml

from medicore.cases.portfolio.families import LATE, NOT_SEALED, UNCONTROLLED, portfolio_families
from medicore.cases.portfolio.report import portfolio_contents
from medicore.cases.run.seal import read_results
from medicore.errors import ProtocolError
from medicore.records.identifiers import RunId
from medicore.stats.multiplicity.holm import holm
from tests.whole_house.house import WholeHouse
from tests.whole_house.prepared_study import MONTH
from tests.whole_house.study import SOUND, SOUND_RUN, WAITING, named, sound, waiting

SECOND, NEVER = "TEST-SECOND", "TEST-NEVER"
FAMILY: dict[str, Any] = {"name": "all", "studies": [SOUND, SECOND, NEVER], "method": "holm", "alpha": 0.05}


def declare(whole: WholeHouse, text: str | None = None, **changed: Any) -> str:
    """Commit the family with other keys, or another text, and return the commit."""
    written = yaml.safe_dump({"families": [{**FAMILY, **changed}]}) if text is None else text
    (whole.root / "studies" / "families.yaml").write_text(written, encoding="utf-8")
    return whole.commit("A family is declared")


def sequential_p(whole: WholeHouse, run: str) -> float:
    """Return the sequential p-value that a run sealed."""
    named_run = RunId.parse(run)
    results = read_results(whole.house, named_run, whole.history(run).sealed_commit)
    return float(results.document["monitoring"]["sequential_p"])


def found(whole: WholeHouse) -> dict[str, dict[str, Any]]:
    """Return what the one family of the month says of each study."""
    (family,) = portfolio_families(whole.house, MONTH)
    return {one["study"]: one for one in family["hypotheses"]}


def test_studies_enter_as_they_are_sealed(founded: WholeHouse) -> None:
    """Who is not sealed counts as p = 1, a sealed run with its sequential p-value, and the decision follows from these."""
    declare(founded)
    founded.prepare(named(sound(), SECOND))
    commit = founded.house.code.commit()
    assert {one["reason"] for one in found(founded).values()} == {NOT_SEALED}
    founded.run(SOUND)
    first = found(founded)
    p_value = sequential_p(founded, SOUND_RUN)
    assert p_value < 0.01
    assert (first[SOUND]["entering_p"], first[SOUND]["adjusted_p"]) == (p_value, 3 * p_value)
    assert (first[SECOND]["run"], first[SECOND]["entering_p"]) == (None, 1.0)
    founded.run(SECOND)
    both = found(founded)
    second = f"{SECOND}/{MONTH}/1"
    expected = holm([p_value, sequential_p(founded, second), 1.0])
    assert tuple(one["adjusted_p"] for one in both.values()) == expected
    assert [one["rejected"] for one in both.values()] == [True, True, False]
    assert both[SECOND]["run"] == second
    (family,) = portfolio_families(founded.house, MONTH, [SECOND])
    assert family["declared_in"] == commit
    assert portfolio_families(founded.house, MONTH, ["TEST-OTHER"]) == []
    assert portfolio_contents(founded.house, MONTH)["families"] == [family]
    assert portfolio_contents(founded.house, MONTH, [SECOND])["families"] == [family]


def test_what_is_declared_or_changed_after_a_run_does_not_count_it(founded: WholeHouse) -> None:
    """A run of code without this very declaration counts as p = 1, whichever part of it was changed; a new run counts."""
    founded.run(SOUND)
    declare(founded)
    assert (found(founded)[SOUND]["entering_p"], found(founded)[SOUND]["reason"]) == (1.0, LATE)
    founded.run(SOUND)
    assert found(founded)[SOUND]["reason"] == ""
    declare(founded, alpha=0.1)
    assert (found(founded)[SOUND]["reason"], found(founded)[SOUND]["rejected"]) == (LATE, False)


def test_a_declaration_that_was_malformed_at_the_run_was_none(founded: WholeHouse) -> None:
    """The run was sealed with a file that declares nothing; what is put right later is late."""
    declare(founded, text="families: {")
    founded.run(SOUND)
    with pytest.raises(ProtocolError, match=r"studies/families.yaml is not valid YAML"):
        portfolio_families(founded.house, MONTH)
    declare(founded)
    assert found(founded)[SOUND]["reason"] == LATE


def test_a_look_that_was_not_planned_counts_as_1(founded: WholeHouse) -> None:
    """A study with one planned month has a p-value in that month alone."""
    plan = {"method": "single", "month": "2025-04", "action": "none"}
    declare(founded)
    founded.prepare(named(sound(), SECOND).planned("monitoring", plan))
    founded.proceed(founded.run(SECOND).run)
    assert (found(founded)[SECOND]["entering_p"], found(founded)[SECOND]["reason"]) == (1.0, UNCONTROLLED)


def test_a_run_that_waits_counts_as_1_and_is_named(founded: WholeHouse) -> None:
    """A halted run is not sealed yet; a graph gives its level to it even so."""
    graph = {"method": "graph", "weights": [1, 0], "transitions": [[0, 1], [0, 0]]}
    declare(founded, studies=[SOUND, WAITING], **graph)
    founded.prepare(waiting())
    founded.run(SOUND)
    founded.run(WAITING)
    both = found(founded)
    assert (both[WAITING]["run"], both[WAITING]["reason"]) == (f"{WAITING}/{MONTH}/1", NOT_SEALED)
    assert both[SOUND]["adjusted_p"] == sequential_p(founded, SOUND_RUN)
    assert (both[WAITING]["adjusted_p"], both[WAITING]["rejected"]) == (1.0, False)
    (family,) = portfolio_families(founded.house, MONTH)
    assert (family["weights"], family["transitions"]) == ([1.0, 0.0], [[0.0, 1.0], [0.0, 0.0]])


def test_without_a_file_there_is_no_family(founded: WholeHouse) -> None:
    """A company that declares none has none."""
    assert portfolio_families(founded.house, MONTH) == []
