from __future__ import annotations

import numpy as np
import pytest
import torch

from tinytx import pytorch
from tinytx.config import GPTConfig
from tinytx.generation import generate
from tinytx.inspect.capture import Capture, capture
from tinytx.manual import GPT

CONFIG = GPTConfig(vocab_size=7, context_length=5, n_layer=2, n_head=3, d_model=6)
IDS = np.array([[1, 2, 3, 1], [4, 4, 0, 6]])


def model():
    return GPT(CONFIG, np.random.default_rng(0), np.float64)


def state(module):
    return {name: set(vars(child)) for name, child in [("", module), *module._modules()]}


@pytest.mark.parametrize("training", [True, False])
def test_what_is_captured_is_what_was_computed(training):
    gpt = model().train(training)
    plain = gpt.forward(IDS)
    gpt.clear_saved()
    with capture(gpt) as seen:
        logits = gpt.forward(IDS)
    np.testing.assert_array_equal(logits, plain)
    np.testing.assert_array_equal(seen["logits"], logits)
    np.testing.assert_array_equal(seen["ln_f"] @ gpt.lm_head.weight.data.T, logits)
    weights = seen.attention()
    assert weights.shape == (2, 2, 3, 4, 4)
    np.testing.assert_allclose(weights.sum(axis=-1), 1, rtol=1e-12)
    assert not np.triu(weights, 1).any()
    q, k = (seen[f"blocks.1.attn.{name}_proj"].reshape(2, 4, 3, 2).swapaxes(1, 2) for name in "qk")
    scores = np.where(np.tri(4, dtype=bool), q @ k.swapaxes(-1, -2) / np.sqrt(2), -np.inf)
    expected = np.exp(scores) / np.exp(scores).sum(axis=-1, keepdims=True)
    np.testing.assert_allclose(seen["blocks.1.attn.weights"], expected, rtol=1e-10)


def test_nothing_is_left_behind_even_after_an_error():
    gpt = model()
    gpt.clear_saved()
    before = state(gpt)
    with pytest.raises(ValueError, match="ids holds 9"), capture(gpt):
        gpt.forward(np.array([[9]]))
    gpt.clear_saved()  # what the forward itself, and not the capture, has left
    assert state(gpt) == before
    assert "forward" not in vars(gpt.blocks[0].attn)


def test_training_goes_on_as_if_nobody_looked():
    gpt, other = model(), model()
    with capture(gpt) as seen:
        for one in (gpt, other):
            logits = one.forward(IDS)
            for value in seen.values():
                value[:] = 0  # they are copies
            one.backward(np.ones_like(logits))
    for mine, theirs in zip(gpt.parameters(), other.parameters(), strict=True):
        np.testing.assert_array_equal(mine.grad, theirs.grad)


@pytest.mark.parametrize("engine", ["numpy", "torch"])
def test_captures_nest_and_are_copies(engine):
    gpt, ids = (model(), IDS) if engine == "numpy" else (twin(), torch.tensor(IDS))
    with capture(gpt.eval()) as outer:
        with capture(gpt) as inner:
            gpt(ids)
        assert inner.keys() == outer.keys()
        for name, value in inner.items():
            value[:] = 0
            assert outer[name].any(), name
        gpt(ids[:1])
    for name in ("logits", "blocks.0.attn.weights"):
        assert len(outer[name]) == 1
        assert len(inner[name]) == 2


@pytest.mark.parametrize("engine", ["numpy", "torch"])
def test_a_part_can_be_captured_alone(engine):
    gpt, x = (
        (model(), np.ones((1, 3, 6)))
        if engine == "numpy"
        else (twin(), torch.ones(1, 3, 6).double())
    )
    with capture(gpt.blocks[0]) as block:
        out = gpt.blocks[0](x)
    assert {"output", "attn", "attn.weights", "mlp.down_proj"} < set(block)
    assert "logits" not in block
    np.testing.assert_array_equal(block["output"], out if engine == "numpy" else out.detach())
    with capture(gpt.blocks[0].attn) as attn:
        gpt.blocks[0].attn(x)
    inside = {"scores", "weights", "out"}
    assert set(attn) == {"q_proj", "k_proj", "v_proj", "o_proj", "output", *inside}
    assert block.attention().shape == attn.attention().shape == (1, 1, 3, 3, 3)
    np.testing.assert_array_equal(attn.attention()[0], attn["weights"])
    with capture(gpt.blocks[0].mlp) as mlp:
        gpt.blocks[0].mlp(x)
    other = Capture(reweights=np.ones(6))  # of a module with another name
    for seen in (mlp, other):
        with pytest.raises(ValueError, match=r"^there is no attention in this part: capture the"):
            seen.attention()


def test_an_empty_capture_says_so():
    with capture(model()) as seen:
        pass
    with pytest.raises(ValueError, match="nothing was captured: call the model inside the with"):
        seen.attention()


def twin():
    other = pytorch.GPT(CONFIG, dtype=torch.float64)
    other.load_state_dict(model().state_dict())
    return other


def test_both_engines_show_the_same_under_the_same_names():
    ours, theirs = model(), twin()
    with capture(ours) as by_hand, capture(theirs) as by_torch:
        ours.forward(IDS)
        theirs(torch.tensor(IDS))
    assert by_hand.keys() <= by_torch.keys()
    for name, value in by_hand.items():
        np.testing.assert_allclose(by_torch[name], value, rtol=1e-9, atol=1e-12, err_msg=name)
    np.testing.assert_allclose(by_torch.attention(), by_hand.attention(), rtol=1e-9, atol=1e-12)


def test_no_hook_is_left_and_the_fused_way_is_back():
    gpt = twin()
    with pytest.raises(ValueError, match="ids holds 9"), capture(gpt):
        gpt(torch.tensor([[9]]))
    hooks = ("_forward_hooks", "_forward_pre_hooks")
    assert not any(getattr(module, hook) for module in gpt.modules() for hook in hooks)


def test_a_list_that_was_asked_for_is_filled_all_the_same():
    gpt, mine = twin(), []
    with capture(gpt) as seen:
        gpt(torch.tensor(IDS), weights=mine)
    np.testing.assert_array_equal(torch.stack(mine).detach().numpy(), seen.attention())


def test_a_gradient_passes_through_as_if_nobody_looked():
    gpt, other = twin(), twin()
    with capture(gpt):
        gpt(torch.tensor(IDS)).square().sum().backward()
    other(torch.tensor(IDS)).square().sum().backward()
    for (name, mine), theirs in zip(gpt.named_parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(mine.grad, theirs.grad, rtol=1e-9, atol=1e-12, msg=name)


def test_half_precision_comes_as_float32():
    with capture(twin().bfloat16()) as seen, torch.no_grad():
        generate(twin(), [[1]], 1, temperature=0)
    assert not seen  # another model's run
    gpt = twin().bfloat16()
    with capture(gpt) as seen:
        gpt(torch.tensor(IDS))
    assert {value.dtype for value in seen.values()} == {np.dtype("float32")}


def test_generation_is_seen_too():
    gpt = twin()
    with capture(gpt) as seen:
        generate(gpt, [[1, 2]], 2, temperature=0)
    assert seen["blocks.0.attn.weights"].shape == (1, 3, 1, 3)
