"""A pytest plugin for `make quick`: leave what is not begun when the time is up, and say what.

``QUICK_UNTIL`` is the end, in seconds since 1970, for every worker alike. ``QUICK_FAILED`` is a
file for the names of tests that fail: whoever stops the run knows them then.
"""

from __future__ import annotations

import os
import time
from collections import Counter

import pytest

LEFT = "left for `make test`: the time is up"
SLOWEST = 5

_seconds: Counter[str] = Counter()
_left: Counter[str] = Counter()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what would begin after the end."""
    if time.time() > float(os.environ["QUICK_UNTIL"]):
        pytest.skip(LEFT)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Count the seconds of each file, and what was left."""
    file = report.nodeid.split("::")[0]
    _seconds[file] += report.duration
    if report.skipped and LEFT in str(report.longrepr):
        _left[file] += 1
    if report.failed and "QUICK_FAILED" in os.environ:
        with open(os.environ["QUICK_FAILED"], "a", encoding="utf-8") as names:
            names.write(f"{report.nodeid}\n")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say which files took longest, and which were left."""
    say = terminalreporter.write_line
    slow = [f"{name} {s:.0f} s" for name, s in _seconds.most_common(SLOWEST) if s >= 1]
    if slow:
        say(f"longest: {', '.join(slow)}")
    for name, number in sorted(_left.items()):
        say(f"{LEFT}: {name} ({number})")
