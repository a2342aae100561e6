"""See what a model computes inside, without a change to the model.

While the block runs, each module's ``forward`` passes a tap on that one object (``taps.py``), and
its ``keep``, which every forward hands what its backward will need, is wrapped: attention's has its
weights. The model's code knows nothing of it, and afterwards nothing is left. A model of PyTorch
gets hooks, to the same end and under the same names (``hooks.py``).
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from ..generation.cache import of_torch
from ..manual.module import Module
from .points import Point, points, tapping
from .taps import part_name

IN_PIECES = "in pieces it has no weights: model.use_pieces(None) brings them back"


class Capture(dict[str, np.ndarray]):
    """Copies of activations by the name of the module that put them out.

    ``"blocks.0.mlp"`` is what that module returned. ``"blocks.0.attn.weights"``, (B, H, T, S), is
    who attended to whom there; its rows sum to one. They are made of ``"blocks.0.attn.scores"``,
    (B, H, T, S), divided by the root of Dh and not yet masked, and what each head reads by them is
    ``"blocks.0.attn.out"``, (B, H, T, Dh). ``"blocks.0.mlp.experts.0"`` has a row for each token
    that was sent there. What was captured itself has no name: its output is
    ``"logits"`` if it is a GPT, else ``"output"``, and the weights of an attention alone are
    ``"weights"``.
    """

    def attention(self) -> np.ndarray:
        """Return the attention weights of all layers, (L, B, H, T, S).

        Of one block, or of one attention, L is 1.

        Raises
        ------
        ValueError
            If nothing ran inside the ``with`` block, or nothing in it attends.
        """
        layers = [value for name, value in self.items() if name.split(".")[-1] == "weights"]
        if not self:
            raise ValueError("nothing was captured: call the model inside the with block")
        if not layers:
            raise ValueError(
                "there is no attention in this part: capture the model, a block or its attn; "
                + IN_PIECES
            )
        return np.stack(layers)


@contextlib.contextmanager
def capture(model: Any) -> Iterator[Capture]:
    """Record every module's output, and attention weights, while the block runs.

    If the model runs more than once in the block, the last run is what stays; of a module that one
    run calls several times, as where layers are shared, the last call.

    Parameters
    ----------
    model
        A model of either engine, or a part of one; in PyTorch, any ``nn.Module``.

    Yields
    ------
    seen
        Arrays by name, as :class:`Capture` says, filled when the model runs. Those of half
        precision come as float32, and none is part of a gradient.

    >>> from tinytx.config import GPTConfig
    >>> from tinytx.manual import GPT
    >>> config = GPTConfig(vocab_size=8, context_length=5, n_layer=1, n_head=2, d_model=6)
    >>> model = GPT(config, np.random.default_rng(0)).eval()
    >>> with capture(model) as seen:
    ...     logits = model.forward(np.array([[1, 0, 2]]))
    >>> seen["blocks.0.attn.weights"].shape
    (1, 2, 3, 3)
    """
    seen = Capture()
    with contextlib.ExitStack() as stack:
        for name, point in points(model).items():
            if point.part != "weights":
                stack.enter_context(tapping(point, readers=partial(_note, seen, name, point)))
        stack.enter_context(_watching_weights(model, seen))
        yield seen


@contextlib.contextmanager
def restoring(model: Module, *methods: str) -> Iterator[None]:
    """Let ``methods`` be replaced on the modules of ``model``, and put back what was there."""
    before = [(vars(module), dict(vars(module))) for module in model.modules()]
    try:
        yield
    finally:
        for now, then in before:
            for method in methods:
                now.pop(method, None)
                if method in then:  # an outer capture's
                    now[method] = then[method]


def _watching_weights(model: Any, seen: Capture) -> contextlib.AbstractContextManager[None]:
    """Return what records the weights of every attention, whoever wrote its forward."""
    if not of_torch(model):
        return _watching_keep(model, seen)
    from .hooks import watching_weights

    return watching_weights(model, seen)


@contextlib.contextmanager
def _watching_keep(model: Module, seen: Capture) -> Iterator[None]:
    with restoring(model, "keep"):
        for name, module in model.named_modules():
            vars(module)["keep"] = partial(_keep, seen, name, module.keep)
        yield


def _keep(seen: Capture, name: str, keep: Any, saved: Any = ()) -> None:
    if hasattr(saved, "weights"):
        seen[part_name(name, "weights")] = np.array(saved.weights)
    keep(saved)


def _note(seen: Capture, name: str, point: Point, value: Any) -> None:
    array = point.kind.array(value)
    if array is not None:
        seen[name] = array
