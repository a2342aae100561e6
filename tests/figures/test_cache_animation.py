"""The cache animation without a browser: its counts are those of the package's own engine."""

import re

import numpy as np
import pytest

from tinytx import manual
from tinytx.config import GPTConfig
from tinytx.figures import CacheAnimation
from tinytx.figures.cache_animation import MOST, held, known_shapes
from tinytx.generation import KVCache, generate
from tinytx.manual import attention, linear, positions
from tinytx.trained import load_trained

CONFIG = GPTConfig(vocab_size=11, context_length=MOST, n_layer=2, n_head=3, d_model=12, d_ff=20)
HOSTILE = "</script><img src=x onerror=alert(1)>"


def made_model():
    return manual.GPT(CONFIG, np.random.default_rng(0), np.float64).eval()


@pytest.fixture
def seen(monkeypatch):
    """What block 0 computes, call by call: keys (rows, H · Dh), and rows through each projection.

    Of the scores, the number of queries and of keys, in every block. Generation reads a copy of the
    model that shares its weights: layers are known by these.
    """
    record = {"keys": [], "scores": [], "projections": []}
    model = made_model()
    block = model.blocks[0].attn
    weights = [id(one.weight) for one in (block.q_proj, block.k_proj, block.v_proj)]
    forward, attend = linear.Linear.forward, attention.attention_forward

    def watched(self, x):
        y = forward(self, x)
        if id(self.weight) in weights:
            record["projections"].append(x.shape[1])
        if id(self.weight) == weights[1]:
            record["keys"].append(y[0].copy())
        return y

    def counted(q, k, *rest):
        record["scores"].append((q.shape[2], k.shape[2]))
        return attend(q, k, *rest)

    monkeypatch.setattr(linear.Linear, "forward", watched)
    monkeypatch.setattr(attention, "attention_forward", counted)
    return model, record


@pytest.mark.parametrize("cached", [False, True])
@pytest.mark.parametrize(("n_prompt", "n_new"), [(1, 7), (5, 9), (9, 1)])
def test_the_counts_are_those_of_the_engine(seen, cached, n_prompt, n_new):
    model, record = seen
    prompt = [3, 0, 7, 3, 9, 1, 4, 4, 2][:n_prompt]
    generate(model, [prompt], n_new, temperature=0, cache=cached)
    figure = CacheAnimation(prompt, n_new)
    steps = [figure.step(number, cached) for number in range(n_new)]
    # q_proj, k_proj and v_proj see the same rows
    assert record["projections"] == [step.rows for step in steps for _ in range(3)]
    pairs = record["scores"][:: CONFIG.n_layer]
    assert [q * k for q, k in pairs] == [step.scores for step in steps]
    assert [k for _, k in pairs] == [step.tokens for step in steps]
    assert [k - q for q, k in pairs] == [step.read for step in steps]
    assert [known_before(record["keys"], i, cached) for i in range(n_new)] == [
        step.again for step in steps
    ]
    assert figure.so_far(n_new - 1, cached) == (
        sum(map(len, record["keys"])), sum(q * k for q, k in pairs),
    )  # fmt: skip


def known_before(keys, number, cached):
    """Return how many keys of one step are, number by number, those of the step before."""
    if cached or not number:
        return 0
    now, then = keys[number], keys[number - 1]
    return int(np.isclose(now[: len(then)], then, rtol=1e-12).all(axis=1).sum())


@pytest.mark.parametrize("T", [1, 7, 32])
def test_the_cache_holds_what_the_formula_says(T):
    model = made_model()
    cache = KVCache(model, batch=1)
    model.forward(np.arange(T)[None] % 11, cache=cache)
    kept = [part[..., : cache.length, :] for part in (cache.keys, cache.values)]
    assert all((part != 0).any(axis=-1).all() for part in kept)
    assert held(CONFIG, T) == sum(part.size for part in kept)


def test_known_shapes_are_the_models_that_they_are_called():
    shapes = known_shapes()
    for name in ("n_layer", "n_head", "d_head", "context_length"):
        shipped = load_trained("tales").model.config
        assert getattr(shapes["the tales model"], name) == getattr(shipped, name)


def test_the_mistake_is_what_it_is_said_to_be(monkeypatch):
    """Each call counts from 0: the prompt stands right, every new token at position 0."""
    prompt, new = [3, 0, 7, 3, 9], [1, 4]
    right = logits_of(prompt, new)
    given = []
    forward = positions.LearnedPositions.forward

    def mistaken(self, x, start=0):
        y = forward(self, x, 0)
        table = self.weight.data
        given.append([int(np.isclose(table, row).all(axis=1).argmax()) for row in (y - x)[0]])
        return y

    monkeypatch.setattr(positions.LearnedPositions, "forward", mistaken)
    wrong = logits_of(prompt, new)
    assert given == [[0, 1, 2, 3, 4], [0], [0]]
    told = str(CacheAnimation(prompt, 3)).splitlines()[-1]
    assert told.endswith("the new tokens that are read stand at 0 0 instead of 5 6")
    # It does no harm at step 1, when no new token has been read, and at no other.
    same = [np.allclose(a, b, rtol=1e-9) for a, b in zip(right, wrong, strict=True)]
    assert same == [True, False, False]


def logits_of(prompt, new):
    model = made_model()
    cache = KVCache(model, batch=1)
    reads = [prompt, *([id] for id in new)]
    return [model.forward(np.array([ids]), cache=cache)[0, -1] for ids in reads]


def ten_times(figure, n_prompt):
    """Return after how many new tokens ten times as many keys are computed; None if never."""
    for number in range(len(figure.tokens) - n_prompt):
        one, other = (figure.so_far(number, cached, n_prompt)[0] for cached in (False, True))
        if one >= 10 * other:
            return number + 1
    return None


def test_the_question_has_an_answer():
    figure = CacheAnimation()
    assert ten_times(figure, 5) == 16
    assert figure.so_far(15, cached=False)[0] == 10 * figure.so_far(15, cached=True)[0] == 200
    found = [ten_times(figure, P) for P in range(1, 13)]
    assert found == sorted(found, reverse=True)
    assert (found[0], found[-1]) == (19, 14)


def test_words_and_fallback_say_the_same():
    figure = CacheAnimation(["the", b"\xc3", " "], 4, ["x"], {"mine": CONFIG})
    assert figure.tokens == ["the", "<C3>", "␣", "x", "?", "?", "?"]
    words = str(figure)
    assert "3 tokens of prompt, 4 new ones, a step each: the₀ <C3>₁ ␣₂ x₃ ?₄ ?₅ ?₆" in words
    for number in range(4):
        one, other = (figure.step(number, cached) for cached in (False, True))
        assert f"step {number + 1}, {one.tokens} tokens: without a cache {one.rows} keys" in words
        cells = (one.tokens, one.rows, other.rows, one.scores, other.scores)
        row = "".join(f"<td>{cell}</td>" for cell in cells)
        assert f'<th scope="row">{number + 1}</th>{row}' in figure.fallback()
    assert "in all: without a cache 18 keys and 86 scores; with one 6 keys and 24 scores" in words
    assert "of 6 tokens the cache of mine holds 288 numbers, 1.15 kB in float32" in words
    for line in words.splitlines()[-3:]:
        assert f"<p>{line}</p>" in figure.fallback()


def test_a_cache_holds_no_more_than_the_context():
    small = GPTConfig(vocab_size=9, context_length=4, n_layer=1, n_head=1, d_model=2)
    assert "of 4 tokens the cache of it holds 16 numbers" in str(
        CacheAnimation(shapes={"it": small})
    )


def test_it_is_the_same_every_time_and_small():
    assert CacheAnimation()._repr_html_() == CacheAnimation()._repr_html_()
    assert CacheAnimation(n_new=3)._repr_html_() != CacheAnimation()._repr_html_()
    assert len(CacheAnimation()._repr_html_()) < 42_000


def test_user_text_cannot_leave_its_place():
    made = CacheAnimation([HOSTILE], 1, [HOSTILE], {HOSTILE: CONFIG}, ask=HOSTILE)
    page = made._repr_html_()
    assert page.count("<script>") == page.count("</script>") == 1
    assert "<img" not in page


WRONG = [
    ({"n_new": 0}, "n_new is 0 after 5 tokens of prompt, the limit is at least 1 of each and 32"),
    ({"n_new": 28}, "n_new is 28 after 5 tokens of prompt"),
    ({"n_new": 2.0}, "n_new is 2.0 after 5 tokens"),
    ({"prompt": ""}, "after 0 tokens of prompt"),
    ({"shapes": {}}, "shapes is empty; give a model, or leave it out"),
    ({"shapes": {"x": 3}}, "shapes['x'] is int and must be a GPTConfig, such as model.config"),
    ({"prompt": ["\ud800"]}, "prompt"),
]


@pytest.mark.parametrize(("changes", "message"), WRONG)
def test_wrong_input_gets_one_clear_line(changes, message):
    with pytest.raises(ValueError, match=re.escape(message)) as caught:
        CacheAnimation(**changes)
    assert str(caught.value).startswith("CacheAnimation: ")
    assert "\n" not in str(caught.value)
