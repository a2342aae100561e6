"""Promises that several tasks make: whoever ignores one of them is refused, in every chapter.

Each answer is right but for one thing. The kinds are those that wrong answers written from the
texts alone have found; an exercise that makes the same promise has the same test.
"""

from __future__ import annotations

import codecs
import itertools
from collections import Counter

import numpy as np
import pytest

from tinytx.checks import attention, backprop, blocks, embeddings, multihead, tokenization
from tinytx.checks.blocks.answers import gelu
from tinytx.tokenizers import count_pairs, merge_pair

CHAPTERS = (tokenization, embeddings, attention, multihead, blocks, backprop)
CHECKS = {name: check for module in CHAPTERS for name, check in module.chapter.checks.items()}


def changed(name, **changes):
    """Return the right answer to changed arguments: ``_1`` does something to number 1."""

    def answer(*args):
        given = list(args)
        for at, change in changes.items():
            number = int(at[1:])
            if number < len(given):
                given[number] = change(given[number])
        return CHECKS[name].reference(*given)

    return answer


def remembering(name, forgotten):
    """Return the right answer, remembered by all arguments but one."""
    known = {}

    def answer(*args):
        key = repr([arg for i, arg in enumerate(args) if i != forgotten])
        if key not in known:
            known[key] = CHECKS[name].reference(*args)
        value = known[key]
        return list(value) if isinstance(value, list) else value

    return answer


def bytes_only(ids):
    return ids.astype(np.uint8)


def small(x):
    """Take numbers below 1e-4 for zero, as a clip of probabilities would."""
    return np.where(np.abs(x) < 1e-4, 0, x)


def top_without(at):
    """Return a softmax that subtracts the largest of all numbers but the first, or the last."""

    def softmax(x, mask=None):
        rest = x[..., 1:] if at == 0 else x[..., :-1]
        top = rest.max(axis=-1, keepdims=True) if rest.size else x
        e = np.exp(x - top) if mask is None else np.where(mask, np.exp(x - top), 0)
        total = e.sum(axis=-1, keepdims=True)
        return e / np.where(total == 0, 1, total)

    return softmax


def read(softmax, q, k, v, mask):
    scores = q @ k.swapaxes(-1, -2) / np.sqrt(q.shape[-1])
    mask = np.ones(scores.shape, dtype=bool) if mask is None else mask
    return softmax(scores, np.broadcast_to(mask, scores.shape)) @ v


def by_softmax(softmax, clip=lambda p: p):
    """Return answers that use a softmax of this kind, each of an exercise."""

    def weights(scores, mask=None):
        return clip(softmax(scores, mask))

    def layer(x, w_qkv, w_o, n_head):
        B, T, _ = x.shape
        parts = (x @ w.T for w in np.split(w_qkv, 3))
        q, k, v = (p.reshape(B, T, n_head, -1).swapaxes(1, 2) for p in parts)
        out = read(weights, q, k, v, np.tri(T, dtype=bool))
        return out.swapaxes(1, 2).reshape(B, T, -1) @ w_o.T

    def loss(logits, targets):
        return (weights(logits) - np.eye(logits.shape[-1])[targets]) / targets.size

    def back(dout, q, k, v, mask):
        root = np.sqrt(q.shape[-1])
        p = weights(q @ k.swapaxes(-1, -2) / root, mask)
        dp = dout @ v.swapaxes(-1, -2)
        ds = p * (dp - (p * dp).sum(axis=-1, keepdims=True)) / root
        return ds @ k, ds.swapaxes(-1, -2) @ q, p.swapaxes(-1, -2) @ dout

    return {
        "softmax": weights,
        "masked_weights": weights,
        "attention": lambda q, k, v, mask=None: read(weights, q, k, v, mask),
        "multi_head_attention": layer,
        "cross_entropy_gradient": loss,
        "attention_gradients": back,
    }


def whole(x, mask=None):
    """The softmax itself, of what a mask leaves."""
    x = x if mask is None else np.where(mask, x, -np.inf)
    top = x.max(axis=-1, keepdims=True)
    e = np.exp(x - np.where(np.isfinite(top), top, 0))
    total = e.sum(axis=-1, keepdims=True)
    return e / np.where(total == 0, 1, total)


def decode_surrogates(ids, vocab):
    def handle(error):
        found = error.object[error.start : error.start + 3]
        try:
            return found.decode("utf-8", "surrogatepass"), error.start + 3
        except UnicodeDecodeError:
            return "\ufffd", error.end

    codecs.register_error("let surrogates pass", handle)
    return b"".join(vocab[i] for i in ids).decode("utf-8", "let surrogates pass")


def merge_16_bits(ids, pair, new_id):
    cut = lambda i: i & 0xFFFF  # noqa: E731
    return merge_pair(list(map(cut, ids)), tuple(map(cut, pair)), cut(new_id))


def most_frequent_first(word, merges):
    tokens = [bytes([b]) for b in word]
    while found := {p: n for p, n in count_pairs(tokens).items() if p in merges}:
        best = min(found, key=lambda p: (-found[p], merges.index(p)))
        tokens = merge_pair(tokens, best, b"".join(best))
    return tokens


def encode(rank):
    """Return an encoder in which ``rank(merges)`` says how early a pair comes."""

    def answer(word, merges):
        tokens, ranks = [bytes([b]) for b in word], rank(merges)
        while known := [p for p in itertools.pairwise(tokens) if ranks(p) is not None]:
            best = min(known, key=ranks)
            tokens = merge_pair(tokens, best, b"".join(best))
        return tokens

    return answer


def spaced(merges):
    table = {}
    for at, pair in enumerate(merges):
        table.setdefault(b" ".join(pair), at)
    return lambda pair: table.get(b" ".join(pair))


def by_half(half):
    def rank(merges):
        halves = [pair[half] for pair in merges]
        return lambda pair: halves.index(pair[half]) if pair in merges else None

    return rank


def train(count):
    """Return a trainer in which a pair of a word of weight n, there k times, adds count(k, n)."""

    def answer(words, n_merges):
        rows = [([bytes([b]) for b in word], n) for word, n in words.items()]
        merges = []
        while len(merges) < n_merges:
            counts = Counter()
            for tokens, n in rows:
                for pair, k in count_pairs(tokens).items():
                    counts[pair] = count(counts[pair], k, n)
            if not counts:
                break
            best = max(counts, key=lambda pair: (counts[pair], pair))
            merges.append(best)
            rows = [(merge_pair(tokens, best, b"".join(best)), n) for tokens, n in rows]
        return merges

    return answer


def nearest_by_angle(weight, id, n):
    unit = weight / np.linalg.norm(weight, axis=1, keepdims=True)
    with np.errstate(invalid="ignore"):
        angle = np.arccos(unit @ unit[id])
    return [i for i in np.argsort(angle).tolist() if i != id][:n]


def nearest_in_no_order(weight, id, n):
    """The right ones, but only the ends of the list are sure to be in order."""
    found = CHECKS["nearest"].reference(weight, id, n)
    return found[:50] + found[50:][::-1]


def spots(pairs=lambda pairs: pairs, last=None):
    def answer(model, vocab_size, T):
        rng, blind = np.random.default_rng(0), []
        for i in range(T - 2):
            change = 0
            for a, b in 8 * pairs(list(itertools.combinations(range(vocab_size), 2))):
                ids = rng.integers(vocab_size, size=T)
                if last is not None:
                    ids[-1] = last % vocab_size
                ids[i : i + 2] = a, b
                one = np.array(model(ids.copy()))[-1]
                ids[i : i + 2] = b, a
                change = max(change, np.abs(one - model(ids.copy())[-1]).max())
            if change <= 1e-9:
                blind.append(i)
        return blind

    return answer


def split_as_fresh(x, n_head):
    *front, T, D = x.shape
    return x.ravel(order="K").reshape(*front, T, n_head, D // n_head).swapaxes(-2, -3)


def heads_as_fresh(out, w_o):
    return CHECKS["head_outputs"].reference(out.ravel(order="K").reshape(out.shape), w_o)


def turned_if_square(x, w_qkv, w_o, n_head):
    w_qkv = w_qkv.T if w_qkv.shape[0] == w_qkv.shape[1] else w_qkv
    return CHECKS["multi_head_attention"].reference(x, w_qkv, w_o, n_head)


def split_test(compare):
    def answer(split):
        x = np.arange(120.0).reshape(3, 5, 8)
        return bool(compare(split(x, 2), x.reshape(3, 5, 2, 4).swapaxes(1, 2)))

    return answer


def vectorized(x):
    def one(v):
        return 0 if v == 0 else gelu(np.array([v]))[0]

    return np.vectorize(one)(x) * 1.0


def fires_above(limit, otherwise=lambda z: 0 * z):
    def mlp(x, up, up_bias, down, down_bias):
        z = x @ up.T + up_bias
        return np.where(z > limit, z, otherwise(z)) @ down.T + down_bias

    return mlp


def relu_vectorized(x, up, up_bias, down, down_bias):
    relu = np.vectorize(lambda z: z if z > 0 else 0)
    return relu(x @ up.T + up_bias) @ down.T + down_bias


def added_in_place(x, parts, norms, ln_f):
    stream = x
    for part, norm in zip(parts, norms, strict=True):
        out = part(norm(stream))
        out += stream
        stream = out
    return ln_f(stream)


def wiring_by_size(block, T, D):
    """Tell pre-norm by what is left when the stream is taken away, as if parts were small."""
    x = np.random.default_rng(7).normal(size=(T, D))
    y, y1, y2 = (np.array(block(x * k)) for k in (1.0, 1e3, 1e6))
    if np.abs(y1 - y).max() <= np.abs(y).max() / 1000:
        return ["norm"]
    if np.abs(y2).max() < 2 * np.abs(y1).max():
        return ["sum", "norm"]
    left = np.abs(y2 - y - (1e6 - 1) * x).max()
    return ["norm", "sum"] if left <= np.abs(y).max() else ["sum"]


def wiring_by_shift(c):
    """Return a design that adds ``c`` to a block's input, and looks whether the output follows."""

    def wiring(block, T, D):
        x = np.random.default_rng(0).normal(size=(T, D))
        y, moved = np.array(block(x.copy())), np.array(block(x + c))
        stays = np.abs(moved - y).max() <= 1e-3 * np.abs(y).max()
        follows = np.abs(moved - y - c).max() <= 1e-3 * np.abs(moved).max()
        if stays or follows:
            return ["norm"] if stays else ["norm", "sum"]
        far, further = (np.abs(np.array(block(x + shift))).max() for shift in (1e6, 2e6))
        return ["sum"] if further > 1.5 * far else ["sum", "norm"]

    return wiring


def alike_are_copied(dp, p, *temperature):
    if (dp == dp[..., :1]).all():
        return dp.copy()
    return CHECKS["softmax_gradient"].reference(dp, p, *temperature)


def triangle_if_square(dp, p, *temperature):
    if p.ndim > 1 and p.shape[-1] == p.shape[-2]:
        dp = np.tril(dp)
    return CHECKS["softmax_gradient"].reference(dp, p, *temperature)


def certain_are_skipped(logits, targets):
    p = np.take_along_axis(whole(logits), targets[..., None], axis=-1)
    return (p < 0.99) * CHECKS["cross_entropy_gradient"].reference(logits, targets)


def asks(draw=lambda rng, shape: rng.standard_normal(shape), seen=lambda dx: dx, rounding=None):
    """Return a test of a backward pass, of which one part is done in a way of its own."""

    def answer(forward, backward, x):
        y = np.array(forward(x.copy()))
        dy = draw(np.random.default_rng(0), y.shape)
        dx = seen(np.array(backward(dy.copy(), x.copy())))
        slopes = np.empty_like(x)
        for at in np.ndindex(x.shape):
            plus, minus = x.copy(), x.copy()
            plus[at] += 1e-5
            minus[at] -= 1e-5
            change = np.array(forward(plus)) - np.array(forward(minus))
            slopes[at] = (dy * change).sum() / 2e-5
        slack = 1e-9 * np.abs(y).max() if rounding is None else rounding
        return bool((np.abs(dx - slopes) <= 1e-4 * np.abs(slopes).max() + slack).all())

    return answer


def whole_numbers(rng, shape):
    return rng.integers(-9, 10, size=shape).astype(float)


def plus_minus(rng, shape):
    return rng.choice([-1.0, 1.0], size=shape)


IGNORED = [
    ("an id may be above 255", "model_input", changed("model_input", _0=bytes_only)),
    ("an id may be above 255", "table_gradients", changed("table_gradients", _0=bytes_only)),
    ("an id may be above 255", "nearest", changed("nearest", _1=lambda i: i % 256)),
    ("an id may be above 255", "cross_entropy_gradient",
        changed("cross_entropy_gradient", _1=bytes_only)),
    ("an id may be above 65,535", "merge_pair", merge_16_bits),
    ("an id may be above 65,535", "count_pairs",
        lambda ids: count_pairs([i & 0xFFFF for i in ids])),
    ("a count may be above 65,535", "train_bpe", train(lambda c, k, n: (c + k * n) & 0xFFFF)),
    *[("each argument counts", name, remembering(name, forgotten))
        for name, check in tokenization.chapter.checks.items()
        for forgotten in range(len(check.cases[0]))],
    *[("each argument counts", "sinusoids", remembering("sinusoids", i)) for i in (0, 1)],
    ("every kind of broken byte is shown", "decode", decode_surrogates),
    ("a pair is two byte strings", "encode_word", encode(spaced)),
    ("a pair has one place in the list", "encode_word", encode(by_half(0))),
    ("a pair has one place in the list", "encode_word", encode(by_half(1))),
    ("the pair learned first goes first", "encode_word", most_frequent_first),
    ("a word counts as often as it occurs", "train_bpe", train(lambda c, k, n: c + k + n - 1)),
    ("the scale is any number", "model_input", changed("model_input", _3=abs)),
    ("a table may hold the same row twice", "nearest", nearest_by_angle),
    ("the most similar come first", "nearest", nearest_in_no_order),
    ("whatever the two tokens are", "blind_spots", spots(lambda pairs: pairs[:3])),
    ("whatever the two tokens are", "blind_spots", spots(lambda pairs: pairs[-3:])),
    ("whatever the others are", "blind_spots", spots(last=0)),
    ("whatever the others are", "blind_spots", spots(last=-1)),
    ("the weights sum to one", "softmax", lambda x: whole(x) * (1 - 1e-5)),
    ("the weights sum to one", "masked_weights", lambda s, mask: whole(s, mask) * (1 - 1e-5)),
    *[(f"the {'last' if at else 'first'} may be the largest", name, fn)
        for at in (0, -1) for name, fn in by_softmax(top_without(at)).items()],
    *[("a small weight is not zero", name, fn) for name, fn in by_softmax(whole, small).items()],
    ("a small weight is not zero", "softmax_gradient", changed("softmax_gradient", _1=small)),
    ("a target may be nearly certain", "cross_entropy_gradient", certain_are_skipped),
    ("an array may be a view", "split_heads", split_as_fresh),
    ("an array may be a view", "head_outputs", heads_as_fresh),
    ("sizes may coincide", "multi_head_attention", turned_if_square),
    ("sizes may coincide", "softmax_gradient", triangle_if_square),
    ("the right numbers in the right places", "is_right_split",
        split_test(lambda a, b: a.shape == b.shape and np.allclose(a, b, atol=1))),
    ("the shape is (B, H, T, Dh)", "is_right_split",
        split_test(lambda a, b: np.array_equal(np.ravel(a), np.ravel(b)))),
    ("the shape is (B, H, T, Dh)", "is_right_split",
        split_test(lambda a, b: a.shape[-3:] == b.shape[-3:] and (a == b).all())),
    ("the first number may be 0", "gelu", vectorized),
    ("the first number may be 0", "mlp", relu_vectorized),
    ("ReLU bends at 0", "mlp", fires_above(0.01)),
    ("ReLU bends at 0", "mlp", fires_above(-0.01)),
    ("the stream stays as it is", "pre_norm", added_in_place),
    ("parts may give results of any size", "wiring", wiring_by_size),
    ("parts may give results of any size", "wiring", wiring_by_shift(1)),
    ("a row may be alike throughout", "softmax_gradient", alike_are_copied),
    ("a right one is right for any dy", "gradient_is_right", asks(whole_numbers)),
    ("a right one is right for any dy", "gradient_is_right", asks(plus_minus)),
    ("nan is wrong", "gradient_is_right", asks(seen=np.nan_to_num)),
    ("an output may be large and change little", "gradient_is_right", asks(rounding=5e-11)),
]  # fmt: skip


@pytest.mark.usefixtures("_nameless")
@pytest.mark.parametrize(
    ("name", "fn"), [(n, f) for _, n, f in IGNORED], ids=[f"{n}: {kind}" for kind, n, _ in IGNORED]
)
def test_an_answer_that_ignores_a_promise_is_refused(name, fn):
    result = CHECKS[name].run(fn)
    assert result.status == "wrong"
    assert result.stage != "runs", str(result)


RIGHT = [
    ("softmax", by_softmax(whole)["softmax"]),
    ("masked_weights", by_softmax(whole)["masked_weights"]),
    ("attention", by_softmax(whole)["attention"]),
    ("multi_head_attention", by_softmax(whole)["multi_head_attention"]),
    ("cross_entropy_gradient", by_softmax(whole)["cross_entropy_gradient"]),
    ("attention_gradients", by_softmax(whole)["attention_gradients"]),
    ("encode_word", encode(lambda merges: lambda p: merges.index(p) if p in merges else None)),
    ("train_bpe", train(lambda c, k, n: c + k * n)),
    ("mlp", fires_above(0)),
    ("wiring", wiring_by_shift(1e6)),
    ("gradient_is_right", asks()),
    ("blind_spots", spots()),
    ("is_right_split", split_test(np.array_equal)),
]


@pytest.mark.parametrize(("name", "fn"), RIGHT, ids=[name for name, _ in RIGHT])
def test_without_its_fault_such_an_answer_passes(name, fn):
    """So what the tests above refuse is the fault, not the style around it."""
    result = CHECKS[name].run(fn)
    assert result.status == "ok", str(result)


def test_an_output_whose_slopes_are_all_zero_does_not_bend():
    """The task says so: else no difference could tell a right answer from zeros."""
    flat = 0
    for forward, _, x in CHECKS["gradient_is_right"].cases:
        y = np.array(forward(x.copy()))
        moved = [x + d.reshape(x.shape) for d in 1e-5 * np.eye(x.size)]
        slopes = [np.abs(np.array(forward(near)) - y).max() / 1e-5 for near in moved]
        if max(slopes) <= 1e-9 * np.abs(y).max():
            far = x + np.random.default_rng(0).normal(size=x.shape)
            assert np.allclose(np.array(forward(far)), y, rtol=1e-12)
            flat += 1
    assert flat >= 3
