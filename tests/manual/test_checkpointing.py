"""A block that keeps its input alone has the same gradients, dropout included, for less memory."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from tinytx.manual import GPT, Block, GPTConfig, cross_entropy_backward, cross_entropy_forward
from tinytx.manual.checkpointing import CheckpointedBlock

from .cases import normal
from .test_gpt import IDS, LEFT, make

VARIANTS = [
    {},
    {"dropout": 0.4},
    {"dropout": 0.4, "norm": "post", "padding_id": 0, "positions": "sinusoidal"},
    {"dropout": 0.2, "positions": "rotary", "d_head": 4, "qk_norm": True, "n_kv_head": 1},
    {"n_expert": 3, "n_active": 2, "balance": 0.5, "dropout": 0.3},
]


def steps(model: GPT, ids: np.ndarray, n: int = 2) -> list[np.ndarray]:
    """Logits and gradients of a few forwards and backwards, and where the generator is then."""
    found = []
    for step in range(n):
        model.zero_grad()
        found.append(model.forward(ids))
        if model.config.n_expert:
            model.balance_backward(0.7)
        model.backward(normal(*ids.shape, 7, seed=step))
        found += [p.grad.copy() for p in model.parameters()]
    return [*found, model.rng.random(3)]


@pytest.mark.parametrize("changes", VARIANTS, ids=str)
@pytest.mark.parametrize("piece", [None, 2])
def test_every_gradient_is_the_same_and_the_same_units_drop(changes, piece):
    plain, frugal = make(n_layer=3, **changes), make(n_layer=3, **changes)
    for model in (plain, frugal):
        model.use_pieces(piece)
    assert frugal.use_checkpointing() is frugal
    assert all(type(block) is CheckpointedBlock for block in frugal.blocks)
    ids = LEFT if "padding_id" in changes else IDS
    for a, b in zip(steps(plain, ids), steps(frugal, ids), strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_second_forward_with_other_draws_would_be_noticed(monkeypatch):
    """The comparison above sees dropout: without the generator's old state it fails."""
    plain, frugal = make(n_layer=2, dropout=0.4), make(n_layer=2, dropout=0.4).use_checkpointing()

    def careless(self, dy):
        x, given, _ = self.take()
        Block.forward(self, x, *given)
        return Block.backward(self, dy)

    monkeypatch.setattr(CheckpointedBlock, "backward", careless)
    pairs = list(zip(steps(plain, IDS, 1), steps(frugal, IDS, 1), strict=True))
    np.testing.assert_array_equal(*pairs[0])
    assert not all(np.array_equal(a, b) for a, b in pairs)


def test_only_the_inputs_are_kept():
    model = make(n_layer=2).use_checkpointing()
    model.forward(IDS)
    for block in model.blocks:
        assert block._saved.x.shape == (2, 3, 4)
        inner = [module for module in block.modules() if module is not block]
        assert len(inner) > 8
        assert all(module._saved is None and not module._pending for module in inner)


def test_in_evaluation_nothing_is_kept_and_the_switch_goes_back():
    model = make(n_layer=2, dropout=0.3)
    block, wanted = model.blocks[0], model.eval().forward(IDS)
    model.use_checkpointing()
    np.testing.assert_array_equal(model.forward(IDS), wanted)
    assert block._saved is None
    with pytest.raises(RuntimeError, match="in eval mode nothing is kept"):
        model.backward(wanted)
    assert type(model.use_checkpointing(False).blocks[0]) is Block
    assert model.blocks[0] is block


def test_a_backward_that_could_be_of_two_forwards_is_refused():
    block = make().train().use_checkpointing().blocks[0]
    x = normal(2, 3, 4)
    block.forward(x)
    block.forward(x)
    with pytest.raises(RuntimeError, match="forward ran 2 times since the last backward"):
        block.backward(x)
    with pytest.raises(RuntimeError, match="call forward first"):
        block.backward(x)


def test_a_switch_between_forward_and_backward_is_refused():
    model = make(n_layer=2)
    logits = model.forward(IDS)
    model.use_checkpointing()
    with pytest.raises(RuntimeError, match="call forward first"):
        model.backward(logits)
    model.clear_saved()
    model.forward(IDS)
    model.use_checkpointing(False)
    with pytest.raises(RuntimeError, match="call forward first"):
        model.backward(logits)


def peak(n_layer: int, frugal: bool) -> int:
    """Bytes of a training step at its fullest, beyond the model itself."""
    config = GPTConfig(vocab_size=16, context_length=64, n_layer=n_layer, n_head=4, d_model=32)
    model = GPT(config, np.random.default_rng(0)).use_checkpointing(frugal)
    ids = np.arange(8 * 64).reshape(8, 64) % 16
    tracemalloc.start()
    try:
        _, saved = cross_entropy_forward(model.forward(ids), ids)
        model.backward(cross_entropy_backward(1.0, saved))
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_grows_by_an_input_for_each_block():
    """A block more keeps one (B, T, D) of float32, and next to nothing else."""
    plain, frugal = ([peak(n, on) for n in (2, 6, 12)] for on in (False, True))
    x = 8 * 64 * 32 * 4
    per_block = (frugal[2] - frugal[0]) / 10
    assert x <= per_block < 1.2 * x, per_block / x
    assert (plain[2] - plain[0]) / 10 > 12 * x
    assert plain[0] > 1.3 * frugal[0]
    assert plain[2] > 4 * frugal[2], (plain, frugal)
