"""Generation where something is unusual: all padding, autocast, mixed modes, spoilt weights."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tinytx.evaluation import perplexity
from tinytx.generation import generate

from .models import ENGINES, make


@pytest.mark.parametrize("norm", ["pre", "post"])
def test_a_row_of_padding_alone_reads_nothing_with_a_cache_too(norm):
    """Where every key is padding there is no largest score to subtract: it gave nan."""
    changes = {"padding_id": 0, "norm": norm}
    prompts, wanted = [[0], [1, 2], [0, 0]], None
    for engine in ENGINES:
        for cache in (None, False):
            texts = generate(make(engine, **changes), prompts, 8, temperature=0, cache=cache)
            wanted = wanted or texts
            for one, two in zip(texts.log_probs, wanted.log_probs, strict=True):
                np.testing.assert_allclose(one, two, rtol=1e-9)


def test_padding_that_is_chosen_again_and_again():
    """The head prefers the padding id: after it there is nothing that may be attended to."""
    for engine in ENGINES:
        model = make(engine, padding_id=0, tie_weights=False, bias=False)
        model.lm_head.weight.data[:] = 0
        texts = [generate(model, [[0], [0, 0]], 5, temperature=0, cache=c) for c in (None, False)]
        for one, two in zip(*(text.ids for text in texts), strict=True):
            np.testing.assert_array_equal(one, two)
            assert not one.any()


def test_autocast_and_rows_of_unequal_length():
    model = make("torch", "float32")
    with torch.autocast("cpu", dtype=torch.bfloat16):
        texts = generate(model, [[1, 2], [3]], 12, temperature=0)
    assert [len(text) for text in texts] == [14, 13]


@pytest.mark.parametrize("engine", ENGINES)
def test_no_part_drops_anything_and_each_gets_its_mode_back(engine):
    model = make(engine, dropout=0.5)
    modes = model.training, model.blocks[0].training
    assert modes == (True, True)
    model.eval()
    quiet = generate(model, [[1, 2]], 6, temperature=0, cache=False)
    model.blocks[0].train()
    again = generate(model, [[1, 2]], 6, temperature=0, cache=False)
    np.testing.assert_array_equal(quiet.log_probs[0], again.log_probs[0])
    assert (model.training, model.blocks[0].training, model.blocks[1].training) == (
        False, True, False,
    )  # fmt: skip


@pytest.mark.parametrize("engine", ENGINES)
def test_a_spoilt_model_has_no_perplexity(engine):
    model = make(engine)
    model.ln_f.weight.data[:] = float("nan")
    with pytest.raises(ValueError, match=r"^logits holds nan: the model's weights are spoilt"):
        perplexity(model, np.arange(5))
