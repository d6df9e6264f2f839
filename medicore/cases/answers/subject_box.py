"""subject_box: each eligibility criterion applied to one patient, and the box of the CONSORT diagram."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from medicore.errors import IntegrityError
from medicore.records.protocol.intercurrent import Criterion
from medicore.records.protocol.protocol import Protocol
from medicore.steps.cohort import OF_OUTCOME
from medicore.steps.data.satisfying import satisfies


@dataclass(frozen=True, slots=True)
class Applied:
    """A criterion, the patient's text as delivered, the value after casting, and whether the criterion is satisfied."""

    criterion: Criterion
    delivered: str | None
    value: str | None
    satisfied: bool


@dataclass(frozen=True, slots=True)
class Box:
    """The box of a patient: excluded for a reason, or analysed in an arm, which is the group of the contrast.

    An eligible patient also has a reason if the outcome is not yet due, or is missing under complete cases.
    """

    reason: str | None
    arm: str | None
    group: str | None

    @property
    def name(self) -> str:
        """The name of the box: ``analysed``, ``excluded``, or ``eligible`` if the outcome prevents the analysis."""
        if self.reason is None:
            return "analysed"
        return "eligible" if self.reason in OF_OUTCOME else "excluded"


def applied_criteria(
    protocol: Protocol, values: pd.DataFrame, texts: Mapping[str, str]
) -> tuple[Applied, ...]:
    """Return each criterion in order, applied to the patient: one row of ``values``, and the texts as delivered."""
    found = []
    for criterion in protocol.eligibility:
        cast = values[criterion.column].iloc[0]
        satisfied = bool(satisfies(values[criterion.column], criterion)[0])
        value = None if pd.isna(cast) else str(cast)
        found.append(Applied(criterion, texts.get(criterion.column), value, satisfied))
    return tuple(found)


def box_of(protocol: Protocol, applied: Sequence[Applied], arm: str, recorded: str) -> Box:
    """Return the recorded box after the criteria give the same; ``recorded`` is the reason, empty if not excluded.

    Raises
    ------
    IntegrityError
        When the criteria exclude the patient for another reason, or not at all.
    """
    failed = [one.criterion.name for one in applied if not one.satisfied]
    arms = {protocol.treatment.treated: "treated", protocol.treatment.control: "control"}
    names = {one.criterion.name for one in applied}
    compared = recorded in {"", *OF_OUTCOME}
    same = recorded == failed[0] if failed else recorded not in names and compared == (arm in arms)
    if not same:
        raise IntegrityError(
            "the recorded disposition of the subject differs from the criteria; expected the same; "
            "run 'medicore verify' on the run"
        )
    return Box(recorded, None, None) if recorded else Box(None, arm, arms[arm])
