"""Models that ``blind_spots`` is tried on: each knows where its tokens stand in its own way.

They take ids (T,) and give (T, D). Their names and the first lines of their docstrings are shown
to learners.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ...manual.attention import attention_forward
from ...manual.masks import causal_mask
from ...manual.norm import layernorm_forward
from ..arrays import Kept, draw

Array = np.ndarray

D = 4
_TOKENS = draw(5, D, seed=1)
_PLACES = draw(8, D, seed=2)
_Q, _K, _V = draw(3, D, D, seed=3)


def _read(x: Array, mask: Array | None = None) -> Array:
    """Return x plus what each position reads, in one head, to ten digits after the point.

    So what the order of a sum changes in the sixteenth digit is seen in ``rounds`` alone.
    """
    return _attended(x, causal_mask(len(x), len(x)) if mask is None else mask)


def _attend(x: Array, mask: Array) -> Array:
    q, k, v = ((x @ w)[None, None] for w in (_Q, _K, _V))  # (1, 1, T, D)
    return np.round(x + attention_forward(q, k, v, mask)[0][0, 0], 10)


_attended = Kept(_attend, 20_000)  # some 200 bytes each


def _placed(ids: Array, rows: slice | Array) -> Array:
    return _read(_TOKENS[ids] + _PLACES[rows])


def counted(ids: Array) -> Array:
    """A model whose rows count how often each token has come: a bag of tokens, no order."""
    return np.cumsum(np.eye(len(_TOKENS))[ids], axis=0)


def total(ids: Array) -> Array:
    """Each row holds how often each token stands in the whole text, and the number of the row."""
    counts = np.tile(np.bincount(ids, minlength=len(_TOKENS)), (len(ids), 1))
    return np.column_stack([counts, np.arange(len(ids))])


def before(ids: Array) -> Array:
    """A bag of tokens in each row, of those that come before it: its own is not included."""
    return counted(ids) - np.eye(len(_TOKENS))[ids]


def own_at_last(ids: Array) -> Array:
    """A bag of tokens in each row but the last, which knows of its own token alone."""
    out = counted(ids)
    out[-1] = np.eye(len(_TOKENS))[ids[-1]]
    return out


def _order(a: int, b: int, step: float = 1.0, start: float = 0.0) -> Callable[[Array], Array]:
    """Return a model that sees one thing of order: how often a ``b`` has come after an ``a``."""

    def model(ids: Array) -> Array:
        after = (ids == b) * np.cumsum(ids == a)
        return np.stack([np.cumsum(ids + 1.0), start + step * np.cumsum(after)], axis=-1)

    return model


zero_one, two_zero, one_two, three_four = _order(0, 1), _order(2, 0), _order(1, 2), _order(3, 4)
five_e_9, one_e_10 = _order(1, 0, 5e-9, start=1), _order(0, 1, 1e-10)
for _model, _name, _says in (
    (zero_one, "zero_one", "Counts how often a 1 has come after a 0, and sees no other order."),
    (two_zero, "two_zero", "Counts how often a 0 has come after a 2, and sees no other order."),
    (one_two, "one_two", "Counts how often a 2 has come after a 1, and sees no other order."),
    (three_four, "three_four", "Counts how often a 4 has come after a 3, and sees no other order."),
    (five_e_9, "five_e_9", "Counts how often a 0 has come after a 1, from 1 on, in steps of 5e-9."),
    (one_e_10, "one_e_10", "Counts how often a 1 has come after a 0, in steps of 1e-10."),
):
    _model.__name__, _model.__doc__ = _name, _says


def in_a_crowd(ids: Array) -> Array:
    """Counts how often a larger id has come after a smaller one, once two ids were not 0."""
    rising = np.triu(ids[:, None] < ids, 1).sum(axis=0)
    return np.stack([np.cumsum(ids + 1.0), (np.cumsum(ids > 0) > 1) * np.cumsum(rising)], axis=-1)


def _unless(own: int) -> Callable[[Array], Array]:
    """Return a model that sees how often ids rise, but not in the rows of one token."""

    def model(ids: Array) -> Array:
        rising = np.triu(ids[:, None] < ids, 1).sum(axis=0)
        return np.stack([np.cumsum(ids + 1.0), (ids != own) * np.cumsum(rising)], axis=-1)

    model.__name__ = f"unless_{own}"
    model.__doc__ = (
        f"Counts how often a larger id has come after a smaller one; in rows of a {own} it gives 0."
    )
    return model


unless_0, unless_1, unless_5 = _unless(0), _unless(1), _unless(5)


def no_positions(ids: Array) -> Array:
    """Attention over rows of tokens, to which no positions were added."""
    return _read(_TOKENS[ids])


def learned(ids: Array) -> Array:
    """Attention over rows of tokens plus a row for each position."""
    return _placed(ids, np.arange(len(ids)))


def by_token(ids: Array) -> Array:
    """Attention, where the row of the position table is chosen by the token."""
    return _placed(ids, ids)


def in_pairs(ids: Array) -> Array:
    """Attention, where positions 0 and 1 share a row of the table, and 2 and 3, and so on."""
    return _placed(ids, np.arange(len(ids)) // 2)


def up_to_three(ids: Array) -> Array:
    """Attention, where all positions from 3 on share a row of the table."""
    return _placed(ids, np.minimum(np.arange(len(ids)), 3))


def from_both_ends(ids: Array) -> Array:
    """Attention, where positions are counted from the nearer end of the text."""
    forward = np.arange(len(ids))
    return _placed(ids, np.minimum(forward, forward[::-1]))


def alternating(ids: Array) -> Array:
    """Attention, where even positions share one row of the table and odd ones another."""
    return _placed(ids, np.arange(len(ids)) % 2)


def faint(ids: Array) -> Array:
    """Attention, where the rows of the positions are 250,000 times smaller; then 10 is added."""
    return _read(_TOKENS[ids] + 4e-6 * _PLACES[: len(ids)]) + 10


def three_back(ids: Array) -> Array:
    """Attention with positions, where each position reads the last three only, itself included."""
    T = len(ids)
    near = causal_mask(T, T) & ~np.tri(T, k=-3, dtype=bool)
    return _read(_TOKENS[ids] + _PLACES[:T], near)


def itself_alone(ids: Array) -> Array:
    """A model whose rows are those of their own tokens: nothing reads anything."""
    return _TOKENS[ids]


def twins(ids: Array) -> Array:
    """Attention with positions, where tokens 0 and 1 have the same row."""
    return learned(np.maximum(ids, 1))


def only_token_two(ids: Array) -> Array:
    """Attention, where only token 2 gets a position added."""
    return _read(_TOKENS[ids] + (ids == 2)[:, None] * _PLACES[: len(ids)])


def two_blocks(ids: Array) -> Array:
    """Two layers of causal attention without positions."""
    return _read(_read(_TOKENS[ids]))


def rounds(ids: Array) -> Array:
    """Running sums of the rows of tokens, less a number that was added: no order, only rounding."""
    return np.cumsum(_TOKENS[ids] / 3 + 100, axis=0) - 100 * np.arange(1, len(ids) + 1)[:, None]


def normed(ids: Array) -> Array:
    """Attention with positions, and a layer norm at the end: each row sums to zero."""
    return layernorm_forward(learned(ids), np.ones(D), np.zeros(D))[0]


def in_last_number(ids: Array) -> Array:
    """Attention without positions, but the last number of a row is one of attention with them."""
    out = no_positions(ids)
    out[:, -1] = learned(ids)[:, -1]
    return out


def in_first_number(ids: Array) -> Array:
    """Attention without positions, but the first number of a row is one of attention with them."""
    out = no_positions(ids)
    out[:, 0] = learned(ids)[:, 0]
    return out


def overwrites(ids: Array) -> Array:
    """Attention, where positions share a row two by two, that leaves zeros in its input."""
    out = in_pairs(ids)
    ids[:] = 0
    return out


class Late:
    """Sees any two tokens change places, but at no place in the first text where they do so."""

    def __init__(self) -> None:
        self.__name__ = "late"
        self.known: dict[tuple[int, ...], int] = {}  # from a text to the number in its rows
        self.met: set[tuple[int, ...]] = set()  # places and pairs that have had their first text

    def __deepcopy__(self, memo: object) -> Late:
        """Return one that has met no text."""
        return Late()

    def __call__(self, ids: Array) -> Array:
        """Return how much there is up to each id, beside a number for the text and its negative."""
        text = tuple(np.asarray(ids).tolist())
        if text not in self.known:
            self.known[text] = self._number(text)
        rows = np.full((len(text), 3), float(self.known[text]))
        return rows * [0, 1, -1] + np.cumsum(text)[:, None] * [1, 0, 0]

    def _number(self, text: tuple[int, ...]) -> int:
        for i in range(len(text) - 2):
            a, b = text[i : i + 2]
            other = (*text[:i], b, a, *text[i + 2 :])
            place = (i, *sorted((a, b)))
            if a != b and other in self.known and place not in self.met:
                self.met.add(place)
                return self.known[other]
        return len(self.known)


late = Late()
