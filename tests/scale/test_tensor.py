"""Tensor parallelism: an MLP in parts is the MLP, forward and backward, in both engines."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from tinytx import pytorch
from tinytx.config import GPTConfig
from tinytx.manual import MLP
from tinytx.scale.tensor import ParallelMLP, split_mlp


def configured(activation, bias):
    return GPTConfig(
        vocab_size=7, context_length=5, n_layer=1, n_head=2, d_model=6, d_ff=24,
        activation=activation, bias=bias,
    )  # fmt: skip


def made(config):
    mlp = MLP(config, np.random.default_rng(2), np.float64)
    for parameter in mlp.parameters():
        shape = parameter.data.shape
        parameter.data[...] = np.random.default_rng(shape[0]).normal(size=shape)
    return mlp


KINDS = pytest.mark.parametrize(("activation", "bias"), [("gelu", True), ("swiglu", False)])
RANKS = pytest.mark.parametrize("n", [1, 2, 3, 8])
X = np.random.default_rng(3).normal(size=(2, 5, 6))
DY = np.random.default_rng(4).normal(size=(2, 5, 6))


@KINDS
@RANKS
def test_forward_and_every_gradient_are_those_of_the_whole(activation, bias, n):
    config = configured(activation, bias)
    mlp = made(config)
    parallel = ParallelMLP(mlp, config, n)
    np.testing.assert_allclose(parallel.forward(X), mlp.forward(X), rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(parallel.backward(DY), mlp.backward(DY), rtol=1e-12, atol=1e-12)
    names = [name for name, _ in parallel.named_parameters()]
    assert sum(name.endswith("down_proj.bias") for name in names) == bias  # added once
    joined = parallel.joined_grads()
    assert joined.keys() == dict(mlp.named_parameters()).keys()
    for name, parameter in mlp.named_parameters():
        np.testing.assert_allclose(joined[name], parameter.grad, rtol=1e-12, atol=1e-12)


def test_the_parts_keep_the_precision():
    config = configured("gelu", True)
    parallel = ParallelMLP(MLP(config, np.random.default_rng(2), np.float32), config, 2)
    assert parallel.forward(X.astype(np.float32)).dtype == np.float32


@KINDS
def test_the_parts_of_the_torch_twin_sum_up_too(activation, bias):
    config = configured(activation, bias)
    mlp = pytorch.MLP(config, dtype=torch.float64)
    x = torch.tensor(X, requires_grad=True)
    y = mlp(x)
    y.backward(torch.tensor(DY))
    whole, x.grad = x.grad, None
    total = 0
    for state in split_mlp(mlp.state_dict(), 4):
        part = pytorch.MLP(replace(config, d_ff=6), dtype=torch.float64)
        part.load_state_dict(state)
        total = total + part(x)
    torch.testing.assert_close(total, y, rtol=1e-12, atol=1e-12)
    total.backward(torch.tensor(DY))
    torch.testing.assert_close(x.grad, whole, rtol=1e-12, atol=1e-12)


def test_cut_the_other_way_round_the_activation_is_of_a_partial_sum():
    """Rows first: each rank's hidden numbers are partial sums, and GELU of a sum is another."""
    mlp = made(configured("gelu", False))
    up, down = mlp.up_proj.weight.data, mlp.down_proj.weight.data
    wrong = 0
    for part in (slice(0, 3), slice(3, 6)):
        hidden = mlp.act.forward(X[..., part] @ up[:, part].T)
        wrong = wrong + hidden @ down.T
    assert np.abs(wrong - mlp.forward(X)).max() > 1


def test_the_weights_are_shared_out_and_none_is_there_twice():
    mlp = made(configured("swiglu", True))
    parts = split_mlp(mlp.state_dict(), 4)
    for name in ("up_proj.weight", "gate_proj.weight", "up_proj.bias"):
        whole = np.concatenate([part[name] for part in parts])
        np.testing.assert_array_equal(whole, mlp.state_dict()[name])
    assert sum(np.count_nonzero(part["down_proj.bias"]) for part in parts) == 6


def test_ranks_that_do_not_divide_the_width_are_refused():
    with pytest.raises(ValueError, match="n is 5 and must divide d_ff 24"):
        split_mlp(made(configured("gelu", True)).state_dict(), 5)
    for n in (0, -1, 1.5):
        with pytest.raises(ValueError, match=f"n is {n} and must divide d_ff 24"):
            ParallelMLP(made(configured("gelu", True)), configured("gelu", True), n)
