"""Who imports whom in the package, as grimp reads it: also within functions and for types alone."""

from __future__ import annotations

import sys
import tomllib
from collections import defaultdict
from functools import cache
from pathlib import Path

import grimp
import networkx

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "tinytx"


@cache
def graph() -> grimp.ImportGraph:
    """Return the imports between the modules of the package in this repository."""
    if str(ROOT / "src") not in sys.path:
        sys.path.insert(0, str(ROOT / "src"))
    return grimp.build_graph(PACKAGE, cache_dir=None)


def layers(project: Path = ROOT / "pyproject.toml") -> list[list[str]]:
    """Return the parts of each layer, top first, as ``pyproject.toml`` declares them."""
    told = tomllib.loads(project.read_text(encoding="utf-8"))["tool"]["importlinter"]
    (found,) = (one["layers"] for one in told["contracts"] if one["type"] == "layers")
    return [[part.strip() for part in line.split("|")] for line in found]


def part_of(module: str) -> str:
    """Return the part of the package that a module belongs to: '' is the package's own front.

    >>> part_of("tinytx.manual.norm"), part_of("tinytx.config"), part_of("tinytx")
    ('manual', 'config', '')
    """
    return module.split(".")[1] if "." in module else ""


def between_parts(imports: grimp.ImportGraph | None = None) -> dict[str, set[str]]:
    """Return for each part the parts that it imports."""
    imports = imports or graph()
    found: dict[str, set[str]] = defaultdict(set)
    for module in imports.modules:
        here = part_of(module)
        others = map(part_of, imports.find_modules_directly_imported_by(module))
        found[here] |= {part for part in others if part not in ("", here)}
    found.pop("", None)
    return dict(found)


def cycles(imports: grimp.ImportGraph | None = None) -> list[list[str]]:
    """Return each set of modules that import one another in a circle, packages' fronts included."""
    imports = imports or graph()
    edges = {m: set(imports.find_modules_directly_imported_by(m)) for m in imports.modules}
    found = networkx.strongly_connected_components(networkx.DiGraph(edges))
    return sorted(sorted(circle) for circle in found if len(circle) > 1)


def without_detours(parts: dict[str, set[str]]) -> dict[str, set[str]]:
    """Return the imports that no chain of others implies: few enough to draw."""
    kept = networkx.transitive_reduction(networkx.DiGraph(parts))
    return {part: set(kept[part]) for part in parts}
