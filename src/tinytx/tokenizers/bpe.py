"""Byte-level byte-pair encoding: the tokenizer of GPT-2 and its successors, from scratch.

Text is UTF-8 bytes, so 256 tokens are enough for any text in any language, and no character is
ever unknown. The other tokens are merges: pairs of tokens that stood side by side most often in
the training text. The parts are in :mod:`.patterns` (where words end), :mod:`.training` (which
pairs to merge), :mod:`.words` (merging a word), :mod:`.stream` (special tokens and long texts) and
:mod:`.bridge` (tiktoken).

Different from GPT-2's own code: the bytes are bytes, not stand-in characters such as ``Ġ``.

Source: Radford et al., *Language models are unsupervised multitask learners* (2019), section 2.2.
"""

from __future__ import annotations

import warnings
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, Any, Literal, Self

from .base import Tokenizer, check_text, look_up, short
from .counting import File, count_words
from .patterns import compile_pattern
from .specials import number_specials, select_specials
from .stream import Splitter, blocks_of
from .training import Pair, learn_merges
from .vocabulary import BYTES, count_merges, recover_merges, spell
from .words import WordCache

if TYPE_CHECKING:
    import tiktoken


class BPETokenizer(Tokenizer):
    """Byte-level BPE: ids of bytes first, then one id per merge, then the special tokens.

    Make one with :meth:`train`, :meth:`from_merges`, :meth:`from_tiktoken` or ``load``. The round
    trip holds for every string without lone surrogates, which are not text.

    Parameters
    ----------
    tokens
        The bytes of each ordinary token, by id. The first 256 are the single bytes, in any order
        (GPT-2 and cl100k put the printable ones first); each later one joins two before it.
    special_tokens
        Strings that are one token whatever they contain, such as ``"<|endoftext|>"``. They are
        numbered after the ordinary tokens, or as a mapping says.
    pattern
        How text is cut into words: ``"gpt2"``, ``"cl100k"``, or a regular expression.

    Raises
    ------
    ValueError
        If the tokens are not a byte-level vocabulary, or a special token is empty or there twice.

    >>> tokenizer = BPETokenizer.train("low low lower lowest", 259, ["<|end|>"])
    >>> tokenizer.merges
    [(111, 119), (108, 256)]
    >>> tokenizer.encode("slow<|end|>")
    [115, 257, 258]
    >>> tokenizer.decode([115, 257, 258])
    'slow<|end|>'
    """

    def __init__(
        self,
        tokens: Sequence[bytes],
        special_tokens: Collection[str] | Mapping[str, int] = (),
        pattern: str = "gpt2",
    ):
        self._pattern = compile_pattern(pattern)
        self._tokens = list(tokens)
        self._ranks = {token: rank for rank, token in enumerate(self._tokens)}
        if sorted(self._tokens[:256]) != [bytes([byte]) for byte in BYTES]:
            raise ValueError(
                "tokens must begin with the 256 single bytes, each once; see from_merges"
            )
        if len(self._ranks) < len(self._tokens):
            raise ValueError("two of the tokens spell the same bytes; give each once")
        self.special_tokens = number_specials(special_tokens, len(self._tokens))
        self._bytes = dict(enumerate(self._tokens))
        self._bytes |= {number: token.encode() for token, number in self.special_tokens.items()}
        self._vocab_size = max(self._bytes) + 1
        self._cache = WordCache(self._ranks, self._pattern.split_piece)

    @classmethod
    def train(
        cls,
        text: str | File | Iterable[File],
        vocab_size: int,
        special_tokens: Collection[str] = (),
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
        vocab_size
            256 bytes, plus the merges to learn, plus the special tokens.
        special_tokens, pattern
            As for the class.

        Raises
        ------
        ValueError
            If there is no text, a file cannot be read, or an argument is out of its limits.
        """
        specials = list(number_specials(special_tokens, 0))
        splitter = Splitter(compile_pattern(pattern), specials)
        n_merges = count_merges(vocab_size, len(specials))
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
        special_tokens: Collection[str] | Mapping[str, int] = (),
        pattern: str = "gpt2",
        byte_order: Iterable[int] = BYTES,
    ) -> Self:
        """Make a tokenizer from merges: merge i joins two ids below 256 + i and makes 256 + i.

        >>> BPETokenizer.from_merges([(116, 104), (256, 101)]).encode("the")
        [257]
        """
        merges = list(merges)
        tokenizer = cls(spell(merges, byte_order), special_tokens, pattern)
        tokenizer.merges = [(a, b) for a, b in merges]  # known here, so they need not be recovered
        return tokenizer

    @classmethod
    def from_tiktoken(cls, name: str | tiktoken.Encoding) -> Self:
        """Wrap an encoding of tiktoken, such as ``"gpt2"`` or ``"cl100k_base"``; same ids.

        See :func:`.bridge.read_encoding` for where its data comes from, and for the errors.
        """
        from .bridge import read_encoding

        return cls(*read_encoding(name))

    def to_tiktoken(self, name: str = "tinytx") -> tiktoken.Encoding:
        """Return a :class:`tiktoken.Encoding` with the same tokens, ids and pattern."""
        from .bridge import make_encoding

        return make_encoding(self._ranks, self.special_tokens, self._pattern.source, name)

    @property
    def pattern(self) -> str:
        """The name of the pre-tokenization pattern, or the regular expression."""
        return self._pattern.name

    @property
    def vocab_size(self) -> int:
        """One more than the largest id. cl100k leaves some ids below it unused."""
        return self._vocab_size

    @property
    def vocab(self) -> dict[int, bytes]:
        """The bytes of every token by id, special tokens included; a copy."""
        return dict(self._bytes)

    @cached_property
    def merges(self) -> list[Pair]:
        """The pairs of ids in the order learned; merge i makes token 256 + i.

        For a wrapped vocabulary they are recovered from the tokens when first asked for, which
        takes about a second for cl100k's 100,000.
        """
        return recover_merges(self._tokens, self._ranks)

    def token_bytes(self, token: int) -> bytes:
        r"""Return the bytes of one id. They need not be whole characters.

        >>> BPETokenizer.from_merges([]).token_bytes(195)
        b'\xc3'
        """
        return look_up(self._bytes.__getitem__, [token], self.vocab_size)[0]

    def encode(
        self, text: str, *, allowed_special: Literal["all"] | Collection[str] = "all"
    ) -> list[int]:
        """Return the ids of ``text``.

        By default a special token in the text becomes its id: it is never split, and what you
        trained on is what you encode. **For text from strangers pass** ``allowed_special=()``:
        then ``<|endoftext|>`` typed into a form is thirteen ordinary characters, and nobody can
        end your document by writing it. A collection allows just these. (tiktoken raises an error
        until you choose; Hugging Face ``tokenizers`` has the default used here.)

        Raises
        ------
        ValueError
            If ``text`` has a lone surrogate, or ``allowed_special`` names no special token.
        """
        check_text(text)
        return list(chain.from_iterable(self._batches(self._splitter(allowed_special).split(text))))

    def encode_iterable(
        self,
        texts: Iterable[str],
        *,
        allowed_special: Literal["all"] | Collection[str] = "all",
    ) -> Iterator[int]:
        """Yield the ids of a text that comes in pieces, or from an open file, however long.

        The ids are those of ``encode("".join(texts))``, wherever the pieces were cut. Memory
        stays bounded, with the named patterns; see :meth:`.stream.Splitter.split_stream`.

        >>> tokenizer = BPETokenizer.from_merges([(116, 104), (256, 101)])
        >>> list(tokenizer.encode_iterable(["t", "h", "e"]))
        [257]
        """
        if not isinstance(texts, Iterable) or isinstance(texts, bytes):
            raise ValueError(f"texts must be strings or an open text file, got {short(texts)}")
        blocks = blocks_of(texts, "texts")
        batches = self._batches(self._splitter(allowed_special).split_stream(blocks))
        return chain.from_iterable(batches)

    def _batches(self, parts: Iterable[tuple[list[str], str | None]]) -> Iterator[Iterable[int]]:
        """Yield the ids of each list of pieces and of each special token."""
        for pieces, special in parts:
            yield chain.from_iterable(map(self._cache.__getitem__, pieces))
            if special is not None:
                yield (self.special_tokens[special],)

    def _splitter(self, allowed: Literal["all"] | Collection[str]) -> Splitter:
        return Splitter(self._pattern, select_specials(allowed, self.special_tokens))

    def decode(self, ids: Iterable[int], errors: str = "replace") -> str:
        """Return the text of ``ids``.

        Not every list of ids is whole characters: a model may stop in the middle of one. Such
        bytes become ``�``; with ``errors="strict"`` they raise ``UnicodeDecodeError``.
        """
        pieces = look_up(self._bytes.__getitem__, ids, self.vocab_size)
        return b"".join(pieces).decode("utf-8", errors)

    def truncate(self, vocab_size: int) -> Self:
        """Return the tokenizer with only the first merges, ``vocab_size`` tokens in all.

        It is the one that training would have given for that size. The special tokens are kept,
        and move up behind the last merge.
        """
        n_merges = count_merges(vocab_size, len(self.special_tokens), len(self._tokens) - 256)
        return type(self)(self._tokens[: 256 + n_merges], list(self.special_tokens), self.pattern)

    def to_dict(self) -> dict[str, Any]:
        """Return merges, special tokens, pattern and the order of the bytes, as JSON values."""
        return {
            "pattern": self.pattern,
            "special_tokens": self.special_tokens,
            "byte_order": [token[0] for token in self._tokens[:256]],
            "merges": self.merges,
        }

    @classmethod
    def from_dict(cls, state: dict[str, Any]) -> Self:
        """Rebuild a tokenizer from :meth:`to_dict`."""
        merges, specials = state["merges"], state["special_tokens"]
        return cls.from_merges(merges, specials, state["pattern"], state["byte_order"])

    def __reduce__(self) -> tuple[Any, ...]:  # without the cache, for the workers of a data loader
        return type(self), (self._tokens, self.special_tokens, self.pattern)

    def __repr__(self) -> str:
        specials = f", special_tokens={list(self.special_tokens)}" if self.special_tokens else ""
        return f"BPETokenizer(vocab_size={self.vocab_size}, pattern={self.pattern!r}{specials})"
