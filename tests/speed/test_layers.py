"""What measures stands on the engines, and below what uses it."""

from __future__ import annotations

import subprocess
import sys

ABOVE = ("recipes", "cli", "figures", "checks", "experiments", "bugs")
SCRIPT = "import sys, tinytx.speed; print(*(n for n in sys.modules if n.startswith('tinytx.')))"


def test_importing_brings_no_layer_above():
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True
    )
    layers = {name.split(".")[1] for name in done.stdout.split()}
    assert "manual" in layers
    assert not layers & set(ABOVE)
