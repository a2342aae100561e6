"""The batches are what their description says, for any number of processes, stops and faults."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinytx.data.fineweb import (
    DocumentStream,
    Hub,
    HubShards,
    LaneSource,
    LocalShards,
    merge_states,
    validation_windows,
)
from tinytx.data.sides import is_held_out
from tinytx.tokenizers import CharTokenizer

from .hub import LoopbackHub
from .parquets import BYTES, QUICK, shards, texts

END = 256
DOCUMENTS = texts(97, seed=1)
SIZES = [23, 0, 41, 33]  # a shard may be empty
TRAINING = [text for text in DOCUMENTS if not is_held_out(text)]
HELD_OUT = [text for text in DOCUMENTS if is_held_out(text)]


@cache
def folder() -> tempfile.TemporaryDirectory:
    place = tempfile.TemporaryDirectory()
    for name, data in shards(DOCUMENTS, SIZES, group=7).items():
        (Path(place.name) / Path(name).name).write_bytes(data)
    return place


def local(memory=1e9):
    return DocumentStream(LocalShards(folder().name), memory=memory)


def source(documents=None, B=8, T=13, lanes=4, rank=0, world=1, prefetch=0, tokenizer=BYTES):
    return LaneSource(documents or local(), tokenizer, B, T, lanes, rank, world, prefetch)


def expected(n, B, T, lanes):
    """Return n global batches, (n, B, T + 1), from the description alone."""
    rows = []
    for lane in range(lanes):
        mine = [[*text.encode(), END] for text in TRAINING[lane::lanes]]
        stream = [token for document in mine for token in document]
        need = n * (B // lanes) * T + 1
        rows.append(stream * (need // len(stream) + 1))
    windows = np.zeros((n, B, T + 1), int)
    for batch in range(n):
        for j in range(B):
            number = batch * (B // lanes) + j // lanes
            windows[batch, j] = rows[j % lanes][number * T : number * T + T + 1]
    return windows


def joined(parts):
    """Return the global batch from those of all ranks: row j is from rank j mod world."""
    world = len(parts)
    B = sum(len(ids) for ids, _ in parts)
    whole = np.zeros((B, parts[0][0].shape[1] + 1), int)
    for rank, (ids, targets) in enumerate(parts):
        whole[rank::world, :-1] = ids
        whole[rank::world, -1] = targets[:, -1]
        np.testing.assert_array_equal(ids[:, 1:], targets[:, :-1])
    return whole


def test_the_data_has_both_sides_and_documents_without_text():
    assert len(HELD_OUT) > 3
    assert "" in TRAINING


@settings(deadline=None, max_examples=40)
@given(data=st.data())
def test_the_global_batch_is_the_same_for_any_number_of_processes(data):
    lanes = data.draw(st.sampled_from([1, 2, 4, 6]), "lanes")
    B = lanes * data.draw(st.integers(1, 3), "rows of a lane")
    T = data.draw(st.integers(1, 60), "T")
    world = data.draw(st.sampled_from([w for w in range(1, 7) if lanes % w == 0]), "world")
    memory = data.draw(st.sampled_from([0, 1e9]), "memory")
    n = data.draw(st.integers(1, 12), "batches")
    ranks = [source(local(memory), B, T, lanes, rank, world) for rank in range(world)]
    right = expected(n, B, T, lanes)
    for batch in range(n):
        np.testing.assert_array_equal(joined([one.next_batch() for one in ranks]), right[batch])


def legs(most, total):
    """Draw how a run is cut into parts: processes, batches made ahead, batches; then the rest."""
    leg = st.tuples(st.sampled_from([1, 2, 4]), st.sampled_from([0, 0, 3]), st.integers(0, most))
    return st.lists(leg, max_size=5).map(lambda drawn: [*drawn, (1, 0, total)])


@settings(deadline=None, max_examples=30)
@given(T=st.integers(1, 30), parts=legs(9, 30))
def test_stops_and_other_numbers_of_processes_change_nothing(T, parts):
    lanes, B, state, done = 4, 12, None, 0
    right = expected(30, B, T, lanes)
    for world, prefetch, count in parts:
        ranks = [source(None, B, T, lanes, rank, world, prefetch) for rank in range(world)]
        for one in ranks:
            if state is not None:
                one.restore(json.loads(state))
        for _ in range(min(count, 30 - done)):
            np.testing.assert_array_equal(joined([one.next_batch() for one in ranks]), right[done])
            done += 1
        states = [one.state() for one in ranks]
        state = json.dumps(merge_states(states[::-1]))
        for one in ranks:
            one.close()
            assert one.batches == done
    assert done == 30


def test_each_training_document_comes_once_in_an_epoch_and_no_other():
    lanes = 4
    ranks = [source(B=8, T=11, lanes=lanes, rank=rank, world=2) for rank in range(2)]
    rows = [[] for _ in range(lanes)]
    while min(one.epoch for one in ranks) < 2:
        for j, window in enumerate(joined([one.next_batch() for one in ranks])):
            rows[j % lanes].extend(window[:-1])
    for lane, row in enumerate(rows):
        *whole, _ = bytes(token % END for token in row).split(b"\0")  # END is a zero then
        mine = [text.encode() for text in TRAINING[lane::lanes]]
        assert len(whole) >= 2 * len(mine)
        assert whole == [mine[i % len(mine)] for i in range(len(whole))]


def test_every_token_is_a_target_once():
    one, T = source(B=1, T=7, lanes=1), 7
    total = sum(len(text.encode()) + 1 for text in TRAINING)
    targets = np.concatenate([one.next_batch()[1].ravel() for _ in range(total // T)])
    stream = [token for text in TRAINING for token in [*text.encode(), END]]
    np.testing.assert_array_equal(targets, stream[1 : len(targets) + 1])


def test_a_rank_tokenizes_the_documents_of_its_lanes_alone():
    seen = []

    class Watching(CharTokenizer):
        def encode(self, text):
            seen.append(text)
            return super().encode(text)

    one = source(B=6, T=9, lanes=6, rank=1, world=3, tokenizer=Watching.train("".join(TRAINING)))
    while one.epoch < 1:
        one.next_batch()
    assert set(seen) == set(TRAINING[1::6]) | set(TRAINING[4::6])


def test_a_row_group_is_read_once_by_lanes_that_keep_together():
    one = source(local(), B=8, T=13, lanes=8)
    while one.epoch < 1:
        one.next_batch()
    groups = sum(-(-size // 7) for size in SIZES)
    assert one.documents.reads <= groups + 1


def test_only_the_column_that_is_needed_is_read(monkeypatch):
    import pyarrow.parquet as pq

    asked = []
    read = pq.ParquetFile.read_row_group

    def watching(self, group, columns=None, **more):
        asked.append(columns)
        return read(self, group, columns=columns, **more)

    monkeypatch.setattr(pq.ParquetFile, "read_row_group", watching)
    source().next_batch()
    assert asked
    assert all(columns == ["text"] for columns in asked)


def test_epochs_are_counted_and_the_second_is_like_the_first():
    one = source(B=1, T=1, lanes=1)
    total = sum(len(text.encode()) + 1 for text in TRAINING)
    first = [int(one.next_batch()[0][0, 0]) for _ in range(total)]
    assert one.epoch == 1
    assert [int(one.next_batch()[0][0, 0]) for _ in range(total)] == first
    assert one.epoch == 2


# --- faults on the way: the same batches


FAULTS = ["cut", "reset", "truncated", "wrong", "longer", "500", "503", "429 0", "refuse"]


@settings(deadline=None, max_examples=4)
@given(
    redirect=st.booleans(),
    most=st.integers(1, 4),
    faults=st.lists(st.lists(st.sampled_from(FAULTS), max_size=4), min_size=6, max_size=6),
    parts=legs(12, 40),
)
def test_faults_restarts_and_other_numbers_of_processes_together(redirect, most, faults, parts):
    lanes, B, T, n = 4, 4, 29, 40
    right, state, done = expected(n, B, T, lanes), None, 0
    files = shards(DOCUMENTS, SIZES, group=7)
    with LoopbackHub(files, redirect) as hub, tempfile.TemporaryDirectory() as place:
        for (world, prefetch, count), trouble in zip(parts, faults, strict=False):
            hub.faults.extend(trouble)
            trusting = Hub(endpoint=hub.url, patience=replace(QUICK, tries=30))
            found = [HubShards(trusting, most, None, place) for _ in range(world)]
            ranks = [
                source(DocumentStream(found[rank]), B, T, lanes, rank, world, prefetch)
                for rank in range(world)
            ]
            for one in ranks:
                if state is not None:
                    one.restore(state)
            for _ in range(min(count, n - done)):
                batch = joined([one.next_batch() for one in ranks])
                np.testing.assert_array_equal(batch, right[done])
                done += 1
            state = merge_states([one.state() for one in ranks])
            for one in ranks:
                one.close()
            assert len(list(Path(place).glob("*.parquet"))) <= most
        assert done == n


# --- held out


def test_the_validation_windows_are_the_first_of_the_held_out_side():
    ids, targets = validation_windows(local(), BYTES, 3, 10)
    stream = [token for text in HELD_OUT for token in [*text.encode(), END]]
    np.testing.assert_array_equal(ids.ravel(), stream[:30])
    np.testing.assert_array_equal(targets.ravel(), stream[1:31])
    assert ids.shape == targets.shape == (3, 10)
    assert ids.dtype == np.int64


def test_too_few_held_out_tokens_is_one_line():
    with pytest.raises(ValueError, match=r"the held-out side has \d+ tokens, and 100 windows"):
        validation_windows(local(), BYTES, 100, 10)


@pytest.mark.parametrize(
    ("n", "T", "words"),
    [(0, 8, "n is 0"), (1.5, 8, "n is 1.5"), ("1", 8, "n is '1'"), (1, None, "context_length is")],
)
def test_how_much_is_held_out_is_counted_in_whole_windows(n, T, words):
    with pytest.raises(ValueError, match=f"^{words}.* and must be an integer of at least 1$"):
        validation_windows(local(), BYTES, n, T)


def test_sizes_of_numpy_are_sizes_also_in_a_state():
    one = source(B=np.int64(8), T=np.int64(5), lanes=np.int64(4))
    state = merge_states([json.loads(json.dumps(one.state()))])
    source(B=8, T=5, lanes=4).restore(state)


def test_a_suffix_in_capitals_is_the_same_suffix(tmp_path):
    for name in ("B.PARQUET", "a.parquet", "notes.txt"):
        (tmp_path / name).write_bytes(b"")
    assert {path.name for path in LocalShards(tmp_path).paths} == {"B.PARQUET", "a.parquet"}


# --- words for what is wrong


@pytest.mark.parametrize(
    ("sizes", "words"),
    [
        ({"B": 9}, "batch_size is 9, which 4 lanes do not divide"),
        ({"world": 3}, "lanes is 4, which 3 processes do not divide"),
        ({"rank": 2, "world": 2}, "rank is 2 and must be below world"),
        ({"T": 0}, "context_length is 0 and must be an integer of at least 1"),
        ({"B": 2.0}, "batch_size is 2.0 and must be an integer of at least 1"),
        ({"T": "8"}, "context_length is '8' and must be an integer of at least 1"),
        ({"prefetch": -1}, "prefetch is -1 and must be an integer of at least 0"),
    ],
)
def test_sizes_that_do_not_fit_are_one_line(sizes, words):
    with pytest.raises(ValueError, match=words):
        source(**sizes)


def test_more_lanes_than_documents_is_one_line():
    one = source(B=200, lanes=200)
    with pytest.raises(ValueError, match=r"lane \d+ of 200 has no text: .* take fewer lanes"):
        one.next_batch()


def test_documents_without_any_token_end_in_a_line_and_not_in_a_loop(tmp_path):
    from .parquets import parquet

    (tmp_path / "a.parquet").write_bytes(parquet(["", None, "", ""]))
    documents = DocumentStream(LocalShards(tmp_path))
    one = source(documents, B=1, lanes=1, tokenizer=CharTokenizer.train("ab"))
    with pytest.raises(ValueError, match="has no text"):
        one.next_batch()


def spoiled(**changes):
    return {**source().state(), **changes}


@pytest.mark.parametrize(
    "state",
    [
        None,
        {},
        [],
        {"batches": 1},
        spoiled(lanes=7),
        spoiled(batches=-1),
        spoiled(shape=3),
        spoiled(lanes={"0": {"epoch": 0}}),
        spoiled(lanes={"0": {**source().state()["lanes"]["0"], "row": -1}}),
        spoiled(lanes={"0": {**source().state()["lanes"]["0"], "row": "3"}}),
    ],
)
def test_what_is_no_state_is_one_line(state):
    one = source()
    before = one.state()
    for refuse in (one.restore, lambda state: merge_states([state])):
        with pytest.raises(ValueError, match="is not the state of a LaneSource") as error:
            refuse(state)
        assert "\n" not in str(error.value)
    assert one.state() == before


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"T": 14}, "context_length"),
        ({"B": 16}, "batch_size"),
        ({"lanes": 2}, "lanes"),
        ({"tokenizer": CharTokenizer.train("ab")}, "tokenizer"),
    ],
)
def test_a_state_of_another_source_is_refused(change, word):
    with pytest.raises(ValueError, match=f"the state has {word} .* resume with"):
        source(**change).restore(source().state())


def test_a_state_of_other_documents_is_refused(tmp_path):
    for path in Path(folder().name).iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    other = DocumentStream(LocalShards(tmp_path))
    other_share = DocumentStream(LocalShards(tmp_path), held_out=0.2)
    source(other).restore(source().state())  # the same files elsewhere are the same documents
    with pytest.raises(ValueError, match="the state has documents"):
        source(other_share).restore(source().state())
    (tmp_path / "009.parquet").write_bytes(next(tmp_path.glob("002*")).read_bytes())
    with pytest.raises(ValueError, match="the state has documents"):
        source(DocumentStream(LocalShards(tmp_path))).restore(source().state())


def test_a_missing_or_doubled_rank_is_one_line():
    ranks = [source(rank=rank, world=2) for rank in range(2)]
    a, b = (one.state() for one in ranks)
    with pytest.raises(ValueError, match=r"lacks the lanes \[1, 3\]: join"):
        source().restore(a)
    with pytest.raises(ValueError, match=r"lacks the lanes \[1, 3\]"):
        merge_states([a])
    with pytest.raises(ValueError, match=r"have the lanes \['0', '2'\] twice"):
        merge_states([a, a, b])
    with pytest.raises(ValueError, match="states is empty"):
        merge_states([])
    ranks[0].next_batch()
    with pytest.raises(ValueError, match="the states differ in batches, 1 and 0"):
        merge_states([ranks[0].state(), b])


def test_an_offset_outside_of_its_document_is_one_line():
    state = source().state()
    state["lanes"]["0"] |= {"offset": 10_000}
    one = source()
    one.restore(state)
    with pytest.raises(ValueError, match=r"the state has offset 10000 in a document of \d+ tokens"):
        one.next_batch()


RANK = """
import json, sys
import numpy as np
from tinytx.data.fineweb import DocumentStream, Hub, HubShards, LaneSource
from tinytx.tokenizers import BPETokenizer
rank, url, place, n = int(sys.argv[1]), *sys.argv[2:4], int(sys.argv[4])
tokenizer = BPETokenizer([bytes([i]) for i in range(256)], ["<|endoftext|>"])
documents = DocumentStream(HubShards(Hub(endpoint=url), 4, None, place))
with LaneSource(documents, tokenizer, 8, 13, 4, rank, 2) as source:
    batches = [source.next_batch() for _ in range(n)]
    np.savez(f"{place}/{rank}.npz", *[np.stack(batch) for batch in batches])
    print(json.dumps(source.state()))
"""


def test_two_processes_share_the_shards_on_disk_and_make_one_batch(tmp_path):
    n, files = 60, shards(DOCUMENTS, SIZES, group=7)
    with LoopbackHub(files) as hub:
        ranks = [
            subprocess.Popen(
                [sys.executable, "-c", RANK, str(rank), hub.url, str(tmp_path), str(n)],
                stdout=subprocess.PIPE,
                text=True,
            )
            for rank in range(2)
        ]
        states = [json.loads(one.communicate(timeout=60)[0]) for one in ranks]
        assert len(hub.asked("resolve")) == len(files)  # each shard is fetched by one of them
        found = HubShards(Hub(endpoint=hub.url), 4, None, tmp_path)
    arrays = [np.load(tmp_path / f"{rank}.npz") for rank in range(2)]
    right = expected(n + 1, 8, 13, 4)
    for i in range(n):
        np.testing.assert_array_equal(joined([a[f"arr_{i}"] for a in arrays]), right[i])
    alone = source(DocumentStream(found), T=13)
    alone.restore(merge_states(states))
    np.testing.assert_array_equal(joined([alone.next_batch()]), right[n])
