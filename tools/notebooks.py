"""Run notebooks from a clean kernel and store their outputs; `make outputs` runs all of them.

    python tools/notebooks.py [notebook ...]

What is stored is the same on every machine: no times, no widget state, no version of Python.
A file is written only if it changed, and only when all its cells ran.
"""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from tinytx.files import write_atomic

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("book/chapters", "solutions", "exercises")
WIDGET = "application/vnd.jupyter.widget-view+json"
SECONDS = 300  # for one cell


def run(notebook: nbformat.NotebookNode, folder: Path) -> nbformat.NotebookNode:
    """Return ``notebook`` with the outputs of a clean kernel that runs in ``folder``.

    Raises
    ------
    CellExecutionError
        If a cell raises and is not tagged ``raises-exception``.
    """
    notebook = nbformat.from_dict(notebook)
    client = NotebookClient(
        notebook,
        kernel_name="python3",
        timeout=SECONDS,
        store_widget_state=False,
        record_timing=False,
        coalesce_streams=True,
        resources={"metadata": {"path": str(folder)}},
    )
    client.execute(env=environment())
    return tidy(notebook)


def environment() -> dict[str, str]:
    """Return what a kernel inherits, so that its outputs do not depend on who starts it."""
    env = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONHASHSEED": "0"}
    env.pop("MPLBACKEND", None)
    return env


def tidy(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Remove what differs from run to run, and give an id to each cell that has none.

    Widget views go too: without their kernel they are blank boxes. The cells that show them are
    tagged ``nbval-ignore-output``.
    """
    notebook.metadata = nbformat.from_dict(
        {
            "kernelspec": {
                "display_name": "Python 3 (ipykernel)",
                "language": "python",
                "name": "python3",
            },
            "language_info": {"name": "python"},
        }
    )
    notebook.nbformat_minor = max(notebook.nbformat_minor, 5)
    for number, cell in enumerate(notebook.cells):
        seed = f"{number}\n{cell.source}".encode()
        cell.setdefault("id", hashlib.sha256(seed).hexdigest()[:8])
        cell.metadata.pop("execution", None)
        if cell.cell_type == "code":
            cell.outputs = [o for o in cell.outputs if WIDGET not in o.get("data", {})]
    return notebook


def save(notebook: nbformat.NotebookNode, path: Path) -> bool:
    """Write ``notebook`` if it differs from what ``path`` holds, and return whether it did."""
    text = nbformat.writes(notebook) + "\n"
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return False
    write_atomic(path, text)
    return True


def execute(path: Path) -> bool:
    """Run the notebook at ``path``, store its outputs, and return whether the file changed."""
    return save(run(nbformat.read(path, as_version=4), path.parent), path)


def main(arguments: list[str]) -> int:
    """Run the notebooks named, or all of them; 1 if one fails."""
    every = (path for folder in FOLDERS for path in sorted((ROOT / folder).glob("*.ipynb")))
    failed = False
    for path in map(Path, arguments) if arguments else every:
        try:
            print(f"{path.name}: {'written' if execute(path) else 'unchanged'}", flush=True)
        except (OSError, CellExecutionError) as error:
            failed = True
            print(f"{path}: {str(error).strip().splitlines()[-1]}", file=sys.stderr)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
