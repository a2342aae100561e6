from __future__ import annotations

import math
import re
from types import SimpleNamespace

import numpy as np
import pytest
from generation.models import ENGINES, logits, make

from tinytx.evaluation import perplexity
from tinytx.inspect.losses import expected_losses

IDS = np.random.default_rng(0).integers(11, size=47)


def surprise(model, ids, t, context):
    """Return -log p(ids[t]) given the ``context`` tokens before it."""
    x = logits(model, ids[t - context : t])[-1]
    return math.log(np.exp(x).sum()) - x[ids[t]]


def by_hand(model, ids, length, stride):
    """Score each token by itself, with the context that its window gives it."""
    total, starts = 0.0, [*range(0, len(ids) - 1 - length, stride), max(0, len(ids) - 1 - length)]
    for t in range(1, len(ids)):
        start = next(s for s in starts if t <= s + length)  # the first window that reaches t
        total += surprise(model, ids, t, t - start)
    return total


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("stride", [1, 2, 4, 8, 9])
@pytest.mark.parametrize("n", [2, 9, 10, 11, 12, 19, 47])
def test_each_token_is_scored_once_with_its_context(engine, stride, n):
    model = make(engine)
    result = perplexity(model, IDS[:n], stride=stride, batch_size=3)
    assert result.tokens == n - 1
    assert result.nats == pytest.approx(by_hand(model, IDS[:n], 9, stride), abs=1e-9)
    assert result.loss == pytest.approx(result.nats / (n - 1))
    assert result.perplexity == pytest.approx(math.exp(result.loss))
    assert model.training


@pytest.mark.parametrize("batch_size", [1, 2, 100])
def test_the_batch_size_changes_nothing(batch_size):
    expected = perplexity(make(), IDS, stride=4).nats
    assert perplexity(make(), IDS, stride=4, batch_size=batch_size).nats == pytest.approx(expected)


@pytest.mark.parametrize("stride", [3, 9])
def test_both_engines_agree(stride):
    a, b = (perplexity(make(engine), IDS, stride=stride) for engine in ENGINES)
    assert a.nats == pytest.approx(b.nats, rel=1e-10)
    low, high = (perplexity(make("torch", t), IDS, stride=stride) for t in ("float32", "float64"))
    assert low.nats == pytest.approx(high.nats, rel=1e-5)


def markov(table, length=9):
    """A model that knows the chances of the next token after each token, (V, V)."""
    return SimpleNamespace(
        config=SimpleNamespace(vocab_size=len(table), context_length=length),
        training=False,
        forward=lambda ids: np.log(table)[ids],
    )


def test_the_right_model_reaches_the_entropy_of_its_source():
    rng = np.random.default_rng(1)
    table = rng.dirichlet(np.ones(3), size=3)
    ids = [0]
    for _ in range(4000):
        ids.append(rng.choice(3, p=table[ids[-1]]))
    ids = np.array(ids)
    for stride in (1, 5, 9):  # one token of context is all it needs
        right = perplexity(markov(table), ids, stride=stride)
        assert right.nats == pytest.approx(-np.log(table[ids[:-1], ids[1:]]).sum())
        assert right.hits == (table.argmax(axis=1)[ids[:-1]] == ids[1:]).sum()
        assert right.accuracy == right.hits / 4000
    wrong = perplexity(markov(np.full((3, 3), 1 / 3)), ids)
    assert wrong.perplexity == pytest.approx(3)
    assert right.loss < wrong.loss
    assert right.loss == pytest.approx(expected_losses(ids, 3).bigram, abs=0.01)


def test_bits_per_byte_compare_tokenizers_and_loss_per_token_does_not():
    # One source of letters, x or y, seen letter by letter and in pairs: the same beliefs.
    p = np.array([0.8, 0.2])
    letters = np.random.default_rng(2).choice(2, p=p, size=401)
    letters[0] = 0
    pairs = letters[1:].reshape(-1, 2) @ [2, 1]
    single = perplexity(markov(np.tile(p, (2, 1))), letters)
    pair_table = np.tile(np.outer(p, p).ravel(), (4, 1))
    double = perplexity(markov(pair_table), np.concatenate([[0], pairs]))
    assert double.loss == pytest.approx(2 * single.loss)
    assert double.perplexity == pytest.approx(single.perplexity**2)
    assert double.bits_per_byte(400) == pytest.approx(single.bits_per_byte(400))
    assert single.bits_per_byte(400) == pytest.approx(single.loss / math.log(2))


def test_a_loss_beyond_exp_is_infinite_perplexity():
    with np.errstate(divide="ignore"):
        model = markov(np.exp(np.array([[0.0, -800.0], [0.0, -700.0]])))
    model.forward = lambda ids: np.tile([0.0, -800.0], (*ids.shape, 1))
    assert perplexity(model, np.ones(5, int)).perplexity == math.inf
    model.forward = lambda ids: np.tile([0.0, -600.0], (*ids.shape, 1))
    assert perplexity(model, np.ones(5, int)).perplexity == pytest.approx(math.exp(600))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"ids": np.array([1])}, "ids has shape (1,) and must be (n,) with at least two tokens"),
        ({"ids": IDS[None]}, "ids has shape (1, 47) and must be (n,)"),
        ({"ids": np.array([1, 11])}, "ids holds 11 and must be from 0 to 10"),
        ({"ids": [1, 2]}, "ids is list and must be an array of integers"),
        ({"stride": 0}, "stride is 0 and must be from 1 to context_length 9"),
        ({"stride": 10}, "stride is 10 and must be from 1 to context_length 9"),
        ({"stride": 2.5}, "stride is 2.5 and must be a whole number"),
        ({"stride": True}, "stride is True and must be a whole number"),
        ({"stride": "3"}, "stride is '3' and must be a whole number"),
        ({"batch_size": 0}, "batch_size is 0 and must be at least 1"),
        ({"batch_size": 2.5}, "batch_size is 2.5 and must be a whole number"),
        ({"batch_size": np.True_}, "batch_size is np.True_ and must be a whole number"),
        ({"ids": np.array([], int)}, "ids has shape (0,) and must be (n,) with at least two tok"),
        ({"model": make(padding_id=3), "ids": np.array([3, 1, 3])}, "ids has shape (1,) and must"),
        ({"model": make(causal=False)}, "model has config.causal False and sees the token"),
    ],
)
def test_wrong_arguments_are_named(arguments, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        perplexity(**{"model": make(), "ids": IDS, **arguments})


@pytest.mark.parametrize("n_bytes", [0, -1, True, 2.5])
def test_bytes_must_be_some(n_bytes):
    with pytest.raises(ValueError, match=f"^n_bytes is {n_bytes} and must be an integer of at lea"):
        perplexity(make(), IDS).bits_per_byte(n_bytes)


@pytest.mark.parametrize("kind", [np.uint8, np.int64, np.uint64])
def test_numpys_integers_are_counts(kind):
    expected = perplexity(make(), IDS, stride=4, batch_size=3)
    got = perplexity(make(), IDS.astype(kind), stride=kind(4), batch_size=kind(3))
    assert got == expected


@pytest.mark.parametrize("engine", ENGINES)
def test_padding_is_no_part_of_a_text(engine):
    model = make(engine, padding_id=3)
    text = IDS[IDS != 3]
    expected = perplexity(model, text, stride=4)
    for padded in ([3, 3, *text], [*text, 3], [*text[:7], 3, *text[7:]]):
        assert perplexity(model, np.array(padded), stride=4) == expected
