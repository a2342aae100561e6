"""The logit lens: what the model would say if it stopped after each block.

Every block adds to one residual stream, and the head reads only what the stream holds at the end.
Reading it earlier shows the guess so far. It is a reading by a head that was trained for the end: a
stream that holds the answer in other directions looks empty. Source: nostalgebraist 2020,
"interpreting GPT: the logit lens".
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .looking import call, check_gpt, looking


def logit_lens(model: Any, ids: Any) -> np.ndarray:
    """Read the residual stream after the embedding and after each block, by the model's own head.

    In front of the head is the final norm, as at the end of the model: the head has never read a
    stream that was not normalized. In post-norm there is none.

    Parameters
    ----------
    model
        A GPT of either engine.
    ids
        (B, T) integers.

    Returns
    -------
    logits
        (n_layer + 1, B, T, V): the first is read off the embeddings, the last is what the model
        says. Half precision comes as float32.

    Raises
    ------
    ValueError
        If the model is no GPT of this package, or it refuses the ids.

    >>> import numpy as np
    >>> from tinytx import example
    >>> from tinytx.inspect import logit_lens
    >>> model, ids = example.model().eval(), np.array([example.ids()])
    >>> lens = logit_lens(model, ids)
    >>> lens.shape, bool((lens[-1] == model(ids)).all())
    ((2, 1, 5, 8), True)
    """
    check_gpt(model, "logit_lens")
    with looking(model, ids) as (still, seen):
        rows = []
        for x in stream(seen, still.config.n_layer):
            if still.config.norm == "pre":
                x = call(still.ln_f, x)
            rows.append(call(still.lm_head, x))
        return np.stack(rows)


def stream(seen: dict[str, np.ndarray], n_layer: int) -> list[np.ndarray]:
    """Return what was captured of the residual stream: before the blocks, and after each."""
    return [seen["drop"], *(seen[f"blocks.{i}"] for i in range(n_layer))]
