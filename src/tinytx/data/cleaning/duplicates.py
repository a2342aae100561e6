"""Copies: exact ones by a hash of the text, near ones by MinHash. The first one is kept."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import numpy as np

from ...tokenizers.base import check_texts
from .bands import candidates
from .minhash import HASHES, WORDS, MinHash, estimate, shingles


def exact_duplicates(texts: Iterable[str]) -> dict[int, int]:
    """Return which texts were there before, and where first: ``{place: first place}``.

    What is kept of a text is a hash of 16 bytes (some 150 as a dictionary holds it). White space at
    the ends and the length of gaps do not count. ``ValueError`` if ``texts`` is a string or a path.

    >>> exact_duplicates(["a b", "c", "a  b "])
    {2: 0}
    """
    check_texts(texts, "texts", "give [text]")
    first: dict[bytes, int] = {}
    copies = {}
    for i, text in enumerate(texts):
        key = hashlib.blake2b(" ".join(text.split()).encode(), digest_size=16).digest()
        if first.setdefault(key, i) != i:
            copies[i] = first[key]
    return copies


def near_duplicates(
    texts: Iterable[str],
    limit: float = 0.7,
    k: int = HASHES,
    bands: int = 32,
    n: int = WORDS,
    seed: int = 0,
) -> dict[int, int]:
    """Return which texts are nearly another one before them: ``{place: first of its group}``.

    Candidates come from the bands; those whose estimated similarity is at least ``limit`` are
    joined. Joining is transitive: a chain of small changes ends in one group, even where its ends
    are less alike than ``limit``.

    Parameters
    ----------
    texts
        Each with at least one word.
    limit
        Estimated Jaccard similarity from which two texts are taken for one.
    k, bands
        Hash functions, and bands that they are cut into.
    n
        Words in a shingle.
    seed
        Of the hash functions.

    Raises
    ------
    ValueError
        If ``texts`` is a string or a path.

    >>> a = "a fox lived in a den by the old mill and liked to sing at night"
    >>> near_duplicates([a, "an owl was there", a + " always"])
    {2: 0}
    """
    texts = list(check_texts(texts, "texts", "give [text]"))
    hashes = MinHash(k, seed)
    if not texts:
        return {}
    signatures = np.stack([hashes.sign(shingles(text, n)) for text in texts])  # (n texts, k)
    pairs = candidates(signatures, bands)
    alike = [(i, j) for i, j in sorted(pairs) if estimate(signatures[i], signatures[j]) >= limit]
    return groups(len(texts), alike)


def groups(n: int, pairs: Iterable[tuple[int, int]]) -> dict[int, int]:
    """Return for each of n things that is joined to an earlier one the first of its group.

    >>> groups(5, [(3, 4), (0, 3)])
    {3: 0, 4: 0}
    """
    first = list(range(n))

    def root(i: int) -> int:
        while first[i] != i:
            first[i] = i = first[first[i]]  # halves the way for whoever asks next
        return i

    for i, j in pairs:
        a, b = sorted((root(i), root(j)))
        first[b] = a
    return {i: root(i) for i in range(n) if root(i) != i}
