"""A model of the NumPy engine cut into two stages, as two ranks of a pipeline would have it.

Each micro-batch passes the first stage, then the second; the gradient of what was handed over comes
back. A stage keeps of each micro-batch in flight only what came in, and computes the rest once more
when its backward comes, as GPipe does (Huang et al. 2019, section 2.3): so many can be in flight.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from ..manual.gpt import GPT
from ..manual.loss import count_targets, cross_entropy_backward, cross_entropy_forward


class FirstStage:
    """Embedding, positions and the first ``cut`` blocks."""

    def __init__(self, model: GPT, cut: int):
        self.model, self.blocks = model, model.blocks[:cut]

    def forward(self, ids: np.ndarray) -> np.ndarray:
        """Map ids (B, T) to what is handed over, (B, T, D)."""
        model = self.model
        self.mask = model.mask(ids)
        x = model.tok_emb.forward(ids) * model.config.embedding_scale
        if model.config.adds_positions:
            x = model.pos_emb.forward(x)
        for block in self.blocks:
            x = block.forward(x, self.mask)
        return x

    def backward(self, dx: np.ndarray) -> None:
        """Add to the gradients, from that of what was handed over."""
        for block in reversed(self.blocks):
            dx = block.backward(dx)
        if self.model.config.adds_positions:
            dx = self.model.pos_emb.backward(dx)
        self.model.tok_emb.backward(dx * self.model.config.embedding_scale)

    def forget(self) -> None:
        """Drop what a forward has kept."""
        self.model.clear_saved()


class SecondStage:
    """The rest of the blocks, the last norm and the head."""

    def __init__(self, model: GPT, cut: int):
        self.model, self.blocks = model, model.blocks[cut:]

    def forward(self, x: np.ndarray, mask: np.ndarray | None) -> np.ndarray:
        """Map what was handed over, (B, T, D), to logits (B, T, V)."""
        for block in self.blocks:
            x = block.forward(x, mask)
        if self.model.config.norm == "pre":
            x = self.model.ln_f.forward(x)
        return self.model.lm_head.forward(x)

    def backward(self, dlogits: np.ndarray) -> np.ndarray:
        """Add to the gradients, and return that of what was handed over."""
        dx = self.model.lm_head.backward(dlogits)
        if self.model.config.norm == "pre":
            dx = self.model.ln_f.backward(dx)
        for block in reversed(self.blocks):
            dx = block.backward(dx)
        return dx


def pipeline_gradients(
    model: GPT, batches: Iterable[tuple[np.ndarray, np.ndarray]], cut: int
) -> float:
    """Add the gradients of the mean loss over all micro-batches; return that loss.

    Parameters
    ----------
    model
        A GPT in training mode, without dropout.
    batches
        Micro-batches: ids and targets, (B, T) each. One without a target to count adds nothing.
    cut
        How many blocks the first stage has.

    Raises
    ------
    ValueError
        If ``cut`` leaves a stage without blocks, there is no target, or the model has dropout: a
        second forward would draw other units.
    """
    if not 0 < cut < model.config.n_layer:
        raise ValueError(f"cut is {cut} and must be from 1 to {model.config.n_layer - 1}")
    if model.config.dropout:
        raise ValueError(f"dropout is {model.config.dropout} and must be 0 here")
    batches = [batch for batch in batches if count_targets(batch[1])]
    if not batches:
        raise ValueError("batches have no target to learn from: give at least one")
    first, second = FirstStage(model, cut), SecondStage(model, cut)
    total = sum(count_targets(targets) for _, targets in batches)
    handed, loss = [], 0.0
    for ids, _ in batches:  # all forward, as far as the border
        handed.append(first.forward(ids))
        first.forget()
    for (ids, targets), x in zip(batches, handed, strict=True):
        logits = second.forward(x, model.mask(ids))
        part, saved = cross_entropy_forward(logits, targets)
        share = count_targets(targets) / total
        loss += share * float(part)
        dx = second.backward(cross_entropy_backward(share, saved))
        first.forward(ids)  # once more
        first.backward(dx)
    return loss
