"""A fixed set of held-out windows: the same in every run, on every process."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...manual.shapes import check_count
from ..encoding import DocumentEncoder
from .documents import DocumentStream


def validation_windows(
    documents: DocumentStream, tokenizer: Any, n: int, context_length: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the first ``n`` windows of the held-out side.

    Its documents in order, each ended by end-of-text, are one row of tokens; window i begins at
    token i·T, so every token but the first is a target once.

    Returns
    -------
    ids, targets
        (n, T) each, int64.

    Raises
    ------
    ValueError
        If the held-out side is shorter, or a size is no integer of at least 1.
    """
    check_count("n", n)
    check_count("context_length", context_length)
    encoder, wanted = DocumentEncoder(tokenizer), n * context_length + 1
    parts, have = [], 0
    for text in documents.held_out_texts():
        parts.append(encoder(text))
        have += len(parts[-1])
        if have >= wanted:
            break
    if have < wanted:
        raise ValueError(
            f"the held-out side has {have:,} tokens, and {n} windows of {context_length} need "
            f"{wanted:,}: ask for fewer, or give more data"
        )
    ids = np.concatenate(parts)[:wanted].astype(np.int64)
    return ids[:-1].reshape(n, context_length), ids[1:].reshape(n, context_length)
