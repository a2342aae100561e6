"""The NumPy engine needs NumPy only, and no time to speak of."""

from __future__ import annotations

import subprocess
import sys

SCRIPT = """
import sys, time
import numpy
before = set(sys.modules)
start = time.perf_counter()
import tinytx.manual
print(time.perf_counter() - start)
print(*sorted({name.split(".")[0] for name in set(sys.modules) - before}))
"""


def test_importing_is_quick_and_brings_numpy_only():
    runs = [
        subprocess.run(
            [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True
        ).stdout.splitlines()
        for _ in range(3)
    ]
    assert min(float(seconds) for seconds, _ in runs) < 0.2
    foreign = set(runs[0][1].split()) - set(sys.stdlib_module_names) - {"tinytx", "numpy"}
    assert not foreign
