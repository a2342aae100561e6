"""Speculative decoding writes what the large model would have written."""

import itertools
import re
from collections import UserList

import numpy as np
import pytest

from tinytx.generation import distribution, generate, speculate
from tinytx.generation.speculation import Follower, verdict

from .models import ENGINES, make


def exact(model, prompt, n, **filters):
    """Return the probability of every text of ``n`` tokens after ``prompt``."""
    V = model.config.vocab_size
    found = {}
    for text in itertools.product(range(V), repeat=n):
        ids = np.array([[*prompt, *text]])
        p = distribution(model.forward(ids)[0, len(prompt) - 1 : -1], **filters)
        found[text] = np.prod(p[np.arange(n), text])
    return found


@pytest.mark.parametrize("filters", [{}, {"temperature": 0.6, "top_k": 3}, {"top_p": 0.8}])
def test_the_texts_have_the_large_models_distribution(filters):
    """What is kept and what is drawn instead add up to it; the code draws from that sum."""
    V = 4
    model, draft = make(vocab_size=V).eval(), make(vocab_size=V, seed=5).eval()
    p = distribution(model.forward(np.array([[1, 2]]))[0, -1], **filters)
    q = distribution(draft.forward(np.array([[1, 2]]))[0, -1], **filters)
    kept = np.minimum(p, q)
    missing = np.maximum(p - q, 0)
    out = kept + (1 - kept.sum()) * missing / max(missing.sum(), 1e-300)
    np.testing.assert_allclose(out, p, atol=1e-12)
    assert kept.sum() < 0.99
    # and the code draws from it: 20,000 times, within five standard deviations
    n, rng = 20_000, np.random.default_rng(0)
    counts = np.zeros(V)
    for _ in range(n):
        guess = int((q.cumsum() <= rng.random() * q.sum()).sum())
        same, last = verdict(np.stack([p, p]), q[None], [guess], rng)
        counts[guess if same else last] += 1
    assert (np.abs(counts - n * p) < 5 * np.sqrt(n * p * (1 - p)) + 1e-9).all()


def test_whole_texts_have_it_too():
    model, draft = make(vocab_size=3).eval(), make(vocab_size=3, seed=5).eval()
    wanted = exact(model, [1], 4)
    n, counts = 1500, dict.fromkeys(wanted, 0)
    rng = np.random.default_rng(1)
    for _ in range(n):
        made = speculate(model, draft, [1], 4, ahead=2, rng=rng)
        counts[tuple(made.ids[1:].tolist())] += 1
    chi2 = sum((counts[text] - n * p) ** 2 / (n * p) for text, p in wanted.items())
    assert chi2 < 80 + 5 * np.sqrt(2 * 80)  # 80 degrees of freedom
    swapped = exact(draft, [1], 4)  # the test can fail: the draft's own texts are far off
    assert sum((counts[text] - n * p) ** 2 / (n * p) for text, p in swapped.items()) > 1000


def test_what_the_large_model_would_never_say_is_not_kept_at_the_lowest_draw():
    class Lowest(np.random.Generator):
        def random(self):
            return 0.0

    p, q = np.array([[0.0, 0.4, 0.6], [0.2, 0.8, 0.0]]), np.array([[0.7, 0.3, 0.0]])
    assert verdict(p, q, [0], Lowest(np.random.PCG64(0))) == (0, 1)
    assert verdict(p, q, [1], Lowest(np.random.PCG64(0))) == (1, 0)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("ahead", [1, 2, 5, 30])
def test_greedy_text_is_the_large_models_whatever_the_draft(engine, ahead):
    model, draft = make(engine, context_length=40), make("numpy", seed=5, context_length=60)
    wanted = generate(model, [[3, 1, 4]], 30, temperature=0)[0]
    made = speculate(model, draft, [3, 1, 4], 30, ahead=ahead, temperature=0)
    assert made.ids.tolist() == wanted.tolist()
    assert 30 / (ahead + 1) <= made.calls <= 30
    assert made.calls + made.accepted == 30  # a call gives its kept guesses, and one more


def test_the_model_as_its_own_draft_keeps_every_guess():
    model = make(context_length=40)
    made = speculate(model, model, [[3, 1]], 25, ahead=4, rng=0)
    assert (made.calls, made.drafted, made.accepted) == (5, 20, 20)
    made = speculate(model, model, [[3, 1]], 23, ahead=4, rng=0)  # the last call has two guesses
    assert (made.calls, made.drafted, made.accepted) == (5, 18, 18)
    assert len(speculate(model, model, [3, 1], 38, rng=0).ids) == 40  # there is room for all


def test_each_token_is_read_once():
    follower, read = Follower(make(context_length=40)), []
    forward = follower.engine.forward
    follower.engine.forward = lambda ids, *more: read.append(ids.tolist()) or forward(ids, *more)
    for text, n in (([1, 2, 3], 1), ([1, 2, 3, 4, 5], 2), ([1, 2, 6, 7], 2)):
        follower.read(text, n)
    assert read == [[[1, 2, 3]], [[4, 5]], [[6, 7]]]


def test_a_hooked_model_is_asked_itself():
    model, draft = make(context_length=40), make(seed=5, context_length=40)
    wanted = speculate(model, draft, [1], 20, rng=3).ids
    calls = []

    class Watched(type(draft.blocks[0])):
        def forward(self, *args):
            calls.append(1)
            return super().forward(*args)

    draft.blocks[0].__class__ = Watched
    assert speculate(model, draft, [1], 20, rng=3).ids.tolist() == wanted.tolist()
    assert len(calls) >= 20


def test_a_stop_ends_the_text_also_among_the_guesses():
    model, draft = make(context_length=40), make(seed=5, context_length=40)
    free = speculate(model, draft, [1], 30, ahead=6, rng=4).ids.tolist()
    stop = free[9]
    made = speculate(model, draft, [1], 30, ahead=6, rng=4, stop=[stop]).ids.tolist()
    assert made == free[: free.index(stop, 1) + 1]


def test_the_same_seed_gives_the_same_text_and_nothing_is_the_prompt():
    model, draft = make(context_length=40), make(seed=5, context_length=40)
    texts = [speculate(model, draft, [1, 2], 12, rng=7).ids.tolist() for _ in range(2)]
    assert texts[0] == texts[1]
    assert speculate(model, draft, [1, 2], 0, rng=7).ids.tolist() == [1, 2]


@pytest.mark.parametrize("engine", ENGINES)
def test_a_padding_id_is_passed_over_as_in_writing(engine):
    """The second model says nothing else, the third ends in it; the draft's own is another id."""
    for seed, other in ((0, 4), (6, 5), (8, 4)):
        model = make(engine, seed=seed, context_length=40, padding_id=3)
        draft = make(seed=other, context_length=40, padding_id=4)
        for prompt in ([1, 2], [3, 1, 3, 4, 2, 3]):
            wanted = generate(model, [prompt], 12, temperature=0)[0]
            made = speculate(model, draft, prompt, 12, ahead=3, temperature=0)
            assert made.ids.tolist() == wanted.tolist()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"draft": make(causal=False)}, "draft has config.causal False and must be causal"),
        ({"draft": make(padding_id=1)}, "ids holds nothing but the padding of draft"),
        ({"ahead": 0}, "ahead is 0 and must be at least 1"),
        ({"max_new_tokens": 9}, "ids and max_new_tokens are 10 tokens and model has room for 9"),
        ({"ids": [[1], [2]]}, "ids has 2 prompts and must have one"),
        ({"rng": None}, "rng is None and temperature is 1.0"),
        ({"rng": [np.random.default_rng(0)]}, "rng is a list and must be one generator"),
        ({"rng": UserList([np.random.default_rng(0)])}, "rng is a list and must be one generator"),
        ({"draft": make(vocab_size=12)}, "draft has 12 tokens and model 11"),
        ({"draft": object()}, "draft is object and must be a GPT of tinytx"),
        ({"top_p": 2}, "top_p is 2 and must be a number from 0 to 1"),
    ],
)
def test_bad_input_is_one_line(options, message):
    given = {"draft": make(seed=5), "ids": [1], "max_new_tokens": 3, "rng": 0, **options}
    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        speculate(make(), **given)
