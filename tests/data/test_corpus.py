"""A corpus of one's own: what its documents are, which side each is on, and what is refused."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
from itertools import pairwise

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinytx.data import Corpus, is_held_out
from tinytx.data import blocks as reading
from tinytx.data.fineweb import DocumentStream, LocalShards

from .parquets import parquet, texts

DOCUMENTS = texts(60, seed=3)


@pytest.fixture
def folder(tmp_path):
    place = tmp_path / ".texts"  # what lies in it is hidden by its own name alone
    (place / "deeper").mkdir(parents=True)
    for i, text in enumerate(DOCUMENTS):
        name = f"deeper/{i:03d}.md" if i % 2 else f"{i:03d}.txt"
        (place / name).write_text(text, encoding="utf-8", newline="")
    (place / "notes.csv").write_text("no text")
    (place / "._000.txt").write_bytes(b"\xff\xfe what a system keeps")
    return place


def test_a_file_of_a_folder_is_a_document(folder):
    corpus = Corpus(folder)
    assert corpus.borders
    assert sorted(corpus) == sorted(DOCUMENTS)
    assert list(corpus) == list(corpus)


def test_a_row_of_parquet_is_a_document_in_one_file_or_many(tmp_path):
    (tmp_path / "a.parquet").write_bytes(parquet(DOCUMENTS[:30]))
    (tmp_path / "b.parquet").write_bytes(parquet(DOCUMENTS[30:]))
    assert list(Corpus(tmp_path)) == DOCUMENTS
    assert list(Corpus(tmp_path / "b.parquet")) == DOCUMENTS[30:]


def test_a_suffix_in_capitals_is_the_same_suffix(tmp_path):
    (tmp_path / "A.TXT").write_text("one")
    (tmp_path / "b.txt").write_text("two")
    assert list(Corpus(tmp_path)) == ["one", "two"]
    (tmp_path / "C.PARQUET").write_bytes(parquet(["three"]))
    assert list(Corpus(tmp_path / "C.PARQUET")) == ["three"]
    refused("holds both text files and parquet", tmp_path)


KINDS = {
    "string": pa.string(), "large": pa.large_string(), "view": pa.string_view(),
    "dictionary": pa.dictionary(pa.int32(), pa.string()),
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_text_is_text_however_arrow_keeps_it(tmp_path, kind):
    rows = [*DOCUMENTS, None, "", *DOCUMENTS[:3]]
    path = tmp_path / "a.parquet"
    path.write_bytes(parquet(["x"] * len(rows), body=pa.array(rows).cast(KINDS[kind])))
    assert list(Corpus(path, column="body")) == [text or "" for text in rows]
    held_out = DocumentStream(LocalShards(path), column="body").held_out_texts()
    assert list(held_out) == list(Corpus(path, column="body").texts("held-out"))


def test_of_two_columns_of_one_name_none_is_meant(tmp_path):
    table = pa.table([pa.array(["a"])] * 3, names=["text", "text", "body"])
    pq.write_table(table, tmp_path / "a.parquet")
    refused(r"has 2 columns called 'text', so none is meant: name them", tmp_path / "a.parquet")
    with pytest.raises(ValueError, match="has 2 columns called 'text'"):
        DocumentStream(LocalShards(tmp_path)).rows(0)
    assert list(Corpus(tmp_path, column="body")) == ["a"]


def test_another_column_and_rows_without_text(tmp_path):
    (tmp_path / "a.parquet").write_bytes(parquet(["a", "b"], body=["one", None]))
    assert list(Corpus(tmp_path, column="body")) == ["one", ""]


class Piece(str):
    """A text that counts the characters that are split of it and of what is made with it."""

    split_of = 0

    def __add__(self, other):
        return Piece(str(self) + other)

    def __radd__(self, other):
        return Piece(other + str(self))

    def __contains__(self, part):
        Piece.split_of += len(self)
        return part in str(self)

    def split(self, *on):
        Piece.split_of += len(self)
        return [Piece(part) for part in str(self).split(*on)]

    def __getitem__(self, where):
        return Piece(str(self)[where])


def test_a_rare_separator_costs_no_second_look_at_the_text():
    Piece.split_of = 0
    given = [*["x" * 100] * 200, "<e", "nd>", *["y" * 100] * 200]
    found = list(reading.separated((Piece(block) for block in given), "<end>"))
    assert found == ["x" * 20_000, "y" * 20_000]
    assert 40_000 <= Piece.split_of < 3 * 40_000  # again and again: two hundred times as much


@given(
    text=st.text("ab| ", max_size=40),
    separator=st.text("ab|", min_size=1, max_size=4),
    cuts=st.lists(st.integers(0, 40), max_size=12),
)
def test_where_blocks_end_makes_no_difference(text, separator, cuts):
    ends = [0, *sorted(min(cut, len(text)) for cut in cuts), len(text)]
    blocks = [text[a:b] for a, b in pairwise(ends)]
    expected = [part for part in text.split(separator) if part.strip()]
    assert list(reading.separated(iter(blocks), separator)) == expected


@pytest.mark.parametrize("block", [1, 2, 7, 1 << 20])
def test_a_separator_makes_documents_of_one_file(tmp_path, monkeypatch, block):
    monkeypatch.setattr(reading, "BLOCK", block)
    path = tmp_path / "a.txt"
    path.write_text("één<|end|>two<|end|>\n<|end|>three\n", encoding="utf-8")
    assert list(Corpus(path, separator="<|end|>")) == ["één", "two", "three\n"]


def test_the_sides_share_nothing_and_lack_nothing(folder):
    corpus = Corpus(folder)
    train, held_out = list(corpus.texts("train")), list(corpus.texts("held-out"))
    assert sorted(train + held_out) == sorted(DOCUMENTS)
    assert not set(train) & set(held_out)
    assert held_out
    assert all(map(is_held_out, held_out))


@given(st.text())
def test_the_side_of_a_document_is_that_of_its_hash(text):
    number = int(hashlib.blake2b(text.encode(), digest_size=8).hexdigest(), 16)
    assert is_held_out(text) == (number < int(0.1 * 2**64)) == is_held_out(text.encode())


def test_the_share_is_that_asked_for():
    for share in (0.01, 0.1, 0.5):
        n = sum(is_held_out(f"document {i}", share) for i in range(20_000))
        assert abs(n - 20_000 * share) < 4 * (20_000 * share * (1 - share)) ** 0.5


@pytest.mark.parametrize("share", [10, 0, 1, -0.1, float("nan"), None, [], True])
def test_a_share_is_between_nothing_and_all(share):
    with pytest.raises(
        ValueError, match=rf"^share is {re.escape(str(share))} and must be between 0 and 1, as 0.1"
    ):
        is_held_out("a", share)


def test_the_side_is_the_same_in_every_process():
    code = (
        "from tinytx.data import is_held_out; print([i for i in range(200) if is_held_out(str(i))])"
    )
    outs = {
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    }
    assert outs == {f"{[i for i in range(200) if is_held_out(str(i))]}\n"}


# --- one file without borders


@settings(deadline=None)
@given(
    text=st.text("aé\n🎭", min_size=1, max_size=200),
    share=st.sampled_from([0.1, 0.3, 0.5]),
    block=st.sampled_from([1, 3, 8, 1000]),
)
def test_a_poem_is_cut_at_a_line_end_near_its_last_part(tmp_path_factory, text, share, block):
    path = tmp_path_factory.mktemp("poem") / "poem.txt"
    path.write_text(text, encoding="utf-8", newline="")
    corpus = Corpus(path, held_out=share)
    assert not corpus.borders
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "BLOCK", block)
        assert "".join(corpus.blocks()) == text
        aim, data = int(len(text.encode()) * (1 - share)), text.encode()
        before = data[:aim].rfind(b"\n") + 1
        cut = before or data.find(b"\n") + 1 or len(data)
        for side, part in (("train", data[:cut]), ("held-out", data[cut:])):
            if part:
                assert list(corpus.texts(side)) == [part.decode()]
            else:
                with pytest.raises(
                    ValueError, match=f"no line end to cut at, so {side} .* more lines"
                ):
                    list(corpus.texts(side))


def test_a_byte_order_mark_is_no_text(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(b"\xef\xbb\xbfone\ntwo\n" * 1)
    assert list(Corpus(path)) == ["one\ntwo\n"]
    assert list(Corpus(path, held_out=0.3).texts("train")) == ["one\n"]


# --- what is refused, in one line


def refused(match, path, **settings):
    with pytest.raises(ValueError, match=match) as error:
        list(Corpus(path, **settings))
    assert "\n" not in str(error.value)
    assert str(path) in str(error.value)


def test_what_is_no_corpus_is_one_line(tmp_path):
    refused("there is no", tmp_path / "gone")
    (tmp_path / "empty").mkdir()
    refused("holds no text", tmp_path / "empty")
    (tmp_path / "empty.txt").write_text("")
    refused("is empty", tmp_path / "empty.txt")
    (tmp_path / "bad.parquet").write_bytes(b"not parquet at all")
    refused("is not whole parquet", tmp_path / "bad.parquet")
    (tmp_path / "good.parquet").write_bytes(parquet(["a"]))
    refused("has no column 'body'; it has id, text", tmp_path / "good.parquet", column="body")
    (tmp_path / "cut.parquet").write_bytes(parquet(DOCUMENTS)[:-40])
    refused("is not whole parquet", tmp_path / "cut.parquet")
    (tmp_path / "numbers.parquet").write_bytes(parquet(["a"], n=[1]))
    refused("holds int64, not text", tmp_path / "numbers.parquet", column="n")
    refused("holds both text files and parquet", tmp_path)
    refused("separator is for one text file", tmp_path / "good.parquet", separator="x")


@pytest.mark.parametrize("block", [1, 4, 1 << 20])
@pytest.mark.parametrize("separator", [None, "|"])
def test_what_is_not_utf_8_is_one_line_with_its_place(tmp_path, monkeypatch, block, separator):
    monkeypatch.setattr(reading, "BLOCK", block)
    path = tmp_path / "latin.txt"
    path.write_bytes("één café".encode() + "é".encode("latin-1") + b" more")
    refused(r"is not UTF-8 \(byte 11\)", path, separator=separator)
    refused(r"is not UTF-8 \(byte 11\)", _inside(tmp_path, path))


def _inside(tmp_path, path):
    folder = tmp_path / "folder"
    folder.mkdir(exist_ok=True)
    (folder / path.name).write_bytes(path.read_bytes())
    return folder / path.name


def test_a_folder_names_the_file_that_is_not_utf_8(folder):
    (folder / "050.txt").write_bytes(b"caf\xe9")
    with pytest.raises(ValueError, match=r"050.txt is not UTF-8 \(byte 3\)"):
        list(Corpus(folder))


def test_a_separator_that_never_comes_is_one_line(tmp_path, monkeypatch):
    monkeypatch.setattr(reading, "LONGEST", 50)
    monkeypatch.setattr(reading, "BLOCK", 20)
    path = tmp_path / "a.txt"
    path.write_text("x" * 200)
    with pytest.raises(ValueError, match="there is no separator '<s>' in 60 characters"):
        list(Corpus(path, separator="<s>"))


@pytest.mark.parametrize(
    ("settings", "match"),
    [
        ({"held_out": 0}, "held_out is 0"),
        ({"held_out": 1}, "held_out is 1"),
        ({"separator": ""}, "separator is empty"),
        ({"separator": 5}, "separator is 5: leave it out, or give a string"),
    ],
)
def test_settings_that_are_none_are_refused(folder, settings, match):
    with pytest.raises(ValueError, match=match):
        Corpus(folder, **settings)


def test_a_side_that_is_none_is_refused(folder):
    with pytest.raises(ValueError, match="side is 'test'; give one of train, held-out, all"):
        list(Corpus(folder).texts("test"))
