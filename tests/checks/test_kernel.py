"""Answers that leave, ask or crash, in a real kernel: it lives on and has lost nothing."""

from __future__ import annotations

import sys
from pathlib import Path

import nbformat

from tinytx.checks import trial

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

import notebooks

SETUP = """
import os, sys
import numpy as np
from tinytx.checks import attention as check
from tinytx.checks import trial
mine = "still here"
check.softmax.seconds = 0.3
trial.GRACE = 0.2
"""
ANSWERS = {
    "exit()": "SystemExit",
    "quit()": "SystemExit",
    "sys.exit()": "SystemExit",
    "raise SystemExit": "SystemExit",
    "return input('?')": "input() asks a person",
    "np.exp = None": "replaces numpy.exp",
}
ONLY_IN_A_COPY = {
    "os._exit(1)": "the call ended the whole process",
    "return sum(range(10**11))": "still running after",
}


def test_the_kernel_survives_every_answer(tmp_path):
    """The calls run in a copy of the process, where there are copies, and then without one."""
    copies = {**ANSWERS, **ONLY_IN_A_COPY} if trial.FORKS else {}
    asked = [(True, *item) for item in copies.items()]
    asked += [(False, *item) for item in ANSWERS.items()]
    cells = [SETUP]
    for forks, body, _ in asked:
        cells.append(f"""trial.FORKS = {forks}
def softmax(x):
    {body}
    return x
check.softmax(softmax)""")
    cells.append("print(mine, float(np.exp(0.0)))")
    notebook = nbformat.v4.new_notebook(cells=list(map(nbformat.v4.new_code_cell, cells)))
    done = notebooks.run(notebook, tmp_path)
    said = ["".join(out.get("text", "") for out in cell.outputs) for cell in done.cells]
    for text, (_, _, words) in zip(said[1:-1], asked, strict=True):
        assert text.startswith("[x] softmax: ")
        assert words in text
    assert said[-1] == "still here 1.0\n"
