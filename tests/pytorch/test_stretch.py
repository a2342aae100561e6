"""The same weights on longer texts: what was there stays, what is new is asked for."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tinytx import manual, pytorch
from tinytx.generation import generate

from .twins import IDS, SIZES, numpy_model, pair, torch_model, twin_of

NOW = SIZES["context_length"]
LONG = NOW + 5
WITHOUT = ["none", "sinusoidal", "rotary"]  # a weight for each place
TEXT = np.random.default_rng(0).integers(0, SIZES["vocab_size"], (2, LONG))


def logits(model, ids):
    if isinstance(model, manual.GPT):
        return model.forward(ids)
    return model(torch.tensor(ids)).detach().numpy()


@pytest.mark.parametrize("positions", WITHOUT)
def test_the_start_is_as_it_was_and_the_rest_is_right(positions):
    ours, theirs = pair(positions=positions, d_head=4)
    longer = manual.stretched(ours, LONG), pytorch.stretched(theirs, LONG)
    found = [logits(model, TEXT) for model in longer]
    np.testing.assert_allclose(found[0], found[1], rtol=1e-10, atol=1e-12)
    for model, new in zip((ours, theirs), found, strict=True):
        np.testing.assert_allclose(logits(model, TEXT[:, :NOW]), new[:, :NOW], atol=1e-12)
    # A model that was made as long, and given the weights: there are no others.
    made = numpy_model(seed=7, positions=positions, d_head=4, context_length=LONG)
    made.load_state_dict(ours.state_dict())
    np.testing.assert_array_equal(logits(made, TEXT), found[0])


def test_learned_rows_are_refused_and_drawn_if_asked_for():
    ours, theirs = pair()
    message = f"^context_length is {LONG} and pos_emb.weight has learned rows for {NOW} positions: "
    with pytest.raises(ValueError, match=f"{message}give rng for fresh rows"):
        manual.stretched(ours, LONG)
    with pytest.raises(ValueError, match=f"{message}give generator for fresh rows"):
        pytorch.stretched(theirs, LONG)
    for model, longer in (
        (ours, manual.stretched(ours, LONG, np.random.default_rng(0))),
        (theirs, pytorch.stretched(theirs, LONG, torch.Generator().manual_seed(0))),
    ):
        rows = np.asarray(longer.state_dict()["pos_emb.weight"])
        assert rows.shape == (LONG, 8)
        np.testing.assert_array_equal(rows[:NOW], np.asarray(model.state_dict()["pos_emb.weight"]))
        assert 0.01 < rows[NOW:].std() < 0.03  # init_std
        assert logits(longer, TEXT).shape == (2, LONG, 11)
        np.testing.assert_allclose(
            logits(longer, TEXT[:, :NOW]), logits(model, TEXT[:, :NOW]), atol=1e-12
        )
    # As long as it is, nothing is missing.
    assert manual.stretched(ours, NOW).config == ours.config


@pytest.mark.parametrize("positions", WITHOUT)
def test_it_writes_beyond_and_with_a_cache(positions):
    for model in pair(positions=positions, d_head=4):
        stretch = manual.stretched if isinstance(model, manual.GPT) else pytorch.stretched
        longer = stretch(model, LONG)
        cached, plain = (
            generate(longer, list(IDS), LONG - 6, cache=c, rng=np.random.default_rng(0))
            for c in (None, False)
        )
        for row in range(2):
            assert len(cached.ids[row]) == LONG
            np.testing.assert_array_equal(cached.ids[row], plain.ids[row])


def test_it_is_a_copy_of_its_own_in_the_same_mode_and_dtype():
    ours = numpy_model(np.float32, positions="none", dropout=0.2)
    theirs = twin_of(ours)
    theirs.tok_emb.weight.requires_grad_(False)
    theirs.eval(), ours.eval()
    mine, its = manual.stretched(ours, LONG), pytorch.stretched(theirs, LONG)
    assert not mine.training and not its.training  # noqa: PT018
    assert manual.stretched(ours.train(), LONG).training
    assert its.lm_head.weight is its.tok_emb.weight
    assert not its.tok_emb.weight.requires_grad
    assert its.blocks[0].mlp.up_proj.weight.requires_grad
    for name, value in mine.state_dict().items():
        assert value.dtype == np.float32
        assert its.state_dict()[name].dtype == torch.float32
    before = ours.state_dict()
    for model in (mine, its):
        for p in model.parameters():
            p.data += 1
    for name, value in before.items():
        np.testing.assert_array_equal(ours.state_dict()[name], value)
        np.testing.assert_array_equal(theirs.state_dict()[name], value)


def test_pieces_and_checkpointing_are_carried_over():
    for model in pair(positions="none"):
        stretch = manual.stretched if isinstance(model, manual.GPT) else pytorch.stretched
        for switched in (model.use_pieces(3).use_checkpointing(), model.use_pieces(None)):
            longer = stretch(switched, LONG)
            for made, own in zip(longer.blocks, model.blocks, strict=True):
                assert type(made) is type(own)
                assert type(made.attn) is type(own.attn)
                assert getattr(made.attn, "piece", 3) == 3


@pytest.mark.parametrize("stretch", [manual.stretched, pytorch.stretched])
@pytest.mark.parametrize("wrong", [NOW - 1, 0, 8.0, True, "9"])
def test_other_lengths_are_refused(stretch, wrong):
    model = (numpy_model if stretch is manual.stretched else torch_model)(positions="none")
    with pytest.raises(ValueError, match=rf"^context_length is {wrong!r} and must be an integer"):
        stretch(model, wrong)


def test_other_models_are_refused():
    ours, theirs = pair(positions="none")
    with pytest.raises(ValueError, match=r"^model is a GPT and must be a tinytx\.manual\.GPT"):
        manual.stretched(theirs, LONG)
    with pytest.raises(ValueError, match=r"^model is a GPT and must be a tinytx\.pytorch\.GPT"):
        pytorch.stretched(ours, LONG)
    with pytest.raises(ValueError, match=r"^rng is 0 and must be a numpy\.random\.Generator"):
        manual.stretched(ours, LONG, 0)
