"""Classes of learners for the tests of grading: solutions with some answers replaced."""

from __future__ import annotations

import json
from pathlib import Path

ROOT = Path(__file__).parents[2]


def notebook(chapter, answers=None, before="", kind="solutions"):
    """Return a chapter's solution notebook with the cells of some exercises replaced."""
    made = json.loads((ROOT / kind / f"{chapter}.ipynb").read_text("utf-8"))
    for cell in made["cells"]:
        text = "".join(cell["source"])
        for name, answer in (answers or {}).items():
            if cell["cell_type"] == "code" and f"def {name}(" in text:
                cell["source"] = answer
        if cell.get("id") == "imports" and before:
            cell["source"] = text + "\n" + before
    return made


def hand_in(folder, learner, chapter="03_attention", answers=None, before="", kind="solutions"):
    """Write a learner's notebook into a class's folder."""
    path = Path(folder) / learner / f"{chapter}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(notebook(chapter, answers, before, kind)), "utf-8")
    return path


def statuses(row):
    """Return the states of a learner's exercises by their names."""
    return {name: mark.result.status for name, mark in row.marks.items()}
