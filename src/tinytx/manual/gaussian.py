"""The bell curve: its density and its cumulative distribution, for the exact GELU.

NumPy has no ``erf``, and ``math.erf`` takes one number at a time: 36 ms for (768, 512) in float64,
with the density still to come. Both together take 13 ms here, and 3 ms in float32. The tail is
``exp(-x**2 / 2)``, which is needed anyway, times a function so smooth that a polynomial gives it
to the last digit: the scaled complementary error function
``erfcx(z) = exp(z**2) * erfc(z)``, which is ``P(t) / (1 + 2 z)`` with ``t = (z - K) / (z + K)``
(Shepherd and Laframboise 1981). The coefficients were computed with mpmath to 60 digits by
Chebyshev interpolation, and a test computes them again.

Relative error in float64: 6e-14 at most down to x = -37, where ``1 + erf`` has long lost every
digit. The exact GELU differs from PyTorch's by 2e-14 relative for x > -3, 2e-15 absolute anywhere.
"""

from __future__ import annotations

import math

import numpy as np

K = 3.75
FAR = 1e18  # farther out nothing changes, and infinity divided by itself is no number
# P from the constant term up. float32 needs half as many terms for the digits it can hold.
COEFFICIENTS = {
    np.dtype(np.float64): (
        1.2375126308378275,
        -0.14024059858554697,
        0.0035854154854644293,
        0.0822767384901452,
        -0.10880393014174886,
        0.09230432116037748,
        -0.05869339858963677,
        0.028362277418956406,
        -0.009746579558029276,
        0.0017556258528952954,
        0.0002937136655913448,
        -0.0002901540805408417,
        5.164909889268241e-05,
        2.238423915508223e-05,
        -1.1444146237700524e-05,
        -9.73559896736775e-07,
        1.751637648849062e-06,
        -5.7218230603224086e-08,
        -2.5866850716155884e-07,
        2.3263508708859124e-08,
        3.8675334242222354e-08,
        -3.744210080962018e-09,
        -5.1739902140113095e-09,
        3.1114333809799254e-10,
        4.2514714447963895e-10,
    ),
    np.dtype(np.float32): (
        1.2375126192677,
        -0.1402406583213864,
        0.003586270394024618,
        0.08227841998347046,
        -0.10881427014905069,
        0.09229076959130378,
        -0.05864685873554614,
        0.02840925236412726,
        -0.009844494859674952,
        0.001675912217981131,
        0.0003963076129893627,
        -0.00022411674674416022,
    ),
}


def gaussian(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the standard normal's cumulative distribution and its density at ``x``.

    Parameters
    ----------
    x
        (...), float32 or float64.

    Returns
    -------
    cdf, density
        (...), in the dtype of ``x``: the integral of the density up to ``x``, and the density.

    >>> cdf, density = gaussian(np.array([0.0, 1.0]))
    >>> cdf.round(6), density.round(6)
    (array([0.5     , 0.841345]), array([0.398942, 0.241971]))
    """
    bell = np.exp(x * x * -0.5)
    tail = _erfcx(np.minimum(np.abs(x), FAR) * math.sqrt(0.5))
    tail *= bell
    tail *= 0.5  # the share that lies beyond |x|
    return np.where(x > 0, 1 - tail, tail), bell * (1 / math.sqrt(2 * math.pi))


def _erfcx(z: np.ndarray) -> np.ndarray:
    """Return ``exp(z**2) * erfc(z)`` for ``z`` of 0 and more."""
    t = (z - K) / (z + K)
    high, *rest = reversed(COEFFICIENTS[z.dtype])
    y = np.full_like(t, high)
    for coefficient in rest:  # Horner's rule
        y *= t
        y += coefficient
    y /= 1 + 2 * z
    return y
