"""Answers that leave, ask or crash, in a real kernel: it lives on and has lost nothing."""

from __future__ import annotations

import sys
from pathlib import Path

import nbformat
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

import notebooks

SETUP = """
import os, sys
import numpy as np
from tinytx.checks import attention as check
from tinytx.checks import trial
mine = "still here"
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


@pytest.mark.parametrize("forks", [True, False])
def test_the_kernel_survives_every_answer(forks, tmp_path):
    if forks and not sys.platform.startswith("linux"):
        pytest.skip("calls run in a copy of the process on Linux")
    answers = {**ANSWERS, **(ONLY_IN_A_COPY if forks else {})}
    cells = [SETUP, f"trial.FORKS = {forks}\ncheck.softmax.seconds = 0.3"]
    for body in answers:
        cells.append(f"def softmax(x):\n    {body}\n    return x\ncheck.softmax(softmax)")
    cells.append("print(mine, float(np.exp(0.0)))")
    notebook = nbformat.v4.new_notebook(cells=list(map(nbformat.v4.new_code_cell, cells)))
    done = notebooks.run(notebook, tmp_path)
    said = ["".join(out.get("text", "") for out in cell.outputs) for cell in done.cells]
    for text, words in zip(said[2:-1], answers.values(), strict=True):
        assert text.startswith("[x] softmax: ")
        assert words in text
    assert said[-1] == "still here 1.0\n"
