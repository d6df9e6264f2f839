"""evidence: the report on which a person decides about a halted run; a halt is sealed even where it cannot be made."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from medicore.cases.run.advance import rendering
from medicore.cases.run.runs import ActiveRun
from medicore.errors import IntegrityError, MediCoreError
from medicore.ports.house import House
from medicore.steps.evidence import evidence_files
from medicore.steps.way import EVIDENCE


@dataclass(frozen=True, slots=True)
class Evidence:
    """The evidence of a halt: its ``files`` by name, or the ``fault`` for which there are none."""

    files: Mapping[str, bytes] = field(default_factory=dict)
    fault: str = ""

    @property
    def remark(self) -> str:
        """What the event of the halt says of a missing report; empty where there is one."""
        if not self.fault:
            return ""
        return (
            f"; no evidence report: {self.fault}; decide from the record's documents, or reject and run again"
        )


def evidence_of(house: House, active: ActiveRun) -> Evidence:
    """Return the evidence of a run that has halted; an exploratory run, on which nobody decides, has none.

    A renderer that fails, or a full disk, must not lose the halt: then the evidence has a fault in place of files.

    Raises
    ------
    IntegrityError
        When a file of the record is damaged: such an error is never ignored.
    """
    if active.exploratory:
        return Evidence()
    house.progress(active.id, EVIDENCE.name, "begun")
    try:
        made = evidence_files(
            active.files, active.protocol, active.identity, rendering(house, active.identity)
        )
    except IntegrityError:
        raise
    except (MediCoreError, OSError) as error:
        house.progress(active.id, EVIDENCE.name, "failed")
        # The text of an error of the system could name a file of this machine.
        told = str(error) if isinstance(error, MediCoreError) else error.strerror or type(error).__name__
        return Evidence(fault=told)
    house.progress(active.id, EVIDENCE.name, "done")
    return Evidence(made)
