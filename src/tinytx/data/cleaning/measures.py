"""What can be counted in a text without knowing what it says: the measures that rules look at.

Words are what stands between white space, as in Rae et al. 2021. That suits languages that write
spaces: a page of Japanese is one long word, and no rule of this kind should judge it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

# Rae et al. 2021, appendix A.1.1
STOP_WORDS = {"the", "be", "to", "of", "and", "that", "have", "with"}
BULLETS = ("•", "●", "-", "*", "‣")
_SENTENCE = re.compile(r"[.!?][\"'”’)]*(?=\s|$)")


def words(text: str) -> list[str]:
    """Return what stands between white space."""
    return text.split()


def lines(text: str) -> list[str]:
    """Return the lines that are not empty, without the spaces around them."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def paragraphs(text: str) -> list[str]:
    """Return what stands between empty lines."""
    return [part.strip() for part in re.split(r"\n\s*\n", text) if part.strip()]


def mean_word_length(text: str) -> float:
    """Return the mean number of characters of a word; 0 for no words."""
    found = words(text)
    return sum(map(len, found)) / max(1, len(found))


def share_with_letters(text: str) -> float:
    """Return the share of words that have at least one letter of any alphabet.

    >>> share_with_letters("3.14 is pi")
    0.6666666666666666
    """
    found = words(text)
    return sum(any(map(str.isalpha, word)) for word in found) / max(1, len(found))


def symbols_per_word(text: str) -> float:
    """Return how many ``#`` there are for each word, or ellipses where these are more.

    Rae et al. 2021 limit each of the two, not their sum.

    >>> symbols_per_word("# one... two… three four")
    0.4
    """
    ellipses = text.count("...") + text.count("…")
    return max(text.count("#"), ellipses) / max(1, len(words(text)))


def stop_words(text: str) -> int:
    """Return how many of eight English words that most English pages have are in the text."""
    return len(STOP_WORDS & {word.strip(".,;:!?\"'“”").lower() for word in words(text)})


def sentences(text: str) -> int:
    """Return how many sentences end: ``.``, ``!`` or ``?`` before white space or the end.

    "Mr. Fox" ends one too many: this counts dots, it does not read.

    >>> sentences('"Hello!" said a voice. It was 3.5 feet away')
    2
    """
    return len(_SENTENCE.findall(text))


def share_of_bullets(text: str) -> float:
    """Return the share of lines that begin with a bullet."""
    found = lines(text)
    return sum(line.startswith(BULLETS) for line in found) / max(1, len(found))


def share_of_ellipses(text: str) -> float:
    """Return the share of lines that end in an ellipsis."""
    found = lines(text)
    return sum(line.endswith(("...", "…")) for line in found) / max(1, len(found))


def repeated_share(parts: Sequence[str]) -> float:
    """Return the share of parts (lines, say) that were there before.

    >>> repeated_share(["home", "news", "home", "home"])
    0.5
    """
    return 1 - len(set(parts)) / max(1, len(parts))


def repeated_characters(parts: Sequence[str]) -> float:
    """Return the share of characters that stand in parts that were there before."""
    total = sum(map(len, parts))
    return 1 - sum(map(len, set(parts))) / max(1, total)


def ngrams(found: Sequence[str], n: int) -> list[tuple[str, ...]]:
    """Return every n neighbouring words, (len - n + 1) of them."""
    return list(zip(*(found[i:] for i in range(n)), strict=False))


def commonest_ngram(text: str, n: int) -> float:
    """Return the share of characters that the commonest n-gram takes up with all of its uses.

    An n-gram that is used once is not common: 0. Spaces are not counted.

    >>> commonest_ngram("buy now buy now today", 2)
    0.7058823529411765
    """
    found = words(text)
    counts = Counter(ngrams(found, n))
    times = max(counts.values(), default=0)
    if times < 2:
        return 0.0
    longest = max(len("".join(gram)) for gram, count in counts.items() if count == times)
    return times * longest / sum(map(len, found))


def repeated_ngrams(text: str, n: int) -> float:
    """Return the share of characters in n-grams that were there before, each character once.

    >>> repeated_ngrams("a b c d e a b c d e f", 5)
    0.45454545454545453
    """
    found = words(text)
    seen: set[tuple[str, ...]] = set()
    covered = [False] * len(found)
    for i, gram in enumerate(ngrams(found, n)):
        if gram in seen:
            covered[i : i + n] = [True] * n
        seen.add(gram)
    again = sum(len(word) for word, yes in zip(found, covered, strict=True) if yes)
    return again / max(1, sum(map(len, found)))
