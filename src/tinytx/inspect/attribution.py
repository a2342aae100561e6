r"""Direct logit attribution: one logit as a sum of what each part of the model added to it.

In pre-norm the stream in front of the final norm is a sum: embedding, position, every head of every
block, every MLP. The head is linear, and the norm would be too, but for its division. With the
division held at the value that it has, the logit is a sum of one number per part. It says what a
part wrote to the head *directly*; what it did through later parts is theirs. Source: Elhage et al.
2021, "A mathematical framework for transformer circuits".
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..manual.norm import layernorm_forward, rmsnorm_forward
from .capture import IN_PIECES, Capture
from .looking import as_ids, check_gpt, looking, numbers


class Attribution(dict[str, np.ndarray]):
    """What each part adds, (B,), by its name; they add up to :attr:`total`.

    ``"tok_emb"``, ``"pos_emb"``, ``"blocks.0.attn.out.1"`` (the head's output through its columns
    of ``o_proj``), ``"blocks.0.attn.o_proj.bias"``, ``"blocks.0.mlp"`` (its biases included) and
    ``"ln_f.bias"``; those that the configuration has.
    """

    total: np.ndarray
    """(B,): the logit, or what else was asked for, behind the model's own norm."""

    def heads(self) -> np.ndarray:
        """Return what the heads add, (L, H, B)."""
        by_block: dict[str, list[np.ndarray]] = {}
        for name, value in self.items():
            block, mark, _ = name.partition(".attn.out.")
            if mark:
                by_block.setdefault(block, []).append(value)
        return np.array(list(by_block.values()))


def attribute(
    model: Any, ids: Any, target: Any, position: Any = -1, *, against: Any = None
) -> Attribution:
    """Split a logit into what each part of the model added to it.

    A logit alone is a poor question: adding the same number to all logits changes nothing that the
    model says. The difference of two, ``against``, is what decides between them.

    Parameters
    ----------
    model
        A pre-norm GPT of either engine.
    ids
        (B, T) integers.
    target
        Which logit: an id for all rows, or (B,) integers. Or a direction behind the final norm,
        (D,) or (B, D) floats: a logit's is its row of ``lm_head.weight``.
    position
        Where, an integer (-1 is the last) or (B,) integers.
    against
        An id or (B,) integers, whose logit is subtracted.

    Returns
    -------
    parts
        Float64 arrays (B,) by name, as :class:`Attribution` says.

    Raises
    ------
    ValueError
        If the model is post-norm (there the stream is normalized again and again, and no logit is a
        sum of parts), an argument does not fit, what is running is no sum of these parts (a whole
        block has been patched, or is of another kind), or a model of NumPy attends in pieces.

    >>> import numpy as np
    >>> from tinytx import example
    >>> from tinytx.inspect import attribute
    >>> model, ids = example.model().eval(), np.array([example.ids()])
    >>> parts = attribute(model, ids, target=3)
    >>> bool(np.isclose(sum(parts.values()), model(ids)[:, -1, 3], rtol=1e-12))
    True
    >>> parts.heads().shape
    (1, 2, 1)
    """
    check_gpt(model, "attribute")
    if model.config.norm != "pre":
        raise ValueError(
            "config.norm is 'post' and must be 'pre' for attribute: each block normalizes the "
            "whole stream again, so a logit is no sum of parts; use ablate or patch"
        )
    with looking(model, ids) as (still, seen):
        B, T, _ = seen["drop"].shape
        where = np.arange(B), _integers("position", position, B, -T, T - 1)
        direction = _direction(still, target, against, B)  # (B, D)
        reads, bias = _read_from_stream(still, seen, where, direction)
        parts = {
            name: np.einsum("bd,bd->b", value, reads) for name, value in _parts(still, seen, where)
        }
        if bias is not None:
            parts["ln_f.bias"] = bias
        total = np.einsum("bd,bd->b", seen["ln_f"][where], direction)
    _check_sum(still, parts, total, reads, seen[f"blocks.{model.config.n_layer - 1}"][where])
    made = Attribution(parts)
    made.total = total
    return made


def _direction(model: Any, target: Any, against: Any, B: int) -> np.ndarray:
    """Return what the norm's output is multiplied with, (B, D)."""
    head = numbers(model.lm_head.weight)  # (V, D)
    V, D = head.shape
    target = as_ids(target)
    if target.dtype.kind == "f":
        if target.shape not in ((D,), (B, D)):
            raise ValueError(
                f"target is a direction of shape {target.shape} and must have {(D,)} or {(B, D)}"
            )
        direction = np.broadcast_to(target.astype(float), (B, D))
    else:
        direction = head[_integers("target", target, B, 0, V - 1)]
    if against is None:
        return direction
    return direction - head[_integers("against", against, B, 0, V - 1)]


def _read_from_stream(
    model: Any, seen: Capture, where: Any, direction: np.ndarray
) -> tuple[np.ndarray, np.ndarray | None]:
    """Return the direction (B, D) in front of the final norm, and what the norm's bias adds (B,).

    xhat = (x - mean(x)) * rstd, and ``rstd`` is held: subtracting the mean from every part is
    subtracting it from what reads them.
    """
    x = seen[f"blocks.{model.config.n_layer - 1}"][where].astype(float)  # (B, D)
    weight, eps = numbers(model.ln_f.weight), model.config.norm_eps
    reads = direction * weight
    if model.config.norm_kind == "rms":
        return reads * rmsnorm_forward(x, weight, eps)[1].rrms, None
    rstd = layernorm_forward(x, weight, None, eps)[1].rstd
    reads = (reads - reads.mean(axis=-1, keepdims=True)) * rstd
    bias = model.ln_f.bias
    return reads, None if bias is None else direction @ numbers(bias)


def _parts(model: Any, seen: Capture, where: Any) -> Any:
    """Yield the parts of the stream by name, each (B, D)."""
    config, (rows, position) = model.config, where
    token = seen["tok_emb"][where] * config.embedding_scale
    yield "tok_emb", token
    if config.adds_positions:
        yield "pos_emb", seen["pos_emb"][where] - token
    for i, block in enumerate(model.blocks):
        o_proj = block.attn.o_proj
        weight = numbers(o_proj.weight)  # (D, H * Dh)
        columns = np.split(weight, config.n_head, axis=1)  # H of (D, Dh)
        if f"blocks.{i}.attn.out" not in seen:
            raise ValueError(f"blocks.{i}.attn does not show what its heads read; {IN_PIECES}")
        out = seen[f"blocks.{i}.attn.out"][rows, :, position]  # (B, H, Dh)
        for h, its in enumerate(columns):
            yield f"blocks.{i}.attn.out.{h}", out[:, h] @ its.T
        if o_proj.bias is not None:
            bias = numbers(o_proj.bias)
            yield f"blocks.{i}.attn.o_proj.bias", np.broadcast_to(bias, token.shape)
        yield f"blocks.{i}.mlp", seen[f"blocks.{i}.mlp"][where]


def _check_sum(
    model: Any, parts: dict[str, np.ndarray], total: np.ndarray, reads: np.ndarray, x: np.ndarray
) -> None:
    """Refuse parts that are not all there is: rounding is a share of what cancelled."""
    dtype = str(model.lm_head.weight.data.dtype).removeprefix("torch.")
    eps = {"float64": 2.0**-52, "float32": 2.0**-23, "float16": 2.0**-10}.get(dtype, 2.0**-7)
    size = np.linalg.norm(reads, axis=-1) * np.linalg.norm(x, axis=-1)
    size = size + sum(abs(value) for value in parts.values())
    if (abs(sum(parts.values()) - total) > 1000 * eps * size).any():
        raise ValueError(
            "the parts do not add up to the logit: a whole block, attn or norm has been patched, "
            "or a block adds something else; patch what is named in Attribution"
        )


def _integers(name: str, value: Any, B: int, low: int, high: int) -> np.ndarray:
    """Return one integer a row, (B,)."""
    value = as_ids(value)
    if value.dtype.kind not in "iu" or value.shape not in ((), (B,)):
        said = f"is {value.item()!r}" if value.size == 1 else f"has shape {value.shape}"
        raise ValueError(f"{name} {said} and must be an integer, or {B} of them, one a row")
    if (value < low).any() or (value > high).any():
        wrong = value[(value < low) | (value > high)].flat[0]
        raise ValueError(f"{name} is {wrong} and must be from {low} to {high}")
    return np.broadcast_to(value, (B,))
