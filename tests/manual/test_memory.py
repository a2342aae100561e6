"""What a training step frees is there for the next one, without asking the system again."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

SCRIPT = """
import resource, sys
import numpy as np
if sys.argv[1] == "with":
    import tinytx.manual

def step():
    arrays = [np.ones(200_000, np.float32) for _ in range(6)]  # 0.8 MB each

for _ in range(3):
    step()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(10):
    step()
print((resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before) / 10)
"""


def pages(how: str) -> float:
    """How many pages each step asks for, in a fresh process."""
    command = [sys.executable, "-c", SCRIPT, how]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another allocator, other habits")
def test_freed_memory_is_kept():
    assert pages("without") > 100, "nothing to save here: the measure has lost its reason"
    assert pages("with") < 1
