"""Chapter 05: for each promise of a task, an answer that passes over it alone, and is refused."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from tinytx.checks import blocks

from .blocks_designs import (
    count_shapes,
    gelu_factored,
    mlp_einsum,
    norm_var,
    stream_index,
    wiring_by_scale,
)

BUFFERS = {}


def buffered(make):
    """Return an answer whose results all stand in one array for each shape."""

    def answer(*args):
        value = make(*args)
        out = BUFFERS.setdefault((make.__name__, value.shape), np.empty_like(value))
        out[...] = value
        return out

    return answer


def three_axes(x):
    return x.reshape(x.shape[-3:])


# layernorm


def constant_rows_fail(x, weight, bias, eps=1e-5):
    same = np.ptp(x, axis=-1, keepdims=True) == 0
    return np.where(same, np.nan, norm_var(x, weight, bias, eps))


def one_shift_for_all_rows(x, weight, bias, eps=1e-5):
    x = x - x.mean()
    mean = x.mean(-1, keepdims=True)
    variance = (x**2).mean(-1, keepdims=True) - mean**2
    return (x - mean) / np.sqrt(variance + eps) * weight + bias


def another_default(x, weight, bias, eps=1e-6):
    return norm_var(x, weight, bias, eps)


def in_float32(x, weight, bias, eps=1e-5):
    return norm_var(x.astype(np.float32), weight, bias, eps)


def norm_of_three_axes(x, weight, bias, eps=1e-5):
    return norm_var(three_axes(x), weight, bias, eps)


def one_weight(x, weight, bias, eps=1e-5):
    return norm_var(x, weight[:1], bias, eps)


# gelu


def straight_beyond(limit):
    def gelu(x):
        return np.where(np.abs(x) > limit, np.maximum(x, 0), gelu_factored(x))

    return gelu


def in_shares_of_the_largest(x):
    """In half precision, scaled so that the largest number of the array fits."""
    scale = np.abs(x).max()
    return gelu_factored((x / scale).astype(np.float16) * scale)


def clipped(x):
    return gelu_factored(np.clip(x, -100, 100))


def nothing_below_zero(x):
    return np.maximum(gelu_factored(x), 0)


def gelu_of_three_axes(x):
    return gelu_factored(three_axes(x))


# mlp


def mlp_of_three_axes(x, *weights):
    return mlp_einsum(three_axes(x), *weights)


def as_many_units_as_numbers(x, w1, b1, w2, b2):
    F = max(len(b1), x.shape[-1])
    wide = [np.resize(array, shape) for array, shape in ((w1, (F, x.shape[-1])), (b1, F))]
    return mlp_einsum(x, *wide, np.resize(w2, (x.shape[-1], F)), b2)


def twins_of_units(x, w1, b1, w2, b2):
    return mlp_einsum(x, np.abs(w1), b1, w2, b2)


# pre_norm


def without_parts_as_it_came(x, parts, norms, ln_f):
    return stream_index(x, parts, norms, ln_f) if parts else x


def even_numbers_only(x, parts, norms, ln_f):
    even = len(parts) // 2 * 2 or len(parts)
    return stream_index(x, parts[:even], norms[:even], ln_f)


def norm_by_name(x, parts, norms, ln_f):
    return stream_index(x, parts, [norms[parts.index(part)] for part in parts], ln_f)


def into_the_stream(x, parts, norms, ln_f):
    x[...] = stream_index(x, parts, norms, lambda stream: stream)
    return ln_f(x)


def out_of_the_lists(x, parts, norms, ln_f):
    result = stream_index(x, parts, norms, ln_f)
    norms.clear()
    return result


# count_parameters


def changed(**fields):
    """Return a count that reads some switches wrong where some others are set."""
    where, read = fields.pop("where"), fields

    def count(config):
        hit = all(getattr(config, name) == value for name, value in where.items())
        return count_shapes(dataclasses.replace(config, **read) if hit else config)

    return count


def count_into_one_dict(config, found={}):  # noqa: B006
    found.update(count_shapes(config))
    return found


# wiring


def only_many_positions(block, T, D):
    return wiring_by_scale(block, T, D) if T > 1 else ["norm", "sum"]


def five_numbers_at_least(block, T, D):
    return wiring_by_scale(block, T, D) if D > 4 or T > 1 else ["norm"]


def by_size(limit, found):
    """Return an experiment that believes an output beyond the limit to be of one kind."""

    def wiring(block, T, D):
        out = np.abs(block(np.random.default_rng(0).standard_normal((T, D)))).max()
        kind = wiring_by_scale(block, T, D)
        return found if kind != found and limit(out) else kind

    return wiring


def one_array_again_and_again(block, T, D):
    x = np.random.default_rng(0).standard_normal((T, D))
    outs = []
    for _ in range(3):
        outs.append(np.array(block(x)))
        x += 1e6
    if np.abs(outs[1] - outs[0]).max() < 1e-3 * np.abs(outs[0]).max():
        return ["norm"]
    if np.abs(outs[1] - outs[0] - 1e6).max() < 1e-3 * np.abs(outs[0]).max():
        return ["norm", "sum"]
    far, further = (np.abs(out).max() for out in outs[1:])
    return ["sum", "norm"] if further < 1.5 * far else ["sum"]


def with_a_sign(block, T, D):
    x = np.random.default_rng(0).standard_normal((T, D))
    falls = (np.array(block(x + 1e6)) - np.array(block(x.copy()))).max() < 0
    return ["norm"] if falls else wiring_by_scale(block, T, D)


IGNORED = {
    "layernorm": [
        constant_rows_fail, one_shift_for_all_rows, another_default, in_float32,
        norm_of_three_axes, one_weight, buffered(norm_var),
    ],
    "gelu": [
        straight_beyond(3), straight_beyond(4), in_shares_of_the_largest, clipped,
        nothing_below_zero, gelu_of_three_axes, buffered(gelu_factored),
    ],
    "mlp": [
        mlp_of_three_axes, as_many_units_as_numbers, twins_of_units, buffered(mlp_einsum),
    ],
    "pre_norm": [
        without_parts_as_it_came, even_numbers_only, norm_by_name, into_the_stream,
        out_of_the_lists, buffered(stream_index),
    ],
    "count_parameters": [
        changed(where={"norm": "post", "bias": False}, bias=True),
        changed(where={"norm": "post", "tie_weights": False}, tie_weights=True),
        changed(where={"bias": False, "tie_weights": False}, bias=True),
        changed(where={"n_head": 3}, n_head=5, d_model=25),
        count_into_one_dict,
    ],
    "wiring": [
        only_many_positions, five_numbers_at_least, one_array_again_and_again, with_a_sign,
        by_size(lambda out: out > 100, ["sum"]), by_size(lambda out: out < 0.3, ["norm"]),
        by_size(lambda out: out < 0.3, ["sum", "norm"]),
    ],
}  # fmt: skip
CASES = [(name, number) for name, answers in IGNORED.items() for number in range(len(answers))]


@pytest.mark.usefixtures("_nameless")
@pytest.mark.parametrize(("name", "number"), CASES)
def test_an_answer_that_passes_over_one_promise_is_refused(name, number):
    assert blocks.chapter.checks[name].run(IGNORED[name][number]).status == "wrong"
