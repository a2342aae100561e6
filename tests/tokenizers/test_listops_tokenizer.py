import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinytx.tokenizers import ListOpsTokenizer
from tinytx.tokenizers.listops import TOKENS

tokenizer = ListOpsTokenizer()


def test_the_twenty_tokens_in_their_order():
    expected = ["<pad>", "<start>", "<end>", *"0123456789"]
    expected += ["First", "Second", "Last", "Max", "Min", "(", ")"]
    assert list(TOKENS) == expected
    assert tokenizer.vocab_size == 20
    assert [tokenizer.encode(token) for token in expected] == [[i] for i in range(20)]
    assert (tokenizer.pad_id, tokenizer.start_id, tokenizer.end_id) == (0, 1, 2)


@pytest.mark.parametrize(
    "text",
    ["", "Max(3 1 4)", "<start> Min(0 9) <end> <pad> <pad>", "Max(3 Min(1 2) 4)", "((", ") (1"],
)
def test_round_trip_of_text(text):
    assert tokenizer.decode(tokenizer.encode(text)) == text


@given(st.lists(st.integers(0, 19)))
def test_round_trip_of_every_sequence_of_ids(ids):
    assert tokenizer.encode(tokenizer.decode(ids)) == ids


@given(st.one_of(st.text(), st.lists(st.sampled_from([*TOKENS, " ", "\n"])).map("".join)))
def test_what_is_accepted_comes_back(text):
    try:
        ids = tokenizer.encode(text)
    except ValueError:
        return
    assert tokenizer.decode(ids) == text


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("Max( 3 1 4 )", "Max(3 1 4)"),
        ("Max (3 1 4)", "Max(3 1 4)"),
        ("Max(314)", "Max(3 1 4)"),
        ("Max(3  1 4)", "Max(3 1 4)"),
        ("Max(3\t1 4)\n", "Max(3 1 4)"),
        (" ", ""),
        ("<start><end>", "<start> <end>"),
    ],
)
def test_other_spellings_are_refused_and_the_right_one_shown(text, canonical):
    with pytest.raises(ValueError, match=r"not in canonical form") as error:
        tokenizer.encode(text)
    assert str(error.value).endswith(f"write {canonical!r}")
    assert tokenizer.decode(tokenizer.encode(canonical)) == canonical


@pytest.mark.parametrize(
    ("text", "word", "position"),
    [
        ("Max(3 1 four)", "'four'", 8),
        ("Maximum(3)", "'Maximum'", 0),
        ("max(3)", "'max'", 0),
        ("Max(3, 1)", "','", 5),
        ("Max(²)", "'²'", 4),
        ("<stop> 1", "'<stop>'", 0),
        ("< 1", "'<'", 0),
    ],
)
def test_unknown_word_is_named_with_its_position(text, word, position):
    with pytest.raises(ValueError, match="which is not one of the 20 tokens: <pad>") as error:
        tokenizer.encode(text)
    assert str(error.value).startswith(f"text has {word} at position {position}, ")


@pytest.mark.parametrize("ids", [[20], [3, -1]])
def test_ids_out_of_range_are_refused(ids):
    with pytest.raises(ValueError, match=rf"ids\[{len(ids) - 1}\] is .* from 0 to 19"):
        tokenizer.decode(ids)


def test_save_and_load(tmp_path):
    path = tmp_path / "listops.json"
    tokenizer.save(path)
    assert ListOpsTokenizer.load(path).encode("Max(3 1 4)") == tokenizer.encode("Max(3 1 4)")
    path.write_text(path.read_text().replace('"Max"', '"Sum"'))
    with pytest.raises(ValueError, match="its tokens are not the twenty"):
        ListOpsTokenizer.load(path)


def test_repr_says_what_it_holds():
    assert repr(tokenizer).startswith("ListOpsTokenizer(vocab_size=20, tokens='<pad> <start>")
