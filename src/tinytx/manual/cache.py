"""What the model asks of a KV cache: keys and values of earlier positions, kept from call to call.

The cache itself is not the model's business. ``tinytx.generation`` has one; anything else that
answers to :class:`Cache` will do.
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np


class Cache(Protocol):
    """Keys and values of the positions so far, for every block.

    ``length`` says how many there are, and so which position comes next. It is one number, or an
    array (B,) when the rows of a batch have come unequally far.
    """

    length: Any

    def update(self, layer: int, k: Any, v: Any) -> tuple[Any, Any]:
        """Take block ``layer``'s keys and values of T new positions, (B, H, T, Dh).

        Returns those of all positions so far, (B, H, S, Dh), S being the largest ``length`` + T.
        A row that is behind has rubbish where it has nothing yet; the model masks it.
        """

    def advance(self, T: int) -> None:
        """Count the T new positions, after every block has handed in its own."""


class Remember:
    """What one block's attention asks of a cache: where it stands, and what came before.

    Called with the keys and values of T new positions, it returns those of all positions so far.
    """

    def __init__(self, cache: Cache, layer: int):
        self.cache, self.layer = cache, layer

    @property
    def start(self) -> Any:
        """Which position comes next: one number, or (B,), as :attr:`Cache.length`."""
        return self.cache.length

    def __call__(self, k: Any, v: Any) -> tuple[Any, Any]:
        """Hand in (B, H, T, Dh) each, and get (B, H, S, Dh) back."""
        return self.cache.update(self.layer, k, v)


def window(start: int | np.ndarray, T: int) -> slice | np.ndarray:
    """Return what picks rows ``start`` to ``start + T - 1`` of a table.

    One ``start`` gives a slice, a ``start`` for each row of the batch gives indices (B, T).

    >>> window(2, 3)
    slice(2, 5, None)
    >>> window(np.array([0, 2]), 3)
    array([[0, 1, 2],
           [2, 3, 4]])
    """
    if np.ndim(start) == 0:
        return slice(int(start), int(start) + T)
    return np.asarray(start)[:, None] + np.arange(T)
