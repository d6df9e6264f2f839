"""The folder ``studies``: one protocol per study, and the families across studies."""

from pathlib import Path

from medicore.errors import ProtocolError
from medicore.records.identifiers import study_id
from medicore.records.protocol.hypotheses.portfolio_family import (
    FAMILIES,
    PortfolioFamily,
    parse_families,
)
from medicore.records.protocol.parsing import parse_protocol
from medicore.records.protocol.protocol import Protocol


class StudyFolder:
    """Protocols as YAML files named after their study."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def studies(self) -> tuple[str, ...]:
        """Return the identifiers of all studies, sorted."""
        return tuple(sorted(path.stem for path in self._folder.glob("*.yaml") if path.name != FAMILIES))

    def families(self) -> tuple[PortfolioFamily, ...]:
        """Return the families across studies, none without their file; raise ProtocolError when it is malformed."""
        path = self._folder / FAMILIES
        return parse_families(_text(path), f"studies/{path.name}") if path.is_file() else ()

    def load(self, study: str) -> Protocol:
        """Return the protocol of ``study``; raise ProtocolError when there is none."""
        path = self._folder / f"{study_id(study)}.yaml"
        if not path.is_file():
            known = ", ".join(self.studies()) or "none"
            raise ProtocolError(f"study {study} has no protocol; known studies: {known}")
        protocol = parse_protocol(_text(path), f"studies/{path.name}")
        if protocol.study != study:
            raise ProtocolError(f"studies/{path.name} is the protocol of {protocol.study}; rename the file")
        return protocol


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ProtocolError(f"studies/{path.name} is not UTF-8; save it as UTF-8 and try again") from error
