"""Ids that come one by one become the text that they are together."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizer_reference import any_text

from tinytx import example
from tinytx.generation import generate, stream
from tinytx.tokenizers import BPETokenizer, CharTokenizer, ListOpsTokenizer

LATIN = BPETokenizer.from_merges([(0xC3, 0xA9), (0xF0, 0x9F), (0x98, 0x80)], ["<|end|>"])
CL100K = BPETokenizer.from_tiktoken("cl100k_base")
TOKENIZERS = {
    "bytes": LATIN,
    "chars": CharTokenizer(" abé😀", unk="<unk>"),
    "list operations": ListOpsTokenizer(),
}


def in_parts(decoder, ids, sizes):
    """Return the texts of ``ids``, handed over in parts of these sizes and then one by one."""
    texts, start = [], 0
    for size in [*sizes, *[1] * len(ids)]:
        texts.append(decoder.decode(ids[start : start + size]))
        start += size
    return [*texts, decoder.flush()]


@pytest.mark.parametrize("tokenizer", TOKENIZERS.values(), ids=TOKENIZERS)
@given(st.data(), st.lists(st.integers(0, 3), max_size=5))
def test_the_parts_are_the_whole_wherever_they_are_cut(tokenizer, data, sizes):
    one = st.integers(0, tokenizer.vocab_size - 1)
    ids = data.draw(st.lists(one | st.sampled_from([0, tokenizer.vocab_size - 1]), max_size=20))
    decoder = tokenizer.decoder()
    for _ in range(2):  # after a flush it starts afresh
        assert "".join(in_parts(decoder, ids, sizes)) == tokenizer.decode(ids)


@given(any_text)
def test_no_character_of_a_text_is_broken(text):
    assert "".join(in_parts(CL100K.decoder("strict"), CL100K.encode(text), [])) == text


def test_a_character_comes_with_its_last_token():
    ids = CL100K.encode("😀 中")
    assert len(ids) == 3
    assert "\ufffd" in "".join(CL100K.decode([token]) for token in ids)
    assert [text for text in in_parts(CL100K.decoder(), ids, []) if text] == ["😀", " 中"]


def test_half_a_character_at_the_end():
    decoder = LATIN.decoder()
    assert (decoder.decode([0xF0, 0x9F]), decoder.flush(), decoder.flush()) == ("", "\ufffd", "")
    assert decoder.decode([97]) == "a"
    strict = LATIN.decoder(errors="strict")
    assert strict.decode([0xF0]) == ""
    with pytest.raises(UnicodeDecodeError):
        strict.flush()
    assert strict.decode([97]) == "a"  # what could not be a character is gone


@pytest.mark.parametrize("tokenizer", TOKENIZERS.values(), ids=TOKENIZERS)
def test_an_unknown_id_is_named_and_nothing_is_lost(tokenizer):
    decoder = tokenizer.decoder()
    first = decoder.decode([3])
    with pytest.raises(ValueError, match=r"^ids\[1\] is 999999, not an id of this tokenizer"):
        decoder.decode([3, 999_999])
    assert first + decoder.decode([3]) + decoder.flush() == tokenizer.decode([3, 3])


@pytest.mark.parametrize("wrong", [3.0, True, np.float64(3), np.True_])
@pytest.mark.parametrize("tokenizer", TOKENIZERS.values(), ids=TOKENIZERS)
def test_what_is_equal_to_an_id_and_is_none_is_refused(tokenizer, wrong):
    message = r"^ids\[2\] is .*, not an id of this tokenizer; its ids are integers from 0"
    with pytest.raises(ValueError, match=message):
        tokenizer.decode([3, np.uint8(3), wrong])
    with pytest.raises(ValueError, match=r"^ids\[0\] is .*, not an id of this tokenizer"):
        tokenizer.decode(np.array([wrong]))


def test_a_model_is_read_as_it_writes():
    model, prompt, decoder = example.model(), [example.ids()], example.tokenizer().decoder()
    texts = [decoder.decode(step.ids) for step in stream(model, prompt, 9, temperature=0)]
    written = generate(model, prompt, 9, temperature=0).new[0]
    assert "".join([*texts, decoder.flush()]) == example.tokenizer().decode(written)
    assert decoder.decode(np.array([], dtype=np.int64)) == ""
