"""The checks of chapter 04: right answers pass, each mistake is named, no answer is given away."""

from __future__ import annotations

from functools import partial
from typing import ClassVar

import numpy as np
import pytest

from tinytx.checks import multihead
from tinytx.checks.multihead import splits

from .contract import Contract
from .multihead_designs import (
    RIGHT,
    layer_separate,
    merge_concatenate,
    outputs_matmul,
    proof_stack,
    split_stack,
    strides_by_hand,
)


def clipped(x, w_qkv, w_o, n_head):
    """Hold the scores within limits, as a guard against overflow: low ones become all alike."""
    q, k, v = (split_stack(part, n_head) for part in np.split(x @ w_qkv.T, 3, -1))
    scores = np.clip(q @ k.swapaxes(-1, -2) / np.sqrt(q.shape[-1]), -10_000, 10_000)
    scores = np.where(np.tri(x.shape[1]), scores, -np.inf)
    e = np.exp(scores - scores.max(-1, keepdims=True))
    return merge_concatenate(e / e.sum(-1, keepdims=True) @ v) @ w_o.T


def a_window(x, w_qkv, w_o, n_head):
    """Let a position read no more than five back."""
    T = x.shape[1]
    parts = [layer_separate(x[:, max(t - 5, 0) : t + 1], w_qkv, w_o, n_head) for t in range(T)]
    return np.stack([part[:, -1] for part in parts], axis=1)


def misled_by(wrong, split):
    """Take one of the wrong splits for right."""
    return proof_stack(split) or split is wrong


class TestMultihead(Contract):
    chapter = multihead.chapter
    right = RIGHT
    unknown: ClassVar[dict[str, list]] = {
        "split_heads": [
            lambda x, n_head: np.zeros_like(split_stack(x, n_head)),
            lambda x, n_head: split_stack(x, n_head)[..., ::-1, :, :],
            lambda x, n_head: split_stack(x, n_head) / n_head,
            lambda x, n_head: split_stack(x, n_head).astype(np.float32),
        ],
        "merge_heads": [
            lambda heads: merge_concatenate(heads)[..., ::-1],
            lambda heads: 2 * merge_concatenate(heads),
            lambda heads: np.zeros_like(merge_concatenate(heads)),
            lambda heads: merge_concatenate(heads).astype(np.float32),
        ],
        "split_strides": [
            lambda B, T, H, Dh: (0, 0, 0, 0),
            lambda B, T, H, Dh: (T * H * Dh, H * Dh, T, 1),
            lambda B, T, H, Dh: (*strides_by_hand(B, T, H, Dh), 1),
        ],
        "head_outputs": [
            lambda out, w_o: outputs_matmul(out, w_o)[:, ::-1],
            lambda out, w_o: 2 * outputs_matmul(out, w_o),
            lambda out, w_o: np.zeros_like(outputs_matmul(out, w_o)),
        ],
        "multi_head_attention": [
            lambda x, w_qkv, w_o, n_head: np.zeros_like(x),
            lambda x, w_qkv, w_o, n_head: 2 * layer_separate(x, w_qkv, w_o, n_head),
            lambda x, w_qkv, w_o, n_head: layer_separate(x, w_qkv, w_o[:, ::-1], n_head),
            clipped,
            a_window,
        ],
        "is_right_split": [
            lambda split: True,
            lambda split: False,
            partial(misled_by, splits.shifted),
            partial(misled_by, splits.restacked),
        ],
    }

    def test_a_verdict_that_told_the_answer_would_be_noticed(self, check, monkeypatch):
        if check.name == "is_right_split":
            pytest.skip("of two answers the wrong one is shown, so the other is no secret")
        super().test_a_verdict_that_told_the_answer_would_be_noticed(check, monkeypatch)


@pytest.mark.parametrize("wrong", splits.WRONG, ids=lambda wrong: wrong.__name__)
def test_a_test_that_one_wrong_split_misleads_is_refused(wrong):
    result = multihead.is_right_split.run(partial(misled_by, wrong))
    assert result.status == "wrong"
    assert result.mistakes in (
        (),
        ("only some of the entries are compared",),
        ("numbers that change places go unseen in your test",),
    )


@pytest.mark.parametrize("name", list(RIGHT)[:2] + list(RIGHT)[3:5])
def test_a_right_answer_that_changes_its_input_is_caught(name):
    def changes(*args):
        value = np.array(check.reference(*args))
        args[0][...] += 1
        return value

    check = multihead.chapter.checks[name]
    result = check.run(changes)
    assert (result.status, result.stage) == ("wrong", "input")


@pytest.mark.parametrize("name", ["split_heads", "merge_heads"])
def test_the_axes_before_are_counted_from_the_end(name):
    before = {args[0].ndim for args in multihead.chapter.checks[name].cases}
    assert len(before) >= 3


def test_the_first_thing_a_copy_of_the_chapter_gets_to_read():
    def split_heads(x, n_head):
        B, T, D = x.shape
        return x.reshape(B, T, n_head, D // n_head).swapaxes(1, 2)

    said = multihead.split_heads.run(split_heads).message
    assert "it counts on a certain number of axes" in said
    assert "raises ValueError in your line" in " ".join(said.split())


def test_a_wrong_shape_is_told_with_the_right_one():
    said = multihead.head_outputs.run(lambda out, w_o: merge_concatenate(out) @ w_o.T).message
    assert "the shape is (1, 1, 1) and should be (1, 2, 1, 1)" in " ".join(said.split())


def test_a_verdict_on_true_or_false_is_a_sentence():
    check = multihead.is_right_split
    *_, wrong = (args[0] for args in check.cases if not check.reference(*args))
    said = check.run(lambda split: split is not wrong).message
    assert said.startswith("your test lets a split pass that is wrong")
    assert "plain: Reshapes straight to (B, H, T, Dh)." in said
    said = check.run(lambda split: split is wrong).message
    assert said.startswith("your test refuses a split that is right")


def test_an_array_of_true_and_false_is_told_the_way_out():
    def ambiguous(split):
        x = np.arange(12.0).reshape(1, 2, 6)
        return bool(split(x, 2) == split(x, 2))

    assert "np.array_equal" in multihead.is_right_split.run(ambiguous).message


def test_a_split_that_is_handed_out_is_wrong_at_all_sizes_from_two():
    """So that a learner's own choice of sizes, all 2 or more, cannot be at fault."""
    right = set(splits.RIGHT)
    given = {args[0] for args in multihead.is_right_split.cases}
    assert given == right | set(splits.WRONG)
    for B, T, H, Dh in np.ndindex(3, 3, 3, 3):
        B, T, H, Dh = B + 2, T + 2, H + 2, Dh + 2
        x = np.random.default_rng(B).normal(size=(B, T, H * Dh))
        for split in given:
            same = np.array_equal(split(x.copy(), H), split_stack(x, H))
            assert same == (split in right), (split.__name__, B, T, H, Dh)


def test_the_cases_have_one_with_all_sizes_different():
    sizes = []
    for x, w_qkv, w_o, n_head in multihead.multi_head_attention.cases:
        (B, T, D), width = x.shape, w_o.shape[1]
        assert w_qkv.shape == (3 * width, D)
        sizes.append({B, T, D, n_head, width // n_head})
    assert max(map(len, sizes)) == 5


@pytest.mark.parametrize("name", ["split_heads", "merge_heads", "head_outputs"])
def test_some_sizes_coincide_and_some_inputs_have_one_of_a_thing(name):
    check = multihead.chapter.checks[name]
    shapes = [want.value.shape for want in check.expected]
    assert any(set(shape[-3:]) == {2} for shape in shapes)
    assert len(set(shapes)) < len(shapes)  # a buffer that is used again is found by two of a kind
    assert any(shape[0] == 1 and len(shape) > 2 for shape in shapes)


@pytest.mark.parametrize("name", ["split_heads", "merge_heads", "head_outputs"])
def test_one_buffer_for_all_results_is_found(name):
    check, buffers = multihead.chapter.checks[name], {}

    def reuses(*args):
        value = check.reference(*args)
        buffer = buffers.setdefault(value.shape, np.empty(value.shape))
        buffer[...] = value
        return buffer

    result = check.run(reuses)
    assert (result.status, result.stage) == ("wrong", "new")


def test_the_layer_gives_back_a_new_array():
    def writes_into_x(x, w_qkv, w_o, n_head):
        x[...] = layer_separate(x, w_qkv, w_o, n_head)
        return x

    assert multihead.multi_head_attention.run(writes_into_x).stage == "input"


def test_scores_lie_where_the_task_says():
    """In the thousands, as low as -160,000, and there also close together."""
    lowest, highest = 0, 0
    for x, w_qkv, _, n_head in multihead.multi_head_attention.cases:
        q, k, _ = (split_stack(part, n_head) for part in np.split(x @ w_qkv.T, 3, -1))
        scores = q @ k.swapaxes(-1, -2) / np.sqrt(q.shape[-1])
        lowest, highest = min(lowest, scores.min()), max(highest, scores.max())
    assert lowest == -160_000
    assert 1000 < highest < 10_000


def test_the_packages_own_split_is_no_answer():
    from tinytx.manual import split_heads

    def borrowed(x, n_head):
        *before, T, D = x.shape
        heads = split_heads(x.reshape(-1, T, D), n_head)
        return heads.reshape(*before, *heads.shape[1:])

    assert multihead.split_heads.run(borrowed).status == "borrowed"
    against = lambda split: np.array_equal(split(X, 3), split_heads(X, 3))  # noqa: E731
    assert multihead.is_right_split.run(against).status == "borrowed"


X = np.arange(2.0 * 5 * 12).reshape(2, 5, 12)
