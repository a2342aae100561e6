"""The NumPy engine needs NumPy only, and no time to speak of: less than NumPy itself."""

from __future__ import annotations

import subprocess
import sys

SCRIPT = """
import sys, time
start = time.process_time()
import numpy
middle, before = time.process_time(), set(sys.modules)
import tinytx.manual
print((time.process_time() - middle) / (middle - start))
print(*sorted({name.split(".")[0] for name in set(sys.modules) - before}))
"""


def test_importing_is_quick_and_brings_numpy_only():
    runs = [
        subprocess.run(
            [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True
        ).stdout.splitlines()
        for _ in range(3)
    ]
    assert min(float(share) for share, _ in runs) < 1  # measured: 0.3
    foreign = set(runs[0][1].split()) - set(sys.stdlib_module_names) - {"tinytx", "numpy"}
    assert not foreign
