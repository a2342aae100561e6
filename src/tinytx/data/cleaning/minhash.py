"""MinHash: how alike two texts are, from a few numbers of each.

A text becomes the set of its *shingles*, every few neighbouring words. Two texts are as alike as
their sets: J = ``|A ∩ B| / |A ∪ B|`` (Jaccard). To compare a million texts by their sets, all of
them would have to be held. But shuffle all shingles there are, and ask which of A's comes first:
that one is also B's first exactly if the first of the union is in both, which happens with
probability J. A hash function shuffles, and k of them give k throws of that coin. Source: Broder
1997; Lee et al. 2022 for language models' texts.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Collection

import numpy as np

from ...manual.shapes import check_count, is_whole
from ...tokenizers.base import check_texts

HASHES = 128  # functions
WORDS = 3  # in a shingle
SETS = "give shingles(text)"


def shingles(text: str, n: int = WORDS) -> set[str]:
    """Return the set of every ``n`` neighbouring words, in lower case and without punctuation.

    A text of fewer words is one shingle. More words make texts that share only phrases less alike.

    >>> sorted(shingles("One day, one day!", 2))
    ['day one', 'one day']
    """
    if not is_whole(n) or n < 1:
        raise ValueError(f"n is {n!r} and must be a whole number of words, at least 1")
    words = re.findall(r"\w+", text.lower())
    return {" ".join(words[i : i + n]) for i in range(max(1, len(words) - n + 1))} - {""}


def jaccard(a: Collection[str], b: Collection[str]) -> float:
    """Return ``|A ∩ B| / |A ∪ B|``, exactly. Two empty sets are equal: 1.

    ``ValueError`` for a text: its letters would be compared.

    >>> jaccard({"a", "b", "c"}, {"b", "c", "d"})
    0.5
    """
    a, b = (set(check_texts(one, name, SETS)) for name, one in (("a", a), ("b", b)))
    return len(a & b) / len(a | b) if a or b else 1.0


def fingerprint(shingle: str) -> int:
    """Return a number below 2^32 that is as good as random, and the same on every machine."""
    return int.from_bytes(hashlib.blake2b(shingle.encode(), digest_size=4).digest(), "little")


class MinHash:
    """k hash functions, drawn from a seed: ``sign`` makes a text's signature.

    Each is ``(a * x + b) mod 2^64``, of which the upper 32 bits are kept: of all pairs of such
    functions any two values of x are hashed independently (Dietzfelbinger 1996). Unsigned integers
    of NumPy wrap around, which is the ``mod``.

    >>> hashes = MinHash(k=4, seed=0)
    >>> a, b = hashes.sign({"one day", "day one"}), hashes.sign({"day one", "one day"})
    >>> a.shape, estimate(a, b)
    ((4,), 1.0)
    """

    def __init__(self, k: int = HASHES, seed: int = 0):
        if not is_whole(k) or k < 1:
            raise ValueError(f"k is {k!r} and must be a whole number of hash functions, at least 1")
        self.k = k
        self.a, self.b = np.random.default_rng(seed).integers(2**64, size=(2, k), dtype=np.uint64)

    def sign(self, found: Collection[str]) -> np.ndarray:
        """Return for each function the least that it makes of the shingles, (k,) uint32.

        Raises
        ------
        ValueError
            If there is no shingle, for nothing comes first in an empty set; or for a text, whose
            letters would be taken for shingles.
        """
        check_texts(found, "found", SETS)
        if not found:
            raise ValueError("the text has no words, so no shingles: throw it away before")
        x = np.array([fingerprint(shingle) for shingle in found], np.uint64)  # (n,)
        hashed = (x[:, None] * self.a + self.b) >> np.uint64(32)  # (n, k)
        return hashed.min(axis=0).astype(np.uint32)


def estimate(a: np.ndarray, b: np.ndarray) -> float:
    """Return the estimate of J: the share of functions whose least is the same in both."""
    a, b = np.asarray(a), np.asarray(b)
    if a.shape != b.shape:
        raise ValueError(f"b has shape {b.shape} and a has {a.shape}: sign both with one MinHash")
    return float((a == b).mean())


def standard_error(j: float, k: int) -> float:
    """Return how far an estimate of ``j`` by k functions is off, typically: sqrt(J (1 - J) / k).

    That is the standard deviation of the mean of k throws of a coin. It is largest at J = 1/2, and
    halving it takes four times as many functions.

    >>> standard_error(0.8, 100)
    0.04
    """
    if not 0 <= j <= 1:
        raise ValueError(f"j is {j!r} and must be from 0 to 1, a similarity")
    check_count("k", k)
    return math.sqrt(j * (1 - j) / k)
