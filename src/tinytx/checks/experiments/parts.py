"""What the exercises of chapter 11 are handed: quantiles of one line, losses as runs end with."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from ..written import Lambda

Array = np.ndarray


class Quantile(Lambda):
    """A quantile by degrees of freedom, shown as the lambda that it was made of.

    >>> Quantile("2 + 9 / freedom"), Quantile("2 + 9 / freedom")(3)
    (lambda freedom: 2 + 9 / freedom, 5.0)
    """

    argument: ClassVar[str] = "freedom"


def losses(*shape: int, seed: int, spread: float = 0.3) -> Array:
    """Return losses of ``shape`` around 2, to two decimals; seeds are the last axis.

    What a seed does to a loss, it does to all arms: a part of the noise has the last axis alone.

    >>> losses(2, 3, seed=0)
    array([[2.07, 1.8 , 2.3 ],
           [2.43, 2.24, 1.98]])
    """
    rng = np.random.default_rng(seed)
    shared, own = rng.normal(size=shape[-1:]), rng.normal(size=shape)
    return np.round(2 + spread * shared + spread * own, 2)
