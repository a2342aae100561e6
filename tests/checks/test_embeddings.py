"""The checks of chapter 02: right answers pass, each mistake is named, no answer is given away."""

from __future__ import annotations

import copy
import itertools
from typing import ClassVar

import numpy as np
import pytest

from tinytx import example
from tinytx.checks import embeddings
from tinytx.checks.embeddings import models
from tinytx.manual import cross_entropy_backward, cross_entropy_forward

from .contract import Contract
from .embeddings_designs import (
    RIGHT,
    clocks_stack,
    gradients_at,
    input_plain,
    near_chapter,
    shift_matrix,
    spots_lists,
)


class TestEmbeddings(Contract):
    chapter = embeddings.chapter
    right = RIGHT
    unknown: ClassVar[dict[str, list]] = {
        "model_input": [
            lambda ids, tok_emb, pos_emb, scale: input_plain(ids, tok_emb, 3 * pos_emb, scale),
            lambda ids, tok_emb, pos_emb, scale: input_plain(ids, tok_emb, pos_emb, scale) + 1,
            lambda ids, tok_emb, pos_emb, scale: input_plain(ids[::-1], tok_emb, pos_emb, scale),
        ],
        "nearest": [
            lambda weight, id, n: [(i + id + 1) % len(weight) for i in range(n)],
            lambda weight, id, n: n * [(id + 1) % len(weight)],
            lambda weight, id, n: near_chapter(weight, (id + 1) % len(weight), n),
        ],
        "sinusoids": [
            lambda positions, d_model: -clocks_stack(positions, d_model),
            lambda positions, d_model: 2 * clocks_stack(positions, d_model),
            lambda positions, d_model: clocks_stack(positions * 2, d_model),
        ],
        "shift": [
            lambda x, k: shift_matrix(x, k + 1),
            lambda x, k: 2 * x,
            lambda x, k: x[:, ::-1],
            lambda x, k: shift_matrix(x, k)[::-1],
        ],
        "table_gradients": [
            lambda *args: tuple(2 * part for part in gradients_at(*args)),
            lambda *args: tuple(np.ones_like(part) for part in gradients_at(*args)),
            lambda *args: tuple(-part for part in gradients_at(*args)),
        ],
        "blind_spots": [
            lambda model, vocab_size, T: list(range(T)),
            lambda model, vocab_size, T: [0],
            lambda model, vocab_size, T: [0, 0],
            lambda model, vocab_size, T: spots_lists(model, vocab_size, T)[-1:],
        ],
    }


@pytest.mark.parametrize(
    ("model", "T", "blind"),
    [
        (models.no_positions, 5, [0, 1, 2]),
        (models.learned, 5, []),
        (models.by_token, 5, [0, 1, 2]),
        (models.in_pairs, 7, [0, 2, 4]),
        (models.up_to_three, 7, [3, 4]),
        (models.from_both_ends, 6, [2]),
        (models.alternating, 5, []),
        (models.faint, 5, []),
        (models.three_back, 6, [0, 1]),
        (models.itself_alone, 5, [0, 1, 2]),
        (models.twins, 5, []),
        (models.only_token_two, 5, []),
        (models.two_blocks, 5, []),
        (models.rounds, 5, [0, 1, 2]),
        (models.overwrites, 7, [0, 2, 4]),
    ],
)
def test_the_models_are_blind_where_their_words_say(model, T, blind):
    assert embeddings.blind_spots.reference(model, 3, T) == blind


@pytest.mark.parametrize("T", range(3, 8))
@pytest.mark.parametrize("token", range(3))
def test_a_place_that_notices_in_two_texts_of_three_is_not_blind(token, T):
    """The task promises no more; with one text for each pair some places looked blind."""

    def model(ids):
        weights = np.arange(T) if ids[-1] != token else np.ones(T)
        return np.broadcast_to(weights @ np.eye(3)[ids], (T, 3))

    assert embeddings.blind_spots.reference(model, 3, T) == []


def test_a_model_that_is_late_is_a_function_and_notices_all_texts_but_the_first():
    rng, model = np.random.default_rng(0), copy.deepcopy(models.late)
    for i, (a, b) in itertools.product(range(4), [(0, 1), (1, 0), (2, 0)]):
        found = []
        for _ in range(3):
            ids = rng.integers(3, size=9)
            ids[i : i + 2] = a, b
            other = ids.copy()
            other[i : i + 2] = b, a
            rows = [model(text)[-1] for text in (ids, other, ids, other)]
            assert np.array_equal(rows[:2], rows[2:])
            found.append(not np.array_equal(*rows[:2]))
        assert found[1:] == [True, True]
        assert found[0] == (a == 1)  # the pair of 0 and 1 comes twice


def test_the_gradients_of_both_tables_are_those_of_a_tied_model(monkeypatch):
    """Two sequences through the running example's model: what reaches its ends, and its grads."""
    ids = np.array([example.ids(), example.targets()])
    model = example.model()
    given = {}

    def keeping(name, do):
        def kept(array):
            given[name] = array.copy()
            return do(array)

        return kept

    monkeypatch.setattr(model.lm_head, "forward", keeping("h", model.lm_head.forward))
    monkeypatch.setattr(model.tok_emb, "backward", keeping("dx", model.tok_emb.backward))
    _, saved = cross_entropy_forward(model.forward(ids), np.roll(ids, -1, axis=1))
    dlogits = cross_entropy_backward(1.0, saved)
    model.backward(dlogits)
    tokens, places = gradients_at(ids, given["dx"], given["h"], dlogits, 7)
    assert model.lm_head.weight is model.tok_emb.weight
    np.testing.assert_allclose(model.tok_emb.weight.grad, tokens, rtol=1e-10, atol=1e-14)
    np.testing.assert_allclose(model.pos_emb.weight.grad, places, rtol=1e-10, atol=1e-14)


def test_float32_passes_where_the_inputs_are_float64():
    narrow = lambda *args: input_plain(*args).astype(np.float32)  # noqa: E731
    assert embeddings.model_input.run(narrow).status == "ok"
    narrow = lambda *args: tuple(a.astype(np.float32) for a in gradients_at(*args))  # noqa: E731
    assert embeddings.table_gradients.run(narrow).status == "ok"
    halved = embeddings.shift.run(lambda x, k: shift_matrix(x, k).astype(np.float16))
    assert halved.stage == "type"


@pytest.mark.parametrize(
    "check",
    [c for c in embeddings.chapter.checks.values() if isinstance(c.cases[0][0], np.ndarray)],
    ids=lambda check: check.name,
)
def test_a_right_answer_that_spoils_its_input_is_refused(check):
    def spoils(*args):
        value = check.reference(*args)
        for arg in args:
            if isinstance(arg, np.ndarray):
                arg[...] = 7
        return value

    result = check.run(spoils)
    assert (result.status, result.stage) == ("wrong", "input")
    assert "changes its own input" in result.message


def test_what_is_shown_can_be_pasted():
    def dots(weight, id, n):
        return [int(i) for i in np.argsort(-weight @ weight[id]) if i != id][:n]

    text = " ".join(str(embeddings.nearest.run(dots)).split())
    assert "nearest(np.array([[1., 0.], [9., 12.], [3., 1.]]), 0, 1) gives [1]; entry 0 is" in text
    text = embeddings.table_gradients.run(lambda *args: gradients_at(*args)[::-1]).message
    assert "table_gradients(np.array([[1, 1]]), np.array([[[1., 2.], [5., 3.]]])," in text


def test_a_model_is_explained():
    text = " ".join(str(embeddings.blind_spots.run(lambda model, vocab_size, T: [])).split())
    assert "counted: A model whose rows count how often each token has come: a bag of" in text


@pytest.mark.parametrize(
    "made", [np.empty_like, lambda x: np.zeros(x.shape, int), lambda x: np.zeros(x.shape, np.int32)]
)
def test_sines_written_into_an_array_of_integers_are_named(made):
    def clocks(positions, d_model):
        out = made(np.repeat(positions[..., None], d_model, axis=-1))
        out[...] = embeddings.sinusoids.reference(positions, d_model)
        return out

    assert embeddings.sinusoids.run(clocks).mistake.endswith("are cut to whole numbers")


def test_what_is_an_integer_for_another_reason_is_not_said_to_be_cut():
    for fn in (
        lambda p, D: embeddings.sinusoids.reference(p, D).round().astype(int),
        lambda p, D: np.repeat(p[..., None], D, axis=-1),
    ):
        assert "cut to whole" not in embeddings.sinusoids.run(fn).message


def test_lists_and_arrays_are_told_the_way_out():
    text = embeddings.nearest.run(lambda *args: np.array(near_chapter(*args))).message
    assert "an array came back and a list is asked for: wrap it in list(...)" in text
    text = embeddings.shift.run(lambda *args: shift_matrix(*args).tolist()).message
    assert "a list came back and an array is asked for: wrap it in np.array(...)" in text


def cosines(weight, id):
    unit = weight / np.linalg.norm(weight, axis=1, keepdims=True)
    return unit @ unit[id]


@pytest.mark.parametrize(
    "alike",
    [
        cosines,
        lambda weight, id: weight @ weight[id],
        lambda weight, id: -np.linalg.norm(weight - weight[id], axis=1),
        lambda weight, id: np.abs(cosines(weight, id)),
        lambda weight, id: cosines(weight / np.linalg.norm(weight, axis=0), id),
        lambda weight, id: weight @ weight[id] / (weight**2).sum(axis=1),
        lambda weight, id: cosines(weight - weight.mean(axis=0), id),
    ],
    ids=["cosine", "dot", "distance", "size", "columns", "squares", "mean"],
)
def test_no_two_rows_are_equally_near(alike):
    """Right or wrong: or a verdict would depend on the sorting algorithm."""
    for weight, id, _ in embeddings.nearest.cases:
        others = np.delete(alike(weight, id), id)
        assert (np.diff(np.sort(others)) > 1e-5).all(), (weight, id)


def test_the_cases_have_one_with_all_sizes_different():
    ids, tok_emb, pos_emb, _ = embeddings.model_input.cases[-1]
    assert len({*ids.shape, *tok_emb.shape, len(pos_emb)}) == 5
    sizes = [
        {*ids.shape, dx.shape[-1], dlogits.shape[-1], length}
        for ids, dx, _, dlogits, length in embeddings.table_gradients.cases
    ]
    assert max(map(len, sizes)) == 5
    positions, D = embeddings.sinusoids.cases[-1]
    assert len({*positions.shape, D}) == 3
