from __future__ import annotations

import numpy as np
import pytest
import torch

from tinytx.generation.engine import engine_of
from tinytx.generation.texts import Texts

from .models import ENGINES, GRID, logits, make

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
@pytest.mark.parametrize("prefix", range(1, 9))
def test_cached_equals_uncached_after_any_prefix(engine, name, prefix):
    model = make(engine, **GRID[name]).eval()
    cache = engine_of(model).cache(2)
    parts, at = [], 0
    for end in (prefix, min(prefix + 1, 9), 9):
        if end > at:
            parts.append(forward(model, IDS[:, at:end], cache, mask_of(model, IDS, end)))
            at = end
            assert cache.length == end
    expected = np.stack([logits(model, row) for row in IDS])
    np.testing.assert_allclose(np.concatenate(parts, axis=1), expected, atol=1e-12)


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
def test_a_fresh_cache_holds_zeros(engine):
    # Memory as it comes may hold nan, and a masked nan is still nan.
    cache = engine_of(make(engine)).cache(3)
    assert tuple(cache.keys.shape) == (2, 3, 2, 9, 3)
    assert not (cache.keys != 0).any()
    assert not (cache.values != 0).any()


@pytest.mark.parametrize(
    ("slide", "expected"),
    [(1, [0, 0, 1, 2, 3, 4]), (2, [0, 0, 2, 2, 4, 4]), (3, [0, 0, 3, 3, 3, 6])],
)
def test_windows_slide(slide, expected):
    texts = Texts([[1, 2]], 6, context_length=3, slide=slide)
    starts = []
    for number in range(6):
        starts += texts.starts().tolist()
        (window,) = texts.windows()
        assert window.tolist() == texts.ids[0, starts[-1] : texts.lengths[0]].tolist()
        texts.append(np.array([number]))
    assert starts == expected
