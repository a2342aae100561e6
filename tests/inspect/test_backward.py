"""What comes back to every module, against autograd on the PyTorch engine."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
import torch

from tinytx import pytorch
from tinytx.config import GPTConfig
from tinytx.inspect import capture_gradients
from tinytx.manual import GPT

SIZES = {
    "vocab_size": 7, "context_length": 6, "n_layer": 2, "n_head": 3, "d_model": 6, "d_head": 5,
    "d_ff": 11, "init_std": 0.5,
}  # fmt: skip
IDS = np.array([[1, 2, 3, 1], [4, 4, 0, 6]])
DLOGITS = np.random.default_rng(1).standard_normal((2, 4, 7))


def model(**more):
    return GPT(GPTConfig(**{**SIZES, **more}), np.random.default_rng(0), np.float64)


def run(gpt):
    with capture_gradients(gpt) as seen:
        gpt.forward(IDS)
        gpt.backward(DLOGITS)
    return seen


def by_autograd(gpt):
    """Return the twin and the outputs of its modules by name, each with its gradient."""
    twin = pytorch.GPT(gpt.config, dtype=torch.float64)
    twin.load_state_dict(gpt.state_dict())
    outs = {}

    def keep(name):
        def hook(_, __, out):
            out.retain_grad()
            outs[name or "logits"] = out

        return hook

    for name, module in twin.named_modules():
        module.register_forward_hook(keep(name))
    twin(torch.tensor(IDS)).backward(torch.tensor(DLOGITS))
    return twin, outs


def close(mine, theirs, name):
    np.testing.assert_allclose(mine, theirs, rtol=1e-9, atol=1e-12, err_msg=name)


@pytest.mark.parametrize("norm", ["pre", "post"])
@pytest.mark.parametrize("positions", ["learned", "sinusoidal", "rotary", "none"])
def test_every_gradient_is_what_autograd_keeps(norm, positions):
    modern = {"norm_kind": "rms", "qk_norm": True, "activation": "relu2", "d_head": 4}
    gated = {"activation": "swiglu", "attention_scale": 0.7, "n_expert": 3}
    changes = {"rotary": modern, "none": gated}.get(positions, {})
    gpt = model(norm=norm, positions=positions, **changes)
    seen = run(gpt)
    _, outs = by_autograd(gpt)
    compared = outs.keys() & seen.keys()
    assert len(compared) >= 29
    for name in compared:
        close(seen[name], outs[name].grad.numpy(), name)


@pytest.mark.parametrize("dropout", [0.0, 0.4])
def test_the_inside_of_attention_is_what_autograd_finds(dropout):
    gpt = model(dropout=dropout)
    seen = run(gpt)
    name = "blocks.1.attn"
    saved = seen.saved[name]
    q, k, v = (torch.tensor(one, requires_grad=True) for one in (saved.q, saved.k, saved.v))
    scores = q @ k.mT / math.sqrt(5)
    weights = scores.masked_fill(~torch.ones(4, 4, dtype=torch.bool).tril(), -math.inf).softmax(-1)
    for one in (scores, weights):
        one.retain_grad()
    out = (weights if dropout == 0 else weights * torch.tensor(saved.factor)) @ v
    out.backward(torch.tensor(seen[f"{name}.out"]))
    parts = {"q": q, "k": k, "v": v, "scores": scores, "weights": weights}
    for part, tensor in parts.items():
        close(seen[f"{name}.{part}"], tensor.grad.numpy(), part)
    for part in "qkv":
        merged = seen[f"{name}.{part}"].swapaxes(1, 2).reshape(2, 4, 15)
        np.testing.assert_array_equal(merged, seen[f"{name}.{part}_proj"])


def test_where_ways_meet_the_parts_add_up():
    seen = run(model())
    block = "blocks.0"
    through = seen.inputs[f"{block}.ln_2"]
    assert abs(through).max() > 1e-3
    close(seen[block] + through, seen[f"{block}.drop_1"], "past the MLP and through it")
    close(seen[f"{block}.drop_1"] + seen.inputs[f"{block}.ln_1"], seen["drop"], "attention")
    parts = [seen.inputs[f"{block}.attn.{one}_proj"] for one in "qkv"]
    close(sum(parts), seen[f"{block}.ln_1"], "q, k and v")


@pytest.mark.parametrize("tied", [True, False])
def test_parameters_are_told_part_by_part(tied):
    gpt = model(tie_weights=tied)
    seen = run(gpt)
    twin, _ = by_autograd(gpt)
    head, table = seen.parameters["lm_head.weight"], seen.parameters["tok_emb.weight"]
    assert not table[5].any()  # id 5 is not in the text,
    assert head[5].any()  # and is a wrong answer all the same
    close(head + table if tied else table, twin.tok_emb.weight.grad.numpy(), "tok_emb")
    for name, tensor in twin.named_parameters():
        if name.startswith("blocks."):
            close(seen.parameters[name], tensor.grad.numpy(), name)


def test_a_second_backward_tells_its_own_part():
    gpt = model()
    once = run(gpt)
    for name, added in run(gpt).parameters.items():
        np.testing.assert_allclose(added, once.parameters[name], rtol=1e-9, atol=1e-12)
    weight = gpt.blocks[0].mlp.up_proj.weight
    close(weight.grad, 2 * once.parameters["blocks.0.mlp.up_proj.weight"], "two runs")


def test_nothing_is_left_behind_even_after_an_error():
    gpt = model()
    with pytest.raises(RuntimeError, match="call forward first"), capture_gradients(gpt):
        gpt.backward(DLOGITS)
    assert not any("backward" in vars(one) for one in (gpt, gpt.blocks[0], gpt.blocks[1].attn))


def test_captures_nest_and_are_copies():
    gpt, other = model(), model()
    with capture_gradients(gpt) as outer:
        inner = run(gpt)
        assert inner.keys() == outer.keys()
    inner["drop"][:] = 0
    assert outer["drop"].any()
    other.forward(IDS)
    other.backward(DLOGITS)
    for mine, theirs in zip(gpt.parameters(), other.parameters(), strict=True):
        np.testing.assert_array_equal(mine.grad, theirs.grad)


def test_a_model_in_pieces_is_refused_with_the_way_out():
    gpt = model().use_pieces(2)
    message = r"^blocks\.0\.attn does not show its gradients; in pieces .*use_pieces\(None\)"
    with pytest.raises(ValueError, match=message):
        run(gpt)
    assert "blocks.0.attn.scores" in run(gpt.use_pieces(None))


def test_a_model_of_pytorch_is_refused_in_one_line():
    with (
        pytest.raises(ValueError, match=re.escape("retain_grad() on a tensor")) as caught,
        capture_gradients(torch.nn.Linear(2, 2)),
    ):
        pass
    assert "\n" not in str(caught.value)
