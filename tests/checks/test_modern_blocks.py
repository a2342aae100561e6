"""The checks of chapter 13: right answers pass, each mistake is named, no answer is given away."""

from __future__ import annotations

import inspect
import re
from typing import ClassVar

import numpy as np
import pytest

from tinytx.checks import modern_blocks
from tinytx.checks.modern_blocks import answers
from tinytx.checks.modern_blocks.parts import Expert
from tinytx.manual.activation import gelu_forward
from tinytx.manual.attention import attention_forward, repeat_heads_forward
from tinytx.manual.experts import balance_forward, choose
from tinytx.manual.norm import rmsnorm_backward, rmsnorm_forward
from tinytx.manual.rotary import Turns, rotary_table, rotate_forward

from .contract import Contract
from .made import shown
from .modern_blocks_designs import (
    RIGHT,
    bytes_looped,
    decoded_looped,
    geglu_chained,
    group_split,
    halves_looped,
    pairs_looped,
    routed_by_masks,
)

draws = np.random.default_rng(0).standard_normal


class TestModernBlocks(Contract):
    chapter = modern_blocks.chapter
    right = RIGHT
    unknown: ClassVar[dict[str, list]] = {
        "cache_bytes": [
            lambda *given: bytes_looped(*given) + 3 * given[5] + 11,
            lambda *given: 5 * bytes_looped(*given) + 1,
        ],
        "group_rmsnorm": [
            lambda *given: tuple(np.cos(part) for part in group_split(*given)),
            lambda x, *rest: tuple(0.3 * p**2 + 0.1 for p in group_split(np.tanh(x), *rest)),
        ],
        "rotate_pairs": [
            lambda *given: np.cos(pairs_looped(*given)),
            lambda x, *rest: pairs_looped(np.tanh(x), *rest) ** 2 + 0.3,
        ],
        "geglu_backward": [
            lambda *given: tuple(np.cos(part) for part in geglu_chained(*given)),
            lambda dy, gate, up: geglu_chained(dy, np.tanh(gate) + 0.3, up),
        ],
        "halves_from_pairs": [
            lambda *given: np.cos(halves_looped(*given)),
            lambda *given: halves_looped(*given) ** 2 / 3 + 0.1,
        ],
        "decoded": [
            lambda *given: np.cos(decoded_looped(*given)),
            lambda q, *rest: decoded_looped(np.tanh(q) + 0.3, *rest),
        ],
        "routed": [
            lambda *given: (lambda out, balance: (np.cos(out), balance / 3))(
                *routed_by_masks(*given)
            ),
            lambda *given: (routed_by_masks(*given)[0] ** 2 / 3 + 0.1, 0.7),
        ],
    }


def test_with_one_group_it_is_the_norm_of_the_package():
    x, dy, weight = draws((3, 5)), draws((3, 5)), draws(5)
    y, saved = rmsnorm_forward(x, weight, 0.1)
    want = (y, *rmsnorm_backward(dy, saved))
    for mine, theirs in zip(answers.group_rmsnorm(x, weight, 1, 0.1, dy), want, strict=True):
        np.testing.assert_allclose(mine, theirs)


def test_turned_neighbours_are_turned_halves_in_another_order():
    """So weights whose rows are reordered are the same model: scores agree."""
    H, T, Dh, D = 2, 5, 6, 4
    x, wq, wk = draws((1, T, D)), draws((H * Dh, D)), draws((H * Dh, D))
    table = rotary_table(9, Dh, 50.0, np.float64)
    turns = Turns(table.cos[3 : 3 + T], table.sin[3 : 3 + T])

    def split(weight):
        return (x @ weight.T).reshape(1, T, H, Dh).swapaxes(1, 2)

    by_pairs = [answers.rotate_pairs(split(w), 3, 50.0) for w in (wq, wk)]
    moved = [split(answers.halves_from_pairs(w, H)) for w in (wq, wk)]
    by_halves = [rotate_forward(part, turns)[0] for part in moved]
    scores = [q @ k.swapaxes(-1, -2) for q, k in (by_pairs, by_halves)]
    np.testing.assert_allclose(*scores)
    unmoved = [rotate_forward(split(w), turns)[0] for w in (wq, wk)]
    assert np.abs(unmoved[0] @ unmoved[1].swapaxes(-1, -2) - scores[0]).max() > 0.1


def test_the_gradients_of_the_gate_are_those_of_the_package_bent_by_gelu():
    dy, gate, up = (draws((2, 3)) for _ in range(3))
    step = 1e-6
    dgate, dup = answers.geglu_backward(dy, gate, up)
    slope = (gelu_forward(gate + step)[0] - gelu_forward(gate - step)[0]) / (2 * step)
    np.testing.assert_allclose(dgate, dy * up * slope, rtol=1e-6)
    np.testing.assert_allclose(dup, dy * gelu_forward(gate)[0])


def test_one_token_more_reads_what_the_package_reads_at_the_last_position():
    H, n_kv, T, Dh = 6, 2, 5, 4
    q, k, v = draws((1, H, T, Dh)), draws((1, n_kv, T, Dh)), draws((1, n_kv, T, Dh))
    turns = rotary_table(T, Dh, 10.0, np.float64)
    keys, _ = rotate_forward(k, turns)
    shared = [repeat_heads_forward(part, H // n_kv)[0] for part in (keys, v)]
    want, _ = attention_forward(rotate_forward(q, turns)[0], *shared)
    cache = keys[0, :, :-1], v[0, :, :-1]
    mine = answers.decoded(q[0, :, -1], k[0, :, -1], v[0, :, -1], *cache, 10.0)
    np.testing.assert_allclose(mine, want[0, :, -1])


def test_the_balance_loss_is_that_of_the_package_and_1_for_a_router_that_prefers_nobody():
    x, router = draws((7, 4)), draws((5, 4))
    experts = [Expert("np.tanh(x)")] * 5
    e = np.exp(x @ router.T)
    probs = e / e.sum(axis=1, keepdims=True)
    out, balance = answers.routed(x, router, experts, 2)
    assert balance == pytest.approx(balance_forward(probs, choose(probs, 2))[0])
    np.testing.assert_allclose(out, np.tanh(x))
    assert answers.routed(x, 0 * router, experts, 2)[1] == pytest.approx(1)


def test_whoever_asks_other_equals_hears_that_the_first_are_asked():
    def odd_ones_first(x, router, experts, k):
        order = [*range(1, len(router), 2), *range(0, len(router), 2)]
        return routed_by_masks(x, router[order], [experts[i] for i in order], k)

    said = modern_blocks.routed.run(odd_ones_first).message
    assert "of equally likely experts the first are asked" in said


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        (lambda expert, x, mine: expert(x)[mine], "every expert runs on every token"),
        (
            lambda expert, x, mine: expert(x)[mine] if mine.any() else 0,
            "an expert runs on every token, if one has chosen it",
        ),
    ],
)
def test_who_asks_too_much_is_told_whom_also_where_the_choice_is_wrong(asked, name):
    def least(x, router, experts, k):
        e = np.exp(x @ router.T - (x @ router.T).max(axis=1, keepdims=True))
        p = e / e.sum(axis=1, keepdims=True)
        chosen = np.zeros(p.shape, dtype=bool)
        np.put_along_axis(chosen, np.argsort(p, axis=1, kind="stable")[:, :k], True, axis=1)
        gates = p * chosen / (p * chosen).sum(axis=1, keepdims=True)
        out = np.zeros(x.shape)
        for i, expert in enumerate(experts):
            mine = chosen[:, i]
            out[mine] += gates[mine, i, None] * asked(expert, x, mine)
        share = chosen.mean(axis=0) / k
        return out, float(len(experts) * (share * p.mean(axis=0)).sum())

    names = modern_blocks.routed.run(least).mistakes
    assert set(names) == {"the least likely experts are chosen", name}


def test_a_share_for_too_few_experts_is_told_what_f_and_p_have():
    source = inspect.getsource(answers.routed)
    assert source.count(", minlength=E") == 1
    exec(source.replace(", minlength=E", ""), names := vars(answers).copy())
    said = modern_blocks.routed.run(names["routed"]).message
    assert "f and P have E numbers each" in said


def test_an_expert_is_shown_as_it_can_be_pasted_and_counts():
    assert eval(repr(Expert("np.tanh(x)")))(0.0) == 0
    counts = eval(repr(Expert("-x", rows=3)), {"check": modern_blocks})
    counts(np.ones((2, 4)))
    counts(np.ones(4))
    with pytest.raises(RuntimeError, match="not sent to it"):
        counts(np.ones(4))
    assert counts(np.ones((0, 4))).shape == (0, 4)


def test_as_the_task_says_no_score_is_far_below_and_experts_answer_one_token_alike():
    for x, router, experts, k in modern_blocks.routed.cases:
        scores = x @ router.T
        assert (scores.max(axis=1, keepdims=True) - scores < 30).all()
        assert 1 <= k <= len(experts) == len(router)
        for expert in experts:
            if expert.left is None:
                np.testing.assert_array_equal(expert(x)[0], expert(x[0]))


def test_experts_that_count_may_answer_as_often_as_tokens_are_sent_to_them():
    """But for one, who may answer where another is chosen: it tells who asks all from who errs."""
    counted = [case for case in modern_blocks.routed.cases if case[2][0].left is not None]
    spare = [
        sum(expert.left for expert in experts) - choose(x @ router.T, k).sum()
        for x, router, experts, k in counted
    ]
    assert sorted(spare) == [0, 0, 0, 0, 1]
    for x, router, experts, k in counted:
        sent = choose(x @ router.T, k).sum(axis=0)
        assert all(expert.left >= n for expert, n in zip(experts, sent, strict=True))


def test_equal_scores_are_equal_however_they_are_added_up():
    """Else a tie would be a matter of rounding."""
    for x, router, _, _ in modern_blocks.routed.cases:
        scores = np.sort(x @ router.T, axis=1)
        gaps = np.diff(scores, axis=1)
        assert ((gaps == 0) | (gaps > 1e-6)).all()
        if (gaps == 0).any():
            assert (x == x.round()).all()
            assert (router == router.round()).all()


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"turned(k, P)\n": "turned(k, P); keys = turned(keys, P)\n"}, "as position 0"),
        ({"turned(q, P), turned(k, P)": "q, k"}, "as position 0"),
        ({"turned(k, P)\n": "turned(k, P); keys = turned(keys, P - 1)\n"}, "as position 1, "),
        ({"turned(k, P)\n": "turned(k, P); keys = turned(keys, 1)\n"}, "too near to"),
        ({"turned(q, P), turned(k, P)": "turned(q, P - 1), turned(k, P - 1)"}, "too near to"),
        (
            {"turned(k, P)\n": "turned(k, P); keys = turned(keys, -1)\n"},
            "too far from",
        ),
        ({"    values = np.conc": "    keys = turned(keys, P)\n    values = np.conc"}, "every key"),
    ],
)
def test_a_distance_between_query_and_keys_is_named_as_what_it_is(changes, name):
    """Whether the one is turned too far or the other too little shows in no score."""
    source = inspect.getsource(answers.decoded)
    for old, new in changes.items():
        assert source.count(old) == 1
        source = source.replace(old, new)
    exec(source, names := vars(answers).copy())
    assert name in modern_blocks.decoded.run(names["decoded"]).mistake


def test_as_the_task_says_the_function_with_two_bugs_is_right_with_one_head_and_position():
    buggy = shown("13_modern_blocks", "decoded")
    right = 0
    for q, k, v, keys, values, base in modern_blocks.decoded.cases:
        if keys.shape[1] <= 1 and (len(k) == 1 or len(k) == len(q)):
            np.testing.assert_allclose(
                buggy(q, k, v, keys, values, base), answers.decoded(q, k, v, keys, values, base)
            )
            right += 1
    assert right >= 2


def test_a_cache_with_windows_is_as_much_smaller_as_the_hint_says():
    blocks = [1024, 1024, 1024, 1024, 1024, None] * 4, [None] * 24
    positions = [answers.cache_bytes(w, 0, 8, 1, 1, 100_000, 1) // 2 for w in blocks]
    assert positions == [420_480, 2_400_000]
    assert round(positions[1] / positions[0], 1) == 5.7


def test_the_signatures_are_those_of_the_answers():
    for check in modern_blocks.chapter.checks.values():
        names = re.findall(r"\w+", check.signature.partition("(")[2])
        assert names == list(inspect.signature(check.reference).parameters)
