"""What each test and each notebook depends on, so that a change names those that it may break.

The package's own imports are those of ``imports.py``. A name that a test takes from the front of a
folder, as in ``from tinytx.inspect import compare``, is followed to the module that makes it: the
front imports everything, and would make every test depend on all. What only the running program
knows (a module whose name is put together, a file that a glob finds) is not seen: `make test` runs
everything.
"""

from __future__ import annotations

import ast
import json
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import grimp

TOLD = re.compile(r"from (\w+(?:\.\w+)*) import (\w+)|\b(\w+(?:\.\w+)+)\b")  # in a string


class Depends:
    """The dependencies in one repository; files are named by their paths in it.

    Parameters
    ----------
    root
        The repository's folder.
    package
        The name of the package in ``src/``.
    """

    def __init__(self, root: Path, package: str = "tinytx"):
        self.root, self.package = root, package
        sys.path.insert(0, str(root / "src"))
        try:
            self.graph = grimp.build_graph(package, cache_dir=None)
        finally:
            sys.path.remove(str(root / "src"))
        self.tests = self._named("tests/**/test_*.py")
        self.notebooks = self._named(
            "book/chapters/*.ipynb", "solutions/*.ipynb", "exercises/*.ipynb"
        )
        places = ("tools/*.py", "book/_ext/*.py", "benchmarks/*.py", "tests/*.py")
        self.helpers = {Path(name).stem: name for place in places for name in self._named(place)}

    def _named(self, *globs: str) -> list[str]:
        found = (path for one in globs for path in self.root.glob(one))
        return sorted(path.relative_to(self.root).as_posix() for path in found)

    def importers(self, files: set[str]) -> dict[str, int]:
        """Return the modules that import ``files``, each with the length of the shortest chain."""
        distance = {name: 0 for name in files if self.module(name)}
        ahead = list(distance)
        for name in ahead:  # grows while it is walked through: breadth first
            for other in self.graph.find_modules_that_directly_import(self.module(name)):
                path = self.file(other)
                if path not in distance:
                    distance[path] = distance[name] + 1
                    ahead.append(path)
        return distance

    def module(self, name: str) -> str:
        """Return the module of a file in ``src/``, or ''."""
        parts = Path(name).with_suffix("").parts
        found = ".".join(parts[1:]).removesuffix(".__init__")
        inside = parts[0] == "src" and name.endswith(".py")
        return found if inside and found in self.graph.modules else ""

    def file(self, module: str) -> str:
        """Return the file of a module of the package."""
        path = "src/" + module.replace(".", "/")
        front = f"{path}/__init__.py"
        return front if (self.root / front).exists() else f"{path}.py"

    def readers(self, name: str) -> set[str]:
        """Return the modules that read a data file: all of the nearest folder if none names it."""
        folder = Path(name).parent
        while not (self.root / folder / "__init__.py").exists():
            if folder.name in ("src", ""):
                return set()
            folder = folder.parent
        mine = self._named(f"{folder.as_posix()}/*.py", f"{folder.as_posix()}/*/*.py")
        texts = {one: (self.root / one).read_text(encoding="utf-8") for one in mine}
        twins = {one for one in mine if Path(one).stem == Path(name).stem}
        quoted = re.compile(rf"""["'/]{re.escape(Path(name).name)}["']|["']{Path(name).stem}["']""")
        return {one for one in mine if quoted.search(texts[one])} | twins or set(mine)

    @cache  # noqa: B019  one object lives as long as the program
    def needs(self, name: str) -> tuple[frozenset[str], frozenset[str]]:
        """Return the files that a test or a notebook imports: with all behind them, and alone."""
        deep: set[str] = set()
        alone: set[str] = set(self._conftests(name))
        for found in self._imported(name):
            if found.endswith("#"):
                alone.add(found[:-1])
            elif found.startswith("src/"):
                deep.add(found)
            elif found != name:
                more, others = self.needs(found)
                deep |= more
                alone |= {found, *others}
        return frozenset(deep), frozenset(alone)

    def _conftests(self, name: str) -> Iterator[str]:
        for folder in Path(name).parents:
            one = (folder / "conftest.py").as_posix()
            if one != name and (self.root / one).exists():
                yield one

    def _imported(self, name: str) -> Iterator[str]:
        nodes = self._nodes(name)
        fronts: dict[str, str] = {}  # what a folder's front is called here
        for node in nodes:
            if isinstance(node, ast.ImportFrom):
                base = self._base(name, node)
                for alias in node.names:
                    yield from self._taken(base, alias.name, name)
                    if self._is_front(f"{base}.{alias.name}"):
                        fronts[alias.asname or alias.name] = f"{base}.{alias.name}"
            elif isinstance(node, ast.Import):
                for alias in node.names:
                    yield from self._taken(alias.name, "", name)
                    if self._is_front(alias.name) and alias.asname:
                        fronts[alias.asname] = alias.name
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                for base, one, dotted in TOLD.findall(node.value):
                    if (base or dotted).partition(".")[0] == self.package:
                        parts = (base, one) if base else dotted.rpartition(".")[::2]
                        yield from self._taken(*parts, name)
        yield from self._through(nodes, fronts, name)

    def _through(self, nodes: list[ast.AST], fronts: dict[str, str], name: str) -> Iterator[str]:
        """Yield what is taken as ``front.name``; the whole front where it goes elsewhere."""
        attributes = [n for n in nodes if isinstance(n, ast.Attribute)]
        held = {id(n.value) for n in attributes}
        for node in attributes:
            if isinstance(node.value, ast.Name) and node.value.id in fronts:
                yield from self._taken(fronts[node.value.id], node.attr, name)
        for node in nodes:
            if isinstance(node, ast.Name) and node.id in fronts and id(node) not in held:
                yield self.file(fronts[node.id])

    def _is_front(self, module: str) -> bool:
        return module in self.graph.modules and self.file(module).endswith("__init__.py")

    def _base(self, name: str, node: ast.ImportFrom) -> str:
        """Return what a relative import is relative to: a folder of tests, by its path."""
        if not node.level:
            return node.module or ""
        folder = Path(name).parents[node.level - 1].as_posix()
        return "/".join([folder, *(node.module or "").split(".")]).rstrip("/")

    def _taken(self, base: str, one: str, name: str) -> Iterator[str]:
        """Yield the files behind ``from base import one``."""
        if "/" in base:  # of the tests' own folders
            for path in (f"{base}.py", f"{base}/{one}.py"):
                if (self.root / path).exists():
                    yield path
        elif base.partition(".")[0] == self.package:
            yield from self._of_package(base, one)
        elif base in self.helpers:
            yield self.helpers[base]

    def _of_package(self, base: str, one: str) -> Iterator[str]:
        while base and base not in self.graph.modules:  # an attribute of an attribute
            base, _, one = base.rpartition(".")
        whole = f"{base}.{one}"
        if whole in self.graph.modules:  # a front comes whole where its name is used alone
            yield self.file(whole) + ("#" if self._is_front(whole) else "")
        elif not self._is_front(base):
            yield self.file(base)
        elif one:
            yield self.file(base) + "#"
            yield self._made_in(base, one)
        else:
            yield self.file(base) + "#"

    def _made_in(self, front: str, one: str) -> str:
        """Return the file that makes the name ``one`` of a front; the front's own if it does."""
        base, name = self._names_of(front).get(one, (front, ""))
        if f"{base}.{name}" in self.graph.modules:
            return self.file(f"{base}.{name}")
        return self._made_in(base, name) if name and self._is_front(base) else self.file(base)

    @cache  # noqa: B019
    def _names_of(self, front: str) -> dict[str, tuple[str, str]]:
        """Return where each name comes from that a front imports, also when it is asked for."""
        found = {}
        for node in self._nodes(self.file(front)):
            if isinstance(node, ast.ImportFrom):
                parts = front.split(".")
                up = parts[: len(parts) - node.level + 1] if node.level else []
                base = ".".join([*up, *(node.module or "").split(".")]).rstrip(".")
                if base.partition(".")[0] == self.package:
                    found |= {a.asname or a.name: (base, a.name) for a in node.names}
        return found

    @cache  # noqa: B019
    def source(self, name: str) -> str:
        """Return the Python of a file, or of a notebook's cells without their magics."""
        text = (self.root / name).read_text(encoding="utf-8")
        if not name.endswith(".ipynb"):
            return text
        cells = json.loads(text)["cells"]
        code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
        return re.sub(r"^[ \t]*[%!].*$", "", "\n".join(code), flags=re.M)

    @cache  # noqa: B019
    def _nodes(self, name: str) -> list[ast.AST]:
        """Return what is looked at of a file, in one walk."""
        kinds = (ast.ImportFrom, ast.Import, ast.Constant, ast.Attribute, ast.Name)
        return [one for one in ast.walk(ast.parse(self.source(name))) if isinstance(one, kinds)]

    def names(self, test: str, file: str) -> bool:
        """Return whether a test has the file's name, or that of its topmost folder, in a string."""
        top, base = file.split("/")[0], Path(file).name
        return any(
            base in said or said.startswith(f"{top}/") or said == top != base
            for said in self._strings(test)
        )

    @cache  # noqa: B019
    def _strings(self, name: str) -> frozenset[str]:
        found = (n.value for n in self._nodes(name) if isinstance(n, ast.Constant))
        return frozenset(one for one in found if isinstance(one, str))
