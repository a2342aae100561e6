"""Pin what is installed now: every package the course needs, with all that they bring along."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

TARGET = Path(__file__).resolve().parent.parent / "constraints.txt"
HEADER = """\
# The versions that the committed outputs were made with. Written by `make lock`.
# `torch` must stay pinned to one version, the one that the stored outputs were made with.
# `jsonschema` stays below 4.25: from there on each process that reads a notebook starts 3 s later.
"""
INSTALLERS = ("pip==", "wheel==")  # what installs is each machine's own


def main() -> None:
    """Write constraints.txt from the running environment."""
    # Without --all some versions of Python leave out setuptools, which builds the wheel.
    command = [sys.executable, "-m", "pip", "freeze", "--all", "--exclude-editable"]
    frozen = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    lines = [line for line in frozen.splitlines() if "==" in line]
    # "+cpu" names a build, not a version: the pin must hold for every build.
    pins = sorted({line.partition("+")[0] for line in lines if not line.startswith(INSTALLERS)})
    TARGET.write_text(HEADER + "\n".join(pins) + "\n", encoding="utf-8")
    print(f"{len(pins)} versions pinned in {TARGET.name}")


if __name__ == "__main__":
    main()
