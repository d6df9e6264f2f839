"""The closed table of what the ledger can say: every action with its meaning."""

from collections.abc import Mapping
from types import MappingProxyType

from medicore.errors import IntegrityError

ACTIONS: Mapping[str, str] = MappingProxyType(
    {
        "run.requested": "Someone asked for an analysis and signed that, and the run took its number.",
        "run.refused": "A run was not begun or not continued, because code, environment or name was not fit.",
        "run.resumed": "A run whose process had stopped went on from what it had recorded.",
        "run.halted": "The run stopped at findings; its record is sealed as it stands and waits for a decision.",
        "run.continued": "A halted run went on, on the same data lock and commit, after a signed decision.",
        "run.failed": "The run broke off with an error; its record is sealed with what it has.",
        "run.sealed": "The analysis finished; its record is sealed and waits for approval.",
        "run.explored": "An exploratory run ended; it has no record, and can be neither signed nor archived.",
        "run.released": "A human approved the sealed record; it is released as a child commit.",
        "run.rejected": "A human rejected the run; its record is kept for ever.",
        "run.exported": "A copy of the run's record was made for a third party; the details hold what it contains.",
        "export.refused": "An attempt to export a run was refused, and nothing was handed out.",
        "lock.frozen": "The extract as delivered became the data lock and will not be extracted again.",
        "extract.completed": "The step pulled the study from its EDC, proved it complete and stored it.",
        "extract.halted": "The step extract stopped at findings.",
        "check.completed": "The step proved the data contract and compared the lock with the one before.",
        "check.halted": "The step check stopped at findings.",
        "cohort.completed": "The step applied the eligibility criteria and counted exclusions by reason.",
        "cohort.halted": "The step cohort stopped at findings.",
        "propensity.completed": "The step estimated propensity scores, weights and their diagnostics.",
        "propensity.halted": "The step propensity stopped at findings.",
        "effect.completed": "The step estimated the effect and confirmed it by a second implementation.",
        "effect.halted": "The step effect stopped at findings.",
        "sensitivity.completed": "The step performed the planned sensitivity and supplementary analyses.",
        "sensitivity.halted": "The step sensitivity stopped at findings.",
        "report.completed": "The step wrote the results and rendered the report from them.",
        "report.halted": "The step report stopped at findings.",
        "review.completed": "The step recorded a human's decision with the record.",
        "review.halted": "The step review found no decision that lets the run go on.",
        "archive.completed": "The write-once copies were made, read back and found equal.",
        "archive.halted": "The step archive stopped before anything was copied.",
        "archive.failed": "The archive did not take the whole record; the release stands and is tried again.",
        "archive.extended": "A person had a run's record kept until a later date, and signed that.",
        "archive.held": "A person put a run's record under a legal hold, and signed that.",
        "archive.lifted": "A person lifted the legal hold of a run's record, and signed that.",
        "archive.refused": "An attempt to have a record kept longer, or to hold or free it, was refused; the details name the cause.",
        "archive.restored": "A person read a run's record back from the archive, proved, and signed that.",
        "archive.verified": "What the archive holds was read again and found equal to the record.",
        "archive.surveyed": "A part of the archive was read again, as is due; the details name its runs and what failed.",
        "verification.failed": "Something stored is not what was recorded.",
        "verification.warned": "Somebody meddled with what is stored; everything recorded is there nevertheless.",
        "decision.signed": "A person signed a decision, and it was found valid and bound to the record.",
        "decision.refused": "An attempt to sign a decision was refused; the details name the cause.",
        "notice.sent": "Where a run stands, or which months became late, was told to the address of the setting 'notify'.",
        "notice.failed": "A notice was not taken; what it would have told is in the ledger.",
        "person.added": "A person received a role and a certificate; the identifier is taken for ever.",
        "person.renewed": "A person received a new key and certificate; what the earlier one signed stays valid.",
        "person.revoked": "A person's certificate lost its force; decisions signed before it stay valid.",
        "person.locked": "A person may not sign after too many wrong passphrases.",
        "person.unlocked": "An operator let a locked person sign again.",
        "person.refused": "An attempt to add, renew, revoke or unlock a person was refused; the details name the cause.",
        "subject.viewed": "A person saw the data of one patient of a run; the row is named, its values are not.",
        "subject.refused": "An attempt to see the data of a patient was refused, and nothing was shown.",
        "authority.created": "The certificate authority that vouches for the people was made.",
        "checkpoint.signed": "The head of the ledger is signed by the service, to be kept outside the ledger.",
        "checkpoint.failed": "A signed head could not be kept outside the ledger; the next one covers it.",
        "clock.corrected": "An operator set the clock back and says why; time may go backwards here.",
    }
)


def known_action(action: str) -> str:
    """Return ``action`` when the table has it.

    Raises
    ------
    IntegrityError
        When it does not: an event that nobody can read is no evidence.
    """
    if action not in ACTIONS:
        raise IntegrityError(
            f"action {action[:40]!r} is not one that the ledger knows; expected one of the "
            f"{len(ACTIONS)} in medicore/records/ledger/actions.py; use a version of MediCore that knows it"
        )
    return action
