"""Generation where something is unusual: all padding, autocast, mixed modes, spoilt weights."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tinytx.evaluation import perplexity
from tinytx.generation import generate, stream
from tinytx.generation.engine import engine_of
from tinytx.generation.readers import Cached, Decoding, Reader
from tinytx.generation.texts import Texts

from .models import ENGINES, make

KINDS = (Reader, Cached, Decoding)


@pytest.mark.parametrize("norm", ["pre", "post"])
def test_a_row_of_padding_alone_reads_nothing_with_a_cache_too(norm):
    """Where every key is padding there is no largest score to subtract: it gave nan."""
    changes = {"padding_id": 0, "norm": norm}
    prompts, wanted = [[0], [1, 2], [0, 0]], None
    for engine in ENGINES:
        for cache in (None, False):
            texts = generate(make(engine, **changes), prompts, 8, temperature=0, cache=cache)
            wanted = wanted or texts
            for one, two in zip(texts.log_probs, wanted.log_probs, strict=True):
                np.testing.assert_allclose(one, two, rtol=1e-9)


def test_padding_that_is_chosen_again_and_again():
    """The head prefers the padding id: after it there is nothing that may be attended to."""
    for engine in ENGINES:
        model = make(engine, padding_id=0, tie_weights=False, bias=False)
        model.lm_head.weight.data[:] = 0
        texts = [generate(model, [[0], [0, 0]], 5, temperature=0, cache=c) for c in (None, False)]
        for one, two in zip(*(text.ids for text in texts), strict=True):
            np.testing.assert_array_equal(one, two)
            assert not one.any()


@pytest.mark.parametrize("engine", ENGINES)
def test_a_row_of_padding_alone_stays_so_while_others_go_on(engine):
    model = make(engine, padding_id=5)
    rows = [np.array([5]), np.array([4])]
    readers = [kind(engine_of(model), Texts(rows, 9, padding_id=5)) for kind in KINDS]
    for new in ([5, 3], [5, 5], [2, 1], [7, 5], [0, 0]):
        wanted, *others = (reader.read() for reader in readers)
        for found in others:
            np.testing.assert_allclose(found, wanted, rtol=1e-9)
        for reader in readers:
            reader.texts.append(np.array(new))


@pytest.mark.parametrize("engine", ENGINES)
def test_a_reader_goes_on_with_chosen_rows_and_reads_none_of_them_again(engine, monkeypatch):
    model = make(engine)
    prompts = [[4, 1, 7], [9, 9, 2, 8, 1, 3, 10, 6, 6], [2, 8]]  # the second row slides
    readers = [kind(engine_of(model), Texts(prompts, 9, slide=4)) for kind in KINDS]
    for reader in readers:
        reader.read()
        reader.texts.append(np.array([3, 1, 4]))
        reader.read()
    monkeypatch.setattr(Cached, "whole", None, raising=False)
    for rows in ([1, 2, 0], [2, 0, 0]):
        for reader in readers:
            reader.select(np.array(rows))
            reader.texts.append(np.array([5, 0, 7]))
        wanted, *others = (reader.read() for reader in readers)
        for found in others:
            np.testing.assert_allclose(found, wanted, rtol=1e-9)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("prompts", [[[4, 1]], [[4, 1, 7], [9]]])
def test_scores_too_large_for_their_exponential_are_no_trouble(engine, prompts):
    model = make(engine)
    for block in model.blocks:
        block.attn.q_proj.weight.data *= 1e4
    texts = [generate(model, prompts, 6, temperature=0, cache=cache) for cache in (None, False)]
    for one, two in zip(*(text.log_probs for text in texts), strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-6)


PADDED = {
    "left": lambda row: [5, 5, *row],
    "right": lambda row: [*row, 5, 5, 5],
    "both sides": lambda row: [5, *row, 5],
    "within": lambda row: [row[0], 5, *row[1:]],
}


def same(a, b):
    for one, two in zip(a.new, b.new, strict=True):
        np.testing.assert_array_equal(one, two)
    for one, two in zip(a.log_probs, b.log_probs, strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-9)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("cache", [None, False])
@pytest.mark.parametrize("where", PADDED)
@pytest.mark.parametrize(
    "changes", [{}, {"positions": "sinusoidal", "norm": "post"}, {"causal": False}]
)
def test_padding_on_any_side_gives_the_text_without_it(engine, cache, where, changes):
    """Positions count what is seen, past the end of the context and beside other rows as well."""
    model = make(engine, padding_id=5, **changes)
    rows = [[4, 1, 7], [9, 9, 2, 8, 1, 3, 10], [2]]
    options = {"temperature": 0, "cache": cache, "slide": 4}
    wanted = generate(model, rows, 14, **options)
    padded = [PADDED[where](row) for row in rows]
    got = generate(model, padded, 14, **options)
    same(got, wanted)
    for text, row in zip(got, padded, strict=True):
        assert text[: len(row)].tolist() == row  # the prompt is given back as it was given
    same(generate(model, padded[:1], 14, **options), generate(model, rows[:1], 14, **options))
    length = max(map(len, padded))
    square = np.array([[5] * (length - len(row)) + row for row in padded])
    same(generate(model, square, 14, **options), wanted)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("cache", [None, False])
def test_a_text_goes_on_as_it_began_with_padding_in_it(engine, cache):
    """Padding that is drawn is not seen either: all at once is the same as in two goes."""
    model = make(engine, padding_id=5)
    options = {"temperature": 6.0, "cache": cache}
    rngs = [np.random.default_rng(7) for _ in range(2)]
    whole = generate(model, [[4, 1]], 24, rng=rngs[0], **options)
    assert np.count_nonzero(whole[0] == 5) > 1
    half = generate(model, [[4, 1]], 12, rng=rngs[1], **options)
    again = generate(model, [half[0]], 12, rng=rngs[1], **options)
    np.testing.assert_array_equal(whole[0], again[0])
    np.testing.assert_allclose(whole.log_probs[0][12:], again.log_probs[0], rtol=1e-9)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("cache", [None, False])
def test_what_follows_padding_alone_has_the_first_position(engine, cache):
    model = make(engine, padding_id=5)
    steps = list(stream(model, [[5], [4]], 1, temperature=0, cache=cache))
    begun = [int(steps[0].ids[0])]
    assert begun != [5]
    long = generate(model, [[5, 5], [4]], 6, temperature=0, cache=cache)
    assert (
        long.new[0].tolist() == begun + generate(model, [begun], 5, temperature=0).new[0].tolist()
    )


def test_autocast_and_rows_of_unequal_length():
    model = make("torch", "float32")
    with torch.autocast("cpu", dtype=torch.bfloat16):
        texts = generate(model, [[1, 2], [3]], 12, temperature=0)
    assert [len(text) for text in texts] == [14, 13]


@pytest.mark.parametrize("engine", ENGINES)
def test_no_part_drops_anything_and_each_gets_its_mode_back(engine):
    model = make(engine, dropout=0.5)
    modes = model.training, model.blocks[0].training
    assert modes == (True, True)
    model.eval()
    quiet = generate(model, [[1, 2]], 6, temperature=0, cache=False)
    model.blocks[0].train()
    again = generate(model, [[1, 2]], 6, temperature=0, cache=False)
    np.testing.assert_array_equal(quiet.log_probs[0], again.log_probs[0])
    assert (model.training, model.blocks[0].training, model.blocks[1].training) == (
        False, True, False,
    )  # fmt: skip


@pytest.mark.parametrize("engine", ENGINES)
def test_a_spoilt_model_has_no_perplexity(engine):
    model = make(engine)
    model.ln_f.weight.data[:] = float("nan")
    with pytest.raises(ValueError, match=r"^logits holds nan: the model's weights are spoilt"):
        perplexity(model, np.arange(5))
