"""How large the residual stream is in every block of a fresh model, and the gradient beside it.

The model is the real one of the NumPy engine: its modules are listened to while they run, and
nothing of them is written again. Only :class:`Bare` is new, the block whose two sums were taken
away, to see what they are for.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from ..config import GPTConfig, check_config
from ..manual.block import Block
from ..manual.cache import Remember
from ..manual.gpt import GPT
from ..manual.loss import cross_entropy_backward, cross_entropy_forward
from ..manual.module import Module
from ..manual.shapes import check_count


class ResidualNorms(NamedTuple):
    """Root mean squares (RMS) along the residual stream, from the embeddings (first) to the top.

    A block adds to the stream twice, so ``n_layer`` L gives 2L + 1 points and 2L sums: point
    ``2 * i`` enters block ``i``, point ``2 * i + 1`` lies between its attention and its MLP.

    Attributes
    ----------
    residual
        Whether the blocks add to what came in; False for :class:`Bare` ones.
    scaled
        Whether what ends in the stream was drawn with ``config.residual_std``.
    loss
        Mean over the positions, in nats. A fresh model should be near ln V.
    stream
        2L + 1: the stream itself.
    added
        2L: what attention (even) and MLP (odd) put out.
    dstream
        2L + 1: the gradient at each point of the stream, of the loss summed over the positions.
    dadded
        2L: what comes back to the stream through each branch, from its output to where it read.
    """

    config: GPTConfig
    residual: bool
    scaled: bool
    loss: float
    stream: list[float]
    added: list[float]
    dstream: list[float]
    dadded: list[float]


class Bare(Block):
    """A pre-norm block without its two sums: what came in is gone, only the branches are left."""

    def forward(
        self, x: np.ndarray, mask: np.ndarray | None = None, remember: Remember | None = None
    ) -> np.ndarray:
        """Map (B, T, D) to (B, T, D)."""
        x = self.drop_1.forward(self.attn.forward(self.ln_1.forward(x), mask, remember))
        return self.drop_2.forward(self.mlp.forward(self.ln_2.forward(x)))

    def backward(self, dy: np.ndarray) -> np.ndarray:
        """Return the gradient of the input: there is one way back, through everything."""
        dx = self.ln_2.backward(self.mlp.backward(self.drop_2.backward(dy)))
        return self.ln_1.backward(self.attn.backward(self.drop_1.backward(dx)))


def residual_norms(
    config: GPTConfig,
    *,
    scaled: bool = True,
    residual: bool = True,
    batch: int = 4,
    seed: int = 0,
) -> ResidualNorms:
    r"""Measure signal and gradient along the residual stream of a fresh model, in float64.

    ``batch`` rows of ``context_length`` random ids go forward, and the gradient of the loss comes
    back. The targets are random too: a fresh model knows nothing of its text anyway. The loss is
    summed over the positions, not averaged, so that the gradient of a position does not depend on
    how many others there are.

    A sum of :math:`2 n_{layer}` branches of the same size grows like
    :math:`\sqrt{2 n_{layer}}`. GPT-2 draws the weights that end in the stream smaller by that
    factor (Radford et al. 2019, section 2.3); ``scaled=False`` leaves that out. In post-norm the
    stream is measured behind the norm of each sum.

    Parameters
    ----------
    config
        The model: any size that runs on your machine. Both ``norm`` are fine.
    scaled
        Whether ``o_proj`` and ``down_proj`` are drawn with ``config.residual_std`` (GPT-2) or
        with ``config.init_std``, as all others.
    residual
        False takes the two sums out of each block. The blocks must be pre-norm.
    batch
        Rows of ids.
    seed
        Of weights, ids and targets.

    Raises
    ------
    ValueError
        If ``batch`` is below 1, or the sums are to be taken out of post-norm blocks.

    >>> config = GPTConfig(vocab_size=8, context_length=5, n_layer=2, n_head=2, d_model=6)
    >>> norms = residual_norms(config)
    >>> len(norms.stream), len(norms.added)
    (5, 4)
    """
    check_config(config)
    check_count("batch", batch)
    if not residual and config.norm != "pre":
        raise ValueError(
            "residual is False and config.norm is 'post': a block without sums is a pre-norm one; "
            "make the config with norm='pre'"
        )
    model = _fresh(config, np.random.default_rng(seed), scaled, residual)
    blocks = [_listen(block) for block in model.blocks]
    # From a generator of their own: the same text whatever the depth.
    rng = np.random.default_rng([seed, 1])
    ids, targets = rng.integers(0, config.vocab_size, (2, batch, config.context_length))
    loss, saved = cross_entropy_forward(model.forward(ids), targets)
    model.backward(cross_entropy_backward(ids.size, saved))
    first, last = blocks[0]["block"], blocks[-1]["block"]
    points = [_points(seen, config.norm) for seen in blocks]
    stream, added, dstream, dadded = (
        [value for block in points for value in block[i]] for i in range(4)
    )
    return ResidualNorms(
        config, residual, scaled, float(loss),
        [first["x"], *stream], added, [*dstream, last["dy"]], dadded,
    )  # fmt: skip


def _fresh(config: GPTConfig, rng: np.random.Generator, scaled: bool, residual: bool) -> GPT:
    model = GPT(config, rng, np.float64)
    if not residual:
        full, model.blocks = model.blocks, [Bare(config, rng, np.float64) for _ in model.blocks]
        for bare, block in zip(model.blocks, full, strict=True):
            bare.load_state_dict(block.state_dict())
    if not scaled:
        for block in model.blocks:
            for name, parameter in block.named_parameters():
                if name.endswith(("o_proj.weight", "down_proj.weight")):
                    parameter.data *= config.init_std / config.residual_std
    return model


def _listen(block: Block) -> dict[str, dict[str, float]]:
    """Return what will hold the RMS of all that goes in and out of a block and its modules."""
    parts = ("ln_1", "attn", "drop_1", "ln_2", "mlp", "drop_2")
    return {"block": _heard(block)} | {name: _heard(getattr(block, name)) for name in parts}


def _heard(module: Module) -> dict[str, float]:
    """Wrap one module: x and y are what its forward takes and gives, dy and dx its backward."""
    seen: dict[str, float] = {}
    forward, backward = module.forward, module.backward

    def hear_forward(x: np.ndarray, *rest: Any) -> np.ndarray:
        seen["x"] = _rms(x)
        y = forward(x, *rest)
        seen["y"] = _rms(y)
        return y

    def hear_backward(dy: np.ndarray) -> np.ndarray | None:
        seen["dy"] = _rms(dy)
        dx = backward(dy)
        if dx is not None:
            seen["dx"] = _rms(dx)
        return dx

    vars(module).update(forward=hear_forward, backward=hear_backward)
    return seen


def _points(seen: dict[str, dict[str, float]], norm: str) -> tuple[list[float], ...]:
    """Return stream (after each sum), added, dstream (before each sum) and dadded of a block."""
    pre = norm == "pre"
    added = [seen["drop_1"]["y"], seen["drop_2"]["y"]]
    # What a branch reads is what its norm takes (pre) or what the norm before it gave (post).
    dadded = [seen[name]["dx"] for name in (("ln_1", "ln_2") if pre else ("attn", "mlp"))]
    middle = seen["ln_2"]["x"] if pre else seen["ln_1"]["y"]
    dmiddle = seen["drop_1"]["dy"] if pre else seen["ln_1"]["dy"]
    stream = [middle, seen["block"]["y"]]
    return stream, added, [seen["block"]["dx"], dmiddle], dadded


def _rms(value: np.ndarray) -> float:
    return math.sqrt(np.square(value).mean())
