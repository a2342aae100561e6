"""The ``tokenizer.json`` that is written: Hugging Face gives the same ids, and so do we again."""

from __future__ import annotations

import json
import re

import pytest

from tinytx.data import tales
from tinytx.data.encoding import DocumentEncoder
from tinytx.tokenizers import BPETokenizer, CharTokenizer, ListOpsTokenizer
from tinytx.tokenizers.to_huggingface import hf_state, save_hf

tokenizers = pytest.importorskip("tokenizers")

TEXT = tales.corpus(20, 0) + "It's 1845:  naïve café — 😀\n\n\t 12345 don't DON'T  \n x"
ODD = ["", " ", "\n", "  \n\n x", "a\r\nb", "don't", "12345678", "日本 😺", "<|end|>", TEXT[-60:]]
OWN = r"\p{L}+|[^\p{L}]"


def bpe(pattern):
    return BPETokenizer.train(TEXT, 400, ["<|end|>"], pattern)


MADE = {
    "gpt2": lambda: bpe("gpt2"),
    "cl100k": lambda: bpe("cl100k"),
    "own": lambda: bpe(OWN),
    "cl100k_base": lambda: BPETokenizer.from_tiktoken("cl100k_base"),
}


@pytest.mark.parametrize("kind", MADE)
def test_both_give_the_same_ids(kind, tmp_path):
    ours = MADE[kind]()
    save_hf(ours, tmp_path)
    theirs = tokenizers.Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    again = BPETokenizer.from_hf(tmp_path)
    for text in [*ODD, TEXT]:
        ids = ours.encode(text)
        assert theirs.encode(text).ids == ids
        assert again.encode(text) == ids
        assert theirs.decode(ids, skip_special_tokens=False) == text


@pytest.mark.parametrize(
    ("specials", "end"),
    [(["<|start|>", "<|end|>"], "<|end|>"), (["<|end|>", "<|endoftext|>"], "<|endoftext|>"),
     (["<s>"], None), ([], None)],
)  # fmt: skip
def test_what_ends_a_text_is_what_ends_a_document(specials, end, tmp_path):
    ours = BPETokenizer.from_merges([], specials)
    save_hf(ours, tmp_path)
    config = json.loads((tmp_path / "tokenizer_config.json").read_text())
    assert config.get("eos_token") == end
    assert DocumentEncoder(ours).end == ours.special_tokens.get(end)


def test_characters_are_tokens(tmp_path):
    ours = CharTokenizer.train(TEXT)
    save_hf(ours, tmp_path)
    theirs = tokenizers.Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    assert theirs.encode(TEXT).ids == ours.encode(TEXT)
    assert theirs.decode(ours.encode(TEXT)) == TEXT


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (ListOpsTokenizer, "a ListOpsTokenizer is no tokenizer of Hugging Face's"),
        (lambda: CharTokenizer("ab", "?"), "a CharTokenizer is no tokenizer of Hugging Face's"),
        (lambda: bpe(r"\p{L}{1,3}+|[\s\S]"), "the tokenizer's pattern has '}+'"),
    ],
)
def test_what_cannot_be_said_is_refused(make, says):
    with pytest.raises(ValueError, match=re.escape(says)):
        hf_state(make())
