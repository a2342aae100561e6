"""Make sure that a Chromium is there for the browser tests, or say that they will be skipped."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
SECONDS = 300


def find() -> str | None:
    """Return the path of a Chromium: ``$CHROMIUM``, one on the path, or Playwright's own."""
    named = os.environ.get("CHROMIUM")
    if named:
        return named if Path(named).exists() else None
    for name in NAMES:
        if path := shutil.which(name):
            return path
    return _playwright_own()


def _playwright_own() -> str | None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def _ways() -> Iterator[list[str]]:
    """Yield the commands that may bring a Chromium, the likeliest first."""
    if shutil.which("apt-get") and hasattr(os, "geteuid") and os.geteuid() == 0:
        yield ["apt-get", "install", "-y", "-qq", "chromium"]
        yield ["sh", "-c", "apt-get update -qq && apt-get install -y -qq chromium"]
    yield [sys.executable, "-m", "playwright", "install", "chromium"]


def install() -> str | None:
    """Try each way to install one; return its path, or None."""
    for command in _ways():
        try:
            subprocess.run(command, capture_output=True, timeout=SECONDS, check=True)
        except (OSError, subprocess.SubprocessError):
            continue
        if path := find():
            return path
    return None


def main() -> None:
    """Report in one line what the browser tests will use."""
    path = find() or install()
    if path:
        print(f"browser tests: using {path}")
    else:
        print(
            "browser tests: SKIPPED, there is no Chromium and it could not be installed. "
            "Install Chromium or Chrome, or set CHROMIUM=/path/to/it."
        )


if __name__ == "__main__":
    main()
