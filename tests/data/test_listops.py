"""List operations: right answers, all the inputs, and no input in two parts."""

import re
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinytx.data import listops
from tinytx.manual import cross_entropy_forward
from tinytx.tokenizers import ListOpsTokenizer

TOKENIZER = ListOpsTokenizer()
OPERATIONS = ("First", "Second", "Last", "Max", "Min")


@pytest.mark.parametrize(
    ("operation", "answer"), [("First", 3), ("Second", 1), ("Last", 4), ("Max", 4), ("Min", 1)]
)
def test_each_operation(operation, answer):
    assert listops.example(f"{operation}(3 1 4)") == (f"{operation}(3 1 4)", operation, answer)


@given(
    operation=st.sampled_from(OPERATIONS),
    digits=st.lists(st.integers(0, 9), min_size=2, max_size=6),
)
def test_answers_on_any_digits(operation, digits):
    text = f"{operation}({' '.join(map(str, digits))})"
    ordered = sorted(digits)
    expected = dict(
        zip(OPERATIONS, (*digits[:2], digits[-1], ordered[-1], ordered[0]), strict=True)
    )
    assert listops.example(text).answer == expected[operation]


def test_three_digits_are_five_thousand_inputs_in_three_parts_that_share_none():
    parts = listops.splits()
    assert [len(part) for part in parts] == [4000, 500, 500]
    texts = [one.text for part in parts for one in part]
    assert len(set(texts)) == len(texts) == 5000
    everything = {one.text for name in OPERATIONS for one in listops.inputs(name, 3)}
    assert set(texts) == everything
    for part in parts:
        assert set(Counter(one.operation for one in part).values()) == {len(part) // 5}


@settings(deadline=None, max_examples=20)
@given(
    lengths=st.tuples(st.integers(2, 6), st.integers(2, 6)).map(sorted),
    n=st.integers(1, 10).map(lambda k: 50 * k),
    seed=st.integers(0, 2**32),
)
def test_any_splits_are_disjoint_balanced_and_right(lengths, n, seed):
    parts = listops.splits(*lengths, n=n, seed=seed)
    texts = [one.text for part in parts for one in part]
    assert len(set(texts)) == len(texts) == n
    assert [len(part) for part in parts] == [n * 8 // 10, n // 10, n // 10]
    for part in parts:
        assert set(Counter(one.operation for one in part).values()) == {len(part) // 5}
        assert all(listops.example(one.text) == one for one in part)
    assert listops.splits(*lengths, n=n, seed=seed) == parts


def test_another_seed_divides_differently():
    one, other = listops.splits(seed=0), listops.splits(seed=1)
    shared = {e.text for e in one.test} & {e.text for e in other.test}
    assert 20 < len(shared) < 100  # by chance a tenth of 500
    assert one.train[:20] != other.train[:20]


def test_lengths_are_even_until_the_short_ones_are_used_up():
    parts = listops.splits(2, 6, n=10_000)
    digits = Counter(one.text.count(" ") + 1 for part in parts for one in part)
    assert digits == {2: 500, 3: 2375, 4: 2375, 5: 2375, 6: 2375}
    tested = Counter((one.operation, one.text.count(" ") + 1) for one in parts.test)
    assert all(tested[name, 2] == 10 and abs(tested[name, 6] - 47.5) <= 1 for name in OPERATIONS)


def test_a_batch_asks_for_the_answer_under_end_and_nowhere_else():
    examples = listops.splits(2, 6, n=500).train
    batch = listops.encode_batch(examples)
    assert batch.ids.shape == batch.targets.shape == (400, 11)
    assert batch.ids.dtype == batch.targets.dtype == np.int64
    assert batch.mask.shape == (400, 1, 1, 11)
    assert batch.mask.dtype == bool
    counted = batch.targets != -100
    np.testing.assert_array_equal(counted, batch.ids == TOKENIZER.end_id)
    np.testing.assert_array_equal(counted.sum(axis=1), 1)
    np.testing.assert_array_equal(batch.mask[:, 0, 0], batch.ids != TOKENIZER.pad_id)
    assert not batch.mask.all()
    answers = TOKENIZER.decode(batch.targets[counted]).split()
    assert answers == [str(one.answer) for one in examples]
    for row, one in zip(batch.ids, examples, strict=True):
        text = TOKENIZER.decode([i for i in row if i != TOKENIZER.pad_id])
        assert text == f"<start> {one.text} <end>"


def test_the_loss_of_the_engine_counts_the_answers_alone():
    batch = listops.encode_batch(listops.edge_cases(), length=20)
    assert batch.ids.shape == (len(listops.EDGE_CASES), 20)
    right = np.where(batch.targets == -100, 0, batch.targets)
    logits = np.random.default_rng(0).normal(size=(*batch.ids.shape, 20))
    logits[np.arange(len(right)), (batch.targets != -100).argmax(1)] = 0
    loss, _ = cross_entropy_forward(logits, batch.targets)
    assert loss == pytest.approx(np.log(20))


def test_edge_cases_cover_ties_and_every_place():
    cases = listops.edge_cases()
    assert {one.operation for one in cases} == set(OPERATIONS)
    for operation in ("Max", "Min"):
        digits = [re.findall(r"\d", one.text) for one in cases if one.operation == operation]
        places = {row.index(str(listops.example(f"{operation}({' '.join(row)})").answer))
                  for row in digits if len(row) == 3}  # fmt: skip
        assert places == {0, 1, 2}
        assert any(len(set(row)) == 1 for row in digits)
        assert any(len(set(row)) == 2 for row in digits)
    assert {one.text.count(" ") + 1 for one in cases} >= {2, 3, 6}


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: listops.example("Max(3)"), "text is 'Max(3)' with 1 digits; give 2 to 6 digits"),
        (lambda: listops.example("Max(1 2 3 4 5 6 7)"), "text is 'Max(1 2 3 4 5 6 7)' with 7"),
        (lambda: listops.example("Max Min"), "text is 'Max Min'; give an operation on digits"),
        (
            lambda: listops.example("Max(Min(1 2) 3)"),
            "text is 'Max(Min(1 2) 3)'; give an operation",
        ),
        (lambda: listops.example("Max(1  2)"), "text 'Max(1  2)' is not in canonical form"),
        (lambda: listops.example(""), "text is ''; give an operation on digits"),
        (
            lambda: listops.inputs("Max", 7),
            "lengths from 7 to 7 digits were asked for; give 2 to 6",
        ),
        (
            lambda: listops.inputs("Sum", 3),
            "operation is 'Sum'; give one of First, Second, Last, M",
        ),
        (lambda: listops.splits(4, 3), "lengths from 4 to 3 digits were asked for; give 2 to 6"),
        (lambda: listops.splits(n=51), "n is 51; give a multiple of 50 from 50 to 5,000"),
        (lambda: listops.splits(n=50.0), "n is 50.0; give a multiple of 50 from 50 to 5,000"),
        (lambda: listops.splits(n="50"), "n is '50'; give a multiple of 50 from 50 to 5,000"),
        (lambda: listops.splits(2.0, 3), "lengths from 2.0 to 3 digits were asked for; give 2"),
        (lambda: listops.inputs("Max", "3"), "lengths from '3' to '3' digits were asked for; gi"),
        (lambda: listops.splits(n=0), "n is 0; give a multiple of 50 from 50 to 5,000"),
        (lambda: listops.splits(n=5050), "n is 5050; give a multiple of 50 from 50 to 5,000"),
        (lambda: listops.splits(2, 6), "there are 5,555,500 such inputs; say how many you want"),
        (lambda: listops.encode_batch([]), "examples is empty; give at least one"),
        (
            lambda: listops.encode_batch(listops.edge_cases(), length=7),
            "length is 7, but an example has 11 tokens; give that many",
        ),
    ],
)
def test_wrong_arguments_are_named(call, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        call()
