"""Puts into the wheel what `finerweb init` makes projects from: it lies beside the package."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

TEMPLATE = ("dvc.yaml", ".gitignore", "presets/sample.yaml", "stages/*.py")


class WithTemplate(build_py):
    """Copies the graph, the stages and the sample's params; a checkout has them where they are."""

    def run(self) -> None:
        """Build."""
        super().run()
        if self.editable_mode:
            return
        target = Path(self.build_lib) / "finerweb" / "template"
        for pattern in TEMPLATE:
            for path in sorted(Path().glob(pattern)):
                (target / path).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(path, target / path)


setup(cmdclass={"build_py": WithTemplate})
