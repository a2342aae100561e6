"""The checks of chapter 09: right answers pass, each mistake is named, no answer is given away."""

from __future__ import annotations

import copy
import inspect
import re
from typing import ClassVar

import numpy as np
import pytest

from tinytx.checks import generation
from tinytx.checks.generation import answers
from tinytx.checks.generation.parts import Model, Reader, V
from tinytx.generation import distribution, log_probs

from .contract import Contract
from .generation_designs import (
    RIGHT,
    bytes_listed,
    filtered_masks,
    log_prob_gathered,
    padded_lists,
    step_early,
    tempered_loop,
    text_recursive,
)


def padded_by(change):
    """Return the right answer, of which something is changed afterwards."""
    return lambda prompts, pad_id: change(*padded_lists(prompts, pad_id))


class TestGeneration(Contract):
    chapter = generation.chapter
    right = RIGHT
    unknown: ClassVar[dict[str, list]] = {
        "cache_bytes": [
            lambda *sizes: 0,
            lambda *sizes: bytes_listed(*sizes) + 7,
        ],
        "tempered": [
            lambda logits, t: np.zeros(logits.shape),
            lambda logits, t: tempered_loop(logits, t)[:, ::-1].copy() ** 2,
            lambda logits, t: (tempered_loop(logits, t) + 1 / logits.shape[1]) / 2,
        ],
        "continuation_log_prob": [
            lambda model, prompt, continuation: 1.5,
            lambda *given: 3 * log_prob_gathered(*given),
        ],
        "filtered": [
            lambda logits, k, p: np.full(logits.shape, 0.1),
            lambda logits, k, p: np.roll(filtered_masks(logits, k, p), 1, axis=-1),
            lambda logits, k, p: (filtered_masks(logits, k, p) + 1 / logits.shape[1]) / 2,
        ],
        "left_padded": [
            padded_by(lambda ids, places, mask: (ids * 2, places, mask)),
            padded_by(lambda ids, places, mask: (ids, places, np.zeros_like(mask))),
            padded_by(lambda ids, places, mask: (ids, 3 * places, mask)),
        ],
        "cached_text": [
            lambda model, prompts, n: [prompt + [(prompt[-1] + 1) % 7] * n for prompt in prompts],
            lambda model, prompts, n: [prompt + [7] * (n + 2) for prompt in prompts],
            lambda model, prompts, n: [
                [i % 3 for i in text] for text in text_recursive(model, prompts, n)
            ],
        ],
        "speculative_step": [
            lambda p, q, drafted, u: [p.shape[1]],
            lambda p, q, drafted, u: [i + 1 for i in step_early(p, q, drafted, u)],
            lambda p, q, drafted, u: [*step_early(p, q, drafted, u)[:-1], len(drafted) % 2],
        ],
    }


def test_models_are_shown_as_they_can_be_pasted():
    for model, prompt, continuation in generation.continuation_log_prob.cases:
        code = eval(repr(model), {"np": np})
        ids = np.concatenate([prompt, continuation])[None]
        assert (code(ids) == model(ids)).all()
    text = generation.continuation_log_prob.run(lambda model, prompt, continuation: -9.0).message
    assert "(lambda ids: np." in text


def _judged(
    ids_of, pick=lambda rows, continuation: rows[np.arange(len(continuation)), continuation]
):
    """Return an answer that puts the two texts together, and picks what counts, as is told."""

    def answer(model, prompt, continuation):
        logits = model(ids_of(prompt, continuation))[0]
        rows = logits - np.log(np.exp(logits - logits.max()).sum(-1, keepdims=True)) - logits.max()
        return float(pick(rows[len(prompt) - 1 : -1], continuation).sum())

    return answer


def _without_a_batch(text, rows):
    """Return an answer that asks the model for ``text`` and takes the first axis for the places."""

    def answer(model, prompt, continuation):
        ids = text(np.concatenate([prompt, continuation]))
        logits = rows(model(ids), len(prompt))
        found = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
        return float(found[np.arange(len(continuation)), continuation].sum())

    return answer


@pytest.mark.parametrize(
    ("answer", "says", "error"),
    [
        (
            _judged(lambda a, b: (a + b)[None]),
            "The model takes a batch, `+` adds two arrays",
            "out of bounds",
        ),
        (
            _judged(lambda a, b: np.concatenate([a, b])),
            "The model takes a batch",
            "too many indices",
        ),
        (
            _without_a_batch(lambda ids: ids[None], lambda logits, n: logits[n - 1 : -1]),
            "The model takes a batch, `+` adds two arrays",
            "out of bounds",
        ),
        (
            _without_a_batch(lambda ids: ids[None], lambda logits, n: logits[:, n - 1 : -1]),
            "The model takes a batch, `+` adds two arrays",
            "out of bounds",
        ),
        (
            _without_a_batch(lambda ids: ids, lambda logits, n: logits[n - 1 : -1]),
            "The model takes a batch",
            "tuple index",
        ),
        (
            _judged(
                lambda a, b: np.concatenate([a, b])[None],
                lambda rows, continuation: np.tile(rows, (3, 1))[np.arange(3), continuation],
            ),
            "as many rows as there are tokens",
            "shape mismatch",
        ),
    ],
)
def test_an_index_that_fails_is_answered_by_how_it_fails(answer, says, error):
    text = " ".join(str(generation.continuation_log_prob.run(answer)).split())
    assert error in text
    hints = ["The model takes a batch", "`+` adds two arrays", "as many rows as there are tokens"]
    assert ", ".join(hint for hint in hints if hint in text) == says


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("reached", [np.less, np.less_equal])
def test_a_filter_that_is_off_by_p_of_1_has_the_same_name_for_its_slip(reached, masked):
    def filtered(logits, top_k, top_p):
        out, top_p = np.zeros(logits.shape), 1.0 if top_p is None else top_p
        for b, row in enumerate(logits):
            kept = np.argsort(-row, kind="stable")[:top_k]
            probs = np.exp(row[kept] - row.max())
            probs = probs / probs.sum()
            below = reached(probs.cumsum(), top_p)
            kept, probs = (kept, probs * below) if masked else (kept[below], probs[below])
            out[b, kept] = probs / probs.sum()
        return out

    assert generation.filtered.run(filtered).mistake == "the token that crosses p is cut"


def test_what_a_model_says_depends_on_nothing_later_and_stays_within_the_limits():
    for model, prompt, continuation in generation.continuation_log_prob.cases:
        ids = np.concatenate([prompt, continuation])[None]
        whole = model(ids)
        assert np.abs(whole).max() <= 10_000
        assert ids.max() < whole.shape[-1]
        for T in range(1, ids.shape[1]):
            assert (model(ids[:, :T]) == whole[:, :T]).all()


@pytest.mark.parametrize("seed", [1, 4, 6, 7])
def test_a_reader_says_the_same_with_a_cache_and_at_once(seed):
    ids = np.random.default_rng(seed).integers(V, size=12).tolist()
    whole, cache = Reader(seed)(ids, 0, []), []
    pieces = [Reader(seed)(ids[a:b], a, cache) for a, b in ((0, 3), (3, 4), (4, 9), (9, 12))]
    np.testing.assert_allclose(np.concatenate(pieces), whole, rtol=1e-12)
    assert len(cache) == 12
    moved = Reader(seed)(ids, 1, [])
    assert np.abs(moved - whole).max(axis=1).min() > 1e-3


def test_a_reader_counts_what_it_reads():
    model = Reader(1, reads=3)
    model([1, 2], 0, cache := [])
    with pytest.raises(RuntimeError, match="more tokens were read"):
        model([1, 2], 2, cache)
    assert eval(repr(model), {"Reader": Reader}).left == 3


@pytest.mark.parametrize(
    ("old", "new", "hint"),
    [
        ("logits[-1].argmax()", "logits.argmax()", "The ids of this model are 0 to 6"),
        ("start += len(new)", "start += 32", "look at `start`"),
    ],
)
def test_an_index_error_is_explained_by_the_index_that_was_wrong(old, new, hint, capsys):
    source = inspect.getsource(answers.cached_text)
    assert old in source
    exec(source.replace(old, new), names := vars(answers).copy())
    generation.cached_text(names["cached_text"])
    said = " ".join(capsys.readouterr().out.split())
    assert "IndexError" in said
    assert hint in said


def test_every_cache_fills_whole_bytes_and_the_numbers_of_heads_divide():
    for L, D, H, K, T, B, bits in generation.cache_bytes.cases:
        assert D % H == H % K == 0
        assert 2 * L * K * (D // H) * T * B * bits % 8 == 0


def test_the_next_token_of_every_text_is_clear():
    """So rounding cannot decide what is written."""
    for model, prompts, n in generation.cached_text.cases:
        for text in text_recursive(copy.deepcopy(model), prompts, n):
            logits = np.sort(Reader(int(re.findall(r"\d+", repr(model))[0]))(text, 0, []))
            assert (logits[:, -1] - logits[:, -2]).min() > 1e-4


def test_what_the_counting_models_may_read_is_one_token_more_than_needed():
    """But for one: it bears a token that is read twice, and not all of the text at each step."""
    counting = [case for case in generation.cached_text.cases if case[0].left is not None]
    spare = [model.left - sum(len(p) + n for p in prompts) for model, prompts, n in counting]
    assert sorted(spare)[:3] == [0, 0, 0]
    ((model, prompts, n),) = (case for case, more in zip(counting, spare, strict=True) if more)
    once_more = 2 * sum(map(len, prompts)) + n * len(prompts)
    at_each_step = sum(len(p) + k for p in prompts for k in range(n))
    assert once_more <= model.left < at_each_step


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("        start = 0\n", "        start = 0\n        n and model(prompt[:], 0, [])\n"),
        ("        texts", "        n and [model(new, start, cache) for _ in 'ab']\n        texts"),
    ],
)
def test_a_token_that_is_read_once_too_often_is_no_text_read_again_at_each_step(old, new):
    source = inspect.getsource(answers.cached_text)
    assert source.count(old) == 1
    exec(source.replace(old, new), names := vars(answers).copy())
    result = generation.cached_text.run(names["cached_text"])
    assert not result.mistakes
    assert "each token is read once" in " ".join(str(result).split())


def test_of_equals_others_than_the_first_are_told_as_that():
    """The likeliest stays the likeliest, whichever of equal ones it is."""

    def odd_ones_first(logits, k, p):
        order = np.argsort(np.arange(logits.shape[1]) % 2 == 0, kind="stable")
        return filtered_masks(logits[:, order], k, p)[:, np.argsort(order)]

    result = generation.filtered.run(odd_ones_first)
    assert "does not keep to this: of equal logits the first stay" in result.message
    warm = generation.tempered.run(lambda logits, t: tempered_loop(logits, t + 1e-5))
    assert "at temperature 0 the largest logit has it all, and of equal ones" in warm.message


def test_columns_for_positions_and_ids_for_padding_are_two_mistakes():
    def compared(prompts, pad_id):
        ids, _, _ = padded_lists(prompts, pad_id)
        T = ids.shape[1]
        places = np.tile(np.arange(T), (len(ids), 1))
        return ids, places, np.tri(T, dtype=bool) & (ids != pad_id)[:, None]

    assert set(generation.left_padded.run(compared).mistakes) == {
        "the positions count the padding",
        "padding is found by comparing with its id",
    }


def test_each_text_is_a_list_of_its_own():
    def shared(model, prompts, n):
        texts = {tuple(prompt): text_recursive(model, [prompt], n)[0] for prompt in prompts}
        return [texts[tuple(prompt)] for prompt in prompts]

    def handed_on(model, prompts, n):
        return text_recursive(model, prompts, n) if n else list(prompts)

    for fn in (shared, handed_on):
        assert "one and the same list" in " ".join(str(generation.cached_text.run(fn)).split())


def test_no_number_lies_where_one_token_ends():
    """So rounding cannot decide whether a token stays, and which one is drawn."""
    for p, q, drafted, u in generation.speculative_step.cases:
        if not u.any():
            continue  # 0 is the end of what has no share: there `<` is not `<=`
        np.testing.assert_allclose(p.sum(axis=1), 1)
        np.testing.assert_allclose(q.sum(axis=1), 1)
        kept = len(step_early(p, q, drafted, u)) - 1
        looked = enumerate(drafted[: kept + 1])
        edges = [p[i, x] / q[i, x] - u[i] for i, x in looked]
        left = p[kept] if kept == len(drafted) else np.maximum(p[kept] - q[kept], 0)
        edges += list(left.cumsum() / left.sum() - u[-1])
        assert np.abs(edges).min() > 1e-3


def test_no_share_lies_at_p_but_where_it_does_so_exactly():
    for logits, k, p in generation.filtered.cases:
        probs = np.sort(answers.filtered(logits, k, None), axis=-1)[:, ::-1].cumsum(axis=-1)
        if p is not None and p < 1 and not (logits == logits.flat[0]).all():
            assert np.abs(probs - p).min() > 1e-4, (k, p)


def test_a_step_has_the_distribution_of_the_model():
    """The first token of a step, over all drafts and all numbers: on a fine grid of them."""
    rng = np.random.default_rng(0)
    for _ in range(3):
        p, q = rng.dirichlet(np.ones(4), size=2), rng.dirichlet(np.ones(4), size=1)
        came, grid = np.zeros(4), (np.arange(60) + 0.5) / 60
        for token in range(4):
            for one in grid:
                for other in grid:
                    u = np.array([one, other])
                    first = answers.speculative_step(p, q, [token], u)[0]
                    came[first] += q[0, token] / grid.size**2
        np.testing.assert_allclose(came, p[0], atol=0.02)
        assert np.abs(q[0] - p[0]).max() > 0.1


def test_the_right_answers_are_what_the_package_does():
    logits = np.random.default_rng(1).normal(size=(4, 11), scale=3.0)
    for k, p in ((None, None), (3, None), (None, 0.8), (5, 0.7)):
        mine = answers.filtered(logits, k, p)
        np.testing.assert_allclose(mine, distribution(logits, top_k=k, top_p=p), rtol=1e-12)
    for t in (0, 0.3, 2.0):
        np.testing.assert_allclose(answers.tempered(logits, t), distribution(logits, t))
    model = Model("np.cumsum(np.eye(5)[ids], axis=1)")
    ids = np.array([[3, 0, 4, 4, 1]])
    theirs = log_probs(model(ids)[:, 1:-1], ids[:, 2:]).sum()
    mine = answers.continuation_log_prob(model, ids[0, :2], ids[0, 2:])
    assert mine == pytest.approx(theirs, rel=1e-12)


def test_a_package_function_that_does_it_all_is_noticed():
    result = generation.filtered.run(lambda x, k, p: distribution(x, top_k=k, top_p=p))
    assert result.status == "borrowed", str(result)


def test_the_signatures_are_those_of_the_answers():
    for check in generation.chapter.checks.values():
        names = check.signature.partition("(")[2].rstrip(")").split(", ")
        assert names == list(inspect.signature(check.reference).parameters)
