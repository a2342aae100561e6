"""The BPE stepper: byte-pair encoding learns its merges on any text, one step at a time."""

from __future__ import annotations

import html
from collections import Counter
from dataclasses import dataclass
from functools import cached_property

from .arrays import unboxed
from .component import Figure, table
from .visible import checked, visible

LIMIT = 400
PATTERNS = ("gpt2", "cl100k")


@dataclass(frozen=True)
class Step:
    """One merge: the pair of byte strings, how often it was counted, the tokens left after it.

    It is replaced less often than counted where it overlaps itself: ``aaa`` holds ``(a, a)`` twice.
    """

    pair: tuple[bytes, bytes]
    count: int
    tokens: int
    replaced: int

    @property
    def times(self) -> str:
        """How often the pair was counted, and replaced if that is another number."""
        if self.replaced == self.count:
            return _times(self.count)
        return f"counted {_times(self.count)}, replaced {_times(self.replaced)}"


class BPEStepper(Figure):
    """Byte-pair encoding trained on a text of the reader's own, forward and back, step by step.

    Each step merges the pair of neighbours that occurs most often; of several, the one whose byte
    strings come last. The figure trains in the page, with the algorithm of
    :class:`tinytx.tokenizers.BPETokenizer` and the same merges; its words come from the package
    itself. It stops where no pair occurs twice, and says so: ``BPETokenizer.train`` goes on.

    Parameters
    ----------
    text
        What stands in the field at first, at most 400 characters.
    merges
        Stop after this many merges; ``None`` goes on as long as some pair occurs twice.
    pattern
        How the text is split into words, inside which pairs are counted: ``"gpt2"``,
        ``"cl100k"``, or ``None`` for not at all. The reader can switch it.

    Raises
    ------
    ValueError
        If the text is empty, too long or holds a lone surrogate, if ``merges`` is negative, or if
        the pattern has no such name.
    """

    kind = "bpe-stepper"
    scripts = ("bpe.js", "stepper-view.js", "stepper.js")
    styles = ("stepper.css",)

    def __init__(self, text: str, merges: int | None = None, pattern: str | None = "gpt2"):
        self.text = checked("BPEStepper", text, LIMIT)
        merges = unboxed(merges)
        if merges is not None and (type(merges) is not int or merges < 0):
            raise ValueError(
                f"BPEStepper: merges is {merges!r}, the limit is 0 or more; pass None for all"
            )
        if pattern is not None and pattern not in PATTERNS:
            raise ValueError(
                f"BPEStepper: pattern is {pattern!r}, the figure knows 'gpt2', 'cl100k' and None; "
                "train a BPETokenizer for any other"
            )
        self.merges = merges
        self.pattern = pattern

    def data(self) -> dict[str, object]:
        """Return the text and the settings; the page trains by itself."""
        return {
            "text": self.text,
            "merges": self.merges,
            "pattern": self.pattern,
            "limit": LIMIT,
        }

    @cached_property
    def steps(self) -> list[Step]:
        """The merges in order, as the package learns them."""
        return self._trained[0]

    @cached_property
    def _trained(self) -> tuple[list[Step], int]:
        return _steps(self.text, self.merges, self.pattern)

    def words(self) -> str:
        """Return the steps, one to a line."""
        lines = [f"BPEStepper: {self._start()}"]
        for number, step in enumerate(self.steps, 1):
            left, right = map(visible, step.pair)
            lines.append(
                f"{number:3}. “{left}” + “{right}” ({step.times}) → "
                f"“{visible(b''.join(step.pair))}”; {_some(step.tokens, 'token')}"
            )
        return "\n".join([*lines, self._end()])

    def fallback(self) -> str:
        """Return the steps as a table."""
        rows = [
            (
                number,
                *map(visible, (*one.pair, b"".join(one.pair))),
                one.count,
                one.replaced,
                one.tokens,
            )
            for number, one in enumerate(self.steps, 1)
        ]
        head = ("step", "left", "right", "new token", "counted", "replaced", "tokens now")
        return (
            f"<p>{html.escape(self._start())}</p>"
            f"{table('The merges, one by one', head, rows)}<p>{html.escape(self._end())}</p>"
        )

    def _start(self) -> str:
        how = f"split into words by the {self.pattern} pattern" if self.pattern else "not split"
        return (
            f"Byte-pair encoding learns its merges on “{visible(self.text.encode())}” ({how}). "
            f"It starts with {_some(len(self.text.encode()), 'byte')}, each a token."
        )

    def _end(self) -> str:
        most = self._trained[1]
        if most > 1:
            return "These are the merges asked for."
        if most:
            return "No pair occurs twice: the figure stops here. The trainer would go on."
        return "No pair is left to merge."


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count} times")


def _some(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def _steps(text: str, merges: int | None, pattern: str | None) -> tuple[list[Step], int]:
    """Learn the merges with the package, and replay them on the words to count the tokens.

    Also return how often the next pair would be counted: 0 if there is none.
    """
    from tinytx.tokenizers import count_pairs, merge_pair
    from tinytx.tokenizers.patterns import compile_pattern
    from tinytx.tokenizers.training import learn_merges

    cut = compile_pattern(pattern).split(text) if pattern else [text]
    words = Counter(word.encode() for word in cut)
    sequences = [(list(word), count) for word, count in words.items()]
    vocab = [bytes([byte]) for byte in range(256)]
    steps: list[Step] = []
    size = len(text.encode())
    for pair in learn_merges(words, len(text.encode())):
        count = sum(times * count_pairs(ids).get(pair, 0) for ids, times in sequences)
        if count < 2 or len(steps) == merges:
            return steps, count
        sequences = [(merge_pair(ids, pair, len(vocab)), times) for ids, times in sequences]
        left, right = vocab[pair[0]], vocab[pair[1]]
        vocab.append(left + right)
        before, size = size, sum(len(ids) * times for ids, times in sequences)
        steps.append(Step((left, right), count, size, before - size))
    return steps, 0
