"""Several documents in one row: who may see whom, and where each document's positions begin.

The fused kernel takes the mask as it is. A kernel that skips what is masked (PyTorch's
``flex_attention``, or FlashAttention's call for rows of unequal length) saves the time as well;
training with those needs an accelerator. Source: Krell et al. 2021.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ..config_checks import check_window
from .masks import causal_mask
from .shapes import check_integers


def document_places(documents: Tensor) -> Tensor:
    """Return how many tokens of its own document come before each token, (B, T).

    A document is a run of equal numbers in ``documents`` (B, T); the same number later in the row
    is another document.

    >>> document_places(torch.tensor([[7, 7, 8, 8, 8, 7]]))
    tensor([[0, 1, 0, 1, 2, 0]])
    """
    check_integers("documents", documents)
    if documents.ndim != 2:
        raise ValueError(f"documents has shape {tuple(documents.shape)} and must have (B, T)")
    place = torch.arange(documents.shape[1], device=documents.device)
    begins = torch.ones_like(documents, dtype=torch.bool)
    begins[:, 1:] = documents[:, 1:] != documents[:, :-1]
    return place - (place * begins).cummax(1).values


def document_mask(
    documents: Tensor, causal: bool = True, window: int | None = None, sinks: int = 0
) -> Tensor:
    """Return the mask (B, 1, T, T) by which a token sees its own document only.

    ``documents`` is (B, T), as for :func:`document_places`; the others are as in the configuration.
    The ``sinks`` are each document's own first tokens, not the row's.

    Raises
    ------
    ValueError
        If ``documents`` are no integers (B, T), or no configuration has such a window or sinks.
    """
    check_window(window, sinks, causal)
    before = document_places(documents)
    place = torch.arange(before.shape[1], device=documents.device)
    first = place - before  # (B, T): where its document begins
    mask = first[:, :, None] == first[:, None, :]  # (B, T, T)
    if causal:
        mask = mask & causal_mask(len(place), device=documents.device)
        if window is not None:
            near = place > place[:, None] - window  # (T, T)
            mask = mask & (near | (place - first[:, :, None] < sinks))
    return mask[:, None]
