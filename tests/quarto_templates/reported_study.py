"""The report of a study that a whole house has analysed, and what of it cites its place in the results."""

import copy
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from medicore.cases.run.runs import sealed_commit
from medicore.cases.run.seal import read_results
from medicore.records.identifiers import RunId
from medicore.records.protocol.parsing import parse_protocol
from medicore.records.results.printed import numbers_of
from tests.quarto_templates.conftest import Inputs
from tests.quarto_templates.test_references import covered, differing, exhibits, moved
from tests.whole_house.house import found_whole_house
from tests.whole_house.prepared_study import PreparedStudy


@dataclass(frozen=True)
class Reported:
    """A study's month: the run, its results and its protocol."""

    run: RunId
    results: Mapping[str, Any]
    protocol: Mapping[str, Any]

    def inputs(self) -> Inputs:
        """Return the inputs of its report, to be changed at will."""
        found = Inputs()
        found.results, found.protocol = copy.deepcopy(self.results), copy.deepcopy(self.protocol)
        found.run |= {"study": self.run.study, "id": str(self.run)}
        return found


def reported(folder: Path, study: PreparedStudy, *, decided: bool = False) -> Reported:
    """Return the month of a study; one that halts only where its findings are to be ``decided``."""
    house = found_whole_house(folder / "house")
    house.prepare(study)
    outcome = house.run(study.study)
    if decided and outcome.state == "halted":
        outcome = house.proceed(outcome.run)
    run = RunId.parse(outcome.run)
    results = read_results(house.house, run, sealed_commit(house.house, run)).document
    text = yaml.safe_dump({"study": study.study, **study.protocol})
    return Reported(run, results, parse_protocol(text, "study.yaml").as_json())


@dataclass(frozen=True)
class Moved:
    """The kinds of numbers that were changed, those that then read otherwise, and where a change is not cited."""

    kinds: set[str]
    shown: set[str]
    uncited: list[tuple[str, str]]


def moved_below(
    inputs: Inputs, own: str | tuple[str, ...], *, without: str = "\0", until_shown: bool = False
) -> Moved:
    """Change one number of each kind below ``own`` paths, and look whether what reads otherwise then cites it.

    Paths that end as ``without`` are left alone; ``until_shown`` tries further numbers of a kind while none is shown.
    """
    before = dict(exhibits(inputs.report()))
    references = inputs.results["references"]
    found = Moved(set(), set(), [])
    for path, _ in numbers_of(inputs.results):
        kind = re.sub(r"\.\d+", ".*", path)
        tried = found.shown if until_shown else found.kinds
        if not path.startswith(own) or path.endswith(without) or kind in tried:
            continue
        found.kinds.add(kind)
        with moved(inputs.results, path):
            changed = [(line, made) for line, made in exhibits(inputs.report()) if made != before[line]]
        for line, made in changed:
            parts = differing(before[line], made)
            if parts:
                found.shown.add(kind)
            found.uncited.extend((path, line) for part in parts if not covered(path, part, references))
    return found
