"""Locality-sensitive hashing: which texts to compare at all, without comparing each with each.

Cut a signature of k = b · r numbers into b bands of r. Two texts become a *candidate pair* if they
agree in at least one whole band. At similarity s a band agrees with probability s^r, so a pair is
found with probability 1 - (1 - s^r)^b: an S-curve, steepest near (1/b)^(1/r). Source: Leskovec,
Rajaraman and Ullman 2020, section 3.4.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import combinations

import numpy as np

from ...manual.shapes import is_whole


def chance_found(s: float | np.ndarray, bands: int, rows: int) -> float | np.ndarray:
    """Return 1 - (1 - s^rows)^bands: how likely a pair of similarity ``s`` is a candidate.

    >>> round(chance_found(0.8, bands=32, rows=4), 5), round(chance_found(0.3, 32, 4), 3)
    (1.0, 0.229)
    """
    return 1 - (1 - s**rows) ** bands


def threshold(bands: int, rows: int) -> float:
    """Return (1/b)^(1/r), where about 1 - 1/e of the pairs are found.

    >>> round(threshold(32, 4), 3)
    0.42
    """
    return (1 / bands) ** (1 / rows)


def candidates(signatures: np.ndarray, bands: int) -> set[tuple[int, int]]:
    """Return the pairs (i, j), i < j, that agree in at least one whole band.

    Texts are put into a bucket by the numbers of a band; only those of one bucket are paired.

    Parameters
    ----------
    signatures
        (n, k), one text a row.
    bands
        b; it must divide k.
    """
    k = signatures.shape[1]
    if not is_whole(bands) or bands < 1 or k % bands:
        raise ValueError(f"bands is {bands!r} and must divide the {k} numbers of a signature")
    pairs: set[tuple[int, int]] = set()
    for band in np.split(signatures, bands, axis=1):
        buckets = defaultdict(list)
        for i, row in enumerate(band):
            buckets[row.tobytes()].append(i)
        for inside in buckets.values():
            pairs.update(combinations(inside, 2))
    return pairs
