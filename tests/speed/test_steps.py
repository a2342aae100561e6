"""The counts of a step: against the one definition of FLOPs, real arrays, and counting arrays."""

import math

import numpy as np
import pytest

from tinytx import manual
from tinytx.config import GPTConfig
from tinytx.inspect import flops
from tinytx.manual import activation, loss, norm, rotary, softmax
from tinytx.presets import PRESETS
from tinytx.speed import PARTS, by_part, decoding_step, training_step
from tinytx.speed.work import EACH, UPDATE, UPDATED

from .counted import operations

SIZES = {"vocab_size": 37, "context_length": 23, "n_layer": 3, "n_head": 4, "d_model": 20}
CONFIGS = [
    {}, {"tie_weights": False, "bias": False}, {"d_head": 7, "d_ff": 33},
    {"activation": "swiglu", "norm_kind": "rms", "positions": "rotary", "d_head": 6},
    {"n_kv_head": 2, "qk_norm": True, "norm": "post"}, {"dropout": 0.1, "positions": "sinusoidal"},
    {"window": 5, "positions": "none", "activation": "relu2"},
]  # fmt: skip


def config(**changes):
    return GPTConfig(**{**SIZES, **changes})


@pytest.mark.parametrize("changes", CONFIGS)
@pytest.mark.parametrize(("B", "T"), [(1, 23), (3, 11)])
def test_products_are_those_of_inspect(changes, B, T):
    c = config(**changes)
    works = training_step(c, B, T)
    for direction, times in {"forward": 1, "backward": 2}.items():
        mine = by_part((w for w in works if w.direction == direction), products_only=True)
        assert mine == {part: times * B * T * n for part, n in sorted_parts(flops(c, T)).items()}


@pytest.mark.parametrize("changes", CONFIGS)
def test_products_of_decoding_are_those_of_inspect(changes):
    c = config(**changes)
    mine = by_part(decoding_step(c, 5, 17), products_only=True)
    assert mine == {part: 5 * n for part, n in sorted_parts(flops(c, 17)).items()}


def sorted_parts(found):
    return {part: found[part] for part in PARTS if part in found}


@pytest.mark.parametrize("name", ["gpt2", "gpt2-xl"])
def test_what_inspect_leaves_out_is_small_at_the_size_of_gpt2(name):
    works = training_step(PRESETS[name], 8)
    rest = sum(w.flops for w in works if not w.product)
    assert 0 < rest < 0.03 * sum(w.flops for w in works)


def works_of(c, B, T, **how):
    return {(w.name, w.direction): w for w in training_step(c, B, T, **how)}


def n_bytes(*arrays):
    return sum(one.nbytes for one in arrays)


def normal(*shape):
    return np.random.default_rng(0).standard_normal(shape).astype(np.float32)


def test_traffic_is_that_of_the_arrays():
    """Operands and results of the package's own functions, at float32; biases do not count."""
    c, B, T = config(), 2, 11
    works, L = works_of(c, B, T), c.n_layer
    x, weight = normal(B, T, 20), normal(80, 20)
    y, saved = manual.linear.linear_forward(x, weight)
    dx, dweight, _ = manual.linear.linear_backward(y, saved)
    assert works["up_proj", "forward"].bytes == L * n_bytes(x, weight, y)
    assert works["up_proj", "backward"].bytes == L * n_bytes(y, x, weight, dx, dweight)
    act, saved = activation.gelu_forward(y)
    assert works["act", "forward"].bytes == L * n_bytes(y, act)
    dact = activation.gelu_backward(act, saved)
    assert works["act", "backward"].bytes == L * n_bytes(act, y, dact)
    head = normal(37, 20)
    logits, _ = manual.linear.linear_forward(x, head)
    assert works["lm_head", "forward"].bytes == n_bytes(x, head, logits)
    assert works["loss", "backward"].bytes == n_bytes(logits, logits)
    q = normal(B, 4, T, 5)
    weights = normal(B, 4, T, T)
    scores = q @ q.swapaxes(-1, -2)
    forward = n_bytes(q, q, scores) + n_bytes(weights, q, weights @ q)
    assert works["scores", "forward"].bytes == L * forward
    backward = n_bytes(q, q, weights, q, weights) + n_bytes(scores, q, q, q, q)
    assert works["scores", "backward"].bytes == L * backward
    assert works["norms", "forward"].bytes == (2 * L + 1) * n_bytes(x, x)
    assert works["residual", "forward"].bytes == 2 * L * n_bytes(x, x, x)
    n = sum(p.data.size for p in manual.GPT(c, np.random.default_rng(0)).parameters())
    assert works["update", "update"].bytes == UPDATED * n
    assert works["update", "update"].flops == UPDATE * n


def test_half_the_bytes_twice_the_intensity():
    wide, narrow = (works_of(config(), 2, 11, dtype=d) for d in ("float32", "bfloat16"))
    for key, one in wide.items():
        assert narrow[key].flops == one.flops
        assert narrow[key].bytes == (one.bytes if key[0] == "update" else one.bytes // 2)


def per_number(pair, *given, dy=None):
    """Return the operations for one number of the result, forward and backward, rounded."""
    forward, backward = pair
    (y, saved), n = operations(forward, *given)
    size = np.size(given[0])
    dy = normal(*np.shape(y)) if dy is None else dy
    _, m = operations(backward, dy, saved)
    return round(n / size), round(m / size)


def test_operations_are_those_of_the_packages_functions():
    x = normal(64, 48)
    for name, pair in activation.PAIRS.items():
        assert per_number(pair, x) == EACH[name], name
    pair = activation.swiglu_forward, activation.swiglu_backward
    assert per_number(pair, x, x) == EACH["swiglu"]
    weight, bias = normal(48), normal(48)
    pair = norm.layernorm_forward, norm.layernorm_backward
    assert per_number(pair, x, weight, bias) == EACH["layer"]
    pair = norm.rmsnorm_forward, norm.rmsnorm_backward
    assert per_number(pair, x, weight) == EACH["rms"]
    forward, backward = per_number((softmax.softmax_forward, softmax.softmax_backward), x, x > 0)
    assert (forward + 1, backward + 1) == EACH["softmax"]  # attention's scale on top
    pair = loss.cross_entropy_forward, loss.cross_entropy_backward
    assert per_number(pair, x, np.zeros(64, int), dy=1.0) == EACH["loss"]


def test_a_rotation_is_three_operations_a_number():
    q, angle = normal(2, 3, 9, 8), normal(2, 1, 9, 4)
    turns = rotary.Turns(np.cos(angle), np.sin(angle))
    _, n = operations(rotary.rotate_forward, q, turns)
    assert (n / q.size, n / q.size) == EACH["rotary"]


def test_decoding_reads_each_weight_once_and_each_cache_alone():
    c = config()
    one, many = ({w.name: w for w in decoding_step(c, B, 17)} for B in (1, 64))
    assert one["up_proj"].bytes == c.n_layer * 4 * (20 + 20 * 80 + 80)
    assert many["up_proj"].intensity > 10 * one["up_proj"].intensity
    assert many["scores"].intensity == one["scores"].intensity
    assert many["scores"].bytes == 64 * one["scores"].bytes


def test_with_few_heads_for_keys_less_is_read():
    few = {w.name: w for w in decoding_step(config(n_kv_head=1), 1, 23)}
    all_ = {w.name: w for w in decoding_step(config(), 1, 23)}
    assert few["scores"].flops == all_["scores"].flops
    assert few["scores"].bytes < all_["scores"].bytes / 2


def test_an_operation_that_is_not_there_has_no_line():
    names = {w.name for w in training_step(config(positions="none"), 2, 5)}
    assert not {"pos_emb", "rotary", "gate_proj", "dropout", "qk_norm"} & names
    back = [w for w in training_step(config(positions="sinusoidal"), 2, 5) if w.name == "pos_emb"]
    assert [w.direction for w in back] == ["forward"]


@pytest.mark.parametrize("function", [training_step, decoding_step])
def test_wrong_sizes_get_one_clear_line(function):
    last = "T" if function is training_step else "S"
    with pytest.raises(ValueError, match="B is 0 and must be an integer of at least 1"):
        function(config(), 0, 5)
    with pytest.raises(ValueError, match=f"{last} is 24 and must be a whole number from 1 to"):
        function(config(), 1, 24)
    with pytest.raises(ValueError, match="dtype is 'float8' and must be one of 'float32', 'bf"):
        function(config(), 1, 5, "float8")
    with pytest.raises(ValueError, match="config is a int and must be a GPTConfig"):
        function(7, 1, 5)


def test_every_number_is_whole_and_every_part_known():
    for changes in CONFIGS:
        for one in training_step(config(**changes), 2, 7):
            assert type(one.flops) is int
            assert type(one.bytes) is int
            assert one.part in PARTS
            assert one.bytes > 0
            assert math.isfinite(one.intensity)
