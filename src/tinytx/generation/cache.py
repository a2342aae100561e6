"""The KV cache: keys and values of the positions so far, so that each is computed once.

Without it a token costs a forward over the whole text, and a text of n tokens about n**2 / 2
positions. With it a token costs one position, which reads what the others left. Growing an array by
one position would copy it each time. So it is made twice as large when it is full: then each
position is copied less than twice on average, and a short text in a long context takes little.

Memory: 2 · n_layer · room · n_kv_head · d_head numbers for each row of the batch, n_kv_head being
n_head if it is None. Room is below twice the positions written, at least ``FIRST``, and at most
``context_length``. (With a ``window`` positions that nobody sees any more are kept as well.)
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from ..manual.cache import window
from ..manual.shapes import check_count

FIRST = 64  # positions that a new cache has room for


class KVCache:
    """A cache for a model of either engine, as :class:`tinytx.manual.cache.Cache` describes it.

    For a model of PyTorch, ``KVCache(model, batch)`` makes a :class:`TorchKVCache`.

    ``length`` may be set: to 0 to start over, to less than it was to take tokens back, to an array
    (B,) if the rows of the batch have come unequally far. Room grows with what is written, up to
    ``context_length``; :meth:`reserve` makes it beforehand.

    Parameters
    ----------
    model
        A GPT of this package.
    batch
        B: how many rows.

    >>> from tinytx.manual import GPT, GPTConfig
    >>> config = GPTConfig(vocab_size=8, context_length=5, n_layer=1, n_head=2, d_model=6)
    >>> model = GPT(config, np.random.default_rng(0)).eval()
    >>> cache = KVCache(model, batch=1)
    >>> first = model.forward(np.array([[1, 0, 2]]), cache=cache)
    >>> then = model.forward(np.array([[1]]), cache=cache)
    >>> cache.length
    4
    >>> bool(np.allclose(then[:, 0], model.forward(np.array([[1, 0, 2, 1]]))[:, 3]))
    True

    Raises
    ------
    ValueError
        If the model is no GPT of this package, or ``batch`` no whole number of at least 1; in
        :meth:`update`, if ``length`` or a shape does not fit.
    """

    def __new__(cls, model: Any = None, batch: int = 1) -> KVCache:
        """Make the cache of the model's engine. (Copying makes one without arguments.)"""
        if cls is KVCache and of_torch(model):
            cls = TorchKVCache
        return super().__new__(cls)

    def __init__(self, model: Any, batch: int):
        self._check_model(model)
        check_count("batch", batch)
        c = model.config
        self.context_length = c.context_length
        # Zeros, not whatever memory holds: a masked value still takes part, times 0, and 0 · nan
        # is nan. Keys and values in one, so that both are written at once.
        shape = (c.n_layer, 2, int(batch), c.kv_heads, min(FIRST, c.context_length), c.d_head)
        self._hold(self._zeros(self._weight(model), shape))
        self.length: Any = 0

    def reserve(self, n: int) -> None:
        """Make room for ``n`` positions in all, at most ``context_length``; keep what is there."""
        if n > self.both.shape[4]:
            self._grow(n)

    def _grow(self, n: int) -> None:
        *sizes, room, d_head = self.both.shape
        new = min(max(n, 2 * room), self.context_length)
        larger = self._zeros(self.both, (*sizes, new, d_head))
        larger[..., :room, :] = self.both
        self._hold(larger)

    def _hold(self, both: Any) -> None:
        self.both = both
        self.keys, self.values = both[:, 0], both[:, 1]  # (L, B, H, room, Dh)

    def update(self, layer: int, k: Any, v: Any) -> tuple[Any, Any]:
        """Take block ``layer``'s k and v of T new positions, (B, H, T, Dh); return all so far."""
        self._check(k, v)
        T = k.shape[2]
        where = self._window(T)
        one = isinstance(where, slice)
        first, end = (where.start, where.stop) if one else self._ends(where)
        self._check_room(first, end, T)
        self.reserve(end)
        keys, values = self.keys[layer], self.values[layer]  # (B, H, room, Dh)
        if one:
            keys[:, :, where], values[:, :, where] = k, v
        else:  # (B, T): every row has its own place
            rows = self._rows(len(keys))
            keys[rows, :, where] = k.swapaxes(1, 2)  # (B, T, H, Dh)
            values[rows, :, where] = v.swapaxes(1, 2)
        return keys[:, :, :end], values[:, :, :end]

    def select(self, rows: Any) -> None:
        """Go on with ``rows`` (B,) of the batch, each as often as it is named."""
        self._hold(self.both[:, :, rows])
        if getattr(self.length, "ndim", 0):
            self.length = self.length[rows]

    def advance(self, T: int) -> None:
        """Count the T new positions."""
        self.length = self.length + T

    def _check(self, k: Any, v: Any) -> None:
        """Refuse k and v of another shape than the cache was made for."""
        _, B, H, _, Dh = self.keys.shape
        for name, new in (("k", k), ("v", v)):
            if new.ndim != 4 or new.shape != (B, H, k.shape[2], Dh):
                raise ValueError(
                    f"{name} has shape {tuple(new.shape)} and must have (B, H, T, Dh) = "
                    f"{(B, H, 'T', Dh)}: the cache was made for batch {B}"
                )
        one = isinstance(self.length, int | np.integer)
        if not one and getattr(self.length, "shape", None) not in ((), (B,)):
            said = getattr(self.length, "shape", None)
            said = f"is {self.length!r}" if said is None else f"has shape {tuple(said)}"
            raise ValueError(f"length {said} and must be an integer, or {B} of them")

    def _check_room(self, first: int, end: int, T: int) -> None:
        room = self.context_length
        if first < 0 or end > room:
            said = "is" if isinstance(self.length, int) else "holds"
            wrong = first if first < 0 else end - T
            raise ValueError(
                f"length {said} {wrong} and must be from 0 to {room - T}, to add {T} positions "
                f"to a cache for {room}: set it to 0 to start over"
            )

    def _check_model(self, model: Any) -> None:
        if not hasattr(model, "blocks"):
            raise ValueError(
                f"model is {type(model).__name__} and must be a GPT of tinytx: "
                "another model does not know what to do with a cache"
            )

    def _ends(self, where: Any) -> tuple[int, int]:
        """Return the first of the places (B, T), and the one behind the last."""
        return int(where.min()), int(where.max()) + 1

    def _weight(self, model: Any) -> Any:
        return model.tok_emb.weight.data

    def _zeros(self, like: Any, shape: tuple[int, ...]) -> Any:
        return np.zeros(shape, like.dtype)

    def _window(self, T: int) -> Any:
        return window(self.length, T)

    def _rows(self, B: int) -> Any:
        return np.arange(B)[:, None]


class TorchKVCache(KVCache):
    """A :class:`KVCache` of tensors. Where rows differ, ``length`` is a tensor (B,).

    PyTorch is not imported with this file: it is there already when a model of it is given.
    """

    def update(self, layer: int, k: Any, v: Any) -> tuple[Any, Any]:
        """Take k and v, which autocast may have made narrower than the weights are."""
        return super().update(layer, k.to(self.both.dtype), v.to(self.both.dtype))

    def _check_model(self, model: Any) -> None:
        super()._check_model(model)
        if not of_torch(model):
            raise ValueError(
                "model is a model of NumPy and must be one of PyTorch: "
                "use tinytx.generation.KVCache"
            )

    def _ends(self, where: Any) -> tuple[int, int]:
        import torch

        first, last = torch.stack(torch.aminmax(where)).tolist()  # a GPU is waited for once
        return first, last + 1

    def _weight(self, model: Any) -> Any:
        return model.tok_emb.weight

    def _zeros(self, like: Any, shape: tuple[int, ...]) -> Any:
        return like.new_zeros(shape, requires_grad=False)

    def _grow(self, n: int) -> None:
        import torch

        with torch.inference_mode(False):  # what is made in that mode is not written to elsewhere
            super()._grow(n)

    def _window(self, T: int) -> Any:
        from ..pytorch.cache import window

        return window(self.length, T)

    def _rows(self, B: int) -> Any:
        import torch

        return torch.arange(B, device=self.keys.device)[:, None]


def of_torch(model: Any) -> bool:
    """Return whether ``model`` is one of PyTorch, which is not imported to find out."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(model, torch.nn.Module)
