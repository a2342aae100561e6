"""Loss by place: the same as the perplexity of each row, in both engines."""

import re
from dataclasses import replace

import numpy as np
import pytest
import torch

from tinytx import manual, pytorch
from tinytx.config import GPTConfig
from tinytx.evaluation import loss_by_place, perplexity

CONFIG = GPTConfig(vocab_size=11, context_length=7, n_layer=2, n_head=2, d_model=8, init_std=0.5)


@pytest.fixture
def rows():
    return np.random.default_rng(1).integers(11, size=(5, 8))


def both():
    ours = manual.GPT(CONFIG, np.random.default_rng(0), np.float64)
    theirs = pytorch.GPT(CONFIG, dtype=torch.float64)
    theirs.load_state_dict({n: torch.from_numpy(a) for n, a in ours.state_dict().items()})
    return ours, theirs


def test_the_mean_over_places_is_the_mean_over_texts_in_both_engines(rows):
    ours, theirs = both()
    found = loss_by_place(ours, rows, batch_size=2)
    assert found.shape == (7,)
    assert found.mean() == pytest.approx(np.mean([perplexity(ours, row).loss for row in rows]))
    np.testing.assert_allclose(loss_by_place(theirs, rows.astype(np.uint8)), found, rtol=1e-12)
    assert np.ptp(found) > 0.01


def test_each_place_has_its_own(rows):
    ours, _ = both()
    changed = rows.copy()
    changed[:, -1] = (changed[:, -1] + 1) % 11  # the last is only guessed
    a, b = loss_by_place(ours, rows), loss_by_place(ours, changed)
    np.testing.assert_allclose(a[:-1], b[:-1])
    assert a[-1] != b[-1]


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (np.zeros(4, int), "rows has shape (4,) and must be (N, T + 1)"),
        (np.zeros((2, 1), int), "T at least 1"),
        (np.zeros((0, 3), int), "rows has shape (0, 3)"),
        (np.zeros((2, 9), int), "8 places to read and context_length is 7"),
        (np.full((2, 3), 11), "11"),
    ],
)
def test_what_it_refuses(rows, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        loss_by_place(both()[0], rows)


@pytest.mark.parametrize("size", [-1, 0, 2.5, True])
def test_a_batch_has_a_row_or_more(rows, size):
    with pytest.raises(ValueError, match=f"^batch_size is {size} and must be"):
        loss_by_place(both()[0], rows, batch_size=size)


def test_a_model_that_sees_what_it_should_guess_is_refused(rows):
    model = manual.GPT(replace(CONFIG, causal=False), np.random.default_rng(0))
    with pytest.raises(ValueError, match=r"model has config.causal False and sees the token it"):
        loss_by_place(model, rows)
