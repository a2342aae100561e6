"""What the model does with a KV cache, in both engines: here the plainest cache there can be."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from .twins import IDS, numpy_model, pair, torch_model


class Growing:
    """Keeps keys and values by joining them."""

    def __init__(self):
        self.length, self.kept, self.layers = 0, {}, []

    def update(self, layer, k, v):
        self.layers.append(layer)
        join = np.concatenate if isinstance(k, np.ndarray) else torch.cat
        if layer in self.kept:
            k, v = (join([old, new], 2) for old, new in zip(self.kept[layer], (k, v), strict=True))
        self.kept[layer] = (k, v)
        return k, v

    def advance(self, T):
        self.length += T


class Ragged:
    """Rows that have come unequally far: row b's next position is ``length[b]``."""

    def __init__(self, like, length):
        self.length, self.kept, self.like = length, {}, like

    def update(self, layer, k, v):
        old_k, old_v = self.kept[layer]
        B, H, T, Dh = k.shape
        S = int(self.length.max()) + T
        new = []
        for old, add in ((old_k, k), (old_v, v)):
            wide = (
                np.full((B, H, S, Dh), 1e3) if self.like is np else torch.full((B, H, S, Dh), 1e3)
            )
            wide = wide if self.like is np else wide.to(add.dtype)
            for b in range(B):
                n = int(self.length[b])
                wide[b, :, :n], wide[b, :, n : n + T] = old[b, :, :n], add[b]
            new.append(wide)
        self.kept[layer] = tuple(new)
        return self.kept[layer]

    def advance(self, T):
        self.length = self.length + T


def engines(**changes):
    """Yield both models in evaluation mode, as functions of arrays that return arrays."""
    ours, theirs = pair(**changes)
    ours.eval()
    theirs.eval()

    def run(ids, mask=None, cache=None):
        mask = None if mask is None else torch.tensor(mask)
        return theirs(torch.tensor(ids), mask, cache).detach().numpy()

    return {"numpy": ours.forward, "torch": run}


@pytest.mark.parametrize("positions", ["learned", "sinusoidal", "rotary", "none"])
@pytest.mark.parametrize("norm", ["pre", "post"])
@pytest.mark.parametrize("parts", [(6,), (1,) * 6, (3, 1, 1, 1), (2, 4), (1, 3, 2)], ids=str)
@pytest.mark.parametrize("engine", ["numpy", "torch"])
def test_in_parts_equals_at_once(engine, parts, norm, positions):
    forward = engines(norm=norm, positions=positions, d_head=4)[engine]
    cache, start, logits = Growing(), 0, []
    for T in parts:
        logits.append(forward(IDS[:, start : start + T], cache=cache))
        start += T
        assert cache.length == start
    assert cache.layers == [0, 1] * len(parts)
    np.testing.assert_allclose(np.concatenate(logits, 1), forward(IDS), rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("changes", [{"n_kv_head": 1}, {"window": 3}, {"window": 2, "sinks": 1}])
@pytest.mark.parametrize("parts", [(1,) * 6, (2, 4), (1, 3, 2)], ids=str)
@pytest.mark.parametrize("engine", ["numpy", "torch"])
def test_shared_keys_and_windows_in_parts(engine, parts, changes):
    forward = engines(**changes)[engine]
    cache, start, logits = Growing(), 0, []
    for T in parts:
        logits.append(forward(IDS[:, start : start + T], cache=cache))
        start += T
    np.testing.assert_allclose(np.concatenate(logits, 1), forward(IDS), rtol=1e-11, atol=1e-12)
    assert {k.shape for pair in cache.kept.values() for k in pair} == {
        (2, changes.get("n_kv_head", 3), 6, 5)
    }


@pytest.mark.parametrize("engine", ["numpy", "torch"])
@pytest.mark.parametrize("changes", [
    {}, {"positions": "rotary"}, {"n_kv_head": 1}, {"window": 2, "sinks": 1},
], ids=str)  # fmt: skip
@pytest.mark.parametrize("T", [1, 2])
def test_rows_that_have_come_unequally_far(engine, T, changes):
    forward, like = (
        engines(**changes, d_head=4)[engine],
        np if engine == "numpy" else torch,
    )
    lengths = np.array([4, 2])
    first = Growing()
    forward(IDS[:, :4], cache=first)
    cache = Ragged(like, lengths if like is np else torch.tensor(lengths))
    cache.kept = first.kept
    new = np.array([IDS[0, 4 : 4 + T], IDS[1, 2 : 2 + T]])
    got = forward(new, cache=cache)
    for b, n in enumerate(lengths):
        alone = forward(IDS[b : b + 1, : n + T])[:, -T:]
        np.testing.assert_allclose(got[b : b + 1], alone, rtol=1e-11, atol=1e-12)
    assert list(cache.length) == [4 + T, 2 + T]


@pytest.mark.parametrize("engine", ["numpy", "torch"])
def test_a_mask_reaches_over_the_cached_keys(engine):
    forward = engines(padding_id=0)[engine]
    ids = np.array([[0, 6, 1, 9], [3, 2, 7, 4]])  # row 0 begins with padding
    seen = (ids != 0)[:, None, None]
    cache = Growing()
    forward(ids[:, :3], seen[..., :3], cache)
    last = forward(ids[:, 3:], seen, cache)
    np.testing.assert_allclose(last, forward(ids)[:, 3:], rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("engine", ["numpy", "torch"])
def test_refusals(engine):
    cache = Growing()
    forward = engines()[engine]
    forward(IDS, cache=cache)
    with pytest.raises(
        ValueError, match=r"^ids has 2 positions after 6 cached ones and must have "
    ):
        forward(IDS[:, :2], cache=cache)
    with pytest.raises(ValueError, match=r"^mask has shape \(1, 3\) and must broadcast to .*1, 7"):
        forward(IDS[:, :1], np.ones((1, 3), bool), cache)
    with pytest.raises(ValueError, match=r"^cache is given and config.causal is False"):
        engines(causal=False)[engine](IDS, cache=Growing())
    with pytest.raises(ValueError, match=r"^cache is given, config.padding_id is set and mask is"):
        engines(padding_id=0)[engine](IDS, cache=Growing())


def test_the_numpy_engine_refuses_to_train_with_a_cache():
    with pytest.raises(ValueError, match=r"^cache is given in training mode, and has no backward"):
        numpy_model().forward(IDS, cache=Growing())


def test_the_torch_engine_can_train_with_a_cache():
    """Autograd goes through a cache that joins: the gradients are those of one pass."""
    model, whole = torch_model(), torch_model()
    ids, cache = torch.tensor(IDS), Growing()
    logits = torch.cat([model(ids[:, :2], cache=cache), model(ids[:, 2:], cache=cache)], 1)
    dlogits = torch.randn(logits.shape, dtype=torch.float64)
    logits.backward(dlogits)
    whole(ids).backward(dlogits)
    for p, q in zip(model.parameters(), whole.parameters(), strict=True):
        torch.testing.assert_close(p.grad, q.grad, rtol=1e-9, atol=1e-11)
