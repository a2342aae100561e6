"""NumPy's warnings are errors here: a right answer reached through an overflow is not right."""

from __future__ import annotations

import numpy as np
import pytest


@pytest.fixture(autouse=True)
def _no_silent_overflow():
    with np.errstate(over="raise", divide="raise", invalid="raise"):
        yield
