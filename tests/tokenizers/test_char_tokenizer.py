import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinytx.data import raven
from tinytx.tokenizers import CharTokenizer


def test_ids_follow_the_order_of_the_characters():
    tokenizer = CharTokenizer.train("a cat sat on a mat")
    assert tokenizer.chars == list(" acmnost")
    assert tokenizer.vocab_size == 8
    assert tokenizer.encode("cat") == [2, 1, 7]


@given(st.text(min_size=1), st.data())
def test_round_trip(text, data):
    tokenizer = CharTokenizer.train(text)
    other = data.draw(st.text(st.sampled_from(text)))
    for known in (text, other, ""):
        ids = tokenizer.encode(known)
        assert len(ids) == len(known)
        assert all(0 <= i < tokenizer.vocab_size for i in ids)
        assert tokenizer.decode(ids) == known


def test_round_trip_of_the_raven():
    tokenizer = CharTokenizer.train(raven())
    assert tokenizer.decode(tokenizer.encode(raven())) == raven()


def test_unknown_character_is_named_with_its_position():
    with pytest.raises(ValueError, match=r"'é' \(U\+00E9\) at position 3, .* unk='<unk>'") as error:
        CharTokenizer.train("acf").encode("cafécaf")
    assert "\n" not in str(error.value)


def test_unk_takes_an_id_of_its_own_behind_the_others():
    plain, tokenizer = CharTokenizer.train("abc"), CharTokenizer.train("abc", unk="<unk>")
    assert tokenizer.encode("abc") == plain.encode("abc")
    assert tokenizer.encode("aéz") == [0, 3, 3]
    assert tokenizer.decode([0, 3, 1]) == "a<unk>b"
    assert (tokenizer.unk_id, tokenizer.vocab_size) == (3, 4)


def test_unk_may_be_a_known_character():
    tokenizer = CharTokenizer("ab?", unk="?")
    assert tokenizer.vocab_size == 3
    assert tokenizer.decode(tokenizer.encode("a?é")) == "a??"


@pytest.mark.parametrize("ids", [[-1], [0, 3], [0, "a"], [None], [[0]], [1.5]])
def test_ids_out_of_range_are_refused(ids):
    with pytest.raises(ValueError, match=rf"ids\[{len(ids) - 1}\] is .* from 0 to 2"):
        CharTokenizer("abc").decode(ids)


@pytest.mark.parametrize("ids", [5, None, "012", b"012"])
def test_ids_must_be_a_list(ids):
    with pytest.raises(ValueError, match=r"ids must be a list of integers"):
        CharTokenizer("abc").decode(ids)


def test_decode_takes_arrays():
    numpy = pytest.importorskip("numpy")
    assert CharTokenizer("abc").decode(numpy.array([2, 0, 1])) == "cab"


@pytest.mark.parametrize(
    ("chars", "message"),
    [
        ("", "chars is empty"),
        ("aba", r"'a' \(U\+0061\) at positions 0 and 2"),
        (["a", "bc"], r"chars\[1\] is 'bc', not one character"),
        (set("abc"), r"chars is a set, which has no order, .*: give sorted\(chars\)"),
        (frozenset("abc"), r"chars is a frozenset, which has no order"),
        (["a", 7], r"chars\[1\] is 7, not one character"),
        ("a\ud83d", r"lone surrogate U\+D83D at position 1"),
    ],
)
def test_bad_characters_are_refused(chars, message):
    with pytest.raises(ValueError, match=message):
        CharTokenizer(chars)


def test_a_byte_order_mark_is_named():
    message = r"text has '\\ufeff' \(U\+FEFF\) at position 0, .*; it is a byte order mark: read the"
    with pytest.raises(ValueError, match=message):
        CharTokenizer("abc").encode("\ufeffabc")


@pytest.mark.parametrize("text", ["", 5, None, b"abc", "a\udc00"])
def test_bad_training_text_is_refused(text):
    with pytest.raises(ValueError, match=r"^text (is empty|must be a string|has a lone surrogate)"):
        CharTokenizer.train(text)


@given(st.text(min_size=1), st.one_of(st.none(), st.text(min_size=1)))
def test_save_and_load(tmp_path_factory, text, unk):
    path = tmp_path_factory.mktemp("char") / "tokenizer.json"
    tokenizer = CharTokenizer.train(text, unk)
    tokenizer.save(path)
    loaded = CharTokenizer.load(path)
    assert (loaded.chars, loaded.unk, loaded.unk_id) == (tokenizer.chars, unk, tokenizer.unk_id)
    assert loaded.encode(text) == tokenizer.encode(text)
    assert json.loads(path.read_text())["type"] == "CharTokenizer"


def test_repr_says_what_it_holds():
    assert repr(CharTokenizer("abc")) == "CharTokenizer(vocab_size=3, chars='abc')"
    assert repr(CharTokenizer("abc", unk="?")).endswith("unk='?')")
