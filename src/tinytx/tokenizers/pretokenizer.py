"""The pre-tokenizer of a ``tokenizer.json``: which regular expression cuts the text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ..wording import short
from .patterns import ORIGINAL

# How matches become pieces of their own: what no match holds is one too, or is dropped; a pattern
# that leaves anything out is an error here, when it meets such a text.
SPLITS = ({"behavior": "Isolated", "invert": False}, {"behavior": "Removed", "invert": True})
# What the engine of Hugging Face's (Oniguruma) understands otherwise than `regex`: {1,3}+ repeats
# there and is possessive here, $ and ^ are at every line there, \h is a hexadecimal digit there.
ESCAPED = re.compile(r"\\[pPxuk]\{[^}]*\}|\\[^hH]")
OTHERWISE = re.compile(r"\\[hH]|\}\+|&&|\(\?[a-z-]*m|(?<!\[)\^|\$")


def source_of(pre_tokenizer: Any) -> str:
    """Return the regular expression that a pre-tokenizer cuts a text by.

    Raises
    ------
    ValueError
        If it does more, or is no ``ByteLevel``: one line.
    """
    steps = [pre_tokenizer]
    if kind_of(pre_tokenizer) == "Sequence":
        steps = pre_tokenizer["pretokenizers"]
    kinds = [kind_of(step) for step in steps]
    if kinds not in (["ByteLevel"], ["Split", "ByteLevel"]):
        raise ValueError(
            f"its pre-tokenizer is {short(' and '.join(kinds), 80)} and must be ByteLevel, or "
            "Split and ByteLevel"
        )
    last = steps[-1]
    if last.get("add_prefix_space", True):
        raise ValueError("add_prefix_space is true, which puts a space in front of each text")
    if len(kinds) == 1:
        return ORIGINAL["gpt2"] if last.get("use_regex", True) else r"[\s\S]+"
    if last.get("use_regex", True):
        raise ValueError("its pre-tokenizer cuts twice: by Split, and by ByteLevel's own pattern")
    return _checked(steps[0])


def kind_of(part: Any) -> str:
    """Return the type that a part of the file says it is."""
    return str(part.get("type")) if isinstance(part, Mapping) else "none"


def _checked(split: Mapping[str, Any]) -> str:
    how = {name: split.get(name) for name in SPLITS[0]}
    if how not in SPLITS:
        raise ValueError(f"its Split has {short(how, 80)}, and its matches must be the pieces")
    source = split["pattern"].get("Regex")
    if not isinstance(source, str):
        raise ValueError(f"its Split is by {short(split['pattern'])} and must be by a Regex")
    found = OTHERWISE.search(ESCAPED.sub("x", source))
    if found:
        raise ValueError(
            f"its pattern has {found.group()!r}, which means another thing to Hugging Face's "
            "regular expressions than to those here"
        )
    return source
