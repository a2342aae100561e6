"""The check of ``train_bpe(words, n_merges)``: which pairs are merged, in which order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from itertools import pairwise

from ...tokenizers import merge_pair
from ..check import Check
from ..verdict import Mistake, Property
from .reference import train_bpe as reference

Pair = tuple[bytes, bytes]
Words = dict[bytes, int]
Split = list[tuple[list[bytes], int]]

CASES = [
    ({}, 1),
    ({b"a": 3}, 1),
    ({b"ab": 1}, 1),
    ({b"ab": 1}, 3),
    ({b"ab": 1, b"cd": 2}, 1),
    ({b"ab": 1, b"cd": 1}, 2),
    ({b"cd": 1, b"ab": 1}, 2),
    ({b"abab": 2, b"b": 5}, 3),
    ({b"aaaa": 1, b"bcbc": 1}, 3),
    ({b"abx": 2, b"ab": 1, b"cy": 2}, 2),
    ({b"abc": 3, b"zab": 2, b"bc": 2}, 4),
    ({b"low": 5, b"lower": 2, b"newest": 6, b"widest": 3}, 10),
    ({b"ho": 1, b"oh": 3, b"hoho": 1, b" oh": 2}, 4),
]


def _cut(words: Words) -> Split:
    return [([bytes([b]) for b in word], count) for word, count in words.items()]


def _count(split: Split) -> Counter[Pair]:
    counts: Counter[Pair] = Counter()
    for tokens, times in split:
        for pair in pairwise(tokens):
            counts[pair] += times
    return counts


def _merge(split: Split, pair: Pair) -> Split:
    return [(merge_pair(tokens, pair, pair[0] + pair[1]), times) for tokens, times in split]


def _train(
    choose: Callable[[Counter[Pair]], Pair],
    cut: Callable[[Words], Split] = _cut,
    count: Callable[[Split], Counter[Pair]] = _count,
    merge: Callable[[Split, Pair], Split] = _merge,
) -> Callable[[Words, int], list[Pair]]:
    """Return a trainer put together from four decisions; each mistake gets one of them wrong."""

    def train(words: Words, n_merges: int) -> list[Pair]:
        split = cut(words)
        merges: list[Pair] = []
        while len(merges) < n_merges and (counts := count(split)):
            merges.append(choose(counts))
            split = merge(split, merges[-1])
        return merges

    return train


def _best(counts: Counter[Pair]) -> Pair:
    return max(counts, key=lambda pair: (counts[pair], pair))


def _first_seen(counts: Counter[Pair]) -> Pair:
    return max(counts, key=lambda pair: counts[pair])


def _smallest(counts: Counter[Pair]) -> Pair:
    return min(counts, key=lambda pair: (-counts[pair], pair))


def _greatest_pair(counts: Counter[Pair]) -> Pair:
    return max(counts)


def _rarest(counts: Counter[Pair]) -> Pair:
    return min(counts, key=lambda pair: (counts[pair], pair))


def _longest(counts: Counter[Pair]) -> Pair:
    return max(counts, key=lambda pair: (counts[pair], len(pair[0] + pair[1]), pair))


def _each_word_once(split: Split) -> Counter[Pair]:
    return _count([(tokens, 1) for tokens, _ in split])


def _once_per_word(split: Split) -> Counter[Pair]:
    return Counter({p: n for p, n in _positions(split).items() if n})


def _positions(split: Split) -> Counter[Pair]:
    counts: Counter[Pair] = Counter()
    for tokens, times in split:
        for pair in dict.fromkeys(pairwise(tokens)):
            counts[pair] += times
    return counts


def _one_text(words: Words) -> Split:
    text = b"".join(word * count for word, count in words.items())
    return [([bytes([b]) for b in text], 1)]


def _stale(words: Words, n_merges: int) -> list[Pair]:
    counts = _count(_cut(words))
    return sorted(counts, key=lambda pair: (counts[pair], pair), reverse=True)[:n_merges]


def _one_too_few(words: Words, n_merges: int) -> list[Pair]:
    return reference(words, n_merges - 1)


def _runs_dry(words: Words, n_merges: int) -> list[Pair]:
    split = _cut(words)
    merges: list[Pair] = []
    for _ in range(n_merges):
        merges.append(_best(_count(split)))
        split = _merge(split, merges[-1])
    return merges


def _by_id(words: Words, n_merges: int) -> list[Pair]:
    """Break ties by the ids of the two tokens: a merged token is above every byte."""
    ids: dict[bytes, int] = {bytes([b]): b for b in range(256)}

    def choose(counts: Counter[Pair]) -> Pair:
        pair = max(counts, key=lambda p: (counts[p], ids[p[0]], ids[p[1]]))
        ids[pair[0] + pair[1]] = len(ids)
        return pair

    return _train(choose)(words, n_merges)


def _repeats_only(words: Words, n_merges: int) -> list[Pair]:
    frequent = _train(_best, count=lambda s: Counter({p: n for p, n in _count(s).items() if n > 1}))
    return frequent(words, n_merges)


RULE = (
    "when two pairs are equally frequent, the greater one wins, compared as a pair of byte strings."
)

MISTAKES = [
    Mistake(
        "in a tie the pair seen first wins",
        _train(_first_seen),
        f"{RULE} What comes first depends on the order of the words, and no other trainer shares"
        " it.",
        "the key by which you take the maximum.",
    ),
    Mistake(
        "in a tie the smaller pair wins",
        _train(_smallest),
        RULE,
        "the key by which you sort or take the maximum, and the sign of the count in it.",
    ),
    Mistake(
        "in a tie the pair with the greater ids wins",
        _by_id,
        f"{RULE} The id of a merged token says when it was made, not what it spells.",
        "what your key compares when the counts are equal.",
    ),
    Mistake(
        "in a tie the longer token wins",
        _train(_longest),
        f"{RULE} How long the new token gets plays no part.",
        "what your key compares when the counts are equal.",
    ),
    Mistake(
        "the pairs are counted only once, at the start",
        _stale,
        "every merge makes new neighbours and uses up old ones. Without counting again no token"
        " can ever be longer than two bytes.",
        "what has to happen between two merges.",
    ),
    Mistake(
        "a word counts once, however often it occurs",
        _train(_best, count=_each_word_once),
        "a pair in a word that occurs five times occurs five times.",
        "what you do with the values of `words`.",
    ),
    Mistake(
        "a pair counts once in a word, however often it stands there",
        _train(_best, count=_once_per_word),
        "each position counts, also when the same pair stands twice in one word.",
        "how you go through the neighbours of one word.",
    ),
    Mistake(
        "words are strung together",
        _train(_best, cut=_one_text),
        "the last letter of one word and the first of the next are not neighbours. Cutting the text"
        " into words first is there to keep them apart.",
        "what your pairs are counted over: one long sequence, or each word on its own.",
    ),
    Mistake(
        "one merge too few",
        _one_too_few,
        "`n_merges` says how many merges to learn, and there are pairs left.",
        "what your loop counts, and where it starts.",
    ),
    Mistake(
        "it fails when nothing is left to merge",
        _runs_dry,
        "when every word is one token there is no pair to choose. The task asks for the merges so"
        " far.",
        "what to do when the counts are empty.",
    ),
    Mistake(
        "pairs that occur once are never merged",
        _repeats_only,
        "the task sets no least frequency: it goes on while any pair is left.",
        "the condition that ends your loop.",
    ),
    Mistake(
        "the greatest pair wins, however rare",
        _train(_greatest_pair),
        "the count comes first; the bytes only decide between equals.",
        "what `max` compares: the keys of a dict, unless it is told otherwise.",
    ),
    Mistake(
        "the rarest pair wins",
        _train(_rarest),
        "a merge pays when its pair is frequent: each occurrence shortens the text by one token.",
        "min or max.",
    ),
]


def _made_of_known(merges: list[Pair], words: Words, n_merges: int) -> bool:
    known = {bytes([b]) for word in words for b in word}
    for a, b in merges:
        if not {a, b} <= known:
            return False
        known.add(a + b)
    return True


def _starts_most_frequent(merges: list[Pair], words: Words, n_merges: int) -> bool:
    counts = _count(_cut(words))
    return not merges or counts[merges[0]] == max(counts.values())


check = Check(
    "train_bpe",
    "train_bpe(words, n_merges)",
    reference,
    CASES,
    MISTAKES,
    "Byte pair encoding by hand",
    properties=(
        Property(
            "there may not be more merges than asked for",
            lambda merges, words, n_merges: len(merges) <= n_merges,
        ),
        Property(
            "both halves of a merge have to be single bytes of the words or made by merges before",
            _made_of_known,
        ),
        Property("the first merge has to be a most frequent pair", _starts_most_frequent),
    ),
)
