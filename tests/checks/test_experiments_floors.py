"""The check of ``best_floor``: whoever takes the floor that fits best is told so."""

from __future__ import annotations

import numpy as np
import pytest

from tinytx.checks import experiments

MEASURED = pytest.mark.parametrize(
    "measured", [np.positive, np.exp], ids=["in logarithms", "in losses"]
)


def squares(compute, lost, floor, measured):
    """Return the sum of squares that a power law above the floor leaves over."""
    x, y = np.log(compute), np.log(lost - floor)
    fitted = np.polyval(np.polyfit(x, y, 1), x)
    return ((measured(fitted) - measured(y)) ** 2).sum()


@MEASURED
def test_which_floor_fits_best_is_no_matter_of_rounding(measured):
    """Else whoever takes it could not be told so."""
    for compute, lost, floors in experiments.best_floor.cases:
        for keep in (compute < compute.max(), compute > 0):
            sums = np.sort([squares(compute[keep], lost[keep], E, measured) for E in floors])
            assert (np.diff(sums[:2]) > 1e-3 * sums[1:2]).all()


@MEASURED
def test_whoever_takes_the_floor_that_fits_best_is_told_so_however_it_is_written(measured):
    def hasty(compute, lost, floors):
        seen = compute < compute.max()
        x, L = np.log(compute), lost[seen]
        best = min(floors, key=lambda floor: squares(compute[seen], L, floor, measured))
        slope, start = np.polyfit(x[seen], np.log(L - best), 1)
        return np.array([best, best + np.exp(start + slope * x.max())])

    assert "the floor that fits the other runs best" in experiments.best_floor.run(hasty).message
