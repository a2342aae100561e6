"""Who may attend to whom. True means *may attend*, in every mask of this package."""

from __future__ import annotations

import torch
from torch import Tensor

from .shapes import check_dims


def causal_mask(T: int, S: int | None = None, device: torch.device | str | None = None) -> Tensor:
    """Return the (T, S) mask by which a position sees itself and what came before.

    With more keys than queries the queries are the last ``T`` of ``S`` positions, as when earlier
    keys were kept from before.

    >>> causal_mask(2, 3).int()
    tensor([[1, 1, 0],
            [1, 1, 1]], dtype=torch.int32)

    Raises
    ------
    ValueError
        If there are fewer keys than queries.
    """
    S = T if S is None else S
    if S < T:
        raise ValueError(f"S is {S} and must be at least T {T}: every query has a key of its own")
    return torch.ones(T, S, dtype=torch.bool, device=device).tril(S - T)


def window_mask(
    T: int,
    window: int,
    sinks: int = 0,
    S: int | None = None,
    device: torch.device | str | None = None,
) -> Tensor:
    """Return the causal mask (T, S) by which a position sees ``window`` positions, itself included.

    And the first ``sinks`` of all. Source: Beltagy et al. 2020, section 3.1; Xiao et al. 2023,
    section 3.2.

    >>> window_mask(4, window=2, sinks=1).int()
    tensor([[1, 0, 0, 0],
            [1, 1, 0, 0],
            [1, 1, 1, 0],
            [1, 0, 1, 1]], dtype=torch.int32)

    Raises
    ------
    ValueError
        If there are fewer keys than queries.
    """
    mask = causal_mask(T, S, device)
    S = T if S is None else S
    return mask & near(torch.arange(S - T, S, device=device)[:, None], S, window, sinks)


def near(query: Tensor, S: int, window: int, sinks: int) -> Tensor:
    """Return which of S keys are not too far behind the positions ``query`` (..., T, 1)."""
    key = torch.arange(S, device=query.device)
    return (key > query - window) | (key < sinks)


def padding_mask(ids: Tensor, padding_id: int) -> Tensor:
    """Return the (B, 1, 1, S) mask by which nobody sees padding, from ids (B, S).

    >>> padding_mask(torch.tensor([[5, 3, 0]]), padding_id=0)
    tensor([[[[ True,  True, False]]]])

    Raises
    ------
    ValueError
        If ``ids`` is not two-dimensional.
    """
    check_dims("ids", ids, 2, "(B, S)")
    return (ids != padding_id)[:, None, None, :]
