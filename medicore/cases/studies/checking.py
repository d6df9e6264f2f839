"""checking: a protocol as a person writes it, held against its rules and against a file of data, with all problems at once."""

from dataclasses import dataclass

from medicore.ports.files import RecordFiles
from medicore.records.delivery.transfer import Transfer
from medicore.records.finding import Finding
from medicore.records.protocol.file.problems import Problem
from medicore.records.protocol.parsing import parse_protocol, problems_of
from medicore.records.protocol.protocol import Protocol


@dataclass(frozen=True, slots=True)
class Checked:
    """The protocol, None where the file has problems, and the problems in the order of their lines."""

    protocol: Protocol | None
    problems: tuple[Problem, ...]


def check_file(text: str, origin: str, study: str) -> Checked:
    """Return every problem of the protocol in ``text``, the file of ``study``; ``origin`` names the file.

    Raises
    ------
    ProtocolError
        When the text is not YAML.
    """
    problems = problems_of(text, origin)
    if problems:
        return Checked(None, tuple(problems))
    protocol = parse_protocol(text, origin)
    if protocol.study != study:
        words = f"names {protocol.study}; expected {study}, as the file is called; correct one of them"
        return Checked(None, (Problem(0, "study", words),))
    return Checked(protocol, ())


def contract_findings(files: RecordFiles, protocol: Protocol, transfer: Transfer) -> tuple[Finding, ...]:
    """Return what the step ``check`` finds in a delivery, by the record folder ``files``, which is empty before.

    No finding holds a patient's value. Raises DataError when a file cannot be read or the data sets cannot be joined.
    """
    from medicore.steps.check import check  # imports pandas, which the check of a protocol alone never needs
    from medicore.steps.extract import extract, freeze

    freeze(files, transfer, None)
    extract(files, protocol)
    return check(files, protocol)
