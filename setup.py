"""Puts the notebooks into the wheel and the README on PyPI; all else is in pyproject.toml.

They lie outside src/, where readers look for them. An editable install reads them from there, so
only a built package has copies: `tinytx start` and `tinytx release` hand them out.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

FOLDER = Path("tinytx/classroom/notebooks")  # tinytx.classroom.course reads it


class BuildWithNotebooks(build_py):
    """Copies exercises, solutions and the pinned versions into the package that is built."""

    def run(self) -> None:
        """Build the package, then add the copies; an editable install has none."""
        super().run()
        if self.editable_mode:
            return
        for source, target in self._copies():
            self.mkpath(str(target.parent))
            self.copy_file(str(source), str(target))

    def get_outputs(self, include_bytecode: bool = True) -> list[str]:
        """Return all files that a build writes."""
        copies = [] if self.editable_mode else [str(target) for _, target in self._copies()]
        return [*super().get_outputs(include_bytecode), *copies]

    def get_source_files(self) -> list[str]:
        """Return all files that a build reads; they go into the sdist."""
        return [*super().get_source_files(), *(str(source) for source, _ in self._copies())]

    def _copies(self) -> Iterator[tuple[Path, Path]]:
        folder = Path(self.build_lib) / FOLDER
        for kind in ("exercises", "solutions"):
            for source in sorted(Path(kind).glob("*.ipynb")):
                yield source, folder / source
        yield Path("constraints.txt"), folder / "constraints.txt"


def readme() -> str:
    """Return the README with links and pictures that lead to the repository, for PyPI's page."""
    project = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["project"]
    address = project["urls"]["Repository"]
    text = Path("README.md").read_text(encoding="utf-8")
    text = re.sub(r"(!\[[^]]*\]\()(?!https?:|#)", rf"\1{address}/raw/main/", text)
    return re.sub(r"((?<!!)\[[^]]*\]\()(?!https?:|#)", rf"\1{address}/blob/main/", text)


setup(
    cmdclass={"build_py": BuildWithNotebooks},
    long_description=readme(),
    long_description_content_type="text/markdown",
)
