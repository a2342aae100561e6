"""A head as two matrices over the vocabulary: whom it looks for, and what it then says.

Which token a head attends to depends on its queries and keys only (QK), and what it writes on its
values and output only (OV). Put between embedding and head, each is a table with a row and a column
for every token. Source: Elhage et al. 2021, "A mathematical framework for transformer circuits".
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..generation.engine import evaluating
from ..manual.attention import repeat_heads_forward, split_heads
from ..manual.shapes import is_whole
from ..room import check_room
from .looking import call, check_gpt, numbers


class Circuits(NamedTuple):
    """What a head does with bare tokens, in float64.

    Attributes
    ----------
    qk
        (V, V): row, the token that asks; column, the token that is compared. It is the head's
        score, divided by the root of Dh (or times ``attention_scale``), biases included.
    ov
        (V, V): row, the token that is attended to with all of the head's weight; column, the token
        whose logit gains by it.
    """

    qk: np.ndarray
    ov: np.ndarray


def circuits(model: Any, block: int, head: int) -> Circuits:
    """Return the QK and OV products of one head through the embedding.

    A token is here what the head would see if the stream held the token's embedding alone,
    normalized as the block does. In the first block of a model without added positions that is
    what it sees, and ``qk`` has the very scores; deeper, the stream holds more. Rotary positions
    are left out of it: these are the scores of two tokens at one place. What the head writes is
    read in ``ov`` by the final norm's weight, but not divided: that is one factor for all, which
    depends on the rest of the stream. (In post-norm there is no final norm, and the block's own is
    left out.)

    Parameters
    ----------
    model
        A GPT of either engine.
    block, head
        Which head, both counted from zero.

    Raises
    ------
    ValueError
        If there is no such head, the model is no GPT of this package, or two matrices of V * V
        numbers are more than this machine's memory.

    >>> from tinytx import example
    >>> from tinytx.inspect import circuits
    >>> made = circuits(example.model(), block=0, head=1)
    >>> made.qk.shape, made.ov.shape
    ((8, 8), (8, 8))
    """
    check_gpt(model, "circuits")
    config = model.config
    for name, value, size in (("block", block, config.n_layer), ("head", head, config.n_head)):
        if not is_whole(value) or not 0 <= value < size:
            raise ValueError(f"{name} is {value!r} and must be from 0 to {size - 1}")
    V = config.vocab_size
    check_room(2 * 8 * V * V, f"two matrices of {V} by {V}", "take a model with fewer tokens")
    with evaluating(model) as still:
        attn = still.blocks[block].attn
        q, k, v = _heads(still, block)
        qk = q[head] @ k[head].T * config.score_scale
        columns = np.split(numbers(attn.o_proj.weight), config.n_head, axis=1)  # H of (D, Dh)
        return Circuits(qk, v[head] @ columns[head].T @ _reading(still).T)


def _heads(model: Any, number: int) -> tuple[np.ndarray, ...]:
    """Return q, k and v of every bare token, each (H, V, Dh)."""
    config, block = model.config, model.blocks[number]
    x = numbers(model.tok_emb.weight)[None] * config.embedding_scale  # (1, V, D)
    x = x.astype(_dtype(model))
    if config.norm == "pre":
        x = call(block.ln_1, x)
    attn = block.attn
    q, k, v = (
        split_heads(call(proj, x), heads)  # (1, H, V, Dh)
        for proj, heads in (
            (attn.q_proj, config.n_head),
            (attn.k_proj, config.kv_heads),
            (attn.v_proj, config.kv_heads),
        )
    )
    if config.qk_norm:
        q, k = call(attn.q_norm, q), call(attn.k_norm, k)
    k, v = (repeat_heads_forward(one, config.n_head // config.kv_heads)[0] for one in (k, v))
    return q[0].astype(float), k[0].astype(float), v[0].astype(float)


def _reading(model: Any) -> np.ndarray:
    """Return what each logit reads in the stream, (V, D), the final norm's division left out."""
    reads = numbers(model.lm_head.weight)
    if model.config.norm == "pre":
        reads = reads * numbers(model.ln_f.weight)
        if model.config.norm_kind == "layer":
            reads = reads - reads.mean(axis=-1, keepdims=True)  # the norm takes the mean away
    return reads


def _dtype(model: Any) -> Any:
    """Return the dtype of the arrays that the model's parts take."""
    data = model.tok_emb.weight.data
    return data.dtype if isinstance(data, np.ndarray) else np.float64
