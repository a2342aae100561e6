"""Functions that ``is_right_split`` is tried on: two are right, the others wrong in their own way.

Each takes x, (B, T, H * Dh), and the number of heads. Their names and the first lines of their
docstrings are shown to learners. What is wrong with one shows wherever all sizes are 2 or more.
None of them computes anything, so that an entry of x may also be text that names its place.
"""

from __future__ import annotations

import numpy as np

from ...manual import split_heads

Array = np.ndarray


def viewed(x: Array, n_head: int) -> Array:
    """Cuts each row into n_head pieces and moves the heads in front of the positions."""
    return split_heads(x, n_head)


def pieced(x: Array, n_head: int) -> Array:
    """Copies the columns of one head after the other into a new array."""
    return np.stack(np.split(x, n_head, axis=-1), axis=1)


def plain(x: Array, n_head: int) -> Array:
    """Reshapes straight to (B, H, T, Dh)."""
    B, T, D = x.shape
    return x.reshape(B, n_head, T, D // n_head)


def dealt(x: Array, n_head: int) -> Array:
    """Deals the numbers of each row out to the heads, one by one."""
    B, T, D = x.shape
    return x.reshape(B, T, D // n_head, n_head).transpose(0, 3, 1, 2)


def unmoved(x: Array, n_head: int) -> Array:
    """Cuts each row into n_head pieces and leaves it at that: (B, T, H, Dh)."""
    B, T, D = x.shape
    return x.reshape(B, T, n_head, D // n_head)


def upended(x: Array, n_head: int) -> Array:
    """Splits rightly, and then transposes each head: (B, H, Dh, T)."""
    return split_heads(x, n_head).swapaxes(-1, -2)


def reversed_heads(x: Array, n_head: int) -> Array:
    """Splits rightly, but the last head comes first."""
    return split_heads(x, n_head)[:, ::-1]


def reversed_positions(x: Array, n_head: int) -> Array:
    """Splits rightly, but the last position comes first."""
    return split_heads(x, n_head)[:, :, ::-1]


def reversed_numbers(x: Array, n_head: int) -> Array:
    """Splits rightly, but the last number of each head comes first."""
    return split_heads(x, n_head)[..., ::-1]


def first_again(x: Array, n_head: int) -> Array:
    """Gives head 0 its numbers, and every other head those of head 0."""
    return np.repeat(split_heads(x, n_head)[:, :1], n_head, axis=1)


def one_sequence(x: Array, n_head: int) -> Array:
    """Splits the first sequence of the batch, and repeats it for all others."""
    return np.repeat(split_heads(x, n_head)[:1], len(x), axis=0)


def without_batch(x: Array, n_head: int) -> Array:
    """Splits the first sequence of the batch, and forgets the others."""
    return split_heads(x, n_head)[:1]


def first_position(x: Array, n_head: int) -> Array:
    """Gives every position the numbers of position 0."""
    return np.repeat(split_heads(x, n_head)[:, :, :1], x.shape[1], axis=2)


def first_number(x: Array, n_head: int) -> Array:
    """Fills each row of a head with the first of its numbers."""
    heads = split_heads(x, n_head)
    return np.repeat(heads[..., :1], heads.shape[-1], axis=-1)


def unfilled(x: Array, n_head: int) -> Array:
    """Makes a new array of the right shape, and forgets to fill it."""
    return np.zeros_like(split_heads(x, n_head))


def one_head_short(x: Array, n_head: int) -> Array:
    """Fills a new array head by head, in a loop that ends one head too early."""
    heads = unfilled(x, n_head)
    heads[:, :-1] = split_heads(x, n_head)[:, :-1]
    return heads


def one_position_short(x: Array, n_head: int) -> Array:
    """Fills a new array position by position, in a loop that ends one position too early."""
    heads = unfilled(x, n_head)
    heads[:, :, :-1] = split_heads(x, n_head)[:, :, :-1]
    return heads


def one_sequence_short(x: Array, n_head: int) -> Array:
    """Fills a new array sequence by sequence, in a loop that ends one sequence too early."""
    heads = unfilled(x, n_head)
    heads[:-1] = split_heads(x, n_head)[:-1]
    return heads


def shifted(x: Array, n_head: int) -> Array:
    """Takes every row's numbers one place further right, the last one first."""
    return split_heads(np.roll(x, 1, axis=-1), n_head)
