"""Activation checkpointing in PyTorch: the same gradients, dropout included, for less memory."""

from __future__ import annotations

import pytest
import torch

from tinytx import pytorch
from tinytx.inspect import compare
from tinytx.pytorch import Block
from tinytx.pytorch.checkpointing import CheckpointedBlock

from .twins import IDS, LEFT, TARGETS, pair, torch_model

VARIANTS = [
    {},
    {"dropout": 0.4},
    {"dropout": 0.4, "norm": "post", "padding_id": 0, "positions": "sinusoidal"},
    {"dropout": 0.2, "positions": "rotary", "d_head": 4, "qk_norm": True, "n_kv_head": 1},
    {"n_expert": 3, "n_active": 2, "balance": 0.5, "dropout": 0.3},
]


def steps(model, ids, n=2):
    """Logits and gradients of a few steps from one seed, and what is drawn after them."""
    torch.manual_seed(0)
    found = []
    for _ in range(n):
        model.zero_grad()
        logits = model(ids)
        loss = pytorch.cross_entropy(logits, ids)
        if model.config.n_expert:
            loss = loss + 0.7 * model.balance_loss()
        loss.backward()
        found += [logits.detach(), *(p.grad.clone() for p in model.parameters())]
    return [*found, torch.rand(3)]


@pytest.mark.parametrize("changes", VARIANTS, ids=str)
@pytest.mark.parametrize("piece", [None, 2])
def test_every_gradient_is_the_same_and_the_same_units_drop(changes, piece):
    plain, frugal = torch_model(**changes), torch_model(**changes)
    for model in (plain, frugal):
        model.use_pieces(piece)
    assert frugal.use_checkpointing() is frugal
    assert all(type(block) is CheckpointedBlock for block in frugal.blocks)
    ids = torch.tensor(LEFT if "padding_id" in changes else IDS)
    for a, b in zip(steps(plain, ids), steps(frugal, ids), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-13, atol=1e-14)


def test_the_ladder_holds_with_both_engines_checkpointed():
    ours, theirs = pair(n_layer=2)
    compare(ours.use_checkpointing(), theirs.use_checkpointing(), (IDS, TARGETS)).require()


def test_a_compiled_model_has_the_same_gradients():
    plain, frugal = torch_model(), torch_model().use_checkpointing()
    compiled, ids = torch.compile(frugal, backend="aot_eager"), torch.tensor(IDS)
    pytorch.cross_entropy(plain(ids), ids).backward()
    pytorch.cross_entropy(compiled(ids), ids).backward()
    for a, b in zip(plain.parameters(), frugal.parameters(), strict=True):
        torch.testing.assert_close(a.grad, b.grad, rtol=1e-12, atol=1e-13)


def test_each_block_more_keeps_its_input_and_nothing_else():
    """What autograd keeps from the forward to the backward, in bytes."""

    def kept(n_layer, on):
        sizes = {}

        def note(x):
            sizes[x.untyped_storage().data_ptr()] = x.untyped_storage().nbytes()
            return x

        model = torch_model(n_layer=n_layer).use_checkpointing(on)
        with torch.autograd.graph.saved_tensors_hooks(note, lambda x: x):
            model(torch.tensor(IDS))
        return sum(sizes.values())

    x = 2 * 6 * 8 * 8  # (B, T, D) float64
    assert kept(6, True) - kept(2, True) == 4 * x
    assert kept(6, False) - kept(2, False) > 4 * 12 * x


def test_a_cache_and_weights_are_left_behind_all_the_same():
    from tinytx.generation import KVCache

    plain, frugal = torch_model(), torch_model().use_checkpointing()
    ids, seen = torch.tensor(IDS), []
    assert frugal.training
    frugal(ids, weights=seen)[0].sum().backward()
    torch.testing.assert_close(torch.stack(seen), plain.attention(ids), rtol=0, atol=0)
    cache = KVCache(frugal, 2)
    parts = [frugal(ids[:, :3], cache=cache), frugal(ids[:, 3:], cache=cache)]
    torch.testing.assert_close(torch.cat(parts, 1), plain(ids), rtol=1e-11, atol=1e-12)


def test_the_switch_goes_back():
    model = torch_model()
    block = model.blocks[0]
    assert type(model.use_checkpointing().use_checkpointing(False).blocks[0]) is Block
    assert model.blocks[0] is block
