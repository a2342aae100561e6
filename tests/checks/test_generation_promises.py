"""What the tasks of chapter 09 promise: whoever ignores it is refused."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from tinytx.checks import generation
from tinytx.checks.generation import answers

from .generation_designs import (
    bytes_listed,
    log_prob_gathered,
    padded_lists,
    step_early,
    tempered_loop,
    text_recursive,
)
from .made import with_changed

changed = partial(with_changed, generation.chapter.checks)


def remembered(fn):
    """Return ``fn`` with a memory for texts: who comes again gets what was there."""

    def answer(model, prompts, n):
        known = {}
        return [list(known.setdefault(tuple(p), fn(model, [p], n)[0])) for p in prompts]

    return answer


def only_rows(choose):
    """Return a filter that is right, but sorts by what ``choose`` makes of the logits."""
    return lambda logits, k, p: answers.filtered(choose(logits), k, p)


def whole_row_if_certain(p, q, drafted, u):
    """Keeps a token whenever the model holds it for more likely than not."""
    return step_early(p, q, drafted, np.where(np.append(p[:-1].max(axis=1) > 0.5, False), 0, u))


IGNORED = [
    ("a byte may hold two numbers", "cache_bytes", changed("cache_bytes", 6, lambda b: max(b, 8))),
    ("texts may be several", "cache_bytes", changed("cache_bytes", 5, lambda B: min(B, 2))),
    ("heads may share", "cache_bytes",
        lambda L, D, H, K, T, B, bits: bytes_listed(L, D, H, H if K > 1 else K, T, B, bits)),
    ("logits reach 10,000", "tempered", changed("tempered", 0, lambda x: x.clip(-700, 700))),
    ("a temperature may be small", "tempered",
        changed("tempered", 1, lambda t: max(t, 0.15) if t else 0)),
    ("a temperature may be large", "tempered", changed("tempered", 1, lambda t: min(t, 100.0))),
    ("rows may be many", "tempered", lambda x, t: tempered_loop(np.tile(x[:1], (len(x), 1)), t)),
    ("an id may be above 255", "continuation_log_prob",
        changed("continuation_log_prob", 1, lambda ids: ids % 256)),
    ("an id may be above 255", "continuation_log_prob",
        changed("continuation_log_prob", 2, lambda ids: ids % 256)),
    ("all that was read counts", "continuation_log_prob",
        changed("continuation_log_prob", 1, lambda ids: ids[-2:])),
    ("logits reach 10,000", "continuation_log_prob",
        lambda model, *texts: log_prob_gathered(lambda i: model(i).clip(-700, 700), *texts)),
    ("logits reach 10,000", "filtered", only_rows(lambda x: x.clip(-700, 700))),
    ("no row depends on another", "filtered", only_rows(lambda x: np.tile(x[:1], (len(x), 1)))),
    ("k may be above V", "filtered",
        lambda x, k, p: answers.filtered(x, None if k is None else 1 + (k - 1) % x.shape[1], p)),
    ("of equals the first stay", "filtered",
        lambda x, k, p: answers.filtered(x[:, ::-1], k, p)[:, ::-1].copy()),
    ("p may be small", "filtered", changed("filtered", 2, lambda p: p and max(p, 0.45))),
    ("p may be 1", "filtered", changed("filtered", 2, lambda p: p and min(p, 0.98))),
    ("None switches a filter off", "filtered", changed("filtered", 2, lambda p: p or 0.9)),
    ("None switches a filter off", "filtered", changed("filtered", 1, lambda k: k or 3)),
    ("the padding may be a token too", "left_padded",
        lambda prompts, pad: padded_lists([[i for i in p if i != pad] or p for p in prompts], pad)),
    ("an id may be above 255", "left_padded",
        changed("left_padded", 0, lambda prompts: [[i % 256 for i in p] for p in prompts])),
    ("any id may fill up", "left_padded", changed("left_padded", 1, lambda pad: 0)),
    ("the longest may stand anywhere", "left_padded",
        changed("left_padded", 0, lambda prompts: [p[-len(prompts[0]):] for p in prompts])),
    ("a new list", "cached_text", lambda model, prompts, n: (
        prompts if n == 0 else text_recursive(model, prompts, n))),
    ("the inputs stay", "cached_text", lambda model, prompts, n: [
        prompt.extend(text[len(prompt):]) or text for prompt, text in
        zip(prompts, text_recursive(model, prompts, n), strict=True)]),
    ("each token is read once", "cached_text", lambda model, prompts, n: [
        text_recursive(model, [p], n)[0] for p in prompts for _ in (model(p, 0, []),)]),
    ("the draft may have several tokens", "speculative_step",
        lambda p, q, d, u: step_early(p[:2], q[:1], d[:1], u[[0, -1]])),
    ("the same token may come again", "speculative_step",
        lambda p, q, d, u: step_early(p, q, list(dict.fromkeys(d)), u)),
    ("what p and q say counts, not who is sure", "speculative_step", whole_row_if_certain),
]  # fmt: skip


@pytest.mark.usefixtures("_nameless")
@pytest.mark.parametrize(
    ("name", "fn"), [(n, f) for _, n, f in IGNORED], ids=[f"{n}: {kind}" for kind, n, _ in IGNORED]
)
def test_an_answer_that_ignores_a_promise_is_refused(name, fn):
    assert generation.chapter.checks[name].run(fn).status == "wrong"


def test_remembering_a_prompt_that_comes_again_is_no_mistake():
    assert generation.cached_text.run(remembered(text_recursive)).right
