"""The wrong answers to ``blind_spots(model, vocab_size, T)`` that the check knows.

What each does, and why it is wrong, the catalogue in ``swapping.py`` says.
"""

# ruff: noqa: D103

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import combinations

import numpy as np

from .reference import ENOUGH

Array = np.ndarray
Model = Callable[[Array], Array]
Probe = Callable[[Model, int, int], list[int]]
Texts = Callable[[int, int, int], Iterator[Array]]


def every_pair(i: int, V: int, T: int) -> Iterator[Array]:
    """Yield a text for each pair of tokens at i and i + 1."""
    rng = np.random.default_rng(1)
    for pair in combinations(range(V), 2):
        ids = rng.integers(V, size=T)
        ids[i : i + 2] = pair[: T - i]
        yield ids


def one_text(text: Callable[[int, int], Array]) -> Texts:
    """Return the same text, ``text(V, T)``, for every i."""
    return lambda i, V, T: iter([text(V, T)])


def counted(V: int, T: int) -> Array:
    return np.arange(T) % V


def drawn(seed: int) -> Callable[[int, int], Array]:
    return lambda V, T: np.random.default_rng(seed).integers(V, size=T)


def swapped(ids: Array, i: int) -> Array:
    other = ids.copy()
    other[i], other[i + 1] = ids[i + 1], ids[i]
    return other


def swapped_by_view(ids: Array, i: int) -> Array:
    """Write one of the two over the other, and read it again."""
    other = ids.copy()
    other[i] = other[i + 1]
    other[i + 1] = other[i]
    return other


def swapped_with(which: Callable[[int, int], int]) -> Callable[[Array, int], Array]:
    """Return a change in which i and ``which(i, T)`` change places."""

    def swapped(ids: Array, i: int) -> Array:
        other, j = ids.copy(), which(i, len(ids))
        other[i], other[j] = ids[j], ids[i]
        return other

    return swapped


def turned(ids: Array) -> Array:
    return np.concatenate([ids[:-1][::-1], ids[-1:]])


def same(ids: Array, i: int) -> Array:
    return ids


def last_row(before: Array, after: Array, i: int) -> bool:
    return bool(np.abs(after[-1] - before[-1]).max() > ENOUGH)


def any_row(before: Array, after: Array, i: int) -> bool:
    return bool(np.abs(after - before).max() > ENOUGH)


def later_rows(before: Array, after: Array, i: int) -> bool:
    return bool(np.abs(after[i + 2 :] - before[i + 2 :]).max() > ENOUGH)


def exactly(before: Array, after: Array, i: int) -> bool:
    return not np.array_equal(before[-1], after[-1])


def loosely(before: Array, after: Array, i: int) -> bool:
    return not np.allclose(before[-1], after[-1])


def sums(before: Array, after: Array, i: int) -> bool:
    return bool(abs(after[-1].sum() - before[-1].sum()) > ENOUGH)


def first_number(before: Array, after: Array, i: int) -> bool:
    return bool(abs(after[-1, 0] - before[-1, 0]) > ENOUGH)


def every_number(before: Array, after: Array, i: int) -> bool:
    return bool((np.abs(after[-1] - before[-1]) > ENOUGH).all())


def mean_of_rows(before: Array, after: Array, i: int) -> bool:
    return bool(np.abs(after.mean(0) - before.mean(0)).max() > ENOUGH)


def unnoticed(seen: list[bool]) -> bool:
    return not any(seen)


def probing(
    texts: Texts = every_pair,
    change: Callable[[Array, int], Array] = swapped,
    differs: Callable[[Array, Array, int], bool] = last_row,
    blind: Callable[[list[bool]], bool] = unnoticed,
    stop: int = 2,
) -> Probe:
    """Return a probe: for i up to T - ``stop``, is ``blind`` said of what ``differs`` saw?"""

    def probe(model: Model, vocab_size: int, T: int) -> list[int]:
        found = []
        for i in range(T - stop):
            seen = []
            for ids in texts(i, vocab_size, T):
                other = change(ids, i)
                before, after = np.array(model(ids.copy())), np.array(model(other.copy()))
                seen.append(differs(before, after, i))
            if blind(seen):
                found.append(i)
        return found

    return probe


def all_or_none(model: Model, vocab_size: int, T: int) -> list[int]:
    """Turn the whole text round but for its end, and draw one conclusion for all."""
    seen = [
        last_row(model(ids.copy()), model(turned(ids)), 0) for ids in every_pair(0, vocab_size, T)
    ]
    return [] if any(seen) else list(range(T - 2))


def piling_up(model: Model, vocab_size: int, T: int) -> list[int]:
    """Swap in one array all the time, and compare with the first output."""
    blind = set(range(T - 2))
    for start in every_pair(0, vocab_size, T):
        before, other = np.array(model(start.copy())), start.copy()
        for i in range(T - 2):
            other = swapped(other, i)
            if last_row(before, model(other.copy()), i):
                blind.discard(i)
    return sorted(blind)


def hands_out_its_own(model: Model, vocab_size: int, T: int) -> list[int]:
    """Swap in the very array that the model was given."""
    found = []
    for i in range(T - 2):
        seen = []
        for ids in every_pair(i, vocab_size, T):
            before = np.array(model(ids))
            seen.append(last_row(before, model(swapped(ids, i)), i))
        if unnoticed(seen):
            found.append(i)
    return found


def noticed(seen: list[bool]) -> bool:
    return any(seen)


def one_unnoticed(seen: list[bool]) -> bool:
    return not all(seen)


def backwards(model: Model, vocab_size: int, T: int) -> list[int]:
    return probing()(model, vocab_size, T)[::-1]
