"""Secondary endpoints: further outcomes, estimated as the primary is."""

from typing import Literal

from medicore.records.protocol.outcome import Assessed, MissingOutcomes, Outcome
from medicore.records.protocol.part import Name


class SecondaryEndpoint(Outcome):
    """A secondary endpoint: an outcome with a name, a measure, and a schedule and missing outcomes of its own.

    Population, arms, covariates, models, target and strategies for intercurrent events are the primary's.
    """

    name: Name
    assessed: Assessed | Literal["none"]
    missing: MissingOutcomes
    measure: Literal["difference", "risk ratio", "odds ratio"] = "difference"
