"""Write what is made from solutions/*.ipynb, the one source; `make exercises` runs it.

    python tools/exercises.py            write what is out of step, exercises with their outputs
    python tools/exercises.py --check    write nothing; 1 if something is out of step

Two things are made: the notebook in exercises/, and `src/tinytx/checks/<topic>/answers.py`, which
holds the right answers as functions, for the checks.

A solution stands between `# BEGIN SOLUTION` and `# END SOLUTION` (`<!-- BEGIN SOLUTION -->` in
text). Inside a function it becomes `raise NotImplementedError`. At the top level each name that
it assigns becomes `...`, so that the notebook still runs from top to bottom.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import nbformat
from nbclient.exceptions import CellExecutionError
from notebooks import ROOT, run, save, tidy

REGION = re.compile(
    r"^([ \t]*)(?:#+|<!--) BEGIN SOLUTION[^\n]*\n(.*?)"
    r"^[ \t]*(?:#+|<!--) END SOLUTION[^\n]*(?:\n|\Z)",
    re.M | re.S,
)


def strip(source: str, kind: str) -> str:
    """Return the source of a cell without its solution.

    Raises
    ------
    ValueError
        If a marker has no partner, or a solution at the top level is not made of assignments.
    """

    def stub(found: re.Match[str]) -> str:
        pad, body = found.groups()
        if kind == "markdown":
            return "*Your answer here.*\n"
        lines = ["raise NotImplementedError"] if pad else [f"{n} = ..." for n in _names(body)]
        return "".join(f"{pad}{line}\n" for line in ["# YOUR CODE HERE", *lines])

    stripped = REGION.sub(stub, source)
    if re.search(r"(BEGIN|END) SOLUTION", stripped):
        raise ValueError(f"a solution marker has no partner in the cell: {_first_line(source)}")
    return stripped.rstrip("\n")


def _names(body: str) -> list[str]:
    """Return the names that a top-level solution assigns, in order."""
    names: list[str] = []
    for node in ast.parse(body).body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        for target in targets:
            if not isinstance(target, ast.Name):
                raise ValueError(
                    "a solution at the top level may only assign names, and this is none: "
                    f"{_first_line(ast.unparse(node))}; put it into a function"
                )
            names.append(target.id)
    return list(dict.fromkeys(names))


def _first_line(text: str) -> str:
    return (text.strip().splitlines() or [""])[0]


def exercise(solution: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Return the exercise notebook of ``solution``, not run yet."""
    notebook = nbformat.from_dict(solution)
    for cell in notebook.cells:
        cell.source = strip(cell.source, cell.cell_type)
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return tidy(notebook)


def in_step(solution: nbformat.NotebookNode, target: Path) -> bool:
    """Return whether ``target`` has the cells of ``solution``'s exercise, and all were run."""
    if not target.exists():
        return False
    found = nbformat.read(target, as_version=4)
    counts = [c.execution_count for c in found.cells if c.cell_type == "code"]
    return _cells(found) == _cells(exercise(solution)) and None not in counts


def _cells(notebook: nbformat.NotebookNode) -> list[tuple[str, str, str, dict]]:
    return [(c.id, c.cell_type, c.source, dict(c.metadata)) for c in notebook.cells]


def answers(solution: nbformat.NotebookNode, stem: str) -> str:
    """Return the right answers of a solution notebook as a module: its imports and functions."""
    cells = [cell.source for cell in solution.cells if cell.cell_type == "code"]
    imports = [line for line in cells[0].splitlines() if "tinytx.checks" not in line]
    marked = re.compile(r"^[ \t]*# (?:BEGIN|END) SOLUTION[^\n]*\n?", re.M)
    found = [marked.sub("", c) for c in cells if c.startswith("def ") and marked.search(c)]
    head = f'"""The right answers of {stem}, from its solutions. Written by `make exercises`."""'
    text = "\n".join([head, "", "from __future__ import annotations", "", *imports, "", *found])
    for command in (["check", "--fix-only", "--select", "F401,I"], ["format"]):
        ruff = [sys.executable, "-m", "ruff", *command, "--quiet", "--stdin-filename", "a.py", "-"]
        text = subprocess.run(
            ruff, input=text, capture_output=True, text=True, check=True, cwd=ROOT
        ).stdout
    return text


def _step_answers(source: Path, solution: nbformat.NotebookNode, root: Path, write: bool) -> str:
    """Bring the answers of one chapter in step, and return '' or what is wrong with them."""
    folder = root / "src/tinytx/checks" / source.stem.partition("_")[2]
    if not folder.is_dir():
        return ""
    target, text = folder / "answers.py", answers(solution, source.stem)
    if target.exists() and target.read_text(encoding="utf-8") == text:
        return ""
    if not write:
        return f"{target.relative_to(root)} is out of step: run `make exercises`"
    target.write_text(text, encoding="utf-8")
    print(f"{target.relative_to(root)}: written")
    return ""


def main(arguments: list[str], root: Path = ROOT) -> int:
    """Write or check all that is made; 1 if something is out of step or cannot be made."""
    sources = sorted((root / "solutions").glob("*.ipynb"))
    targets = {root / "exercises" / path.name: path for path in sources}
    stray = set((root / "exercises").glob("*.ipynb")) - set(targets)
    bad = [f"exercises/{path.name} has no solution: remove it" for path in sorted(stray)]
    for target, source in targets.items():
        try:
            solution = nbformat.read(source, as_version=4)
            said = _step_answers(source, solution, root, "--check" not in arguments)
            bad += [said] if said else []
            if in_step(solution, target):
                print(f"exercises/{target.name}: in step")
            elif "--check" in arguments:
                bad.append(f"exercises/{target.name} is out of step: run `make exercises`")
            else:
                save(run(exercise(solution), target.parent), target)
                print(f"exercises/{target.name}: written")
        except (ValueError, SyntaxError, CellExecutionError) as error:
            bad.append(f"solutions/{source.name}: {str(error).strip().splitlines()[-1]}")
    for line in bad:
        print(line, file=sys.stderr)
    return int(bool(bad))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
