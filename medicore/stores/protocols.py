"""The folder ``studies``: one protocol per study, the families across studies, and the rule for names of studies."""

from pathlib import Path

from medicore.errors import ProtocolError
from medicore.records.identifiers import study_id
from medicore.records.protocol.file.naming import NAMES, Naming, parse_naming, require_name
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
        found = (path for path in self._folder.glob("*.yaml") if path.name not in (FAMILIES, NAMES))
        return tuple(sorted(path.stem for path in found))

    def protocols(self) -> tuple[Protocol, ...]:
        """Return the protocols of all studies, in their order; raise ProtocolError at the first that is none."""
        return tuple(self.load(study) for study in self.studies())

    def families(self) -> tuple[PortfolioFamily, ...]:
        """Return the families across studies, none without their file; raise ProtocolError when it is malformed."""
        path = self._folder / FAMILIES
        return parse_families(_text(path), f"studies/{path.name}") if path.is_file() else ()

    def naming(self) -> Naming | None:
        """Return the company's rule for names of studies, None without its file; raise ProtocolError when it is malformed."""
        path = self._folder / NAMES
        return parse_naming(_text(path), f"studies/{path.name}") if path.is_file() else None

    def text(self, study: str) -> str:
        """Return the file of ``study`` as it stands; raise ProtocolError when there is none, or not under that name."""
        path = self._folder / f"{study_id(study)}.yaml"
        if not path.is_file():
            known = ", ".join(self.studies()) or "none"
            raise ProtocolError(f"study {study} has no protocol; known studies: {known}")
        require_name(study, self.studies(), self.naming())
        return _text(path)

    def load(self, study: str) -> Protocol:
        """Return the protocol of ``study``; raise ProtocolError when there is none."""
        protocol = parse_protocol(self.text(study), f"studies/{study}.yaml")
        if protocol.study != study:
            raise ProtocolError(f"studies/{study}.yaml is the protocol of {protocol.study}; rename the file")
        return protocol


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ProtocolError(f"studies/{path.name} is not UTF-8; save it as UTF-8 and try again") from error
