"""The sizes along the residual stream, against autograd on the PyTorch engine."""

from __future__ import annotations

import math
import re
from functools import partial

import numpy as np
import pytest
import torch

from tinytx.config import GPTConfig
from tinytx.inspect import residual_norms
from tinytx.inspect.residual import Bare
from tinytx.manual import GPT
from tinytx.pytorch import gpt as torch_gpt

SIZES = {
    "vocab_size": 11, "context_length": 5, "n_layer": 3, "n_head": 2, "d_model": 8, "d_ff": 12,
    "init_std": 0.3,
}  # fmt: skip
KINDS = [("pre", True), ("post", True), ("pre", False)]


def twin(config, scaled, seed=3):
    """Return the PyTorch model with the weights that are measured, drawn independently of it."""
    state = GPT(config, np.random.default_rng(seed), np.float64).state_dict()
    if not scaled:
        for name in state:
            if name.endswith(("o_proj.weight", "down_proj.weight")):
                state[name] = state[name] * math.sqrt(2 * config.n_layer)
    model = torch_gpt.GPT(config, dtype=torch.float64)
    model.load_state_dict({name: torch.tensor(value) for name, value in state.items()})
    return model


def kept(x):
    x = x * 1  # a node of its own, so that its gradient is that of this use alone
    x.retain_grad()
    return x


def by_autograd(config, scaled, residual, seed=3):
    """Return loss, points, what branches put out, and what they read, all with gradients."""
    model = twin(config, scaled)
    rng = np.random.default_rng([seed, 1])
    ids, targets = map(torch.tensor, rng.integers(0, config.vocab_size, (2, 2, 5)))
    mask = torch.ones(5, 5, dtype=torch.bool).tril()
    x = kept(model.tok_emb(ids) + model.pos_emb.weight)
    points, outs, reads = [x], [], []
    for block in model.blocks:
        for norm, part in ((block.ln_1, partial(block.attn, mask=mask)), (block.ln_2, block.mlp)):
            reads.append(kept(x))
            out = part(norm(reads[-1])) if config.norm == "pre" else part(reads[-1])
            outs.append(out)
            x = x + out if residual else out
            x = kept(norm(x) if config.norm == "post" else x)
            points.append(x)
    top = model.ln_f(x) if config.norm == "pre" else x
    loss = torch.nn.functional.cross_entropy(model.lm_head(top).flatten(0, 1), targets.flatten())
    (loss * ids.numel()).backward()
    return loss, points, outs, reads


def rms(tensors):
    return [one.square().mean().sqrt().item() for one in tensors]


@pytest.mark.parametrize(("norm", "residual"), KINDS)
@pytest.mark.parametrize("scaled", [True, False])
def test_every_number_is_what_autograd_finds(norm, residual, scaled):
    config = GPTConfig(**SIZES, norm=norm)
    got = residual_norms(config, scaled=scaled, residual=residual, batch=2, seed=3)
    loss, points, outs, reads = by_autograd(config, scaled, residual)
    assert got.loss == pytest.approx(loss.item(), rel=1e-12)
    assert got.stream == pytest.approx(rms(points), rel=1e-10)
    assert got.added == pytest.approx(rms(outs), rel=1e-10)
    assert got.dstream == pytest.approx(rms([x.grad for x in points]), rel=1e-10)
    assert got.dadded == pytest.approx(rms([x.grad for x in reads]), rel=1e-10)
    assert len({f"{value:.9g}" for value in got.stream + got.dstream}) > 7  # nothing stands still


def test_the_same_weights_and_text_whatever_the_kind():
    kinds = [residual_norms(GPTConfig(**SIZES, norm=n), residual=r) for n, r in KINDS]
    deep = residual_norms(GPTConfig(**{**SIZES, "n_layer": 6}))
    assert len({one.stream[0] for one in [*kinds, deep]}) == 1
    assert kinds[0].added[0] == kinds[2].added[0]
    assert kinds[0] == residual_norms(GPTConfig(**SIZES))


def test_scaling_keeps_the_stream_from_growing_with_depth():
    sizes = {"vocab_size": 50, "context_length": 16, "n_head": 4, "d_model": 64}
    grown = {
        (depth, scaled): residual_norms(GPTConfig(**sizes, n_layer=depth), scaled=scaled).stream[-1]
        for depth in (2, 32)
        for scaled in (True, False)
    }
    assert grown[32, True] < 1.1 * grown[2, True]
    assert grown[32, False] > 3 * grown[2, False]


def test_a_bare_block_is_a_pre_norm_block_without_its_input():
    config = GPTConfig(**{**SIZES, "n_layer": 1})
    norms = residual_norms(config, residual=False)
    assert norms.stream[1:] == norms.added
    assert norms.dstream[:-1] == norms.dadded
    bare = Bare(config, np.random.default_rng(0), np.float64)
    x = np.random.default_rng(1).normal(size=(1, 5, 8))
    after = bare.attn.forward(bare.ln_1.forward(x))
    want = bare.mlp.forward(bare.ln_2.forward(after))
    bare.clear_saved()
    np.testing.assert_array_equal(bare.forward(x), want)


@pytest.mark.parametrize(
    ("norm", "wrong", "message"),
    [
        ("pre", {"batch": 0}, "batch is 0 and must be an integer of at least 1"),
        ("pre", {"batch": 2.0}, "batch is 2.0 and must be an integer"),
        ("post", {"residual": False}, "make the config with norm='pre'"),
    ],
)
def test_wrong_input_gets_one_clear_line(norm, wrong, message):
    with pytest.raises(ValueError, match=re.escape(message)) as caught:
        residual_norms(GPTConfig(**SIZES, norm=norm), **wrong)
    assert "\n" not in str(caught.value)
