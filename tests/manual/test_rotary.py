"""Rotary positions: what a turn keeps, what scores depend on, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinytx.config import GPTConfig
from tinytx.manual import GPT, Rotary, rotary
from tinytx.manual.rotary import (
    Turns,
    halves_from_pairs,
    pairs_from_halves,
    rotary_rates,
    rotary_table,
    rotate_forward,
)

SIZES = {"vocab_size": 11, "context_length": 9, "n_layer": 2, "n_head": 3, "d_model": 8, "d_ff": 13}


def config(**changes) -> GPTConfig:
    return GPTConfig(**{**SIZES, "d_head": 6, "positions": "rotary", **changes})


def at(places, d_head, base=10_000.0) -> Turns:
    return Turns(*(t[places] for t in rotary_table(64, d_head, base, np.float64)))


@settings(max_examples=40, deadline=None)
@given(
    st.integers(1, 5), st.floats(1.5, 1e6), st.integers(0, 20), st.integers(0, 20),
    st.integers(1, 20), st.integers(0, 99),
)  # fmt: skip
def test_scores_depend_on_the_distance_only(half, base, t, s, shift, seed):
    q, k = np.random.default_rng(seed).standard_normal((2, 1, 2 * half))

    def score(t, s):
        (turned_q, _), (turned_k, _) = (
            rotate_forward(x, at([place], 2 * half, base)) for x, place in ((q, t), (k, s))
        )
        return (turned_q @ turned_k.T).item()

    assert score(t + shift, s + shift) == pytest.approx(score(t, s), abs=1e-9)
    assert score(t, t) == pytest.approx((q @ k.T).item(), abs=1e-9)
    assert abs(score(t + 1, t) - score(t, t)) > 0  # and on that it does depend


def test_a_weight_behind_the_turn_would_spoil_that():
    """Why ``qk_norm`` comes first: its weight is not the same for both numbers of a pair."""
    rng = np.random.default_rng(0)
    q, k = rng.standard_normal((2, 1, 6))
    weight = rng.standard_normal(6)

    def score(t, s, before, behind):
        q_turned = rotate_forward(q * before, at([t], 6))[0] * behind
        return (q_turned @ rotate_forward(k * before, at([s], 6))[0].T).item()

    assert score(9, 5, weight, 1.0) == pytest.approx(score(4, 0, weight, 1.0), abs=1e-12)
    assert abs(score(9, 5, 1.0, weight) - score(4, 0, 1.0, weight)) > 0.1


def test_each_pair_turns_at_its_rate_and_the_first_half_goes_with_the_second():
    x = np.zeros((1, 1, 2, 6))
    x[..., 1] = 1.0  # the first number of the second pair
    y = Rotary(config(rotary_base=1000.0), np.float64).forward(x, 3)
    angle = np.array([3, 4]) * 1000 ** (-2 / 6)
    np.testing.assert_allclose(y[0, 0, :, 1], np.cos(angle), rtol=1e-12)
    np.testing.assert_allclose(y[0, 0, :, 4], np.sin(angle), rtol=1e-12)
    assert not y[..., [0, 2, 3, 5]].any()


@pytest.mark.parametrize("moved", [True, False])
def test_a_text_further_back_is_the_same_text(moved):
    """With hidden places before it, every position moves, and a rotary model does not see it."""
    positions = "rotary" if moved else "learned"
    model = GPT(config(positions=positions), np.random.default_rng(0), np.float64).eval()
    for p in model.parameters():
        p.data += 0.4 * np.random.default_rng(p.data.size).standard_normal(p.data.shape)
    text = np.array([[1, 6, 1, 10, 2]])
    behind = np.concatenate([[[7, 7, 7]], text], axis=1)
    seen = np.arange(8)[None, :] >= 3  # (1, S)
    got, wanted = model.forward(behind, seen)[:, 3:], model.forward(text)
    assert np.allclose(got, wanted, rtol=1e-10, atol=1e-12) == moved


def test_one_table_for_all_that_nobody_can_write_to():
    model = GPT(config(), np.random.default_rng(0))
    tables = [m.table for m in model.modules() if isinstance(m, Rotary)]
    assert len(tables) == 4
    assert all(table is tables[0] for table in tables)
    assert tables[0].cos.dtype == np.float32
    assert not any("rotary" in name or "pos_emb" in name for name in model.state_dict())
    with pytest.raises(ValueError, match="read-only"):
        tables[0].sin[0] = 1


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda: config(d_head=5), "d_head is 5 and must be even beside rotary positions"),
        (lambda: config(rotary_base=1), "rotary_base is 1 and must be a number above 1"),
        (lambda: config(rotary_base=float("nan")), "rotary_base is nan and must be a number"),
        (lambda: config(positions="learned", rotary_base="1e4"), "rotary_base is '1e4' and must"),
        (lambda: config(qk_norm=1), "qk_norm is 1 and must be one of True, False"),
        (lambda: config(norm_kind="layernorm"), "norm_kind is 'layernorm' and must be one of 'lay"),
        (lambda: config(activation="relu3"), "activation is 'relu3' and must be one of 'gelu'"),
        (lambda: Rotary(config()).forward(np.zeros((1, 1, 2, 6), np.float32), 8), "start is 8 and"),
        (lambda: Rotary(config()).forward(np.zeros((1, 1, 2, 6), np.float32), -1), "start is -1 "),
        (lambda: Rotary(config()).forward(np.zeros((1, 1, 2, 6))), "x is float64 and cos is float"),
        (lambda: Rotary(config()).forward(np.zeros((1, 1, 2, 4))), "x has shape .1, 1, 2, 4.: its"),
    ],
)
def test_wrong_input_gets_one_clear_line(wrong, message):
    with pytest.raises(ValueError, match=f"^{message}") as caught:
        wrong()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("factor", [2, 0.5, 3.0])
def test_positions_are_divided_by_the_factor(factor):
    """Of a table that is so many times as long, every so many-th row is one of the old table."""
    sizes = {"rotary_base": 30.0, "context_length": 24}
    old = Rotary(config(**sizes), np.float64).table
    new = Rotary(config(**sizes, rotary_factor=factor), np.float64).table
    for t in range(24):
        if t * factor == int(t * factor) and t * factor < 24:
            for mine, theirs in zip(new, old, strict=True):
                np.testing.assert_allclose(mine[int(t * factor)], theirs[t], rtol=0, atol=1e-13)


def test_only_slow_pairs_are_slowed_down_beside_an_original_length():
    own = rotary_rates(12, 40.0)
    turns = 60 * own / (2 * np.pi)
    found = own / rotary_rates(12, 40.0, 4.0, 60)
    assert (found[turns >= 4] == 1).all()
    np.testing.assert_allclose(found[turns <= 1], 4, rtol=1e-12)
    between = found[(turns > 1) & (turns < 4)]
    assert 0 < len(between) < len(own) - 2
    assert ((between > 1) & (between < 4)).all()
    np.testing.assert_array_equal(rotary_rates(12, 40.0, 1.0, 60), own)


@pytest.mark.parametrize("shape", [(12,), (12, 5)])
def test_the_two_orders_of_rows_undo_each_other(shape):
    weight = np.random.default_rng(0).standard_normal(shape)
    for n_head in (1, 2, 3, 6):
        pairs = pairs_from_halves(weight, n_head)
        np.testing.assert_array_equal(halves_from_pairs(pairs, n_head), weight)
        half = 12 // n_head // 2
        for h in range(n_head):
            start = 2 * half * h
            for i in range(half):
                np.testing.assert_array_equal(pairs[start + 2 * i], weight[start + i])
                np.testing.assert_array_equal(pairs[start + 2 * i + 1], weight[start + half + i])


def by_complex_numbers(x, turns):
    """The turn of the original Llama: two neighbours are one complex number."""
    numbers = (x[..., ::2] + 1j * x[..., 1::2]) * (turns.cos + 1j * turns.sin)
    return np.stack([numbers.real, numbers.imag], -1).reshape(x.shape), None


@pytest.mark.parametrize("changes", [{}, {"qk_norm": True, "n_head": 4, "n_kv_head": 2}], ids=str)
def test_a_model_of_the_other_pairing_is_the_same_with_its_rows_in_order(changes, monkeypatch):
    """And another one if they are not: that is the mistake of mixing the two."""
    model = GPT(config(**changes), np.random.default_rng(0), np.float64).eval()
    rng = np.random.default_rng(1)
    for p in model.parameters():
        p.data += 0.4 * rng.standard_normal(p.data.shape)
    ids = np.array([[1, 6, 1, 10, 2], [3, 0, 0, 4, 4]])
    wanted = model.forward(ids)
    monkeypatch.setattr(rotary, "rotate_forward", by_complex_numbers)
    assert abs(model.forward(ids) - wanted).max() > 0.1
    c = model.config
    for block in model.blocks:
        for part, n_head in (("q", c.n_head), ("k", c.kv_heads)):
            projection = getattr(block.attn, f"{part}_proj")
            for p in projection.parameters():
                p.data = pairs_from_halves(p.data, n_head)
            if c.qk_norm:
                norm = getattr(block.attn, f"{part}_norm")
                norm.weight.data = pairs_from_halves(norm.weight.data, 1)
    np.testing.assert_allclose(model.forward(ids), wanted, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize(("rows", "n_head"), [(6, 2), (8, 3), (8, 0), (8, 2.0), (5, 1)])
def test_rows_that_are_no_pairs_are_refused(rows, n_head):
    message = rf"^weight has {rows} rows, and must have n_head {n_head} times an even number of th"
    for reorder in (halves_from_pairs, pairs_from_halves):
        with pytest.raises(ValueError, match=message):
            reorder(np.zeros((rows, 3)), n_head)
