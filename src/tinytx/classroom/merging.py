"""Merging a newer version of an exercise notebook into a learner's, cell by cell.

Three notebooks meet: ``base``, as it was handed out; ``mine``, as the learner left it; ``new``, as
the course has it now. What one side changed is taken. Where both changed a cell, the learner's
stays, and the course's is laid beside it. No line of the course is merged into an answer: a renamed
argument would land above a body that uses the old name. (nbdime does that with ``use-local``, and
loses a new exercise where the learner has added a cell; with its other settings it writes conflict
markers into answers. So it does not do this work.)

Cells are told by their ids. Where an editor has dropped those, by what they contain, and what is
left by the cells before and behind it.
"""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise

from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell

from .cells import names_told
from .links import without_targets
from .reading import CHECK, TASK

BESIDE = """\
**New in the course.** The cell above is yours, and stays as it is. What stood in its place when it
was handed out now reads:

````{language}
{text}
````

Take over what you need, then delete this cell."""


@dataclass
class Merged:
    """A merged notebook, and what was done to the learner's; the lists hold ids of cells."""

    notebook: NotebookNode
    updated: list[str] = field(default_factory=list)  # their words are new
    added: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)  # the course has them no more
    lost: list[str] = field(default_factory=list)  # new, and not found where there are no ids
    unsure: list[str] = field(default_factory=list)  # texts that differ, and no base says why
    beside: dict[str, str] = field(default_factory=dict)  # how the course's changed, line by line


def merge(base: NotebookNode | None, mine: NotebookNode, new: NotebookNode) -> Merged:
    """Return ``mine`` with what ``new`` has over ``base``; the three stay as they are.

    Cells that the learner removed stay away, and those that the course removed stay. The order is
    the learner's, unless the course has changed its own. Without a base nobody knows who changed a
    cell: the learner's stays, and what the notebook lacks is added.
    """
    before, after = _by_id(base.cells if base else []), _by_id(new.cells)
    merged = Merged(NotebookNode(mine))
    chunks: list[tuple[str, list[NotebookNode]]] = []
    names = _names(mine.cells, before, after)
    if not all(cell.get("id") for cell in mine.cells):
        merged.lost += [
            n for n in _order(before, after) if n not in names and not _alike(before[n], after[n])
        ]
    for name, cell in zip(names, mine.cells, strict=True):
        if name or not chunks:
            chunks.append((name, []))
        chunks[-1][1].extend(_settled(merged, name, cell, before, after) if name else [cell])
    if _order(before, after) != _order(after, before):
        chunks = _reordered(chunks, list(after))
    _add(merged, chunks, before, after)
    cells = _with_ids([cell for _, some in chunks for cell in some])
    merged.notebook |= {"cells": cells, "nbformat_minor": max(mine.nbformat_minor, 5)}
    return merged


Cells = dict[str, NotebookNode]


def _by_id(cells: Iterable[NotebookNode]) -> Cells:
    return {cell["id"]: cell for cell in cells}


def _names(mine: list[NotebookNode], before: Cells, after: Cells) -> list[str]:
    """Return for each of the learner's cells which of the course's it is; "" if it is none."""
    course = {**before, **after}
    names = ["" for _ in mine]
    free = dict.fromkeys(course)

    def give(at: int, name: str) -> None:
        names[at] = name
        del free[name]

    for at, cell in enumerate(mine):
        if cell.get("id") in free:
            give(at, cell["id"])
    for alike in (_same, _plays_the_same_part):
        for name in list(free):
            versions = [some[name] for some in (before, after) if name in some]
            for at, cell in enumerate(mine):
                if not names[at] and any(alike(cell, version) for version in versions):
                    give(at, name)
                    break
    for at, name in _by_neighbours(mine, names, course, list(before or after)):
        give(at, name)
    return names


def _by_neighbours(
    mine: list[NotebookNode], names: list[str], course: Cells, order: list[str]
) -> list[tuple[int, str]]:
    """Return which cells without an id stand where as many of the course's are not found."""
    pairs: list[tuple[int, str]] = []
    known = [(at, order.index(name)) for at, name in enumerate(names) if name in order]
    ends = [(-1, -1), *known, (len(mine), len(order))]
    for (a, i), (b, j) in pairwise(ends):
        for kind in ("code", "markdown"):
            here = [at for at in range(a + 1, b) if _nameless(mine[at], names[at], kind)]
            there = [name for name in order[i + 1 : j] if course[name]["cell_type"] == kind]
            there = [name for name in there if name not in names]
            if len(here) == len(there):
                pairs += zip(here, there, strict=True)
    return pairs


def _nameless(cell: NotebookNode, name: str, kind: str) -> bool:
    return not name and not cell.get("id") and cell["cell_type"] == kind


def _same(a: NotebookNode, b: NotebookNode) -> bool:
    return a["cell_type"] == b["cell_type"] and _text(a) == _text(b)


def _alike(old: NotebookNode, new: NotebookNode) -> bool:
    """Return whether two versions differ in addresses at most."""
    return without_targets(_text(old)) == without_targets(_text(new))


def _plays_the_same_part(a: NotebookNode, b: NotebookNode) -> bool:
    """Return whether two cells open the same exercise, answer it, or check it."""
    if a["cell_type"] != b["cell_type"]:
        return False
    if a["cell_type"] != "code":
        heads = [TASK.search(cell["source"]) for cell in (a, b)]
        return all(heads) and heads[0][2] == heads[1][2]  # type: ignore[index]
    if checked := CHECK.findall(b["source"]):
        return checked == CHECK.findall(a["source"])
    return bool(names_told(a["source"]) & names_told(b["source"]))


def _settled(
    merged: Merged, name: str, mine: NotebookNode, before: Cells, after: Cells
) -> list[NotebookNode]:
    """Return what stands in the place of a cell of the course's: one cell, or it and a note."""
    old, new = before.get(name), after.get(name)
    if new is None:
        merged.kept.append(name)
        return [mine]
    if old is None and new["cell_type"] == "markdown" and not _alike(mine, new):
        merged.unsure.append(name)
    if old is None or _same(mine, new) or _same(old, new):
        return [mine]
    if _same(mine, old):
        if not _alike(old, new):
            merged.updated.append(name)
        return [_taken(mine, new)]
    if _alike(old, new):
        return [mine]  # only addresses have changed
    merged.beside[name] = _difference(old, new)
    return [mine, _note(name, new)]


def _taken(mine: NotebookNode, new: NotebookNode) -> NotebookNode:
    """Return the course's cell; what another text has printed is not kept."""
    cell = NotebookNode({**new, "id": mine.get("id", new["id"])})
    if cell["cell_type"] == "code":
        cell |= {"outputs": [], "execution_count": None}
    return cell


def _note(name: str, new: NotebookNode) -> NotebookNode:
    language = "python" if new["cell_type"] == "code" else "markdown"
    version = hashlib.sha256(_text(new).encode()).hexdigest()[:6]
    text = BESIDE.format(language=language, text=_text(new))
    return new_markdown_cell(text, id=f"{name[:50]}-new-{version}")


def _difference(old: NotebookNode, new: NotebookNode) -> str:
    lines = difflib.unified_diff(_text(old).splitlines(), _text(new).splitlines(), n=0, lineterm="")
    return "\n".join(line for line in lines if not line.startswith(("---", "+++", "@@")))


def _order(some: Cells, others: Cells) -> list[str]:
    return [name for name in some if name in others]


def _reordered(
    chunks: list[tuple[str, list[NotebookNode]]], order: list[str]
) -> list[tuple[str, list[NotebookNode]]]:
    """Return the chunks in the course's order; what the course has no more follows what it did."""
    ranks, rank = [], -1
    for name, _ in chunks:
        rank = order.index(name) if name in order else rank
        ranks.append(rank)
    return [chunks[at] for at in sorted(range(len(chunks)), key=lambda at: ranks[at])]


def _add(
    merged: Merged,
    chunks: list[tuple[str, list[NotebookNode]]],
    before: Cells,
    after: Cells,
) -> None:
    """Put each new cell of the course behind the one that it follows there."""
    earlier: list[str] = []
    for name, cell in after.items():
        present = [one for one, _ in chunks]
        if name not in present and name not in before:
            place = max((present.index(one) + 1 for one in earlier if one in present), default=0)
            chunks.insert(place, (name, [cell]))
            merged.added.append(name)
        earlier.append(name)


def _with_ids(cells: list[NotebookNode]) -> list[NotebookNode]:
    """Return the cells, each with an id of its own; a note that stands there already goes."""
    seen: set[str] = set()
    found = []
    for at, cell in enumerate(cells):
        name = cell.get("id")
        if name in seen and "-new-" in name:
            continue
        if not name or name in seen:
            seed = f"{at}\n{cell['source']}".encode()
            cell = NotebookNode({**cell, "id": hashlib.sha256(seed).hexdigest()[:8]})
        seen.add(cell["id"])
        found.append(cell)
    return found


def _text(cell: NotebookNode) -> str:
    return str(cell["source"]).rstrip()
