"""The checks of chapter 04: right answers pass, each mistake is named, no answer is given away."""

from __future__ import annotations

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


class TestMultihead(Contract):
    chapter = multihead.chapter
    right = RIGHT
    unknown: ClassVar[dict[str, list]] = {
        "split_heads": [
            lambda x, n_head: np.zeros_like(split_stack(x, n_head)),
            lambda x, n_head: split_stack(x, n_head)[..., ::-1, :, :],
            lambda x, n_head: split_stack(x, n_head) / n_head,
        ],
        "merge_heads": [
            lambda heads: merge_concatenate(heads)[..., ::-1],
            lambda heads: 2 * merge_concatenate(heads),
            lambda heads: np.zeros_like(merge_concatenate(heads)),
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
        ],
        "is_right_split": [
            lambda split: True,
            lambda split: False,
            lambda split: proof_stack(split) or split is splits.shifted,
        ],
    }

    def test_a_verdict_that_told_the_answer_would_be_noticed(self, check, monkeypatch):
        if check.name == "is_right_split":
            pytest.skip("of two answers the wrong one is shown, so the other is no secret")
        super().test_a_verdict_that_told_the_answer_would_be_noticed(check, monkeypatch)


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

    said = str(multihead.split_heads.run(split_heads))
    assert "it counts on a certain number of axes" in said
    assert "raises ValueError in your line" in " ".join(said.split())


def test_a_wrong_shape_is_told_with_the_right_one():
    said = str(multihead.head_outputs.run(lambda out, w_o: merge_concatenate(out) @ w_o.T))
    assert "the shape is (1, 1, 1) and should be (1, 2, 1, 1)" in " ".join(said.split())


def test_a_verdict_on_true_or_false_is_a_sentence():
    said = str(multihead.is_right_split.run(lambda split: True))
    assert said.startswith("[x] is_right_split: it is the other way round")
    assert "plain: Reshapes straight to (B, H, T, Dh)." in said


def test_an_array_of_true_and_false_is_told_the_way_out():
    def ambiguous(split):
        x = np.arange(12.0).reshape(1, 2, 6)
        return bool(split(x, 2) == split(x, 2))

    assert "np.array_equal" in str(multihead.is_right_split.run(ambiguous))


def test_a_split_that_is_handed_out_is_wrong_at_all_sizes_from_two():
    """So that a learner's own choice of sizes, all 2 or more, cannot be at fault."""
    right = {splits.viewed, splits.pieced}
    given = {args[0] for args in multihead.is_right_split.cases}
    assert right < given
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
