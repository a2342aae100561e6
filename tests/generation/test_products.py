"""Ways to multiply weights that come from memory: one result, and the fastest is taken."""

import numpy as np
import pytest

from tinytx.generation import numpy_products as products
from tinytx.generation.cache import KVCache
from tinytx.generation.numpy_decoder import NumPyDecoder
from tinytx.manual import GPT, GPTConfig

LARGE = [np.ones((1, 2**21)), np.ones((2, 2**20))]  # 32 MiB


@pytest.mark.parametrize("way", products.WAYS)
@pytest.mark.parametrize("batch", [1, 3])
def test_every_way_is_the_same_product(way, batch):
    rng = np.random.default_rng(0)
    weight, x = rng.standard_normal((5, 4)), rng.standard_normal((batch, 4))
    np.testing.assert_allclose(way(weight, x), x @ weight.T, rtol=1e-13)
    assert way(weight, x).shape == (batch, 5)


@pytest.mark.parametrize("quick", products.WAYS)
def test_the_fastest_is_taken_and_measured_once(monkeypatch, quick):
    asked = []

    def times(weights, batch):
        asked.append(batch)
        return {way: 1.0 + (way is not quick) for way in products.WAYS}

    monkeypatch.setattr(products, "_chosen", {})
    monkeypatch.setattr(products, "_times", times)
    assert [products.fastest(LARGE, batch) for batch in (1, 4, 1)] == [quick] * 3
    assert asked == [1, 4]


def test_what_stays_in_a_cache_is_not_measured(monkeypatch):
    monkeypatch.setattr(products, "_times", None)
    assert products.fastest([np.ones((4, 4))], 2) is products.by_rows


def test_measuring_gives_a_time_for_each_way():
    found = products._times([np.ones((3, 4), np.float32)], 2)
    assert set(found) == set(products.WAYS)
    assert all(0 < seconds < np.inf for seconds in found.values())


@pytest.mark.parametrize("way", products.WAYS)
def test_the_decoder_writes_the_same_whatever_is_chosen(monkeypatch, way):
    monkeypatch.setattr(products, "FROM_MEMORY", 0)
    monkeypatch.setattr(products, "_chosen", {})
    times = {each: 1.0 + (each is not way) for each in products.WAYS}
    monkeypatch.setattr(products, "_times", lambda weights, batch: times)
    config = GPTConfig(
        vocab_size=11, context_length=8, n_layer=2, n_head=2, d_model=6, n_expert=3, init_std=0.5
    )
    model = GPT(config, np.random.default_rng(0), np.float64).eval()
    ids = np.random.default_rng(1).integers(11, size=(3, 8))
    cache = KVCache(model, 3)
    model.forward(ids[:, :5], cache=cache)
    decoder = NumPyDecoder(model, cache)
    assert {each.way for each in (decoder.head, decoder.layers[0].qkv)} == {way}
    found = [decoder.step(ids[:, place], place) for place in (5, 6, 7)]
    np.testing.assert_allclose(np.stack(found, 1), model.forward(ids)[:, 5:], rtol=1e-11)
