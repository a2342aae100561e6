"""The BPE stepper: byte-pair encoding learns its merges on any text, one step at a time."""

from __future__ import annotations

import html
from collections import Counter
from dataclasses import dataclass
from functools import cached_property

from .component import Figure, table
from .visible import checked, visible

LIMIT = 400
PATTERNS = ("gpt2", "cl100k")


@dataclass(frozen=True)
class Step:
    """One merge: the pair of byte strings, how often it was counted, the tokens left after it."""

    pair: tuple[bytes, bytes]
    count: int
    tokens: int


class BPEStepper(Figure):
    """Byte-pair encoding trained on a text of the reader's own, forward and back, step by step.

    Each step merges the pair of neighbours that occurs most often; of several, the one whose byte
    strings come last. The figure trains in the page, with the algorithm of
    :class:`tinytx.tokenizers.BPETokenizer` and the same merges; its words come from the package
    itself. It stops where no pair occurs twice, which ``BPETokenizer.train`` need not.

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
        if merges is not None and merges < 0:
            raise ValueError(
                f"BPEStepper: merges is {merges}, the limit is 0 or more; pass None for all"
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
        return _steps(self.text, self.merges, self.pattern)

    def words(self) -> str:
        """Return the steps, one to a line."""
        lines = [f"BPEStepper: {self._start()}"]
        for number, step in enumerate(self.steps, 1):
            left, right = map(visible, step.pair)
            lines.append(
                f"{number:3}. “{left}” + “{right}” ({step.count} times) → "
                f"“{visible(b''.join(step.pair))}”; {step.tokens} tokens"
            )
        return "\n".join([*lines, self._end()])

    def fallback(self) -> str:
        """Return the steps as a table."""
        rows = [
            (number, *map(visible, (*step.pair, b"".join(step.pair))), step.count, step.tokens)
            for number, step in enumerate(self.steps, 1)
        ]
        head = ("step", "left", "right", "new token", "count", "tokens now")
        return (
            f"<p>{html.escape(self._start())}</p>"
            f"{table('The merges, one by one', head, rows)}<p>{html.escape(self._end())}</p>"
        )

    def _start(self) -> str:
        how = f"split into words by the {self.pattern} pattern" if self.pattern else "not split"
        return (
            f"Byte-pair encoding learns its merges on “{visible(self.text.encode())}” ({how}). "
            f"It starts with {len(self.text.encode())} bytes, each a token."
        )

    def _end(self) -> str:
        if self.merges is not None and len(self.steps) == self.merges:
            return "These are the merges asked for."
        return "No pair occurs twice: nothing to merge."


def _steps(text: str, merges: int | None, pattern: str | None) -> list[Step]:
    """Learn the merges with the package, and replay them on the words to count the tokens."""
    from tinytx.tokenizers import count_pairs, merge_pair
    from tinytx.tokenizers.patterns import compile_pattern
    from tinytx.tokenizers.training import learn_merges

    cut = compile_pattern(pattern).split(text) if pattern else [text]
    words = Counter(word.encode() for word in cut)
    sequences = [(list(word), count) for word, count in words.items()]
    vocab = [bytes([byte]) for byte in range(256)]
    steps: list[Step] = []
    for pair in learn_merges(words, len(text.encode()) if merges is None else merges):
        count = sum(times * count_pairs(ids).get(pair, 0) for ids, times in sequences)
        if count < 2:
            break
        sequences = [(merge_pair(ids, pair, len(vocab)), times) for ids, times in sequences]
        left, right = vocab[pair[0]], vocab[pair[1]]
        vocab.append(left + right)
        tokens = sum(len(ids) * times for ids, times in sequences)
        steps.append(Step((left, right), count, tokens))
    return steps
