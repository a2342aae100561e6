"""What context buys: the entropy of the next character when only the last k are seen."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from ...manual.shapes import is_whole
from .facts import entropy
from .teller import END, corpus, stories, surprise

_LADDER = (0, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128)  # the contexts to fall back on


class ContextEntropy(NamedTuple):
    """The entropy given k characters lies between ``lower`` and ``upper``, but for their errors."""

    k: int
    upper: float  # nats per character, measured on stories that were not counted
    error: float  # standard error of `upper`
    lower: float  # nats per character, of the counts themselves


def context_entropy(
    k: int, n_train: int = 2000, n_test: int = 200, seed: int = 0
) -> ContextEntropy:
    r"""Return the entropy of the next character given the last ``k``, in nats, as an interval.

    The text is a corpus, so the last k characters may reach into the story before. It is measured,
    in two ways whose errors have opposite signs:

    - ``upper`` is the loss of a k-gram model, counted on ``n_train`` stories and tried on
      ``n_test`` others. No predictor that sees k characters can beat their entropy, so in
      expectation this is too high: by what the model does not know yet. Contexts seen rarely are
      blended with shorter ones (Witten and Bell 1991, method C): with n occurrences and d different
      successors, p = (count + d p') / (n + d). When a longer context does worse than a
      shorter one, because its counts are too thin, the shorter one's loss is kept: it
      bounds the entropy too. So ``upper`` never rises with k.
    - ``lower`` is the entropy of the counts themselves. Counts fit their own text too well, and
      entropy is concave, so in expectation this is too low (Jensen's inequality). It is
      replaced by the exact entropy per character where that is higher, as for every long context.

    The two meet for small k, and part where the sample is too small to know: at about k = 8 for
    2,000 stories. From k = 24 on ``upper`` stands still, for want of data and not of information.
    The noise that comes from the tried stories being more or less surprising than the average is
    removed, since their exact :func:`surprise` is known.

    Raises
    ------
    ValueError
        If ``k`` is negative or above 128, or there are fewer than 2 stories to count or to try.
    """
    if not is_whole(k) or not 0 <= k <= _LADDER[-1]:
        raise ValueError(f"k is {k!r}; give a number of characters from 0 to {_LADDER[-1]}")
    for name, n in (("n_train", n_train), ("n_test", n_test)):
        if not is_whole(n) or n < 2:
            raise ValueError(f"{name} is {n!r}; give 2 or more stories")
    counts = _counts(n_train, n_test, seed)
    rungs = [rung for rung in _LADDER if rung < k]
    probability = np.full(counts.n_test, 1 / counts.alphabet)
    best = (np.inf, 0.0)
    for order in (*rungs, k):
        probability, plug_in = counts.blend(order, probability)
        best = min(best, counts.excess(probability))
    rate = entropy().per_character
    return ContextEntropy(k, rate + best[0], best[1], max(rate, plug_in))


class _Counts:
    """The k-grams of one corpus, looked up for another; contexts are known by 64-bit hashes.

    The hash of a context is a sum of its characters, each times a random odd number for its
    place. That two of a few million contexts share a hash has a chance of one in 100,000.
    """

    def __init__(self, n_train: int, n_test: int, seed: int):
        generator = np.random.default_rng(seed)
        first, second = generator.integers(2**62, size=2)  # different stories
        self._texts = [_codes(corpus(n_train, first)), _codes(corpus(n_test, second))]
        self.alphabet = len(np.unique(np.concatenate(self._texts)))
        self.n_test = len(self._texts[1])
        places = generator.integers(2**63, size=_LADDER[-1] + 1, dtype=np.uint64)
        self._multipliers = places * np.uint64(2) + np.uint64(1)
        tried = stories(n_test, second)
        self._surprise = np.concatenate(
            [np.append(surprise(text), [0.0] * len(END)) for text in tried]
        )
        self._ends = np.cumsum([len(text) + len(END) for text in tried])
        self._orders: dict[int, tuple[np.ndarray, ...]] = {}

    def blend(self, order: int, shorter: np.ndarray) -> tuple[np.ndarray, float]:
        """Return the chance of each tried character, and the entropy of the counts themselves."""
        if order not in self._orders:
            self._orders[order] = self._look_up(order)
        count, seen, different, plug_in = self._orders[order]
        blended = (count + different * shorter) / np.maximum(seen + different, 1)
        return np.where(seen > 0, blended, shorter), float(plug_in)

    def excess(self, probability: np.ndarray) -> tuple[float, float]:
        """Return by how much the loss exceeds the exact entropy per character, and its error."""
        per_character = -np.log(probability) - self._surprise
        per_story = np.diff(np.cumsum(per_character)[self._ends - 1], prepend=0.0)
        lengths = np.diff(self._ends, prepend=0)
        mean = per_story.sum() / lengths.sum()
        noise = (per_story - mean * lengths).std(ddof=1) / np.sqrt(len(lengths)) / lengths.mean()
        return float(mean), float(noise)

    def _look_up(self, order: int) -> tuple[np.ndarray, ...]:
        """Return, per tried character: its count, its context's, and the different successors."""
        (train, tried), (train_pairs, tried_pairs) = zip(
            *(self._hashes(text, order) for text in self._texts), strict=True
        )
        pairs, first, count = np.unique(train_pairs, return_index=True, return_counts=True)
        contexts, where = np.unique(train[first], return_inverse=True)
        different = np.bincount(where)
        seen = np.bincount(where, weights=count)
        plug_in = -(count * np.log(count / seen[where])).sum() / len(train)
        return (
            _find(pairs, count, tried_pairs),
            _find(contexts, seen, tried),
            _find(contexts, different, tried),
            plug_in,
        )

    def _hashes(self, text: np.ndarray, order: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the hash of the ``order`` characters before each one, and with that one."""
        context = np.zeros(len(text), dtype=np.uint64)
        for place in range(1, order + 1):
            context[place:] += text[:-place] * self._multipliers[place]
        return context, context + text * self._multipliers[0]


@lru_cache(maxsize=2)
def _counts(n_train: int, n_test: int, seed: int) -> _Counts:
    return _Counts(n_train, n_test, seed)


def _codes(text: str) -> np.ndarray:
    return np.frombuffer(text.encode("ascii"), dtype=np.uint8).astype(np.uint64)


def _find(keys: np.ndarray, values: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Return the value of each wanted key, 0 where it is missing; ``keys`` are sorted."""
    place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[place] == wanted, values[place], 0)
