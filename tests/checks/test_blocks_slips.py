"""Chapter 05: what people type gets the name that it deserves, or the two names."""

from __future__ import annotations

import pytest

from tinytx.checks import blocks

from .blocks_slips import SLIPS


@pytest.mark.parametrize("number", range(len(SLIPS)), ids=[fn.__name__ for fn, _ in SLIPS])
def test_a_slip_is_named(number):
    fn, names = SLIPS[number]
    check = next(c for n, c in blocks.chapter.checks.items() if fn.__name__.startswith(f"{n}_"))
    result = check.run(fn)
    assert result.status == "wrong"
    assert set(result.mistakes) == set(names), str(result)
