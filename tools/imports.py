"""Who imports whom in the package, as grimp reads it: also within functions and for types alone."""

from __future__ import annotations

import sys
import tomllib
from collections import defaultdict
from functools import cache
from pathlib import Path

import grimp

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
    left = {m: set(imports.find_modules_directly_imported_by(m)) for m in imports.modules}
    while True:  # what imports none that are left, or is imported by none, is in no circle
        wanted = set().union(*left.values()) if left else set()
        gone = {m for m, others in left.items() if not others or m not in wanted}
        if not gone:
            break
        left = {m: others - gone for m, others in left.items() if m not in gone}
    return _circles(left)


def _circles(left: dict[str, set[str]]) -> list[list[str]]:
    """Return the sets of modules that reach one another."""
    found: list[list[str]] = []
    for module in sorted(left):
        if any(module in circle for circle in found):
            continue
        ahead = _reached(module, left)
        circle = sorted(m for m in ahead if module in _reached(m, left))
        if circle:
            found.append(circle)
    return found


def _reached(start: str, edges: dict[str, set[str]]) -> set[str]:
    """Return all that can be reached from ``start`` by one step or more."""
    seen: set[str] = set()
    ahead = [start]
    while ahead:
        for other in edges.get(ahead.pop(), ()):
            if other not in seen:
                seen.add(other)
                ahead.append(other)
    return seen


def without_detours(parts: dict[str, set[str]]) -> dict[str, set[str]]:
    """Return the imports that no chain of others implies: few enough to draw."""
    kept = {}
    for part, others in parts.items():
        implied = set().union(*(_reached(other, parts) for other in others)) if others else set()
        kept[part] = others - implied
    return kept
