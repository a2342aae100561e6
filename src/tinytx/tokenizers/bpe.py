"""Byte-level byte-pair encoding: the tokenizer of GPT-2 and its successors, from scratch.

Text is UTF-8 bytes, so 256 tokens are enough for any text in any language, and no character is
ever unknown. The other tokens are merges: pairs of tokens that stood side by side most often in
the training text. The parts are in :mod:`.patterns` (where words end), :mod:`.training` (which
pairs to merge), :mod:`.vocabulary` and :mod:`.words` (merging a word), :mod:`.stream` (special
tokens and long texts), :mod:`.making`, :mod:`.bridge` (tiktoken) and :mod:`.huggingface` (files of
others).

Different from GPT-2's own code: the bytes are bytes, not stand-in characters such as ``Ġ``.

Source: Radford et al., *Language models are unsupervised multitask learners* (2019), section 2.2.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, Any, Literal, Self

from ..wording import short
from .base import Tokenizer, check_text, look_up
from .decoding import ByteDecoder
from .frozen import FrozenDict, FrozenList
from .making import Making
from .patterns import compile_pattern
from .specials import number_specials, select_specials
from .stream import Splitter, blocks_of
from .training import Pair
from .vocabulary import Vocabulary, count_merges, spell
from .words import WordCache

if TYPE_CHECKING:
    import tiktoken


class BPETokenizer(Making, Tokenizer):
    """Byte-level BPE: ids of bytes first, then one id per merge, then the special tokens.

    Make one with :meth:`train`, :meth:`from_merges`, :meth:`from_tiktoken`, :meth:`from_hf` or
    ``load``. The round trip holds for every string without lone surrogates, which are not text.

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
    merges
        The places in ``tokens`` of the two that each one from 256 on joins. Without them any two
        neighbours that spell a token are joined to it, as in tiktoken.
    ids
        The id of each of ``tokens``, if it is not its place. Special tokens may then have any
        other.

    Raises
    ------
    ValueError
        If the tokens are not a byte-level vocabulary, or a special token is empty or there twice,
        or they are a set.

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
        special_tokens: Sequence[str] | Mapping[str, int] = (),
        pattern: str = "gpt2",
        merges: Sequence[Pair] | None = None,
        ids: Sequence[int] | None = None,
    ):
        self._pattern = compile_pattern(pattern)
        self._words = Vocabulary(tokens, merges, ids)
        ordinary = dict(zip(self._words.ids, self._words.tokens, strict=True))
        numbered = number_specials(special_tokens, max(ordinary) + 1, ordinary)
        self.special_tokens = FrozenDict(numbered)
        spelled = {number: token.encode() for token, number in numbered.items()}
        self._vocab = FrozenDict({**ordinary, **spelled})
        self._vocab_size = max(self._vocab) + 1
        self._cache = WordCache(self._words.encode_word, self._pattern.split_piece)

    def to_tiktoken(self, name: str = "tinytx") -> tiktoken.Encoding:
        """Return a :class:`tiktoken.Encoding` with the same tokens, ids and pattern.

        See :func:`.bridge.make_encoding` for the three things in which a text may still get other
        ids, and for the errors.
        """
        from .bridge import make_encoding

        return make_encoding(self._words, self.special_tokens, self._pattern.source, name)

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
        """The bytes of every token by id, special tokens included; it cannot be changed."""
        return self._vocab

    @cached_property
    def merges(self) -> list[Pair]:
        """The pairs of ids in the order learned; merge i makes token 256 + i. It cannot be changed.

        (If the ids came from elsewhere, it makes the token that spells what the two spell.)

        For a wrapped vocabulary they are recovered from the tokens when first asked for, which
        takes about a second for cl100k's 100,000.
        """
        ids, merges = self._words.ids, self._words.merges
        return merges if isinstance(ids, range) else FrozenList((ids[a], ids[b]) for a, b in merges)

    def token_bytes(self, token: int) -> bytes:
        r"""Return the bytes of one id. They need not be whole characters.

        >>> BPETokenizer.from_merges([]).token_bytes(195)
        b'\xc3'
        """
        return look_up(self._vocab.__getitem__, [token], self.vocab_size)[0]

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

    @cached_property
    def _splitter_for_all(self) -> Splitter:
        """Made once: with 1,000 special tokens that takes 1.2 ms, and a word takes 2 µs."""
        return Splitter(self._pattern, self.special_tokens)

    def _splitter(self, allowed: Literal["all"] | Collection[str]) -> Splitter:
        if isinstance(allowed, str) and allowed == "all":
            return self._splitter_for_all
        return Splitter(self._pattern, select_specials(allowed, self.special_tokens))

    def decode(self, ids: Iterable[int], errors: str = "replace") -> str:
        """Return the text of ``ids``.

        Not every list of ids is whole characters: a model may stop in the middle of one. Such
        bytes become ``�``; with ``errors="strict"`` they raise ``UnicodeDecodeError``.
        """
        return self._bytes_of(ids).decode("utf-8", errors)

    def decoder(self, errors: str = "replace") -> ByteDecoder:
        """Return a decoder for ids that come one by one: it holds back half a character.

        >>> tokenizer = BPETokenizer.from_merges([])
        >>> decoder = tokenizer.decoder()
        >>> [decoder.decode([token]) for token in tokenizer.encode("né!")]
        ['n', '', 'é', '!']
        >>> decoder.decode([195]), decoder.flush()
        ('', '�')
        """
        return ByteDecoder(self._bytes_of, errors)

    def _bytes_of(self, ids: Iterable[int]) -> bytes:
        return b"".join(look_up(self._vocab.__getitem__, ids, self.vocab_size))

    def truncate(self, vocab_size: int) -> Self:
        """Return the tokenizer with only the first merges, ``vocab_size`` tokens in all.

        It is the one that training would have given for that size. The special tokens are kept,
        and move up behind the last merge; ids that came from elsewhere stay what they are.
        """
        most = len(self._words.tokens) - 256
        n_merges = count_merges(vocab_size, len(self.special_tokens), most)
        tokens, merges, ids = self._words.arguments(256 + n_merges)
        specials = list(self.special_tokens) if ids is None else self.special_tokens
        return type(self)(tokens, specials, self.pattern, merges, ids)

    def to_dict(self) -> dict[str, Any]:
        """Return merges, special tokens, pattern and the order of the bytes, as JSON values.

        The merges are pairs of places in the order of learning; ``ids`` says what id each place
        has, if that is not its number.
        """
        tokens, _, ids = self._words.arguments()
        state = {
            "pattern": self.pattern,
            "special_tokens": dict(self.special_tokens),
            "byte_order": [token[0] for token in tokens[:256]],
            "merges": list(self._words.merges),
        }
        return state if ids is None else {**state, "ids": ids}

    @classmethod
    def from_dict(cls, state: dict[str, Any]) -> Self:
        """Rebuild a tokenizer from :meth:`to_dict`."""
        merges = list(state["merges"])
        tokens = spell(merges, state["byte_order"])
        return cls(tokens, state["special_tokens"], state["pattern"], merges, state.get("ids"))

    def __reduce__(self) -> tuple[Any, ...]:  # without the cache, for the workers of a data loader
        tokens, merges, ids = self._words.arguments()
        return type(self), (tokens, self.special_tokens, self.pattern, merges, ids)

    def __repr__(self) -> str:
        specials = f", special_tokens={list(self.special_tokens)}" if self.special_tokens else ""
        return f"BPETokenizer(vocab_size={self.vocab_size}, pattern={self.pattern!r}{specials})"
