"""The closed table of the ledger's actions, each with its meaning."""

from collections.abc import Mapping
from types import MappingProxyType

from medicore.errors import IntegrityError

ACTIONS: Mapping[str, str] = MappingProxyType(
    {
        "run.requested": "Someone asked for an analysis and signed the request; the run took its number.",
        "request.admitted": "A signed request arrived and was found valid; it may wait for a worker for up to a week.",
        "run.refused": "The start or the continuation of a run, or a flow run of Prefect, was refused; the details name who claimed to ask.",
        "service.refused": "The service's API refused requests, without its password or with what it does not allow; the details count them.",
        "run.resumed": "A run whose process had stopped continued from what it had recorded.",
        "run.halted": "The run stopped at findings; its record is sealed as it stands and waits for a decision.",
        "run.continued": "A halted run continued after a signed decision, with the same data lock and commit.",
        "run.failed": "The run ended with an error; its record is sealed with what it holds.",
        "run.sealed": "The analysis finished; its record is sealed and waits for approval.",
        "run.explored": "An exploratory run ended; it has no record, and can be neither signed nor archived.",
        "run.released": "A human approved the sealed record; it is released as a child commit.",
        "run.rejected": "A human rejected the run; its record is kept permanently.",
        "run.returned": "A person returned a waiting run with comments and signed them; the run stays as it is and its requester is told.",
        "run.exported": "A copy of the run's record was made for a third party; the details list its contents.",
        "export.refused": "An attempt to export a run was refused, and nothing was exported.",
        "lock.frozen": "The extract as delivered became the data lock; it will not be extracted again.",
        "extract.completed": "The step pulled the study from its EDC, verified that it is complete, and stored it.",
        "extract.halted": "The step extract stopped at findings.",
        "check.completed": "The step checked the data contract and compared the data lock with the previous one.",
        "check.halted": "The step check stopped at findings.",
        "cohort.completed": "The step applied the eligibility criteria and counted exclusions by reason.",
        "cohort.halted": "The step cohort stopped at findings.",
        "propensity.completed": "The step estimated propensity scores, weights and their diagnostics.",
        "propensity.halted": "The step propensity stopped at findings.",
        "effect.completed": "The step estimated the effect, confirmed it a second time, and told the numbers of the look.",
        "effect.halted": "The step effect stopped at findings; what it estimated counts as a look.",
        "sensitivity.completed": "The step performed the planned sensitivity and supplementary analyses.",
        "sensitivity.halted": "The step sensitivity stopped at findings.",
        "report.completed": "The step wrote the results and rendered the report from them.",
        "report.halted": "The step report stopped at findings.",
        "review.completed": "The step recorded a human's decision with the record.",
        "review.halted": "The step review found no decision that lets the run continue.",
        "archive.completed": "The write-once copies were made, read back and found equal.",
        "archive.halted": "The step archive stopped before anything was copied.",
        "archive.failed": "The archive did not accept the whole record; the release stands and archiving is tried again.",
        "archive.extended": "A person extended the retention of a run's record to a later date, and signed that.",
        "archive.held": "A person put a run's record under a legal hold, and signed that.",
        "archive.lifted": "A person lifted the legal hold of a run's record, and signed that.",
        "archive.refused": "An attempt to change the retention or the legal hold of a record was refused; the details name the cause.",
        "archive.restored": "A person restored a run's record from the archive, with every file verified, and signed that.",
        "archive.verified": "The copies in the archive were read again and found equal to the record.",
        "archive.surveyed": "A part of the archive was read again on schedule; the details name its runs and the failures.",
        "verification.failed": "Something that is stored differs from what was recorded.",
        "verification.warned": "Somebody tampered with what is stored; everything that was recorded is still there.",
        "decision.signed": "A person signed a decision, and it was found valid and bound to the record.",
        "decision.refused": "An attempt to sign a decision was refused; the details name the cause, and whose name was claimed.",
        "notice.sent": "A run's state, or the months that became late, was sent to the address of the setting 'notify'.",
        "notice.failed": "A notice could not be delivered; the ledger holds what it would have said.",
        "person.added": "A person received a role and a certificate; nobody else ever receives the same identifier.",
        "person.renewed": "A person, or the service, received a new key and certificate; what the earlier one signed stays valid.",
        "person.revoked": "A person's certificate was revoked; decisions signed before that stay valid.",
        "person.locked": "A person is locked out after too many wrong passphrases and cannot sign.",
        "person.unlocked": "An operator, quality, or the authority for the last of them, let a locked person sign again.",
        "person.refused": "An attempt to add, renew, revoke or unlock a person was refused; the details name the cause, and whose name was claimed.",
        "session.opened": "A person opened their key and signed in to the console; they signed that.",
        "session.refused": "An attempt to sign in to the console was refused; the details name the cause, and whose name was claimed.",
        "subject.viewed": "A person saw one patient's data of a run; the event names the row and holds none of its values.",
        "subject.sought": "A person asked for a patient whom the run's data do not hold, and saw nobody; the identifier asked for is not kept.",
        "subject.refused": "An attempt to see a patient's data was refused, and nothing was shown.",
        "closed.viewed": "A person who may see a run's closed results looked at them, and signed that; the event says by which verb or page.",
        "closed.refused": "An attempt to see closed results or to unblind a study was refused; the details name the cause and the claimed name.",
        "study.unblinded": "Quality opened the closed comparative results of a study, with a reason, and signed that; they stay open.",
        "page.opened": "An inspector opened a page of the console; the details name it.",
        "authority.created": "The certificate authority that issues the people's certificates was created.",
        "checkpoint.signed": "The service signed the head of the ledger as a checkpoint, to be kept outside the ledger.",
        "checkpoint.failed": "A checkpoint could not be stored outside the ledger; the next one covers it.",
        "run.taken": "A worker took up a run that another had left; the decisions and the request before it still hold.",
        "ledger.reviewed": "Quality reviewed a part of the ledger, from one event to another, and signed the result.",
        "ledger.corrected": "An operator named events of a run that its state did not allow, and signed that; they are skipped.",
        "clock.corrected": "A person signed that the last times of the ledger are wrong; time may go backwards at this event.",
    }
)


def known_action(action: str) -> str:
    """Return ``action`` if the table has it.

    Raises
    ------
    IntegrityError
        When the table does not have it: an event that nobody can interpret is no evidence.
    """
    if action not in ACTIONS:
        raise IntegrityError(
            f"action {action[:40]!r} is not one that the ledger knows; expected one of the "
            f"{len(ACTIONS)} in medicore/records/ledger/actions.py; use a version of MediCore that knows it"
        )
    return action
