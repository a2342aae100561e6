"""Arrays and tokens as the figures take them: what is kept, what is refused and in which words."""

import re

import numpy as np
import pytest
import torch

from tinytx.figures.arrays import boolean, labels, numbers, trimmed
from tinytx.wording import fixed


def test_numbers_keep_six_digits_of_any_kind_of_array():
    exact = [[1 / 3, -12345678.9], [0, 1e-20]]
    kept = [[0.333333, -12345700.0], [0, 1e-20]]
    assert numbers("F: x", exact, "T S", (2, 2)).tolist() == kept
    assert numbers("F: x", torch.tensor(exact, dtype=torch.float64), "T S", (2, 2)).tolist() == kept
    assert numbers("F: x", np.array([1, 2]), "S", (2,)).dtype == np.float64


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.int64])
def test_numbers_take_tensors_that_numpy_does_not(dtype):
    tensor = torch.tensor([1, 2], dtype=dtype)
    if dtype.is_floating_point:
        tensor = tensor.requires_grad_()
    assert numbers("F: x", tensor, "S", (2,)).tolist() == [1, 2]


def test_a_difference_below_six_digits_makes_no_other_figure():
    rng = np.random.default_rng(0)
    x = numbers("F: x", rng.normal(size=(8, 8)), "T S", (8, 8))
    assert (numbers("F: x", x * (1 + 1e-14), "T S", (8, 8)) == x).all()


WRONG = [
    (lambda: numbers("F: x", np.zeros((2, 3, 4)), "T S", (9, 9)),
     "F: x has shape (2, 3, 4) and must have (T, S); pass one part, such as x[0]"),
    (lambda: numbers("F: x", 3.0, "S", (9,)), "F: x has shape () and must have (S,); add one"),
    (lambda: numbers("F: x", np.zeros((2, 30)), "T S", (9, 9)), "S is 30, the limit is 1 to 9;"),
    (lambda: numbers("F: x", np.zeros((0, 3)), "T S", (9, 9)), "T is 0, the limit is 1 to 9;"),
    (lambda: numbers("F: x", [1.0, np.nan], "S", (9,)), "F: x holds nan or infinity"),
    (lambda: numbers("F: x", [-np.inf], "S", (9,)), "must be finite: look for them"),
    (lambda: numbers("F: x", ["a"], "S", (9,)), "F: x is <U1 and must be numbers"),
    (lambda: numbers("F: x", [1j], "S", (9,)), "F: x is complex128 and must be numbers"),
    (lambda: numbers("F: x", [[1], [1, 2]], "T S", (9, 9)), "F: x has rows of different lengths"),
    (lambda: boolean("F: mask", np.ones((2, 2)), (2, 2)), "F: mask is float64 and must be bool"),
    (lambda: boolean("F: mask", np.ones((3, 2), bool), (2, 2)), "broadcast to (T, S) = (2, 2);"),
    (lambda: boolean("F: mask", np.ones((2, 1, 2, 2), bool), (2, 2)), "pass the mask of one head"),
    (lambda: labels("F: tokens", "abc", 2), "F: tokens has 3 and must have 2, one for each key"),
    (lambda: labels("F: tokens", ["\ud800"], 1), "lone surrogate U+D800"),
]  # fmt: skip


@pytest.mark.parametrize(("wrong", "message"), WRONG)
def test_wrong_input_gets_one_clear_line(wrong, message):
    with pytest.raises(ValueError, match=re.escape(message)) as caught:
        wrong()
    assert "\n" not in str(caught.value)


def test_masks_are_spread_out():
    row = [[True, False], [True, False]]
    assert boolean("F: mask", np.array([True, False]), (2, 2)).tolist() == row
    assert boolean("F: mask", torch.tensor([[[[True, False]]]]), (2, 2)).tolist() == row


def test_labels_tell_the_place_and_shorten_long_tokens():
    assert labels("F: tokens", ["a", b"\xff", " transformers!"], 3) == [
        "a₀",
        "<FF>₁",
        "␣transforme…₂",
    ]
    assert labels("F: tokens", None, 11)[-1] == "10"


def test_numbers_as_text():
    assert [fixed(x, 2) for x in (1, -0.5, -0.001, -np.inf)] == ["1.00", "−0.50", "0.00", "−∞"]
    assert [fixed(x, 2) for x in (0.125, -0.125, 1.005)] == ["0.13", "−0.13", "1.00"]
    assert [trimmed(x) for x in (100, 0.1, 1e-5, 2 / 3)] == ["100", "0.1", "0", "0.6667"]
