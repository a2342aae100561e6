"""See what a model computes inside, without a change to the model.

While the block runs, each module's ``forward`` is wrapped on that one object, and so is its
``keep``, which every forward hands what its backward will need: for attention, its weights. The
model's code knows nothing of it, and afterwards nothing is left. A model of PyTorch gets hooks, to
the same end and under the same names (``hooks.py``).
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..manual.gpt import GPT
from ..manual.module import Module


class Capture(dict[str, np.ndarray]):
    """Copies of activations by the name of the module that put them out.

    ``"blocks.0.mlp"`` is what that module returned. ``"blocks.0.attn.weights"``, (B, H, T, S), is
    who attended to whom there; its rows sum to one. What was captured itself has no name: its
    output is ``"logits"`` if it is a GPT, else ``"output"``, and the weights of an attention alone
    are ``"weights"``.
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
                "there is no attention in this part: capture the model, a block or its attn"
            )
        return np.stack(layers)


@contextlib.contextmanager
def capture(model: Any) -> Iterator[Capture]:
    """Record every module's output, and attention weights, while the block runs.

    If the model runs more than once in the block, the last run is what stays.

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
    torch = sys.modules.get("torch")  # no torch, no model of torch
    if torch is not None and isinstance(model, torch.nn.Module):
        from .hooks import watching

        with watching(model, seen):
            yield seen
        return
    with restoring(model, "forward", "keep"):
        for name, module in model.named_modules():
            _watch(name, module, seen, output_name(name, isinstance(module, GPT)))
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


def output_name(name: str, is_gpt: bool) -> str:
    """Return the key of a module's output; only what was captured itself has no name."""
    return name or ("logits" if is_gpt else "output")


def weights_name(name: str) -> str:
    """Return the key of an attention's weights."""
    return f"{name}.weights" if name else "weights"


def _watch(name: str, module: Module, seen: Capture, key: str) -> None:
    forward, keep = module.forward, module.keep

    def watching_forward(*args: Any, **kwargs: Any) -> np.ndarray:
        out = forward(*args, **kwargs)
        seen[key] = np.array(out)
        return out

    def watching_keep(saved: Any = ()) -> None:
        if hasattr(saved, "weights"):
            seen[weights_name(name)] = np.array(saved.weights)
        keep(saved)

    vars(module).update(forward=watching_forward, keep=watching_keep)
