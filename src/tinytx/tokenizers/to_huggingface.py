"""Writing a tokenizer for Hugging Face: the ``tokenizer.json`` that ``tokenizers`` reads.

What :mod:`.huggingface` reads, the other way round: bytes become the 256 characters that GPT-2 gave
them, merges become pairs of such names.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..files import write_atomic
from .base import Tokenizer
from .bpe import BPETokenizer
from .char import CharTokenizer
from .huggingface import JSON, stand_ins
from .patterns import ORIGINAL
from .pretokenizer import ESCAPED, OTHERWISE
from .specials import end_of_text


def save_hf(tokenizer: Tokenizer, folder: str | os.PathLike[str]) -> None:
    """Write ``tokenizer.json`` and ``tokenizer_config.json``, for ``AutoTokenizer``.

    Its ``eos_token`` is what ends a document here: see :func:`.specials.end_of_text`.

    Raises
    ------
    ValueError
        If the tokenizer does something that such a file cannot say.
    """
    state = hf_state(tokenizer)
    end = end_of_text([added["content"] for added in state["added_tokens"]])
    config = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "clean_up_tokenization_spaces": False,
        **({"eos_token": end} if end else {}),
    }
    write_atomic(Path(folder) / JSON, json.dumps(state, ensure_ascii=False) + "\n")
    write_atomic(Path(folder) / "tokenizer_config.json", json.dumps(config, indent=2) + "\n")


def hf_state(tokenizer: Tokenizer) -> dict[str, Any]:
    """Return what ``tokenizer.json`` holds, as JSON values; errors are :func:`save_hf`'s."""
    specials: Mapping[str, int]
    if isinstance(tokenizer, BPETokenizer):
        parts, specials = _bpe(tokenizer), tokenizer.special_tokens
    elif isinstance(tokenizer, CharTokenizer) and tokenizer.unk is None:
        parts, specials = _char(tokenizer), {}
    else:
        raise ValueError(
            f"a {type(tokenizer).__name__} is no tokenizer of Hugging Face's: export writes the "
            "model alone"
        )
    added = [
        {
            "id": number, "content": name, "single_word": False, "lstrip": False,
            "rstrip": False, "normalized": False, "special": True,
        }
        for name, number in sorted(specials.items(), key=lambda item: item[1])
    ]  # fmt: skip
    nothing = dict.fromkeys(("truncation", "padding", "normalizer", "post_processor"))
    return {"version": "1.0", **nothing, "added_tokens": added, **parts}


def _bpe(tokenizer: BPETokenizer) -> dict[str, Any]:
    shown = {byte: character for character, byte in stand_ins().items()}

    def name(token: int) -> str:
        return "".join(map(shown.__getitem__, tokenizer.vocab[token]))

    ordinary = tokenizer.vocab.keys() - set(tokenizer.special_tokens.values())
    model = {
        "type": "BPE",
        "dropout": None,
        "unk_token": None,
        "continuing_subword_prefix": None,
        "end_of_word_suffix": None,
        "fuse_unk": False,
        "byte_fallback": False,
        "ignore_merges": False,
        "vocab": {name(token): token for token in sorted(ordinary)},
        "merges": [[name(a), name(b)] for a, b in tokenizer.merges],
    }
    return {
        "pre_tokenizer": _pre_tokenizer(tokenizer.pattern),
        "decoder": _byte_level(use_regex=True),
        "model": model,
    }


def _pre_tokenizer(pattern: str) -> dict[str, Any]:
    if pattern == "gpt2":
        return _byte_level(use_regex=True)
    source = ORIGINAL.get(pattern, pattern)  # as published: Oniguruma reads the fast form otherwise
    found = OTHERWISE.search(ESCAPED.sub("x", source))
    if found:
        raise ValueError(
            f"the tokenizer's pattern has {found.group()!r}, which means another thing to Hugging "
            "Face's regular expressions: export writes the model alone"
        )
    cut = {
        "type": "Split", "pattern": {"Regex": source}, "behavior": "Isolated", "invert": False
    }  # fmt: skip
    return {"type": "Sequence", "pretokenizers": [cut, _byte_level(use_regex=False)]}


def _byte_level(use_regex: bool) -> dict[str, Any]:
    return {
        "type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": use_regex
    }  # fmt: skip


def _char(tokenizer: CharTokenizer) -> dict[str, Any]:
    """Return a vocabulary of characters; a text is cut between any two of them."""
    vocab = {character: number for number, character in enumerate(tokenizer.chars)}
    return {
        "pre_tokenizer": {
            "type": "Split", "pattern": {"Regex": r"[\s\S]"}, "behavior": "Isolated",
            "invert": False,
        },
        "decoder": {"type": "Fuse"},
        "model": {"type": "WordLevel", "vocab": vocab, "unk_token": ""},
    }  # fmt: skip
