"""Scores of heads, against loops and against attention that was put there; and their circuits."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch
from interventions import CLEAN, ENGINES, KINDS, close, make, run, twin_of

from tinytx.inspect import (
    attribute,
    capture,
    circuits,
    induction_scores,
    patch,
    previous_token_scores,
)
from tinytx.inspect.looking import look

TWICE = np.tile([[1, 6, 9, 4], [3, 5, 8, 2]], (1, 2))  # P = 4


@pytest.mark.parametrize("kind", KINDS)
def test_scores_are_means_over_rows_and_positions_in_both_engines(kind):
    ours = make(**KINDS[kind])
    weights = look(ours, TWICE).attention()  # (L, B, H, T, S)
    induction, previous = np.zeros((2, 3)), np.zeros((2, 3))
    for i in range(2):
        for h in range(3):
            for row in weights[i, :, h]:
                previous[i, h] += sum(row[t, t - 1] for t in range(1, 8)) / 7 / 2
                for t in range(4, 8):  # the same token was at t - 4, and t - 3 came after it
                    assert (TWICE[:, t] == TWICE[:, t - 4]).all()
                    induction[i, h] += row[t, t - 3] / 4 / 2
    for model in (ours, twin_of(ours)):
        close(induction_scores(model, TWICE), induction)
        close(previous_token_scores(model, TWICE), previous)
    assert np.ptp(induction) > 0.01 < np.ptp(previous)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("offset", [4, 3, 2, 1])
def test_a_head_that_looks_at_one_place_has_all_or_nothing(engine, offset):
    model = make(engine)

    def look_back(weights):
        weights[:, 2] = 0
        for t in range(8):
            weights[:, 2, t, max(t - offset, 0)] = 1
        return weights

    plain = induction_scores(model, TWICE)
    with patch(model, {"blocks.1.attn.weights": look_back}):
        induction, previous = induction_scores(model, TWICE), previous_token_scores(model, TWICE)
    assert induction[1, 2] == (offset == 3)
    assert previous[1, 2] == pytest.approx(1 if offset == 1 else 1 / 7)  # position 1 sees only 0
    close(induction[0], plain[0])


@pytest.mark.parametrize("engine", ENGINES)
def test_even_attention_has_the_score_of_chance(engine):
    model = make(engine)
    with patch(model, {f"blocks.{i}.attn.scores": lambda x: 0 * x for i in range(2)}):
        close(induction_scores(model, TWICE), np.full((2, 3), np.mean(1 / np.arange(5, 9))))
        close(previous_token_scores(model, TWICE), np.full((2, 3), sum(1 / np.arange(2, 9)) / 7))


@pytest.mark.parametrize("function", [induction_scores, previous_token_scores])
@pytest.mark.parametrize("engine", ENGINES)
def test_wrong_ids_get_one_clear_line(engine, function):
    wrong = [(CLEAN[:, :1], "ids has shape (2, 1) and must be (B, T), T at least 2")]
    wrong += [([1, 2, 1, 2], "ids has shape (4,) and must be (B, T)")]
    if function is induction_scores:
        wrong += [(CLEAN, "np.tile(tokens, (1, 2))"), (TWICE[:, 1:], "np.tile(tokens, (1, 2))")]
    for ids, message in wrong:
        with pytest.raises(ValueError, match=re.escape(message)) as caught:
            function(make(engine), ids)
        assert "\n" not in str(caught.value)
    with pytest.raises(ValueError, match="there is no attention in this part"):
        function(torch.nn.Embedding(11, 3), TWICE)


def bare(engine, **kind):
    """A model without added positions: the first block sees tokens and nothing else."""
    model = make(engine, **kind)
    if model.config.adds_positions:
        fixed = hasattr(model.pos_emb, "table")
        (model.pos_emb.table if fixed else model.pos_emb.weight.data)[...] = 0
    return model


@pytest.mark.parametrize("kind", ["gpt2", "post", "sinusoidal", "gated"])
@pytest.mark.parametrize("engine", ENGINES)
def test_qk_has_the_very_scores_of_the_first_block(engine, kind):
    model = bare(engine, **KINDS[kind])
    scores = look(model, CLEAN)["blocks.0.attn.scores"]
    for head in range(3):
        qk = circuits(model, 0, head).qk
        assert qk.shape == (11, 11)
        for row, ids in enumerate(CLEAN):
            close(qk[np.ix_(ids, ids)], scores[row, head])


@pytest.mark.parametrize("engine", ENGINES)
def test_qk_of_turned_queries_is_the_score_at_one_place(engine):
    model = make(engine, **KINDS["modern"])
    scores = look(model, CLEAN)["blocks.0.attn.scores"]
    for head in range(3):
        qk = circuits(model, 0, head).qk
        for row, ids in enumerate(CLEAN):
            close(qk[ids, ids], np.diagonal(scores[row, head]))


@pytest.mark.parametrize("kind", ["gpt2", "modern"])
@pytest.mark.parametrize("engine", ENGINES)
def test_ov_is_what_attention_adds_to_a_logit_but_for_the_division(engine, kind):
    model = bare(engine, **KINDS[kind])
    seen = look(model, CLEAN)
    x = seen["blocks.1"][:, -1]
    spread = np.square(x).mean(-1) if kind == "modern" else x.var(-1)
    for head in range(3):
        ov, weights = circuits(model, 0, head).ov, seen["blocks.0.attn.weights"][:, head, -1]
        for target in (3, 8):
            got = attribute(model, CLEAN, target)[f"blocks.0.attn.out.{head}"]
            want = [weights[row] @ ov[ids, target] for row, ids in enumerate(CLEAN)]
            close(got, np.array(want) / np.sqrt(spread + 1e-5))


@pytest.mark.parametrize("kind", KINDS)
def test_both_engines_have_the_same_circuits(kind):
    ours = make(**KINDS[kind]).train()
    theirs = twin_of(ours).train()
    before = run(ours, CLEAN)
    for block, head in ((0, 2), (1, 0)):
        for mine, other in zip(
            circuits(ours, block, head), circuits(theirs, block, head), strict=True
        ):
            close(mine, other)
    assert ours.training
    ours.backward(np.ones_like(before))  # one forward waits, and circuits was none
    with capture(ours) as seen:
        close(run(ours, CLEAN), before)
    assert "blocks.0.attn.q_proj" in seen


def test_a_head_that_is_not_there_and_what_is_too_large():
    for (block, head), message in (
        ((2, 0), "block is 2 and must be from 0 to 1"),
        ((0, 3), "head is 3 and must be from 0 to 2"),
        ((0, -1), "head is -1 and must be from 0 to 2"),
        ((0, True), "head is True and must be from 0 to 2"),
    ):
        with pytest.raises(ValueError, match=re.escape(message)):
            circuits(make(), block, head)
    with pytest.raises(ValueError, match="two matrices of 300000 by 300000"):
        circuits(make(vocab_size=300_000), 0, 0)
