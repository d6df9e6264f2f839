"""The month of the demo in a whole house: every protocol of the product, with the data that its source delivers."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from medicore.cases.export.rendition import RenditionSources, evidence_sources, rendition_sources
from medicore.edc.simulated.simulator import STUDIES, deliver
from medicore.records.identifiers import RunId
from medicore.records.ledger.states import RunState
from tests.conftest import ROOT
from tests.whole_house.house import WholeHouse, found_whole_house

MONTH = "2025-03"
PROTOCOLS = tuple(sorted(path.stem for path in (ROOT / "studies").glob("*.yaml")))


@dataclass(frozen=True)
class DemoMonth:
    """A house in which each study's month was run, and taken past its findings where a signature may answer them."""

    house: WholeHouse

    def run(self, study: str) -> RunId:
        """Return the run of a study."""
        return RunId(study, MONTH, 1)

    def report(self, study: str) -> RenditionSources | None:
        """Return the sources of a study's report; None where the run could not go past its halt."""
        run = self.run(study)
        return (
            None
            if self.house.state(str(run)) is RunState.HALTED
            else rendition_sources(self.house.house, run)
        )

    def evidence(self, study: str) -> RenditionSources | None:
        """Return the sources of a study's evidence report; None where its run never halted."""
        return evidence_sources(self.house.house, self.run(study))


def demo_month(folder: Path) -> DemoMonth:
    """Return the demo's month of every protocol, run in a house in ``folder``."""
    house = found_whole_house(folder)
    for study in PROTOCOLS:
        shutil.copy(ROOT / "studies" / f"{study}.yaml", house.root / "studies" / f"{study}.yaml")
        inbox = house.home / "inbox" / study / MONTH
        if study in STUDIES:
            deliver(study, MONTH, inbox)
        else:
            shutil.copytree(ROOT / "studies" / "sources" / study, inbox)
    house.commit("Protocols of the demo")
    for study in PROTOCOLS:
        outcome = house.run(study, MONTH)
        if outcome.state == "halted" and all(finding.overridable for finding in outcome.findings):
            house.proceed(outcome.run)
    return DemoMonth(house)
