"""Tensors that hold no numbers to look at: within ``torch.func``, fake ones, traced ones."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch._subclasses import FakeTensorMode
from torch.func import functional_call, grad, vmap
from torch.fx.experimental.proxy_tensor import make_fx
from torch.fx.experimental.symbolic_shapes import ShapeEnv

from tinytx.pytorch import GPT, GPTConfig, LearnedPositions, cross_entropy

from .twins import IDS, SIZES, TARGETS, torch_model

CHOICES = [
    {},
    {"norm": "post", "positions": "sinusoidal", "padding_id": 0, "tie_weights": False},
    {"causal": False, "activation": "relu", "bias": False},
    {
        "norm_kind": "rms",
        "positions": "rotary",
        "qk_norm": True,
        "activation": "relu2",
        "d_head": 4,
    },
    {"positions": "none", "activation": "swiglu", "attention_scale": 0.4},
    {"n_kv_head": 1, "window": 3, "sinks": 1},
    {"n_expert": 5, "activation": "swiglu"},
]


# PyTorch says that its fused attention is not yet fast when mapped over.
@pytest.mark.filterwarnings("ignore:There is a performance drop")
@pytest.mark.parametrize("changes", CHOICES, ids=str)
def test_the_gradient_of_each_row_by_itself(changes):
    model = torch_model(**changes)
    parameters = {name: p.detach() for name, p in model.named_parameters()}
    ids, targets = torch.tensor(IDS), torch.tensor(TARGETS)

    def loss(parameters, ids, targets):
        return cross_entropy(functional_call(model, parameters, (ids[None],)), targets[None])

    each = vmap(grad(loss), (None, 0, 0))(parameters, ids, targets)
    for row in range(len(ids)):
        model.zero_grad()
        cross_entropy(model(ids[row : row + 1]), targets[row : row + 1]).backward()
        for name, p in model.named_parameters():
            torch.testing.assert_close(each[name][row], p.grad, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("changes", CHOICES, ids=str)
@pytest.mark.parametrize("shapes", [None, ShapeEnv()], ids=["no shapes", "shapes"])
def test_fake_tensors_have_shapes(changes, shapes):
    with FakeTensorMode(shape_env=shapes):
        model = GPT(GPTConfig(**{**SIZES, **changes}))
        ids = torch.zeros(2, 6, dtype=torch.int64)
        logits = model(ids)
        loss = cross_entropy(logits, ids)
        loss.backward()
    assert logits.shape == (2, 6, 11)
    assert loss.shape == ()
    assert model.tok_emb.weight.grad.shape == (11, 8)


def test_real_ids_beside_a_fake_model():
    with FakeTensorMode(allow_non_fake_inputs=True):
        model = GPT(GPTConfig(**SIZES))
        assert cross_entropy(model(torch.tensor(IDS)), torch.tensor(TARGETS)).shape == ()


def test_a_traced_graph_computes_the_loss():
    model = torch_model()

    def loss(ids, targets):
        return cross_entropy(model(ids), targets)

    ids, targets = torch.tensor(IDS), torch.tensor(TARGETS)
    graph = make_fx(loss)(ids, targets)
    torch.testing.assert_close(graph(ids, targets), loss(ids, targets))


def test_places_of_rows_may_be_mapped_over():
    layer = LearnedPositions(9, 4, dtype=torch.float64)
    x, starts = torch.randn(3, 2, 5, 4, dtype=torch.float64), torch.tensor([[0, 1], [2, 3], [4, 0]])
    got = vmap(layer)(x, starts)
    wanted = torch.stack([layer(*each) for each in zip(x, starts, strict=True)])
    torch.testing.assert_close(got, wanted)


def test_what_can_be_looked_at_is():
    model = torch_model()
    for ids in (IDS + 1, IDS - 1):
        with pytest.raises(ValueError, match=r"^ids holds (11|-1) and must be from 0 to 10"):
            model(torch.tensor(ids))
        with pytest.raises(ValueError, match=r"^targets holds (11|-1) and must be from 0 to 10"):
            cross_entropy(model(torch.tensor(IDS)), torch.tensor(ids))
    with pytest.raises(ValueError, match=r"^targets has 0 positions, all of them ignore_index"):
        cross_entropy(torch.zeros(0, 11), torch.tensor(np.zeros(0, int)))
