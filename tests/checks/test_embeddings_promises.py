"""Each promise of a task of chapter 02: an answer that ignores it alone is refused, with a hint."""

from __future__ import annotations

import numpy as np
import pytest

from tinytx.checks import embeddings
from tinytx.manual.positions import sinusoidal_table

from .embeddings_designs import (
    clocks_stack,
    gradients_at,
    input_plain,
    near_chapter,
    shift_matrix,
    spots_lists,
)

RIGHT = {
    "model_input": input_plain,
    "nearest": near_chapter,
    "sinusoids": clocks_stack,
    "shift": shift_matrix,
    "table_gradients": gradients_at,
    "blind_spots": spots_lists,
}


def run(name, fn):
    return embeddings.chapter.checks[name].run(fn)


def inputs(ids, tok_emb, pos_emb, scale, **changes):
    given = {"ids": ids, "tok_emb": tok_emb, "pos_emb": pos_emb, "scale": scale}
    return input_plain(**{**given, **changes})


def padded(ids, tok_emb, pos_emb, scale):
    return inputs(ids, tok_emb * (np.arange(len(tok_emb)) > 0)[:, None], pos_emb, scale)


def in_table(rows):
    def clocks(positions, d_model):
        return clocks_stack(np.arange(rows)[None], d_model)[0][positions]

    return clocks


def minus_one(weight, id, n):
    unit = weight / np.linalg.norm(weight, axis=1, keepdims=True)
    cos = unit @ unit[id]
    cos[id] = -1
    return np.argsort(-cos, kind="stable")[:n].tolist()


def compared_by_is(weight, id, n):
    unit = weight / np.linalg.norm(weight, axis=1, keepdims=True)
    return [i for i in np.argsort(-(unit @ unit[id])).tolist() if i is not id][:n]


def divided(x, k):
    length = np.hypot(x[:, ::2], x[:, 1::2]).repeat(2, axis=1)
    return length * shift_matrix(x / length, k)


def beyond(ids, dx, h, dlogits, context_length):
    tokens, places = gradients_at(ids, dx, h, dlogits, max(context_length, ids.shape[1] + 1))
    return tokens, places


def seen_only(ids, dx, h, dlogits, context_length):
    tokens, places = gradients_at(ids, dx, h, dlogits, context_length)
    return tokens * np.isin(np.arange(len(tokens)), ids)[:, None], places


def reused(name):
    """Return a right answer that fills one list, or one array for each shape, at every call."""
    kept = {}

    def again(*args):
        value = RIGHT[name](*args)
        if isinstance(value, list):
            buffer = kept.setdefault("list", [])
            buffer[:] = value
            return buffer
        parts = value if isinstance(value, tuple) else (value,)
        filled = []
        for i, part in enumerate(parts):
            buffer = kept.setdefault((i, part.shape), np.empty(part.shape))
            buffer[...] = part
            filled.append(buffer)
        return tuple(filled) if isinstance(value, tuple) else filled[0]

    return again


PROMISES = [
    ("model_input", "id 0 is a token like others", padded),
    ("model_input", "one sequence keeps its axis", lambda *a: input_plain(*a).squeeze(0)
        if len(a[0]) == 1 else input_plain(*a)),
    ("model_input", "one position keeps its axis", lambda *a: input_plain(*a).squeeze()),
    ("model_input", "the scale may be below 1", lambda i, t, p, s: input_plain(i, t, p, max(s, 1))),
    ("model_input", "the scale may be 1", lambda i, t, p, s: input_plain(i, t, p, s * (s != 1))),
    ("model_input", "the table may be full", lambda i, t, p, s: input_plain(i, t, p[:-1], s)),
    ("nearest", "a row may point the opposite way", minus_one),
    ("nearest", "ids may be large", compared_by_is),
    ("nearest", "n may be V - 1", lambda w, id, n: near_chapter(w, id, min(n, len(w) - 2))),
    ("sinusoids", "positions go up to 3000", in_table(3000)),
    ("sinusoids", "positions go beyond 1000", lambda p, D: clocks_stack(np.minimum(p, 1024), D)),
    ("sinusoids", "positions need not rise", lambda p, D: clocks_stack(np.sort(p, axis=1), D)),
    ("sinusoids", "positions may come twice",
        lambda p, D: clocks_stack(p + (np.diff(p, prepend=-1, axis=1) == 0), D)),
    ("sinusoids", "one pair is enough", lambda p, D: clocks_stack(p, D) * (D > 2)),
    ("shift", "k may be negative", lambda x, k: shift_matrix(x, abs(k))),
    ("shift", "k may be large", lambda x, k: shift_matrix(x, max(min(k, 100), -100))),
    ("shift", "a pair may be zero", divided),
    ("shift", "the result is new", lambda x, k: shift_matrix(x, k) if k else x),
    ("table_gradients", "the position table may be full", beyond),
    ("table_gradients", "tokens that are not in the text get theirs", seen_only),
    ("table_gradients", "one position is enough",
        lambda *a: tuple(part * (a[0].shape[1] > 1) for part in gradients_at(*a))),
    ("blind_spots", "T may be 2", lambda m, V, T: spots_lists(m, V, T) or ([0] if T == 2 else [])),
    ("blind_spots", "there are vocab_size tokens", lambda m, V, T: spots_lists(m, V + 1, T)),
    *[(name, "what comes back is new at each call", reused(name)) for name in RIGHT],
]  # fmt: skip


@pytest.mark.usefixtures("_nameless")
@pytest.mark.parametrize(
    ("name", "fn"), [(n, f) for n, _, f in PROMISES], ids=[f"{n}: {p}" for n, p, _ in PROMISES]
)
def test_an_answer_that_ignores_a_promise_is_refused(name, fn):
    result = run(name, fn)
    assert result.status == "wrong"


HINTS = [
    ("model_input", "Write down the two shapes that meet in your sum",
        lambda i, t, p, s: s * t[i] + p[: i.shape[1]].T),
    ("model_input", "a position a row of `pos_emb`",
        lambda i, t, p, s: np.array([[s * t[v] + p[len(p)] for v in row] for row in i])),
    ("model_input", "has to be the same in all sequences", lambda i, t, p, s: s * t[i] + p[i] / 2),
    ("nearest", "Print the shape of your lengths",
        lambda w, id, n: np.argsort(-(w / np.linalg.norm(w, axis=1)) @ w[id])[:n].tolist()),
    ("nearest", "two integers above 256 may be equal and not `is`", compared_by_is),
    ("nearest", "no neighbour of itself: id 1", lambda w, id, n: n * [id]),
    ("sinusoids", "Each position meets each of the D/2 speeds",
        lambda p, D: np.sin(p * 1e4 ** (-np.arange(0, D, 2) / D)) + np.zeros((*p.shape, D))),
    ("sinusoids", "A table of positions needs a row for the highest of them",
        lambda p, D: clocks_stack(np.arange(p.shape[1])[None], D)[0][p]),
    ("sinusoids", "10000.0 is a float, 10000 is not",
        lambda p, D: np.sin(p[..., None] * 10_000 ** -np.arange(0, D, 2))),
    ("shift", "Which two shapes meet in your product?",
        lambda x, k: x @ np.array([[np.cos(k), np.sin(k)], [-np.sin(k), np.cos(k)], [0, 0]])),
    ("table_gradients", "A position picks a row of the other",
        lambda i, dx, h, y, size: (h[0].T, np.zeros((size, 1))[i + size])),
    ("table_gradients", "Write the shapes of both sides",
        lambda i, dx, h, y, size: (y.T @ h, dx.sum(0))),
    ("blind_spots", "`model` takes ids from 0 to vocab_size - 1",
        lambda m, V, T: spots_lists(m, V + 1, T)),
    ("blind_spots", "Is it that row alone that you compare",
        lambda m, V, T: [] if T == 4 else spots_lists(m, V, T)),
    ("blind_spots", "Were the two tokens different, and did you try enough",
        lambda m, V, T: spots_lists(m, V, T) or [*range(T - 2)][:1]),
    ("blind_spots", "this model differs by 1e-9 or less, and that is no change",
        lambda m, V, T: spots_lists(lambda ids: m(ids) * (1e9 if V == T else 1), V, T)),
    ("blind_spots", "but by more than 1e-9, and that is a change",
        lambda m, V, T: spots_lists(lambda ids: m(ids) / (1e6 if V == 3 else 1), V, T)),
    ("blind_spots", "Which pairs did you try?",
        lambda m, V, T: spots_lists(m, 2 if (V, T) == (5, 4) else V, T)),
    ("blind_spots", "Did you look at each of them?",
        lambda m, V, T: spots_lists(lambda ids: m(ids)[:, 1:-1] if V == 5 else m(ids), V, T)),
    ("blind_spots", "Did the model get the texts that you meant it to get?",
        lambda m, V, T: spots_lists(m, V, T) if T < 7 else [*range(T - 2)]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "hint", "fn"), HINTS, ids=[f"{n}: {hint}" for n, hint, _ in HINTS]
)
def test_every_hint_is_given_to_an_answer(name, hint, fn):
    result = run(name, fn)
    assert hint in " ".join(str(result).split()), str(result)
    assert result.mistakes == ()


def test_what_the_package_has_is_not_yours():
    result = run("sinusoids", lambda p, D: sinusoidal_table(3001, D, float)[p])
    assert result.status == "borrowed"
