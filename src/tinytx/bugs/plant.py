"""A second copy of the package, imported under another name, with a few lines changed.

``Planted("no mask", {...}).load("pytorch")`` gives ``tinytx.pytorch`` made anew from the same
files, but for the texts that were edited. Imports inside the package are relative, so the copy's
modules import each other, and never the right ones; what is imported as ``tinytx`` stays as it is.
"""

from __future__ import annotations

import importlib
import itertools
import linecache
import sys
from collections.abc import Mapping
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

ROOT = Path(__file__).resolve().parent.parent  # of the package
_PLANTED: dict[str, Planted] = {}
_number = itertools.count(1)


class Planted:
    """A copy of the package in which some files have another text.

    Parameters
    ----------
    name
        Says in tracebacks and in :func:`inspect.getfile` whose copy it is.
    texts
        The text of each changed file by its path in the package, such as ``"pytorch/norm.py"``.

    Raises
    ------
    ValueError
        If there is no such file.

    >>> text = source("manual/norm.py").replace("EPS = 1e-5", "EPS = 1e-2")
    >>> copy = Planted("a large epsilon", {"manual/norm.py": text})
    >>> from tinytx.manual import norm
    >>> copy.load("manual.norm").EPS, norm.EPS
    (0.01, 1e-05)
    """

    def __init__(self, name: str, texts: Mapping[str, str]):
        for file in texts:
            source(file)
        self.name, self.texts = name, dict(texts)
        self.root = f"tinytx_planted_{next(_number)}"
        _PLANTED[self.root] = self
        if _finder not in sys.meta_path:
            sys.meta_path.insert(0, _finder)
        spec = spec_from_file_location(
            self.root, ROOT / "__init__.py", submodule_search_locations=[str(ROOT)]
        )
        assert spec is not None, "the package is a folder"
        assert spec.loader is not None, "the package is a folder"
        root = sys.modules[self.root] = module_from_spec(spec)
        spec.loader.exec_module(root)

    def load(self, module: str) -> Any:
        """Return a module of the copy: ``load("pytorch.norm")`` for ``tinytx.pytorch.norm``."""
        return importlib.import_module(f"{self.root}.{module}")

    def forget(self) -> None:
        """Remove the copy's modules from ``sys.modules``; objects made of them go on working."""
        for name in [n for n in sys.modules if f"{n}.".startswith(f"{self.root}.")]:
            del sys.modules[name]
        _PLANTED.pop(self.root, None)


def source(file: str) -> str:
    """Return the text of a file of the package; ``ValueError`` if there is none."""
    path = ROOT / file
    if not path.is_file():
        raise ValueError(f"file is {file!r} and must be one of the package, as 'pytorch/norm.py'")
    return path.read_text(encoding="utf-8")


class _Finder(MetaPathFinder):
    """Finds the modules of planted copies where those of the package are."""

    def find_spec(
        self, fullname: str, path: Any = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        planted = _PLANTED.get(fullname.partition(".")[0])
        if planted is None:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is None or spec.origin is None or not spec.has_location:
            return spec
        file = Path(spec.origin).relative_to(ROOT).as_posix()
        if file in planted.texts:
            spec.loader = _Loader(fullname, spec.origin, planted, file)
        return spec


class _Loader(SourceFileLoader):
    """Loads a file with its planted text, and neither reads nor writes compiled code."""

    def __init__(self, fullname: str, origin: str, planted: Planted, file: str):
        super().__init__(fullname, origin)
        self.text, self.label = planted.texts[file], f"<tinytx/{file}: {planted.name}>"

    def get_code(self, fullname: str) -> CodeType:
        lines = self.text.splitlines(keepends=True)
        linecache.cache[self.label] = len(self.text), None, lines, self.label
        return compile(self.text, self.label, "exec", dont_inherit=True)

    def get_source(self, fullname: str) -> str:
        return self.text


_finder = _Finder()
