"""Writing, measured: the writers write what the model would, and the ratios are what they say."""

import re

import numpy as np
import pytest

from tinytx import manual, pytorch
from tinytx.config import GPTConfig
from tinytx.generation.numpy_engine import NumPyEngine
from tinytx.speed import Machine, bus_share, cache_gain, decoding_rates, weight_bytes
from tinytx.speed.decoding import TOKENS, writer

MACHINE = Machine("one", gflops=100, gbytes=20)


def models(**changes):
    sizes = {"vocab_size": 37, "context_length": 64, "n_layer": 2, "n_head": 2, "d_model": 32}
    config = GPTConfig(**{**sizes, **changes})
    ours = manual.GPT(config, np.random.default_rng(0)).eval()
    twin = pytorch.GPT(config).eval()
    twin.load_state_dict(ours.state_dict())
    return {"NumPy": ours, "PyTorch": twin}


def test_there_is_a_rate_for_each_model_and_batch():
    rates = decoding_rates(models(), (1, 4), rounds=3)
    assert [(one.name, one.batch) for one in rates] == [
        ("NumPy", 1), ("NumPy", 4), ("PyTorch", 1), ("PyTorch", 4),
    ]  # fmt: skip
    assert all(one.tokens_per_second > 0 for one in rates)
    assert rates[0].gain == rates[2].gain == (1, 1, 1)
    # So small a model is bounded by calls, and four rows cost hardly more of them than one.
    assert rates[3].gain.median > 1.3  # measured: 2.3 to 3.7


def test_a_cache_saves_more_the_longer_the_text():
    ours = models(context_length=512, n_layer=4, d_model=64)["NumPy"]
    short, long = cache_gain(ours, (8, 480), rounds=3)
    assert long.gain.median > 2 * short.gain.median
    assert long.gain.median > 5  # measured: 24 and more
    assert short.seconds > 0


def test_a_writer_writes_the_same_places_each_time(monkeypatch):
    for model in models().values():
        work = writer(model, 3, 10)
        work()
        work()
    seen = []

    class Watched:
        def __init__(self, decoder):
            self.decoder = decoder

        def step(self, ids, place):
            seen.append((ids.tolist(), place))
            return self.decoder.step(ids, place)

    right = NumPyEngine.decoder
    monkeypatch.setattr(NumPyEngine, "decoder", lambda self, cache: Watched(right(self, cache)))
    ours = models(init_std=0.5)["NumPy"]
    work = writer(ours, 1, 10)
    work()
    first, seen[:] = list(seen), []
    work()
    assert seen == first
    assert [place for _, place in seen] == list(range(10, 10 + TOKENS))
    # Greedy: each token is the likeliest after all before it, by the model itself.
    ids = [*range(10), *(row[0] for row, _ in seen)]
    logits = ours.forward(np.array([ids[:10] + ids[10:]]))[0]
    assert [int(one.argmax()) for one in logits[10:-1]] == ids[11:]


def test_the_bus_share_is_bytes_times_rate_over_bandwidth():
    ours = models()["NumPy"]
    found = bus_share(ours, MACHINE, rounds=3)
    matrices = [p.data for name, p in ours.named_parameters() if p.data.ndim == 2]
    sizes = sum(one.nbytes for one in matrices) - ours.pos_emb.weight.data.nbytes
    assert found.bytes_per_token == weight_bytes(ours.config) == sizes
    rate = found.bytes_per_token * found.tokens_per_second
    assert found.share == pytest.approx(rate / 20e9)


@pytest.mark.parametrize("length", [0, 49, 1.5])
def test_a_length_leaves_room_for_what_is_written(length):
    with pytest.raises(ValueError, match=re.escape(f"length is {length!r} and must be from 1 to")):
        decoding_rates(models(), (1,), length=length)
    with pytest.raises(ValueError, match="context_length is 64, and 16 tokens are written"):
        cache_gain(models()["NumPy"], (length,))


def test_a_batch_is_a_whole_number():
    with pytest.raises(ValueError, match="batch is 0 and must be an integer of at least 1"):
        decoding_rates(models(), (0,))
    with pytest.raises(ValueError, match="contenders is empty"):
        decoding_rates(models(), ())


def test_half_of_a_short_context_leaves_room_for_what_is_written():
    config = GPTConfig(vocab_size=5, context_length=20, n_layer=1, n_head=1, d_model=4)
    model = {"small": manual.GPT(config, np.random.default_rng(0))}
    found = decoding_rates(model, (np.int64(1),), rounds=3)
    assert [rate.batch for rate in found] == [1]
    with pytest.raises(ValueError, match="length is 5 and must be from 1 to 4"):
        decoding_rates(model, (1,), length=5)
