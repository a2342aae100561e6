"""Each test of a ``Contract`` runs for every check of its chapter, or for every mistake in them."""

from __future__ import annotations


def pytest_generate_tests(metafunc):
    chapter = getattr(metafunc.cls, "chapter", None)
    if chapter is None:
        return
    checks = chapter.checks
    if "wrong" in metafunc.fixturenames:
        rows = [(c, m, way) for c in checks.values() for m in c.mistakes for way in m.ways]
        names = [f"{check.name}-{mistake.name}" for check, mistake, _ in rows]
        metafunc.parametrize(("check", "mistake", "wrong"), rows, ids=names)
    elif "check" in metafunc.fixturenames:
        metafunc.parametrize("check", checks.values(), ids=checks)
