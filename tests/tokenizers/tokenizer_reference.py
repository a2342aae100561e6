"""What the tests compare with: byte-pair encoding at its plainest, and texts meant to hurt."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping

from hypothesis import strategies as st

from tinytx.tokenizers import BPETokenizer, count_pairs, merge_pair

SPECIALS = ["<|endoftext|>", "<|end", "<|endoftext|><|endoftext|>", " x "]

AWKWARD = [
    *(" ", "  ", "     ", "\n", "\n\n", "\r\n", "\r", "\t", "\x0b", "\x0c", "\x00"),
    *("\x1c", "\x1f", "\x85", "\xa0", "\u3000", "\u2028", "\u200b", "\ufeff"),
    *("'", "''", "'s", "'S", "'re", "'LL", "'l", "'v", "'ſ", " 's", "’s", "don't", "x"),
    *("1", "12", "1234567", " 42", "٣", "²", "Ⅷ", "½", "3.14", "a1b2"),
    *(".", "...", "!?", "—", " (", "_", "#@", "}\n", ");\r\n", "/*", "//"),
    *("é", "e\u0301", "ß", "İ", "naïve", "Ελλάδα", "привет", "हिन्दी", "ไทย", "中文字", "日本語"),
    *("😀", "👩‍👩‍👧", "🇩🇪", "👍🏽", "\U0001d4d0", "the", " the", "The", " a", "aaaa", "abab"),
    *("<|endoftext|>", "<|end", "<|endof", "text|>", "<", "|>", " x ", " x"),
]

any_text = st.one_of(
    st.text(),
    st.text("xs.'1 \n\r\t\u3000\x1c", max_size=10),  # few kinds, so that they meet in every way
    st.lists(st.one_of(st.sampled_from(AWKWARD), st.text(max_size=3))).map("".join),
)


def is_settled(text: str) -> bool:
    """Whether every character is in this Python's Unicode tables.

    `regex` and tiktoken bring tables of different, newer versions. On characters that are in the
    older ones of Python, all three agree; another test holds that.
    """
    return all(unicodedata.category(char) != "Cn" for char in text)


settled_text = any_text.filter(is_settled)

small_words = st.dictionaries(
    st.text("abc", min_size=1, max_size=12).map(str.encode), st.integers(1, 5), min_size=1
)


def plain_merges(words: Mapping[bytes, int], n_merges: int) -> Iterator[tuple[int, int, bool]]:
    """Yield each merge and whether it was tied, counting everything anew every time."""
    vocab = [bytes([byte]) for byte in range(256)]
    table = {word: list(word) for word in words}
    for _ in range(n_merges):
        counts = Counter()
        for word, ids in table.items():
            for pair, count in count_pairs(ids).items():
                counts[pair] += count * words[word]
        if not counts:
            return
        most = max(counts.values())
        best = [pair for pair in counts if counts[pair] == most]
        a, b = max(best, key=lambda pair: (vocab[pair[0]], vocab[pair[1]]))
        table = {word: merge_pair(ids, (a, b), len(vocab)) for word, ids in table.items()}
        vocab.append(vocab[a] + vocab[b])
        yield a, b, len(best) > 1


def plain_encode(tokenizer: BPETokenizer, word: bytes) -> list[int]:
    """Encode one word by applying every merge in the order learned, to the whole word."""
    ids = list(word)
    for i, pair in enumerate(tokenizer.merges):
        ids = merge_pair(ids, pair, 256 + i)
    return ids
