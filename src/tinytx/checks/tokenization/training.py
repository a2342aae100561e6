"""The check of ``train_bpe(words, n_merges)``: which pairs are merged, in which order."""

from __future__ import annotations

from ..check import Check
from ..verdict import Mistake, Property
from . import trainers as wrong
from .reference import train_bpe as reference

Pair = tuple[bytes, bytes]
Words = dict[bytes, int]

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
    ({b"aba": 2, b"ab": 1, b"az": 2}, 3),
    ({b"the": 3, b"th": 1, b"tz": 3}, 3),
    ({b"ho": 1, b"oh": 3, b"hoho": 1, b" oh": 2}, 4),
]

RULE = (
    "when two pairs are equally frequent, the greater one wins, compared as a pair of byte strings."
)

MISTAKES = [
    Mistake(
        "in a tie the pair seen first wins",
        wrong.trainer(wrong.first_seen),
        f"{RULE} What comes first depends on the order of the words, and no other trainer shares"
        " it.",
        "the key by which you take the maximum.",
    ),
    Mistake(
        "in a tie the smaller pair wins",
        wrong.trainer(wrong.smallest),
        RULE,
        "the key by which you sort or take the maximum, and the sign of the count in it.",
    ),
    Mistake(
        "in a tie the pair with the greater ids wins",
        wrong.by_id,
        f"{RULE} The id of a merged token says when it was made, not what it spells.",
        "what your key compares when the counts are equal.",
    ),
    Mistake(
        "in a tie the longer token wins",
        wrong.trainer(wrong.longest),
        f"{RULE} How long the new token gets plays no part.",
        "what your key compares when the counts are equal.",
    ),
    Mistake(
        "in a tie the pairs are compared by their joined bytes",
        wrong.trainer(wrong.joined),
        f"{RULE} Joined, the border between the two is lost: the left halves are compared first,"
        ' and b"a" comes before b"ab" whatever follows it.',
        "what stands beside the count in your key.",
    ),
    Mistake(
        "in a tie the right halves are compared first",
        wrong.trainer(wrong.right_first),
        f"{RULE} Python compares the left halves, and the right ones only if these are equal.",
        "the order of the parts of your key.",
    ),
    Mistake(
        "the pairs are counted only once, at the start",
        wrong.stale,
        "every merge makes new neighbours and uses up old ones. Without counting again no token"
        " can ever be longer than two bytes.",
        "what has to happen between two merges.",
    ),
    Mistake(
        "a word counts once, however often it occurs",
        wrong.trainer(wrong.best, count=wrong.each_word_once),
        "a pair in a word that occurs five times occurs five times.",
        "what you do with the values of `words`.",
    ),
    Mistake(
        "a pair counts once in a word, however often it stands there",
        wrong.trainer(wrong.best, count=wrong.once_per_word),
        "each position counts, also when the same pair stands twice in one word.",
        "how you go through the neighbours of one word.",
    ),
    Mistake(
        "words are strung together",
        wrong.trainer(wrong.best, cut=wrong.one_text),
        "the last letter of one word and the first of the next are not neighbours. Cutting the text"
        " into words first is there to keep them apart.",
        "what your pairs are counted over: one long sequence, or each word on its own.",
    ),
    Mistake(
        "one merge too few",
        wrong.one_too_few,
        "`n_merges` says how many merges to learn, and there are pairs left.",
        "what your loop counts, and where it starts.",
    ),
    Mistake(
        "it fails when nothing is left to merge",
        wrong.runs_dry,
        "when every word is one token there is no pair to choose. The task asks for the merges so"
        " far.",
        "what to do when the counts are empty.",
    ),
    Mistake(
        "pairs that occur once are never merged",
        wrong.repeats_only,
        "the task sets no least frequency: it goes on while any pair is left.",
        "the condition that ends your loop.",
    ),
    Mistake(
        "the greatest pair wins, however rare",
        wrong.trainer(wrong.greatest_pair),
        "the count comes first; the bytes only decide between equals.",
        "what `max` compares: the keys of a dict, unless it is told otherwise.",
    ),
    Mistake(
        "the rarest pair wins",
        wrong.trainer(wrong.rarest),
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
    counts = wrong.count(wrong.cut(words))
    return not merges or counts[merges[0]] == max(counts.values())


check = Check(
    "train_bpe",
    "train_bpe(words, n_merges)",
    reference,
    CASES,
    MISTAKES,
    "Byte-pair encoding by hand",
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
    errors={
        "^IndexError": "The last token of a word has no right neighbour: what is read there?",
        "^TypeError.*(int.*bytes|bytes.*int)": "Going through bytes gives integers: `bytes([97])`"
        ' is b"a".',
        "^RuntimeError: dictionary": "A loop goes through a dict that is changed meanwhile: build a"
        " new one.",
    },
)
