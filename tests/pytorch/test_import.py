"""Looking inside a NumPy model needs no PyTorch; the ladder brings it when it is asked for."""

from __future__ import annotations

import subprocess
import sys

SCRIPT = """
import sys
import tinytx.inspect
assert "torch" not in sys.modules
from tinytx.inspect.ladder import climb
from tinytx.inspect import LadderReport, compare
assert "torch" in sys.modules
assert callable(compare) and isinstance(LadderReport, type)
"""


def test_torch_is_imported_when_it_is_needed():
    run = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr


def test_what_inspect_does_not_have():
    import tinytx.inspect

    assert not hasattr(tinytx.inspect, "no_such_name")
    assert set(tinytx.inspect.__all__) <= {*dir(tinytx.inspect), "LadderReport", "compare"}
