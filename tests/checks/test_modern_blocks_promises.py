"""What the tasks of chapter 13 promise: whoever ignores it is refused."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from tinytx.checks import modern_blocks

from .made import overwriting, with_changed
from .modern_blocks_designs import (
    bytes_looped,
    decoded_grouped,
    geglu_chained,
    group_split,
    halves_looped,
    pairs_looped,
    routed_by_masks,
)

changed = partial(with_changed, modern_blocks.chapter.checks)


def first_of(rotated):
    """Rotate the first text, or head, for all."""
    return lambda x, start, base: pairs_looped(rotated(x), start, base)


def popping(windows, *rest):
    total = 0
    while windows:
        total += bytes_looped([windows.pop()], *rest)
    return total


def clipped(q, k, v, keys, values, base):
    """Cuts scores off at 700, where exp is still finite."""
    H, Dh = q.shape
    x = np.concatenate([q, k])[None, :, None]
    turned = halves(x, keys.shape[1], base)[0, :, 0]
    keys = np.concatenate([keys, turned[H:, None]], axis=1).repeat(H // len(k), axis=0)
    values = np.concatenate([values, v[:, None]], axis=1).repeat(H // len(v), axis=0)
    scores = np.einsum("hd,hsd->hs", turned[:H], keys) / Dh**0.5
    e = np.exp(np.clip(scores, -700, 700))
    return np.einsum("hs,hsd->hd", e / e.sum(axis=1, keepdims=True), values)


def halves(x, start, base):
    """Turn by halves."""
    pairs = np.stack(np.split(x, 2, axis=-1), axis=-1).reshape(x.shape)
    turned = pairs_looped(pairs, start, base)
    return np.concatenate([turned[..., 0::2], turned[..., 1::2]], axis=-1)


def whole_range(x, router, experts, k):
    """Takes an expert for granted to be asked."""
    out, balance = routed_by_masks(x, router, experts, k)
    for expert in experts:
        expert(x[:1])
    return out, balance


def one_row_only(x, router, experts, k):
    """Takes one token."""
    found = [routed_by_masks(x[[n]], router, experts, k)[0] for n in range(len(x))]
    return np.concatenate(found), routed_by_masks(x[:1], router, experts, k)[1]


def last_of_equals(x, router, experts, k):
    """Of equal scores, the last."""
    return routed_by_masks(x, router[::-1], experts[::-1], k)


IGNORED = [
    ("a window may be wider than the text", "cache_bytes", lambda windows, sinks, *rest:
        bytes_looped([w and max(min(w, rest[3] - 1), 1) for w in windows], sinks, *rest)),
    ("a window may be 1", "cache_bytes",
        changed("cache_bytes", 0, lambda windows: [w and max(w, 2) for w in windows])),
    ("a window with its sinks may hold the text exactly", "cache_bytes",
        lambda windows, sinks, *rest: bytes_looped(
            [w and w - (w + sinks == rest[3]) for w in windows], sinks, *rest)),
    ("blocks may all have a window", "cache_bytes", lambda windows, *rest: bytes_looped(
        windows if None in windows else [None, *windows[1:]], *rest)),
    ("no block need have a window", "cache_bytes", lambda windows, *rest: bytes_looped(
        windows if any(windows) else [1, *windows[1:]], *rest)),
    ("windows may differ", "cache_bytes", lambda windows, *rest: bytes_looped(
        [w and max(v for v in windows if v) for w in windows], *rest)),
    ("sinks may be 0", "cache_bytes", changed("cache_bytes", 1, lambda sinks: max(sinks, 1))),
    ("sinks may be more than a window", "cache_bytes", lambda windows, sinks, *rest: bytes_looped(
        windows, min([sinks, *(w for w in windows if w)]), *rest)),
    ("one position is enough", "cache_bytes", changed("cache_bytes", 5, lambda T: max(T, 2))),
    ("as many heads may have keys as ask", "cache_bytes", lambda windows, sinks, H, G, *rest:
        bytes_looped(windows, sinks, H, min(G, max(H - 1, 1)), *rest)),
    ("a number may take any bytes", "cache_bytes",
        changed("cache_bytes", 6, lambda size: min(size, 2))),
    ("the list stays", "cache_bytes", popping),
    ("groups may be of one number", "group_rmsnorm", lambda x, w, G, eps, dy: group_split(
        x, w, G if x.shape[1] > G else 1, eps, dy)),
    ("one group is a row", "group_rmsnorm", lambda x, w, G, eps, dy: group_split(
        x, w, G if G > 1 else x.shape[1], eps, dy)),
    ("epsilon may be large", "group_rmsnorm",
        changed("group_rmsnorm", 3, lambda eps: min(eps, 1e-5))),
    ("epsilon may be small", "group_rmsnorm",
        changed("group_rmsnorm", 3, lambda eps: max(eps, 1e-2))),
    ("rows may be many", "group_rmsnorm", lambda x, w, G, eps, dy: tuple(
        np.concatenate([a, b]) if a.ndim > 1 else a for a, b in zip(
            group_split(x[:9], w, G, eps, dy[:9]), group_split(x[9:], w, G, eps, dy[9:]),
            strict=True))),
    ("x stays", "group_rmsnorm", overwriting(0, group_split)),
    ("dy stays", "group_rmsnorm", overwriting(4, group_split)),
    ("the weight stays", "group_rmsnorm", overwriting(1, group_split)),
    ("start may be 0", "rotate_pairs", changed("rotate_pairs", 1, lambda start: max(start, 1))),
    ("start may be large", "rotate_pairs",
        changed("rotate_pairs", 1, lambda start: min(start, 512))),
    ("the base may be small", "rotate_pairs",
        changed("rotate_pairs", 2, lambda base: max(base, 10.0))),
    ("the base may be large", "rotate_pairs",
        changed("rotate_pairs", 2, lambda base: min(base, 10_000.0))),
    ("texts may be several", "rotate_pairs", first_of(lambda x: x[:1].repeat(len(x), 0))),
    ("heads may be several", "rotate_pairs", first_of(lambda x: x[:, :1].repeat(x.shape[1], 1))),
    ("positions may be several", "rotate_pairs",
        first_of(lambda x: x[:, :, :1].repeat(x.shape[2], 2))),
    ("a new array", "rotate_pairs", lambda x, start, base: pairs_looped(x, start, base)
        if start else x),
    ("x stays", "rotate_pairs", overwriting(0, pairs_looped)),
    ("a gate may be far above 0", "geglu_backward",
        changed("geglu_backward", 1, lambda gate: np.minimum(gate, 10))),
    ("a gate may be far below 0", "geglu_backward", lambda dy, gate, up: tuple(
        part + (gate < -40) for part in geglu_chained(dy, gate, up))),
    ("up may be far from 0", "geglu_backward",
        changed("geglu_backward", 2, lambda up: np.clip(up, -10, 10))),
    ("any number of axes: one", "geglu_backward", lambda *given: tuple(
        part.reshape(-1, part.shape[-1]) for part in geglu_chained(*given))),
    ("any number of axes: many", "geglu_backward", lambda *given: tuple(
        part.reshape((*part.shape[:2], -1) if part.ndim > 3 else part.shape)
        for part in geglu_chained(*given))),
    ("dy stays", "geglu_backward", overwriting(0, geglu_chained)),
    ("gate stays", "geglu_backward", overwriting(1, geglu_chained)),
    ("up stays", "geglu_backward", overwriting(2, geglu_chained)),
    ("one head is enough", "halves_from_pairs", lambda w, H: halves_looped(
        w, H if H > 1 or len(w) % 4 else 2)),
    ("heads may be several", "halves_from_pairs", lambda w, H: halves_looped(w, 1)),
    ("a head may have two numbers", "halves_from_pairs", lambda w, H: halves_looped(
        w, H if len(w) > 2 * H else 1)),
    ("there may be more columns than rows of a head", "halves_from_pairs",
        lambda w, H: np.hstack([halves_looped(w[:, :8], H), w[:, 8:]])),
    ("the weight stays", "halves_from_pairs", overwriting(0, halves_looped)),
    ("the cache may be empty", "decoded", lambda q, k, v, keys, values, base: decoded_grouped(
        q, k, v, keys, values, base) if keys.size else np.zeros(q.shape)),
    ("one head of keys for all", "decoded", lambda q, k, v, keys, values, base: decoded_grouped(
        q, k, v, keys, values, base) if len(k) > 1 else decoded_grouped(
            q, k, v[:, ::-1], keys, values, base)),
    ("one head of keys for each", "decoded", lambda q, k, v, keys, values, base: decoded_grouped(
        q, *(part[:1] for part in (k, v, keys, values)), base)
        if len(k) == len(q) else decoded_grouped(q, k, v, keys, values, base)),
    ("a group may be of three", "decoded", lambda q, k, v, keys, values, base: decoded_grouped(
        q, k, v, keys, values, base) if len(q) != 3 * len(k) else decoded_grouped(
            q, k[::-1], v, keys, values, base)),
    ("the cache may be long", "decoded", lambda q, k, v, keys, values, base: decoded_grouped(
        q, k, v, keys, values, base) if keys.shape[1] < 32 else q),
    ("scores may be in the thousands", "decoded", clipped),
    ("the base may be any", "decoded", changed("decoded", 5, lambda base: max(base, 50.0))),
    ("the cache stays", "decoded", overwriting(3, decoded_grouped)),
    ("the values stay", "decoded", overwriting(4, decoded_grouped)),
    ("the query stays", "decoded", overwriting(0, decoded_grouped)),
    ("the key stays", "decoded", overwriting(1, decoded_grouped)),
    ("one token is enough", "routed", lambda x, router, experts, k: (
        routed_by_masks(x, router, experts, k)[0],
        routed_by_masks(x, router, experts, k if len(x) > 1 else 1)[1])),
    ("tokens may be many", "routed", one_row_only),
    ("k may be 1", "routed", changed("routed", 3, lambda k: max(k, 2))),
    ("k may be E", "routed", lambda x, router, experts, k: routed_by_masks(
        x, router, experts, min(k, max(len(experts) - 1, 1)))),
    ("of equally likely ones the first", "routed", last_of_equals),
    ("scores may be in the thousands", "routed", lambda x, router, experts, k: routed_by_masks(
        np.clip(x, -700, 700), router, experts, k)),
    ("tokens may have scores far apart", "routed", lambda x, router, experts, k: routed_by_masks(
        x if len(x) == 1 else x / max(abs(x @ router.T).max() / 700, 1), router, experts, k)),
    ("nobody is asked for nothing", "routed", whole_range),
    ("x stays", "routed", overwriting(0, routed_by_masks)),
    ("the router stays", "routed", overwriting(1, routed_by_masks)),
]  # fmt: skip


@pytest.mark.usefixtures("_nameless")
@pytest.mark.parametrize(
    ("name", "fn"), [(n, f) for _, n, f in IGNORED], ids=[f"{n}: {kind}" for kind, n, _ in IGNORED]
)
def test_an_answer_that_ignores_a_promise_is_refused(name, fn):
    assert modern_blocks.chapter.checks[name].run(fn).status == "wrong"
