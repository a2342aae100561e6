"""The token file: all ids in order, there whole or not at all, read without loading."""

from __future__ import annotations

import errno
import os
import re
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import tiktoken

from tinytx.data import Corpus, WindowSource, open_tokens, raven, tokens, write_tokens
from tinytx.data.encoding import DocumentEncoder
from tinytx.files import is_leftover
from tinytx.tokenizers import BPETokenizer, CharTokenizer, ListOpsTokenizer

from .parquets import BYTES, texts

DOCUMENTS = texts(40, seed=4)


@pytest.fixture(scope="module")
def cl100k():
    return BPETokenizer.from_tiktoken("cl100k_base")


def test_documents_are_ended_by_end_of_text(tmp_path):
    path = tmp_path / "new" / "folder" / "tokens.npy"
    n = write_tokens(path, DOCUMENTS, BYTES)
    ids = open_tokens(path, 257)
    assert ids.tolist() == [token for text in DOCUMENTS for token in [*text.encode(), 256]]
    assert len(ids) == n
    assert ids.dtype == np.uint16
    assert not ids.flags.writeable
    np.testing.assert_array_equal(np.load(path), ids)  # a standard file
    assert os.listdir(path.parent) == ["tokens.npy"]


def test_without_such_a_token_they_follow_one_another(tmp_path):
    tokenizer = CharTokenizer.train("".join(DOCUMENTS))
    write_tokens(tmp_path / "a.npy", DOCUMENTS, tokenizer)
    assert tokenizer.decode(open_tokens(tmp_path / "a.npy")) == "".join(DOCUMENTS)


def test_other_tokenizers_of_the_package(tmp_path):
    write_tokens(tmp_path / "a.npy", ["Max(3 1 4)", "Min(1 2)"], ListOpsTokenizer())
    assert open_tokens(tmp_path / "a.npy").tolist() == [16, 18, 6, 4, 7, 19, 17, 18, 4, 5, 19]


def test_a_large_vocabulary_takes_four_bytes_and_tiktoken_gives_the_same(tmp_path, cl100k):
    documents = [raven(), "<|endoftext|> is only written here"]
    write_tokens(tmp_path / "a.npy", documents, cl100k)
    write_tokens(tmp_path / "b.npy", documents, cl100k.to_tiktoken())
    a, b = open_tokens(tmp_path / "a.npy", 100_277), open_tokens(tmp_path / "b.npy")
    np.testing.assert_array_equal(a, b)
    assert a.dtype == np.uint32
    end = cl100k.special_tokens["<|endoftext|>"]
    assert list(a).count(end) == 2  # the ends, not the word
    assert a[-1] == end


def test_a_vocabulary_of_65536_takes_two_bytes_and_one_more_takes_four():
    def encoder(size):
        bytes_ = {bytes([i]): i for i in range(256)}
        return DocumentEncoder(
            tiktoken.Encoding(
                "x", pat_str=".", mergeable_ranks=bytes_, special_tokens={"<|end|>": size - 1}
            )
        )

    assert encoder(2**16).dtype is np.uint16
    assert encoder(2**16)("a").tolist() == [97, 65535]
    assert encoder(2**16 + 1).dtype is np.uint32


def test_of_several_ends_it_is_the_one_of_gpt_2():
    tokenizer = BPETokenizer.from_merges([], ["<|end|>", "<|endoftext|>"])
    assert DocumentEncoder(tokenizer)("a").tolist() == [97, 257]


def test_a_document_in_blocks_has_no_end_but_its_own():
    encoder = DocumentEncoder(BYTES)
    ids = np.concatenate(list(encoder.stream(["a<|endof", "text|>b"])))
    assert ids.tolist() == [*b"a<|endoftext|>b", 256]


def test_the_first_of_all_ids_can_be_the_end():
    bytes_ = {bytes([i]): i + 1 for i in range(256)}
    encoder = DocumentEncoder(
        tiktoken.Encoding("x", pat_str=".", mergeable_ranks=bytes_, special_tokens={"<|end|>": 0})
    )
    assert encoder("a").tolist() == [98, 0]
    assert np.concatenate(list(encoder.stream(["a"]))).tolist() == [98, 0]


def test_a_fingerprint_is_of_all_that_decides_the_ids():
    class Other(CharTokenizer):
        pass

    def encoding(pattern=".", end="<|end|>"):
        ranks = {bytes([i]): i for i in range(256)}
        return tiktoken.Encoding(
            "x", pat_str=pattern, mergeable_ranks=ranks, special_tokens={end: 256}
        )

    def print_of(tokenizer):
        return DocumentEncoder(tokenizer).fingerprint()

    merged = {bytes([i]): i for i in range(256)} | {b"ab": 256}
    longer = tiktoken.Encoding("x", pat_str=".", mergeable_ranks=merged, special_tokens={})
    others = [
        encoding(pattern="[a-z]+|."), encoding(end="<|endoftext|>"), longer, BYTES,
        CharTokenizer.train("ab"), CharTokenizer.train("abc"), Other.train("ab"),
    ]  # fmt: skip
    prints = [print_of(each) for each in (encoding(), *others)]
    assert len(set(prints)) == 8
    assert all(re.fullmatch("[0-9a-f]{16}", each) for each in prints)
    assert print_of(encoding()) == prints[0]


def test_a_text_without_borders_is_one_document_on_each_side(tmp_path):
    (tmp_path / "raven.txt").write_text(raven(), encoding="utf-8")
    corpus, sides = Corpus(tmp_path / "raven.txt"), {}
    for side in ("train", "held-out", "all"):
        write_tokens(tmp_path / "a.npy", corpus, BYTES, side)
        sides[side] = open_tokens(tmp_path / "a.npy").tolist()
    assert bytes(sides["all"][:-1]).decode() == raven()
    assert sides["train"][:-1] + sides["held-out"][:-1] == sides["all"][:-1]
    assert [ids.count(256) for ids in sides.values()] == [1, 1, 1]
    assert 0.08 < len(sides["held-out"]) / len(sides["all"]) < 0.12


@pytest.mark.parametrize("block", [5, 1 << 20])
def test_a_text_in_blocks_gives_the_ids_of_the_whole(tmp_path, monkeypatch, cl100k, block):
    monkeypatch.setattr("tinytx.data.blocks.BLOCK", block)
    (tmp_path / "raven.txt").write_text(raven(), encoding="utf-8")
    corpus, end = Corpus(tmp_path / "raven.txt"), cl100k.special_tokens["<|endoftext|>"]
    tokenizers = [cl100k, cl100k.to_tiktoken(), CharTokenizer.train(raven())]
    for tokenizer, ends in zip(tokenizers, ([end], [end], []), strict=True):
        write_tokens(tmp_path / "a.npy", corpus, tokenizer)
        assert open_tokens(tmp_path / "a.npy").tolist() == [*tokenizer.encode(raven()), *ends]


def test_the_sides_of_a_corpus_go_to_files_of_their_own(tmp_path):
    (tmp_path / "a.txt").write_text("|".join(text for text in DOCUMENTS if text), encoding="utf-8")
    corpus = Corpus(tmp_path / "a.txt", separator="|", held_out=0.3)
    for side in ("train", "held-out"):
        n = write_tokens(tmp_path / f"{side}.npy", corpus, BYTES, side)
        assert n == sum(len(text.encode()) + 1 for text in corpus.texts(side)) > 0


def test_a_source_reads_from_the_file_as_from_memory(tmp_path):
    write_tokens(tmp_path / "a.npy", DOCUMENTS, BYTES)
    ids = open_tokens(tmp_path / "a.npy")
    mapped, held = (WindowSource(x, 4, 8, seed=1) for x in (ids, np.array(ids)))
    for _ in range(5):
        np.testing.assert_array_equal(mapped.next_batch(), held.next_batch())


def test_memory_stays_bounded_for_a_long_text(tmp_path):
    path, line = tmp_path / "long.txt", "A line that is written again and again.\n"
    with open(path, "w", encoding="utf-8") as file:
        for _ in range(50):
            file.write(line * 10_000)  # 20 MB in all
    tokenizer = CharTokenizer.train(line)
    tracemalloc.start()
    try:
        n = write_tokens(tmp_path / "a.npy", Corpus(path), tokenizer)
        peak = tracemalloc.get_traced_memory()[1] / 2**20
    finally:
        tracemalloc.stop()
    assert n == 20_000_000
    assert peak < 60  # MB; the ids as a list of Python's would take 160


# --- what goes wrong


@pytest.mark.parametrize("one", ["c.txt", b"some bytes", Path("c.txt"), 5])
def test_what_is_no_list_of_texts_is_one_line(tmp_path, one):
    with pytest.raises(
        ValueError, match=r"^documents is .* must be a list of texts: give \[text\]"
    ):
        write_tokens(tmp_path / "o.npy", one, BYTES)
    assert not os.listdir(tmp_path)


def test_a_failure_keeps_the_old_file_and_leaves_nothing_behind(tmp_path):
    path = tmp_path / "a.npy"
    write_tokens(path, ["old"], BYTES)

    def broken():
        yield "new"
        assert any(is_leftover(name) for name in os.listdir(tmp_path))
        raise ValueError("row 7 is not text")

    with pytest.raises(ValueError, match="row 7"):
        write_tokens(path, broken(), BYTES)
    assert os.listdir(tmp_path) == ["a.npy"]
    assert open_tokens(path).tolist() == [*b"old", 256]


def test_a_full_disk_is_one_line(tmp_path):
    def full():
        yield "new"
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(ValueError, match=r"cannot write .*a.npy \(No space left on device\): free"):
        write_tokens(tmp_path / "a.npy", full(), BYTES)
    assert not os.listdir(tmp_path)


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ValueError, match=r"cannot write"):
        write_tokens(tmp_path / "file" / "a.npy", DOCUMENTS, BYTES)


def test_nothing_to_write_is_one_line(tmp_path):
    with pytest.raises(ValueError, match="there is no text to encode on side 'all'"):
        write_tokens(tmp_path / "a.npy", [], BYTES)
    with pytest.raises(ValueError, match="side is 'train', which needs a Corpus"):
        write_tokens(tmp_path / "a.npy", ["a"], BYTES, "train")
    assert not os.listdir(tmp_path)
    (tmp_path / "few").mkdir()
    (tmp_path / "few" / "a.txt").write_text("a", encoding="utf-8")  # trained on
    with pytest.raises(ValueError, match="on side 'held-out': give more documents: a hash decides"):
        write_tokens(tmp_path / "a.npy", Corpus(tmp_path / "few"), BYTES, "held-out")


@pytest.mark.parametrize("wrong", [70_000, 2, -1])
def test_a_tokenizer_whose_ids_are_beyond_its_vocabulary_is_one_line(tmp_path, wrong):
    class Wrong(CharTokenizer):
        def encode(self, text):
            return [0, wrong]

    with pytest.raises(ValueError, match=f"gave the id {wrong}, and its vocab_size is 2"):
        write_tokens(tmp_path / "a.npy", ["ab"], Wrong.train("ab"))


def test_ids_beyond_the_vocabulary_of_the_model_are_one_line(tmp_path, monkeypatch):
    monkeypatch.setattr(tokens, "BLOCK", 4)
    write_tokens(tmp_path / "a.npy", ["a long text"], BYTES)  # the end, 256, is in the last block
    with pytest.raises(ValueError, match="has the id 256, and the vocabulary has 256 tokens"):
        open_tokens(tmp_path / "a.npy", vocab_size=256)
    assert len(open_tokens(tmp_path / "a.npy", vocab_size=257)) == 12


def test_what_is_no_token_file_is_one_line(tmp_path):
    path = tmp_path / "a.npy"
    with pytest.raises(ValueError, match="there is no"):
        open_tokens(path)
    write_tokens(path, DOCUMENTS, BYTES)
    whole = path.read_bytes()
    for content in (b"", b"text", whole[:50], whole[:-9]):
        path.write_bytes(content)
        with pytest.raises(ValueError, match="is no file of tokens") as error:
            open_tokens(path)
        assert "\n" not in str(error.value)
    for array in (np.zeros((2, 2), np.uint16), np.zeros(3), np.zeros(3, np.int64)):
        np.save(path, array)
        with pytest.raises(ValueError, match="must hold one row of uint16 or uint32"):
            open_tokens(path)
