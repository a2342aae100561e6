"""Packing: nothing is lost, nothing is a target twice, and little is computed for nothing."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinytx.data import tales
from tinytx.data.packing import NOBODY, documents_of, fitted, packed, padded
from tinytx.manual.documents import document_mask
from tinytx.manual.loss import IGNORE_INDEX, cross_entropy_forward
from tinytx.tokenizers import CharTokenizer
from tinytx.trained import load_trained

LENGTHS = st.lists(st.integers(2, 20), min_size=1, max_size=9)


def documents(lengths):
    """Return documents whose every token is one of a kind."""
    ends = np.cumsum(lengths)
    return [np.arange(end - n, end) + 1 for n, end in zip(lengths, ends, strict=True)]


def pairs(rows):
    """Return how often each (document, token, what follows) is there."""
    real = rows.targets != IGNORE_INDEX
    return Counter(zip(rows.documents[real], rows.ids[real], rows.targets[real], strict=True))


@given(LENGTHS, st.integers(1, 25), st.sampled_from([packed, fitted]))
@settings(max_examples=80)
def test_every_token_but_the_first_is_a_target_once_and_of_its_own_document(lengths, T, make):
    given = documents(lengths)
    rows = make(given, T)
    expected = Counter(
        (i, int(a), int(a) + 1) for i, document in enumerate(given) for a in document[:-1]
    )
    assert pairs(rows) == expected
    assert rows.ids.shape == rows.targets.shape == rows.documents.shape
    assert rows.ids.shape[1] == T
    np.testing.assert_array_equal(rows.documents == NOBODY, rows.targets == IGNORE_INDEX)
    assert rows.wasted == pytest.approx(1 - sum(n - 1 for n in lengths) / rows.ids.size)


@given(LENGTHS, st.integers(1, 25))
@settings(max_examples=40)
def test_only_the_last_row_has_padding_and_only_at_its_end(lengths, T):
    rows = packed(documents(lengths), T)
    empty = (rows.documents == NOBODY).ravel()
    assert empty.sum() < T
    assert not empty[: empty.size - empty.sum()].any()


@given(LENGTHS, st.integers(19, 25))
@settings(max_examples=40)
def test_whole_documents_stay_whole(lengths, T):
    rows = fitted(documents(lengths), T)
    found = Counter()
    for row in rows.documents:
        runs = [row[0], *(b for a, b in pairwise(row) if a != b)]
        found.update(int(number) for number in runs if number != NOBODY)
    assert found == Counter(range(len(lengths)))


@pytest.mark.parametrize("make", [padded, packed, fitted])
def test_rows_are_wide_integers_and_filled_up_with_the_padding(make):
    rows = make([np.arange(1, 5, dtype=np.uint16), np.arange(7, 9, dtype=np.uint16)], 3, padding=99)
    assert {part.dtype for part in rows} == {np.dtype(np.int64)}
    assert (rows.ids[rows.documents == NOBODY] == 99).all()
    assert (rows.ids == 99).sum() == (rows.targets == IGNORE_INDEX).sum() == 2


def test_a_document_goes_to_the_fullest_row_that_has_room():
    rows = fitted(documents([2, 7, 9, 6]), 12)  # of 1, 6, 8 and 5 positions
    assert rows.documents.tolist() == [[2] * 8 + [NOBODY] * 4, [1] * 6 + [3] * 5 + [0]]


@given(LENGTHS, st.integers(1, 25))
@settings(max_examples=80)
def test_it_is_the_row_that_a_look_at_all_rows_finds(lengths, T):
    """Of equally full rows the first, and of equally long parts the first, too."""
    sizes = [min(T, n - 1 - at) for n in lengths for at in range(0, n - 1, T)]
    whose = [i for i, n in enumerate(lengths) for _ in range(0, n - 1, T)]
    room, rows = [], []
    for part in sorted(range(len(sizes)), key=lambda part: -sizes[part]):
        fits = [row for row, free in enumerate(room) if free >= sizes[part]]
        best = min(fits, key=room.__getitem__, default=len(rows))
        if best == len(rows):
            room.append(T)
            rows.append([])
        room[best] -= sizes[part]
        rows[best] += [whose[part]] * sizes[part]
    found = fitted(documents(lengths), T).documents.tolist()
    assert found == [row + [NOBODY] * free for row, free in zip(rows, room, strict=True)]


class Counted(int):
    """A number that counts how often it is compared."""

    compared = 0

    def __lt__(self, other):
        Counted.compared += 1
        return int(self) < other

    def __gt__(self, other):
        Counted.compared += 1
        return int(self) > other

    def __ge__(self, other):
        Counted.compared += 1
        return int(self) >= other

    def __sub__(self, other):
        return Counted(int(self) - other)


def test_no_document_looks_at_all_rows():
    n = 1000
    Counted.compared = 0
    fitted([np.arange(7)] * n, Counted(10))  # no two fit into a row
    assert 0 < Counted.compared < 40 * n  # a look at every row: half of n² and more


def test_padding_is_a_row_each_and_cuts_what_is_too_long():
    rows = padded(documents([6, 2]), 3)
    assert rows.ids.tolist() == [[1, 2, 3], [7, 0, 0]]
    assert rows.targets.tolist() == [[2, 3, 4], [8, IGNORE_INDEX, IGNORE_INDEX]]
    assert rows.documents.tolist() == [[0, 0, 0], [1, NOBODY, NOBODY]]


def test_stories_padded_to_a_context_waste_more_than_half_and_packed_next_to_nothing():
    tokenizer = CharTokenizer.train(tales.corpus(300))
    stories = [tales.document(tokenizer, text) for text in tales.stories(200, seed=1)]
    T = 2048
    waste = [make(stories, T).wasted for make in (padded, fitted, packed)]
    assert waste[0] > 0.5
    assert waste[1] < 0.25
    assert waste[2] < 0.01
    assert len(packed(stories, T).ids) < len(padded(stories, T).ids) / 2


def test_what_a_trained_model_loses_by_the_leak_and_by_positions_that_go_on():
    """The second of two stories of 200 tokens in a row, told by a model of single stories."""
    trained = load_trained("tales")
    model = trained.model
    stories = [tales.document(trained.tokenizer, text)[:201] for text in tales.stories(8, seed=99)]
    rows, alone = packed(stories, 400), padded(stories[1::2], 200)
    assert rows.wasted == 0
    targets = np.where(rows.documents == rows.documents[:, :1], IGNORE_INDEX, rows.targets)

    def loss(**options):
        return float(cross_entropy_forward(model.forward(rows.ids, **options), targets)[0])

    right = float(cross_entropy_forward(model.forward(alone.ids), alone.targets)[0])
    assert loss(documents=rows.documents) == pytest.approx(right, rel=1e-10)
    assert 0.15 < right < 0.25
    assert loss(mask=document_mask(rows.documents)) > 3  # seen alone, but at places 200 to 399
    assert loss() > 4


@given(st.lists(st.lists(st.integers(1, 9), max_size=5), min_size=1, max_size=6))
@settings(max_examples=40)
def test_ends_part_documents(texts):
    ids = np.array([token for text in texts for token in [*text, 0]])
    expected = [i for i, text in enumerate(texts) for _ in [*text, 0]]
    assert documents_of(ids[None], end=0).tolist() == [expected]


def test_ends_are_looked_for_among_ids_alone():
    with pytest.raises(ValueError, match="ids is float64 and must be an array of integers"):
        documents_of(np.zeros((1, 3)), end=0)


@pytest.mark.parametrize(
    ("given", "T", "message"),
    [
        ([], 4, "documents is empty"),
        ([np.arange(3), np.arange(1)], 4, r"document 1 has shape \(1,\)"),
        ([np.arange(3)], 0, "context_length is 0"),
    ],
)
@pytest.mark.parametrize("make", [packed, fitted, padded])
def test_what_cannot_be_packed_is_refused(make, given, T, message):
    with pytest.raises(ValueError, match=message):
        make(given, T)
