from __future__ import annotations

import copy
import pickle
import subprocess
import sys

import numpy as np
import pytest
import torch

from tinytx.generation import KVCache, TorchKVCache
from tinytx.generation.engine import engine_of
from tinytx.generation.texts import Texts

from .models import ENGINES, GRID, logits, make


@pytest.fixture(autouse=True, params=[2, 64])
def first(request, monkeypatch):
    """How much room a cache has at first: a third of what is written, or more than that."""
    monkeypatch.setattr("tinytx.generation.cache.FIRST", request.param)
    return request.param


IDS = np.array([[4, 1, 7, 7, 2, 10, 5, 1, 8], [9, 9, 1, 2, 6, 4, 1, 10, 2]])


def forward(model, ids, cache, mask=None):
    if isinstance(cache.keys, np.ndarray):
        return model.forward(ids, mask, cache)
    with torch.no_grad():
        mask = None if mask is None else torch.tensor(mask)
        return model(torch.tensor(ids), mask, cache).numpy()


def mask_of(model, ids, end):
    if model.config.padding_id is None:
        return None
    return (ids[:, :end] != model.config.padding_id)[:, None, None]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", GRID)
def test_cached_equals_uncached_after_any_prefix(engine, name):
    model = make(engine, **GRID[name]).eval()
    expected = np.stack([logits(model, row) for row in IDS])
    for prefix in range(1, 9):
        cache = engine_of(model).cache(2)
        parts, at = [], 0
        for end in (prefix, min(prefix + 1, 9), 9):
            if end > at:
                parts.append(forward(model, IDS[:, at:end], cache, mask_of(model, IDS, end)))
                at = end
                assert cache.length == end
        found = np.concatenate(parts, axis=1)
        np.testing.assert_allclose(found, expected, atol=1e-12, err_msg=f"prefix {prefix}")


@pytest.mark.parametrize("engine", ENGINES)
def test_float32_is_within_a_millionth(engine):
    model = make(engine, "float32").eval()
    cache = engine_of(model).cache(1)
    steps = [forward(model, IDS[:1, t : t + 1], cache)[:, 0] for t in range(9)]
    expected = logits(model, IDS[0])
    np.testing.assert_allclose(np.concatenate(steps), expected, atol=1e-6 * np.abs(expected).max())


@pytest.mark.parametrize("engine", ENGINES)
def test_rows_may_come_unequally_far(engine):
    model = make(engine).eval()
    side = engine_of(model)
    cache = side.cache(2)
    forward(model, IDS[:, :5], cache)
    side.set_length(cache, np.array([2, 4]))  # the first row takes three tokens back
    out = forward(model, np.array([[7, 2], [6, 4]]), cache)
    expected = [logits(model, [4, 1, 7, 2])[2:], logits(model, [9, 9, 1, 2, 6, 4])[4:]]
    np.testing.assert_allclose(out, expected, atol=1e-12)
    assert list(cache.length) == [4, 6]


@pytest.mark.parametrize("engine", ENGINES)
def test_chosen_rows_go_on_from_where_each_of_them_is(engine):
    model = make(engine).eval()
    side = engine_of(model)
    cache = side.cache(2)
    forward(model, IDS[:, :5], cache)
    side.set_length(cache, np.array([2, 4]))
    cache.select([1, 0])
    assert list(cache.length) == [4, 2]
    out = forward(model, np.array([[6, 4], [7, 2]]), cache)
    expected = [logits(model, [9, 9, 1, 2, 6, 4])[4:], logits(model, [4, 1, 7, 2])[2:]]
    np.testing.assert_allclose(out, expected, atol=1e-12)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_fresh_cache_holds_zeros(engine, first):
    # Memory as it comes may hold nan, and a masked nan is still nan.
    cache = engine_of(make(engine)).cache(3)
    assert tuple(cache.keys.shape) == (2, 3, 2, min(first, 9), 3)
    cache.reserve(9)
    assert tuple(cache.keys.shape) == tuple(cache.values.shape) == (2, 3, 2, 9, 3)
    assert not (cache.keys != 0).any()
    assert not (cache.values != 0).any()


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("length", "message"),
    [
        (-1, r"length is -1 and must be from 0 to 7, to add 2 positions to a cache for 9: set it"),
        (8, r"length is 8 and must be from 0 to 7, to add 2"),
        ([3, -1], r"length holds -1 and must be from 0 to 7"),
        ([0, 8], r"length holds 8 and must be from 0 to 7"),
        ([1, 2, 3], r"length has shape \(3,\) and must be an integer, or 2 of them"),
        (2.5, r"length is 2.5 and must be an integer, or 2 of them"),
    ],
)
def test_a_length_that_does_not_fit_is_refused(engine, length, message):
    cache = engine_of(make(engine)).cache(2)
    like = np if engine == "numpy" else torch
    cache.length = like.asarray(length) if isinstance(length, list) else length
    new = like.ones((2, 2, 2, 3))
    with pytest.raises(ValueError, match=f"^{message}"):
        cache.update(0, new, new)
    assert not (cache.both != 0).any()
    cache.length = like.asarray([7, 0])  # the last that fits
    keys, _ = cache.update(0, new, new)
    assert tuple(keys.shape) == (2, 2, 9, 3)
    assert (keys[0, :, 7:] == 1).all()


@pytest.mark.parametrize("engine", ENGINES)
def test_another_batch_than_the_caches_is_refused(engine):
    model = make(engine).eval()
    cache = engine_of(model).cache(1)
    with pytest.raises(ValueError, match=r"^k has shape \(2, 2, 9, 3\) and must have .* batch 1$"):
        forward(model, IDS, cache)
    assert not (cache.both != 0).any()
    like = np if engine == "numpy" else torch
    with pytest.raises(ValueError, match=r"^v has shape \(1, 2, 4, 3\) and must have"):
        cache.update(0, like.ones((1, 2, 3, 3)), like.ones((1, 2, 4, 3)))


def test_each_engine_has_its_cache():
    assert type(KVCache(make(), 1)) is KVCache
    assert type(KVCache(make("torch"), batch=1)) is TorchKVCache
    with pytest.raises(
        ValueError, match=r"^model is a model of NumPy .* tinytx.generation.KVCache$"
    ):
        TorchKVCache(make(), 1)
    model = make("torch").eval()
    got = forward(model, IDS[:1], KVCache(model, 1))
    np.testing.assert_allclose(got[0], logits(model, IDS[0]), atol=1e-12)
    with pytest.raises(ValueError, match=r"^model is Linear and must be a GPT of tinytx: another"):
        KVCache(torch.nn.Linear(1, 1), 1)


@pytest.mark.parametrize("batch", [0, -1, True, 2.5, None])
@pytest.mark.parametrize("engine", ENGINES)
def test_a_batch_that_is_none_is_refused(engine, batch):
    with pytest.raises(ValueError, match=f"^batch is {batch} and must be an integer of at least 1"):
        KVCache(make(engine), batch)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("again", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_a_copy_of_a_cache_is_one(engine, again):
    model = make(engine).eval()
    cache = KVCache(model, np.int64(2))
    forward(model, IDS[:, :5], cache)
    other = again(cache)
    assert type(other) is type(cache)
    for each in (cache, other):
        got = forward(model, IDS[:, 5:], each)
        np.testing.assert_allclose(got[1], logits(model, IDS[1])[5:], atol=1e-12)


@pytest.mark.parametrize("engine", ENGINES)
def test_room_grows_by_doubling_up_to_the_context(engine, monkeypatch):
    monkeypatch.setattr("tinytx.generation.cache.FIRST", 4)
    cache = KVCache(make(engine, context_length=50), 1)
    one = (np if engine == "numpy" else torch).ones((1, 2, 1, 3))
    rooms = []
    for number in range(50):
        cache.update(0, number * one, number * one)
        cache.advance(1)
        rooms.append(cache.both.shape[4])
    assert sorted(set(rooms)) == [4, 8, 16, 32, 50]
    assert all(room == 4 or room < 2 * n for n, room in enumerate(rooms, 1))
    assert (cache.keys[0, 0, :, :, 0] == (np if engine == "numpy" else torch).arange(50)).all()


def test_a_cache_that_grew_in_inference_mode_can_be_written_to_elsewhere():
    model = make("torch").eval()
    cache = KVCache(model, 1)
    with torch.inference_mode():
        model(torch.tensor(IDS[:1, :5]), cache=cache)
    with torch.no_grad():
        model(torch.tensor(IDS[:1, 5:6]), cache=cache)
    got = model(torch.tensor(IDS[:1, 6:]), cache=cache)[0].detach().numpy()
    np.testing.assert_allclose(got, logits(model, IDS[0])[6:], atol=1e-12)


def test_a_compiled_model_fills_its_cache_in_one_graph():
    model = make("torch").eval()
    compiled = torch.compile(model, backend="eager", fullgraph=True)
    cache = TorchKVCache(model, 1)
    steps = [forward(compiled, IDS[:1, t : t + 1], cache)[0, 0] for t in range(9)]
    np.testing.assert_allclose(np.stack(steps), logits(model, IDS[0]), atol=1e-12)


def test_the_numpy_cache_needs_no_pytorch():
    script = """
import sys, tinytx.generation as generation
assert generation.KVCache and "torch" not in sys.modules
assert generation.TorchKVCache and "torch" not in sys.modules
assert not hasattr(generation, "no_such_name")
"""
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr


@pytest.mark.parametrize(
    ("slide", "expected"),
    [(1, [0, 0, 1, 2, 3, 4]), (2, [0, 0, 2, 2, 4, 4]), (3, [0, 0, 3, 3, 3, 6])],
)
def test_windows_slide(slide, expected):
    texts = Texts([[1, 2]], context_length=3, slide=slide)
    starts = []
    for number in range(6):
        starts += texts.starts().tolist()
        (window,) = texts.windows()
        assert window.tolist() == texts.ids[0, starts[-1] : texts.lengths[0]].tolist()
        texts.append(np.array([number]))
    assert starts == expected
