"""One step on the record that ``params.yaml`` names: what ``dvc repro`` runs, on main and in any clone."""

from importlib.metadata import version
from pathlib import Path

import yaml

from medicore.errors import ConfigurationError
from medicore.records.protocol.parsing import parse_protocol
from medicore.steps.perform import perform
from medicore.steps.report import Rendering
from medicore.stores.content.environment import LockedEnvironment
from medicore.stores.files import FolderFiles
from medicore.stores.git.workspace import WorkspaceCode, code_of, is_workspace
from medicore.wiring import renderer_named


def perform_stage(name: str, root: Path) -> None:
    """Perform step ``name`` in the folder ``root``, a checkout of main or of a record.

    Raises
    ------
    ConfigurationError
        When ``params.yaml`` is missing or names no record, or another product runs than the wheel of this workspace.
    """
    try:
        values = yaml.load((root / "params.yaml").read_text(encoding="utf-8"), yaml.CSafeLoader)
        study, month, identity = values["study"], values["month"], values["run"]
        lock, protocol_path = root / values["lock"], root / values["protocol"]
    except (OSError, KeyError, TypeError) as error:
        raise ConfigurationError(
            "params.yaml names no record; run this in a clone of a record or of main"
        ) from error
    if is_workspace(root):
        WorkspaceCode(root).require_running()
    protocol = parse_protocol(protocol_path.read_text(encoding="utf-8"), protocol_path.name)
    files = FolderFiles(root / "records" / study / month, lock)

    def rendering() -> Rendering:
        return Rendering(
            renderer=renderer_named(identity["renderer"]),
            template_folder=str(code_of(root).templates),
            libraries={package: version(package) for package in LockedEnvironment(root).locked()},
        )

    perform(name, files, protocol, identity, rendering)
