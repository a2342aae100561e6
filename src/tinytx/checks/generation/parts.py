"""What the exercises of chapter 09 are handed, and what several of them must keep.

They are handed models that fit into a line, and one with a cache.

A ``Model`` goes from ids to logits at once. A ``Reader`` has a real attention head, reads token by
token, and keeps what it needs in a list; where a token stands it has to be told.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..written import Lambda

Array = np.ndarray
V, D, ROOM = 7, 6, 64  # of a Reader: ids, numbers in a vector, positions


class Model(Lambda):
    """A language model, ids (B, T) to logits (B, T, V), shown as the lambda that it was made of.

    >>> Model("np.eye(3)[ids]"), Model("np.eye(3)[ids]")(np.array([[2]]))
    (lambda ids: np.eye(3)[ids], array([[[0., 0., 1.]]]))
    """

    argument = "ids"


class Reader:
    """A model of seven tokens with one attention head, which reads with a cache.

    ``seed`` draws its weights. After ``reads`` tokens in all it refuses to read further ones; None
    is for no such limit.

    >>> cache = []
    >>> Reader(1)([3, 0], 0, cache).shape, len(cache)
    ((2, 7), 2)
    """

    def __init__(self, seed: int, reads: int | None = None):
        limit = "" if reads is None else f", reads={reads}"
        self.__name__ = f"Reader({seed}{limit})"
        self.left = reads
        rng = np.random.default_rng(seed)
        self.tokens = rng.standard_normal((V, D))
        self.places = rng.standard_normal((ROOM, D))
        self.query, self.key, self.value = rng.standard_normal((3, D, D)) / 2
        self.out = rng.standard_normal((V, D))

    def __call__(self, ids: Sequence[int], start: int, cache: list) -> Array:
        """Return the logits (T, V) after each of ``ids``, the first of which stands at ``start``.

        Keys and values of the new tokens are appended to ``cache``.

        Raises
        ------
        RuntimeError
            If it has read as many tokens as it may.
        IndexError
            If a token stands where there is no place any more.
        """
        if self.left is not None:
            if len(ids) > self.left:
                raise RuntimeError("more tokens were read than there are")
            self.left -= len(ids)
        return np.array([self._read(int(i), int(start) + t, cache) for t, i in enumerate(ids)])

    def _read(self, token: int, place: int, cache: list) -> Array:
        x = self.tokens[token] + self.places[place]
        cache.append((self.key @ x, self.value @ x))
        keys, values = map(np.array, zip(*cache, strict=True))
        scores = keys @ (self.query @ x) / np.sqrt(D)
        weights = np.exp(scores - scores.max())
        return self.out @ (weights @ values / weights.sum())

    def __repr__(self) -> str:
        return self.__name__


def likeliest_stays(got: Array, logits: Array, *rule: float | None) -> bool:
    """Return whether in each row a largest logit has the largest probability, under any rule."""
    largest = np.where(logits == logits.max(axis=-1, keepdims=True), got, 0)
    return bool((largest.max(axis=-1) >= got.max(axis=-1) - 1e-6).all())
