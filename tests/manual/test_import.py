"""The NumPy engine needs NumPy only, and a few dozen small modules: far fewer than NumPy itself."""

from __future__ import annotations

import subprocess
import sys

SCRIPT = """
import sys
import numpy
before = set(sys.modules)
import tinytx.manual
print(len(before))
print(*set(sys.modules) - before)
"""


def test_importing_brings_numpy_only_and_little_else():
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True
    )
    before, added = done.stdout.splitlines()
    foreign = {name.split(".")[0] for name in added.split()} - set(sys.stdlib_module_names)
    assert foreign <= {"tinytx", "numpy"}
    assert len(added.split()) < int(before) / 2  # measured: 35 against 173
