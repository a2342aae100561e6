"""The package as a wheel, built from a copy of what it is built from."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FILES = ("pyproject.toml", "setup.py", "MANIFEST.in", "README.md", "LICENSE", "CHANGELOG.md",
         "CITATION.cff", "constraints.txt")  # fmt: skip
BUILD = "from setuptools import build_meta; build_meta.build_wheel('out')"


def copy(folder: Path, root: Path = ROOT) -> Path:
    """Copy what a wheel and a source archive are built from into ``folder``, and return it."""
    leave = shutil.ignore_patterns("__pycache__", "*.egg-info", ".ipynb_checkpoints")
    for name in ("src", "exercises", "solutions"):
        shutil.copytree(root / name, folder / name, ignore=leave)
    for name in FILES:
        shutil.copy(root / name, folder)
    return folder


def build(folder: Path) -> Path:
    """Build the wheel of a copy, without a network, and return it."""
    env = {**os.environ, "SOURCE_DATE_EPOCH": "315532800"}
    done = subprocess.run(
        [sys.executable, "-c", BUILD], cwd=folder, env=env, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    (wheel,) = (folder / "out").glob("*.whl")
    return wheel
