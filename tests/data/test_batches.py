"""Batches: the right neighbours, fair windows, and sources that go on exactly."""

import json
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinytx.data import EpochSource, WindowSource, get_batch
from tinytx.data.batches import DocumentSource, ShuffledSource, rows_of
from tinytx.data.packing import fitted, packed, padded


@given(
    n=st.integers(2, 60),
    B=st.integers(1, 7),
    dtype=st.sampled_from([np.uint16, np.int32, np.int64]),
    seed=st.integers(0, 99),
    data=st.data(),
)
def test_targets_are_what_comes_next(n, B, dtype, seed, data):
    T = data.draw(st.integers(1, n - 1))
    ids = np.random.default_rng(seed).integers(0, 5, n).astype(dtype)
    x, targets = get_batch(ids, B, T, np.random.default_rng(seed))
    assert x.shape == targets.shape == (B, T)
    assert x.dtype == targets.dtype == np.int64
    windows = {tuple(ids[i : i + T + 1]) for i in range(n - T)}
    for row, target in zip(x, targets, strict=True):
        assert (*row, target[-1]) in windows
        np.testing.assert_array_equal(row[1:], target[:-1])


def test_every_window_is_equally_likely_the_last_one_too():
    x, _ = get_batch(np.arange(10), 70_000, 3, np.random.default_rng(0))
    counts = np.bincount(x[:, 0], minlength=10)
    assert (counts[7:] == 0).all()
    expected = 10_000
    chi_square = ((counts[:7] - expected) ** 2 / expected).sum()
    assert chi_square < 22.5  # 6 degrees of freedom: above it once in a thousand


def test_the_text_is_not_changed_and_batches_do_not_share_its_memory():
    ids = np.arange(20)
    x, targets = get_batch(ids, 2, 4, np.random.default_rng(0))
    x += 100
    targets += 100
    np.testing.assert_array_equal(ids, np.arange(20))


def window_source(seed=3):
    return WindowSource(np.arange(50), batch_size=4, context_length=6, seed=seed)


def shuffled_source(seed=3):
    return ShuffledSource(np.arange(50), batch_size=4, context_length=6, seed=seed)


@pytest.mark.parametrize("make", [window_source, shuffled_source])
def test_a_batch_is_of_the_source_s_own_size_where_no_other_is_given(make):
    source = make()
    sizes = (2, 3), (None, 3), (2, None), ()
    shapes = [source.next_batch(*size)[1].shape for size in sizes]
    assert shapes == [(2, 3), (4, 3), (2, 6), (4, 6)]


def epoch_source(seed=3):
    return EpochSource(11, batch_size=4, seed=seed)


LENGTHS = np.random.default_rng(0).integers(2, 40, 23)  # of documents whose tokens are their names


def document_source(seed=3, alike=2):
    documents = [np.full(length, i) for i, length in enumerate(LENGTHS)]
    return DocumentSource(documents, 4, context_length=30, seed=seed, padding=99, alike=alike)


def draw(source, n):
    return [np.stack(source.next_batch()).tolist() for _ in range(n)]


@settings(deadline=None)
@given(
    make=st.sampled_from([window_source, shuffled_source, epoch_source, document_source]),
    before=st.integers(0, 12),
)
def test_a_restored_source_goes_on_exactly(make, before):
    source = make()
    draw(source, before)
    state = json.loads(json.dumps(source.state()))  # as a checkpoint keeps it
    expected = draw(source, 9)
    other = make(seed=99)
    draw(other, 2)
    other.restore(state)
    assert draw(other, 9) == expected
    source.restore(state)
    assert draw(source, 9) == expected


def test_looking_at_the_state_changes_nothing():
    for make in (window_source, shuffled_source, epoch_source):
        watched, plain = make(), make()
        seen = []
        for _ in range(8):
            watched.state()
            seen += draw(watched, 1)
        assert seen == draw(plain, 8)


def test_an_epoch_of_windows_is_the_whole_text_once_in_a_new_order():
    source = ShuffledSource(np.arange(50), batch_size=1, context_length=6, seed=0)

    def window():
        (x,), (targets,) = source.next_batch()
        assert x.tolist() == list(range(x[0], x[0] + 6)) == (targets - 1).tolist()
        return int(x[0])

    epochs = []
    for _ in range(12):
        first = window()
        whole = range(first % 6, 44, 6)  # side by side, up to the last that has a token after it
        epochs.append([first, *(window() for _ in whole[1:])])
        assert sorted(epochs[-1]) == list(whole)
    assert len({starts[0] % 6 for starts in epochs}) == 6  # no token is always at one place
    assert not any(starts == sorted(starts) for starts in epochs)


def test_windows_of_another_length_begin_another_epoch():
    source = shuffled_source()
    source.next_batch()
    x, _ = source.next_batch(2, 3)
    assert (x[1, 0] - x[0, 0]) % 3 == 0
    place = source.state()
    assert (place["length"], place["position"]) == (3, 2)


def test_a_source_that_is_restored_keeps_the_length_of_its_windows():
    source, other = shuffled_source(), shuffled_source(seed=99)
    source.next_batch(2, 3)
    other.restore(source.state())
    for _ in range(9):
        np.testing.assert_array_equal(other.next_batch(2, 3), source.next_batch(2, 3))


def test_a_text_of_few_windows_gives_them_all_and_its_state_can_be_put_back():
    source = ShuffledSource(np.arange(7), batch_size=9, context_length=6, seed=0)
    for _ in range(9):
        x, _ = source.next_batch()
        assert x.tolist() == [[0, 1, 2, 3, 4, 5]]
        source.restore(source.state())


def test_an_epoch_that_fills_no_whole_batch_is_left_before_its_end():
    source = shuffled_source()
    for _ in range(9):  # of 7 or 8 windows
        x, _ = source.next_batch()
        assert len(set(x[:, 0])) == 4
        assert len(set(x[:, 0] % 6)) == 1  # of one epoch


def test_an_epoch_holds_every_index_once_in_a_new_order():
    source = epoch_source()
    orders = []
    for epoch in range(3):
        batches = [source.next_batch() for _ in range(3)]
        assert [len(batch) for batch in batches] == [4, 4, 3]
        assert source.epoch == epoch
        orders.append(np.concatenate(batches).tolist())
        assert sorted(orders[-1]) == list(range(11))
    assert len({tuple(order) for order in orders}) == 3


@pytest.mark.parametrize("alike", [None, 1, 2, 99])
def test_documents_of_like_lengths_are_read_together_and_each_once(alike):
    source = document_source(alike=alike)
    epochs, padded = [], 0
    for _ in range(3):
        batches = [source.next_batch() for _ in range(6)]
        names = [ids[:, 0].tolist() for ids, _ in batches]
        assert [len(one) for one in names] == [4, 4, 4, 4, 4, 3]
        epochs.append([i for one in names for i in one])
        assert sorted(epochs[-1]) == list(range(23))
        for ids, targets in batches:
            counted = np.minimum(LENGTHS[ids[:, 0]] - 1, 30)
            assert ((targets != -100).sum(1) == counted).all()
            assert ids.shape[1] == (30 if alike is None else counted.max())
            assert (ids[targets == -100] == 99).all()
            padded += (targets == -100).sum()
    assert len(set(map(tuple, epochs))) == 3
    unsorted = 3 * (23 * 30 - np.minimum(LENGTHS - 1, 30).sum())
    assert padded < {None: 1.01, 1: 0.9, 2: 0.6, 99: 0.3}[alike] * unsorted


def test_documents_are_put_together_among_so_many_batches_and_no_more():
    order = np.random.default_rng(3).permutation(23)  # pools of one batch leave each as it is drawn
    source = document_source(alike=1)
    found = {frozenset(source.next_batch()[0][:, 0].tolist()) for _ in range(6)}
    assert found == {frozenset(order[i : i + 4].tolist()) for i in range(0, 23, 4)}


def test_batches_of_like_lengths_do_not_come_from_short_to_long():
    source = document_source(alike=9)
    lengths = [source.next_batch()[0].shape[1] for _ in range(5)]
    assert lengths != sorted(lengths)


def test_the_order_of_another_arrangement_is_refused():
    with pytest.raises(ValueError, match=r"'alike': 3}, this one has .*'alike': 2}"):
        document_source(alike=2).restore(document_source(alike=3).state())
    with pytest.raises(ValueError, match="alike is 0 and must be at least 1; give a whole number"):
        document_source(alike=0)


def sized(B, T):
    """Return sources that were given these sizes."""
    documents, ids = [np.arange(3)] * 9, np.arange(50)
    yield from (one(ids, B, T, seed=0) for one in (WindowSource, ShuffledSource))
    yield from (EpochSource(B, T, seed=0), DocumentSource(documents, B, T, seed=0, alike=T))


def test_sizes_of_numpy_are_sizes_also_in_a_state():
    for one, plain in zip(sized(np.int64(4), np.int64(6)), sized(4, 6), strict=True):
        state = json.loads(json.dumps(one.state()))
        plain.restore(state)
        one.restore(state)
        assert draw(one, 2) == draw(plain, 2)
    source = shuffled_source()
    source.next_batch(np.int64(2), np.int64(3))
    source.restore(json.loads(json.dumps(source.state())))


def test_a_text_of_few_windows_gives_smaller_batches():
    source = ShuffledSource(np.arange(14), batch_size=4, context_length=6, seed=0)
    rows = {len(source.next_batch()[0]) for _ in range(12)}
    assert rows == {1, 2}  # as many as there are behind where the epoch begins


@pytest.mark.parametrize("make", [window_source, shuffled_source])
def test_no_row_and_no_token_are_no_batch(make):
    with pytest.raises(ValueError, match="batch_size is 0 and must be at least 1"):
        make().next_batch(0)
    with pytest.raises(ValueError, match="context_length is 0 and must be at least 1"):
        make().next_batch(2, 0)


@pytest.mark.parametrize(
    ("documents", "padding", "message"),
    [
        (
            [np.arange(3), np.arange(1)],
            0,
            r"document 1 has shape \(1,\) and must be \(n,\) with at",
        ),
        ([np.eye(2, dtype=int)], 0, r"document 0 has shape \(2, 2\)"),
        ([np.array([0.5, 1.5])], 0, "document 0 is float64 and must be an array of integers"),
        ([[1, 2], [1, 2.5]], 0, "document 1 is float64"),
        ([[1, 2]], 0.5, "padding is 0.5 and must be an id, a whole number"),
    ],
)
def test_what_are_no_ids_is_refused(documents, padding, message):
    with pytest.raises(ValueError, match=message):
        DocumentSource(documents, 2, 4, seed=0, padding=padding)
    for make in (rows_of, packed, fitted, padded):
        with pytest.raises(ValueError, match=message):
            make(documents, 4, padding)


def test_the_seed_decides():
    for make in (window_source, shuffled_source, epoch_source):
        assert draw(make(1), 3) == draw(make(1), 3) != draw(make(2), 3)


def rng():
    return np.random.default_rng(0)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: get_batch(np.zeros(0, int), 2, 3, rng()), "ids is empty; give a text"),
        (
            lambda: get_batch(np.arange(3), 2, 3, rng()),
            "ids has 3 tokens, but a window of context_",
        ),
        (lambda: get_batch(np.zeros(9), 2, 3, rng()), "ids is float64 and must be an array of int"),
        (lambda: get_batch([1, 2, 3], 2, 1, rng()), "ids is list and must be an array of integers"),
        (
            lambda: get_batch(np.eye(4, dtype=int), 2, 1, rng()),
            "ids has shape (4, 4) and must have",
        ),
        (lambda: get_batch(np.arange(9), 0, 3, rng()), "batch_size is 0 and must be at least 1; g"),
        (
            lambda: get_batch(np.arange(9), 2, 0, rng()),
            "context_length is 0 and must be at least 1",
        ),
        (
            lambda: get_batch(np.arange(9), 2, 1.5, rng()),
            "context_length is 1.5 and must be at lea",
        ),
        (lambda: get_batch(np.arange(9), 2, 3, 0), "generator is 0 and must be a numpy.random.Gen"),
        (lambda: get_batch(np.arange(9), 2, 3, None), "generator is None and must be a numpy.rand"),
        (
            lambda: get_batch(np.arange(9), 2, 3, np.random.RandomState(0)),
            "generator is a numpy.random.mtrand.RandomState and must be",
        ),
        (
            lambda: WindowSource(np.arange(3), 2, 3, 0),
            "ids has 3 tokens, but a window of context_l",
        ),
        (lambda: EpochSource(0, 2, 0), "n is 0 and must be at least 1; give a data set with at"),
        (lambda: EpochSource(3, 0, 0), "batch_size is 0 and must be at least 1; give a whole"),
    ],
)
def test_wrong_arguments_are_named(call, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        call()


def test_a_wrong_state_is_refused_and_changes_nothing():
    for make in (window_source, shuffled_source, epoch_source):
        source = make()
        good = source.state()
        generator = {**good["generator"], "bit_generator": "Wrong"}
        others = [{**good, "shape": {**good["shape"], size: 99}} for size in good["shape"]]
        wrong = [{}, [], None, 3, {**good, "generator": generator}, {**good, "shape": 3}]
        for state in (*wrong, *others):
            with pytest.raises(ValueError, match=r"^state (is|has) "):
                source.restore(state)
        assert draw(source, 5) == draw(make(), 5)
    with pytest.raises(ValueError, match=r"^state is of a source with .*99.*, this one has .*4"):
        source.restore(others[-1])
    with pytest.raises(ValueError, match=r"^state is of a source with .*51.*, this one has .*50"):
        window_source().restore(WindowSource(np.arange(51), 4, 6, seed=3).state())
    for wrong in ({**good, "position": -1}, {**good, "epoch": None}, {**good, "position": 12}):
        with pytest.raises(ValueError, match=r"^state has (position|epoch) "):
            source.restore(wrong)
    source = shuffled_source()
    for key, value in (("length", 0), ("length", 50), ("position", -1), ("position", None)):
        with pytest.raises(ValueError, match=rf"^state has {key} {value}, so it is none of this"):
            source.restore({**source.state(), key: value})
