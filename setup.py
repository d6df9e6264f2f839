"""The build of the wheel: what a workspace is made from lies at the top of the checkout, and goes into the package."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).resolve().parent
TAKEN = ("dvc.yaml", "prefect.yaml", "requirements.lock")


class WholeProduct(build_py):
    """Builds the packages, and puts pipeline, deployments and lock file beside the other files of a workspace."""

    def run(self) -> None:
        """Build, then copy."""
        super().run()
        if self.editable_mode:
            return
        for name in TAKEN:
            shutil.copyfile(ROOT / name, Path(self.build_lib) / "medicore" / "workspace_files" / name)


setup(cmdclass={"build_py": WholeProduct})
