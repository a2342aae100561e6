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


def test_only_weights_that_leave_the_cache_are_measured(monkeypatch):
    weights = [np.ones((2, 4)), np.ones((4, 2))]  # 128 bytes
    monkeypatch.setattr(products, "_chosen", {})
    monkeypatch.setattr(
        products, "_times", lambda *_: dict(zip(products.WAYS, (3, 2, 1), strict=True))
    )
    monkeypatch.setattr(products, "FROM_MEMORY", 128)
    assert products.fastest(weights, 2) is products.by_rows
    monkeypatch.setattr(products, "FROM_MEMORY", 127)
    assert products.fastest(weights, 2) is products.front_to_back


def test_so_many_weights_are_measured_as_make_a_sample_and_each_dtype_by_itself(monkeypatch):
    asked = []

    def times(weights, batch):
        asked.append([(weight.shape, weight.dtype.itemsize) for weight in weights])
        return dict.fromkeys(products.WAYS, 1.0)

    monkeypatch.setattr(products, "_chosen", {})
    monkeypatch.setattr(products, "_times", times)
    monkeypatch.setattr(products, "FROM_MEMORY", 0)
    monkeypatch.setattr(products, "SAMPLE", 128)
    for dtype in (np.float64, np.float32, np.float64):
        products.fastest([np.ones((rows, 4), dtype) for rows in (1, 3, 2, 5)], 1)
    for sizes, dtype in (((1, 3), np.float32), ((2, 2, 1), np.float64)):
        products.fastest([np.ones((rows, 4), dtype) for rows in sizes], 1)
    assert asked == [
        [((1, 4), 8), ((3, 4), 8)],  # 128 bytes
        [((1, 4), 4), ((3, 4), 4), ((2, 4), 4), ((5, 4), 4)],  # the last goes beyond
        [((1, 4), 4), ((3, 4), 4)],
        [((2, 4), 8), ((2, 4), 8)],
    ]


def test_of_each_way_the_best_round_counts(monkeypatch):
    seconds = [[3.0, 1.0, 7.0], [2.0, 5.0, 6.0], [4.0, 4.0, 4.0], [9.0, 9.0, 9.0]]  # by rounds
    clock = [100.0]

    def spends(way):
        def call(weight, x):
            assert x.shape == (2, weight.shape[1])
            clock[0] += seconds[calls[way] // 2][way] / 2  # of two weights
            calls[way] += 1

        return call

    calls, ways = [0, 0, 0], tuple(map(spends, range(3)))
    monkeypatch.setattr(products, "WAYS", ways)
    monkeypatch.setattr(products, "perf_counter", lambda: clock[0])
    found = products._times([np.ones((3, 4)), np.ones((4, 3))], 2)
    assert [found[way] for way in ways] == [2, 1, 4]


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
