"""Each test of a ``Contract`` runs for every check of its chapter; functions are called by name."""

from __future__ import annotations

import pytest

from tinytx.checks import check, search, trial


def pytest_generate_tests(metafunc):
    chapter = getattr(metafunc.cls, "chapter", None)
    if chapter is not None and "check" in metafunc.fixturenames:
        metafunc.parametrize("check", chapter.checks.values(), ids=chapter.checks)


def pytest_make_parametrize_id(config, val, argname):
    """Without it a function's address is its name, and two workers collect different tests."""
    return val.__name__ if callable(val) and hasattr(val, "__name__") else None


@pytest.fixture(autouse=True)
def _in_this_process(request, monkeypatch):
    """Call answers without a fork, five times faster; ``test_trial.py`` tries both."""
    if request.path.stem not in ("test_trial", "test_kernel"):
        monkeypatch.setattr(trial, "FORKS", False)


# Of the processor's seconds; one call takes a thousandth. Each endless loop costs its limit once.
LIMITS = {"SLIP": 0.05, "SLIPS": 30.0, "SURE": 30.0, "TWO": 0.05, "PAIRS": 60.0}


@pytest.fixture(autouse=True)
def _unhurried(request, monkeypatch):
    """Let each search come to its end: a name must not depend on how busy the machine is.

    What keeps to the limits of a reader's machine is marked ``hurried``.
    """
    if request.node.get_closest_marker("hurried") is None:
        for name, seconds in LIMITS.items():
            monkeypatch.setattr(search, name, seconds)


@pytest.fixture
def _nameless(monkeypatch):
    """Refuse wrong answers without a search for what they did, where a test does not ask."""
    monkeypatch.setattr(check, "named", lambda *_: ())
