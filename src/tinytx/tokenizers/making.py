"""The ways to make a ``BPETokenizer``: learn one, write one down, or take over somebody else's."""

from __future__ import annotations

import os
import warnings
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Self

from .counting import File, count_words
from .patterns import compile_pattern
from .specials import number_specials
from .stream import Splitter
from .training import Pair, learn_merges
from .vocabulary import BYTES, count_merges, spell

if TYPE_CHECKING:
    import tiktoken


class Making:
    """Class methods that return a :class:`.BPETokenizer`."""

    if TYPE_CHECKING:

        def __init__(
            self,
            tokens: Sequence[bytes],
            special_tokens: Sequence[str] | Mapping[str, int] = (),
            pattern: str = "gpt2",
            merges: Sequence[Pair] | None = None,
            ids: Sequence[int] | None = None,
        ) -> None: ...

    @classmethod
    def train(
        cls,
        text: str | File | Iterable[File],
        vocab_size: int,
        special_tokens: Sequence[str] | Mapping[str, int] = (),
        pattern: str = "gpt2",
    ) -> Self:
        """Learn merges from a text, until there are ``vocab_size`` tokens in all.

        Each step merges the pair with the highest count; among equals the lexicographically
        greatest, comparing the two byte strings of the pair. Special tokens in the text are cut
        out first: nothing merges with them or across them. If the text has no pair left before
        ``vocab_size`` is reached, training stops there with a ``UserWarning``.

        Parameters
        ----------
        text
            The text itself, or files (paths or open text files, UTF-8) that are read in blocks.
            A byte order mark at the start of a path's file is dropped. In a string, or a file that
            you opened, it is a character like any other: open with ``encoding="utf-8-sig"``.
        vocab_size
            256 bytes, plus the merges to learn, plus the special tokens. If a mapping gives these
            ids further on, the ids between are unused, and the tokenizer's own is larger.
        special_tokens, pattern
            As for the class.

        Raises
        ------
        ValueError
            If there is no text, a file cannot be read, or an argument is out of its limits.
        """
        numbered = number_specials(special_tokens, 0)
        specials = numbered if isinstance(special_tokens, Mapping) else list(numbered)
        splitter = Splitter(compile_pattern(pattern), list(numbered))
        n_merges = count_merges(vocab_size, len(numbered))
        number_specials(specials, 256 + n_merges)  # an id that a merge will have: before the work
        merges = learn_merges(count_words(text, splitter), n_merges)
        if len(merges) < n_merges:
            warnings.warn(
                f"train stopped at {vocab_size - n_merges + len(merges)} tokens, not {vocab_size}: "
                "no pair is left to merge; use more text or a smaller vocab_size",
                stacklevel=2,
            )
        return cls.from_merges(merges, specials, pattern)

    @classmethod
    def from_merges(
        cls,
        merges: Iterable[Pair],
        special_tokens: Sequence[str] | Mapping[str, int] = (),
        pattern: str = "gpt2",
        byte_order: Iterable[int] = BYTES,
    ) -> Self:
        """Make a tokenizer from merges: merge i joins two ids below 256 + i and makes 256 + i.

        Just these two: not any others that spell the same. Learned merges leave no choice there,
        merges written by hand may. Here ``bc`` is first, and no merge joins ``a`` with it:

        >>> from tinytx.tokenizers import BPETokenizer
        >>> BPETokenizer.from_merges([(98, 99), (97, 98), (257, 99)]).encode("abc")
        [97, 256]
        """
        merges = list(merges)
        return cls(spell(merges, byte_order), special_tokens, pattern, merges)

    @classmethod
    def from_hf(
        cls, path: str | os.PathLike[str], special_tokens: Collection[str] | None = None
    ) -> Self:
        """Read a byte-level BPE of Hugging Face's or GPT-2's from its files; same ids.

        See :func:`.huggingface.read_tokenizer` for which files, what is left out, and the errors.

        Parameters
        ----------
        path
            A ``tokenizer.json``, or a folder with one, or with ``vocab.json`` and ``merges.txt``.
        special_tokens
            Strings of the vocabulary that are special, where no file says so. Left out: only
            ``"<|endoftext|>"`` is.
        """
        from .huggingface import read_tokenizer

        return read_tokenizer(cls, path, special_tokens)

    @classmethod
    def from_tiktoken(cls, name: str | tiktoken.Encoding) -> Self:
        """Wrap an encoding of tiktoken, such as ``"gpt2"`` or ``"cl100k_base"``; same ids.

        See :func:`.bridge.read_encoding` for where its data comes from, and for the errors.
        """
        from .bridge import read_encoding

        return cls(*read_encoding(name))
