"""Functions that ``is_right_split`` is tried on: two are right, the others wrong in their own way.

Each takes x, (B, T, H * Dh), and the number of heads. Their names and the first lines of their
docstrings are shown to learners. What is wrong with one shows wherever all sizes are 2 or more.
None of them computes anything, so that an entry of x may also be text that names its place.
"""

from __future__ import annotations

from types import EllipsisType

import numpy as np

from . import answers

Array = np.ndarray
Part = slice | tuple[slice | EllipsisType, ...]


def split_heads(x: Array, n_head: int) -> Array:
    """Split rightly, or say in one line that n_head does not divide the last size."""
    if x.shape[-1] % n_head:
        raise ValueError(f"n_head = {n_head} does not divide D = {x.shape[-1]}")
    return answers.split_heads(x, n_head)


def viewed(x: Array, n_head: int) -> Array:
    """Cuts each row into n_head pieces and moves the heads in front of the positions."""
    return split_heads(x, n_head)


def pieced(x: Array, n_head: int) -> Array:
    """Copies the columns of one head after the other into a new array."""
    return np.stack(np.split(x, n_head, axis=-1), axis=1)


def uncut(x: Array, n_head: int) -> Array:
    """Gives x back as it came."""
    return x


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


def in_front(x: Array, n_head: int) -> Array:
    """Puts the heads in front of the batch: (H, B, T, Dh)."""
    return np.stack(np.split(x, n_head, axis=-1))


def upended(x: Array, n_head: int) -> Array:
    """Splits rightly, and then transposes each head: (B, H, Dh, T)."""
    return split_heads(x, n_head).swapaxes(-1, -2)


def restacked(x: Array, n_head: int) -> Array:
    """Stacks the heads in front of the batch, and reshapes that to (B, H, T, Dh)."""
    return np.stack(np.split(x, n_head, axis=-1)).reshape(split_heads(x, n_head).shape)


def joined(x: Array, n_head: int) -> Array:
    """Splits rightly, but batch and heads are one axis: (B * H, T, Dh)."""
    heads = split_heads(x, n_head)
    return heads.reshape(-1, *heads.shape[-2:])


def wrapped(x: Array, n_head: int) -> Array:
    """Splits rightly, but puts one more axis in front: (1, B, H, T, Dh)."""
    return split_heads(x, n_head)[None]


def swapped_numbers(x: Array, n_head: int) -> Array:
    """Splits rightly, after the numbers of each row have changed places two by two."""
    places = np.arange(x.shape[-1] // 2 * 2).reshape(-1, 2)[:, ::-1].ravel()
    x = x.copy()
    x[..., : len(places)] = x[..., places]
    return split_heads(x, n_head)


def reversed_sequences(x: Array, n_head: int) -> Array:
    """Splits rightly, but the last sequence comes first."""
    return split_heads(x, n_head)[::-1]


def reversed_heads(x: Array, n_head: int) -> Array:
    """Splits rightly, but the last head comes first."""
    return split_heads(x, n_head)[:, ::-1]


def reversed_positions(x: Array, n_head: int) -> Array:
    """Splits rightly, but the last position comes first."""
    return split_heads(x, n_head)[:, :, ::-1]


def reversed_numbers(x: Array, n_head: int) -> Array:
    """Splits rightly, but the last number of each head comes first."""
    return split_heads(x, n_head)[..., ::-1]


def one_sequence(x: Array, n_head: int) -> Array:
    """Splits the first sequence of the batch, and repeats it for all others."""
    return np.repeat(split_heads(x, n_head)[:1], len(x), axis=0)


def first_again(x: Array, n_head: int) -> Array:
    """Gives head 0 its numbers, and every other head those of head 0."""
    return np.repeat(split_heads(x, n_head)[:, :1], n_head, axis=1)


def first_position(x: Array, n_head: int) -> Array:
    """Gives every position the numbers of position 0."""
    return np.repeat(split_heads(x, n_head)[:, :, :1], x.shape[1], axis=2)


def first_number(x: Array, n_head: int) -> Array:
    """Fills each row of a head with the first of its numbers."""
    heads = split_heads(x, n_head)
    return np.repeat(heads[..., :1], heads.shape[-1], axis=-1)


def without_batch(x: Array, n_head: int) -> Array:
    """Splits the first sequence of the batch, and forgets the others."""
    return split_heads(x, n_head)[:1]


def unfilled(x: Array, n_head: int) -> Array:
    """Makes a new array of the right shape, and forgets to fill it."""
    return np.zeros_like(split_heads(x, n_head))


def _filled(x: Array, n_head: int, part: Part) -> Array:
    """Return the right heads, with zeros (or empty text) outside ``part``."""
    heads = unfilled(x, n_head)
    heads[part] = split_heads(x, n_head)[part]
    return heads


def one_sequence_short(x: Array, n_head: int) -> Array:
    """Fills a new array sequence by sequence, in a loop that ends one sequence too early."""
    return _filled(x, n_head, np.s_[:-1])


def one_head_short(x: Array, n_head: int) -> Array:
    """Fills a new array head by head, in a loop that ends one head too early."""
    return _filled(x, n_head, np.s_[:, :-1])


def one_position_short(x: Array, n_head: int) -> Array:
    """Fills a new array position by position, in a loop that ends one position too early."""
    return _filled(x, n_head, np.s_[:, :, :-1])


def one_number_short(x: Array, n_head: int) -> Array:
    """Fills a new array number by number, in a loop that ends one number too early."""
    return _filled(x, n_head, np.s_[..., :-1])


def from_sequence_1(x: Array, n_head: int) -> Array:
    """Fills a new array sequence by sequence, in a loop that begins with sequence 1."""
    return _filled(x, n_head, np.s_[1:])


def from_head_1(x: Array, n_head: int) -> Array:
    """Fills a new array head by head, in a loop that begins with head 1."""
    return _filled(x, n_head, np.s_[:, 1:])


def from_position_1(x: Array, n_head: int) -> Array:
    """Fills a new array position by position, in a loop that begins with position 1."""
    return _filled(x, n_head, np.s_[:, :, 1:])


def from_number_1(x: Array, n_head: int) -> Array:
    """Fills a new array number by number, in a loop that begins with number 1."""
    return _filled(x, n_head, np.s_[..., 1:])


def shifted(x: Array, n_head: int) -> Array:
    """Takes every row's numbers one place further right, the last one first."""
    return split_heads(np.roll(x, 1, axis=-1), n_head)


RIGHT = [viewed, pieced]
WRONG = [
    plain, dealt, unmoved, in_front, uncut, upended, restacked, without_batch, joined, wrapped,
    reversed_sequences, reversed_heads, reversed_positions, reversed_numbers,
    one_sequence, first_again, first_position, first_number, unfilled, shifted, swapped_numbers,
    one_sequence_short, one_head_short, one_position_short, one_number_short,
    from_sequence_1, from_head_1, from_position_1, from_number_1,
]  # fmt: skip
