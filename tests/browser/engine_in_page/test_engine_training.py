"""The engine in the page learns as the package does: every backward, and twenty steps of Adam."""

from dataclasses import replace

import numpy as np
import pytest

from tinytx import manual
from tinytx.config import GPTConfig
from tinytx.data import get_batch
from tinytx.data.raven import raven
from tinytx.manual import (
    activation,
    attention,
    embedding,
    linear,
    loss,
    masks,
    norm,
    optim,
    positions,
    softmax,
)
from tinytx.recipes.preset import read_preset
from tinytx.tokenizers import CharTokenizer

from .made import SMALL, as_page, given, got

SAVED, LEFT_OUT = "saved", "left out"  # in the place of an argument
RNG = np.random.default_rng(11)
IDS = np.array([[1, 6, 1], [3, 1, 6]])
TARGETS = np.array([[2, 0, 2, 4, 1], [-100, 6, 2, 2, -100], [3, 3, 3, 5, 0]])
MASK = masks.causal_mask(4, 7)


def draw(*shape, scale=1.0):
    """Return numbers that stay away from zero, where ReLU has its corner."""
    x = RNG.normal(0, scale, shape)
    return x + 0.01 * np.sign(x)


PAIRS = [
    *((linear, "linear", (draw(*lead, n), draw(m, n), draw(m), SAVED))
      for lead, n, m in (((2, 3), 5, 4), ((7,), 8, 9), ((1, 1), 1, 2), ((1, 6), 3, 1),
                         ((5, 5), 32, 57))),
    (linear, "linear", (draw(2, 3, 5), draw(4, 5), None, SAVED)),
    (embedding, "embedding", (IDS, draw(8, 5), SAVED)),
    (positions, "positions", (draw(2, 3, 5), draw(6, 5), 0, SAVED)),
    (norm, "layernorm", (draw(2, 3, 5), draw(5), draw(5), SAVED)),
    (norm, "layernorm", (draw(2, 3, 5, scale=1e-3), draw(5), None, SAVED)),
    (softmax, "softmax", (draw(2, 3, 4, 7), MASK, SAVED)),
    (softmax, "softmax", (draw(2, 3, 4, 7, scale=300), MASK, SAVED)),
    (activation, "relu", (draw(2, 3, 5), SAVED)),
    (activation, "relu2", (draw(2, 3, 5), SAVED)),
    (activation, "gelu", (draw(2, 3, 5, scale=3), SAVED)),
    (attention, "attention",
     (draw(2, 3, 4, 5), draw(2, 3, 7, 5), draw(2, 3, 7, 5), MASK, LEFT_OUT, SAVED)),
    (loss, "cross_entropy", (draw(3, 5, 7), TARGETS, SAVED)),
    (loss, "cross_entropy", (draw(3, 5, 7, scale=300), TARGETS, SAVED)),
]  # fmt: skip
PAIR = """([op, all, dy]) => {
  const saved = {};
  const one = ([shape, value]) => (shape ? array([shape, value]) : value ?? undefined);
  const y = tinytx[`${op}_forward`](
    ...all.map((x) => (x[1] === "saved" ? saved : x[1] === "left out" ? undefined : one(x))));
  const gradients = [tinytx[`${op}_backward`](dy[0] ? array(dy) : dy[1], saved)].flat();
  const number = (x) => (x?.data ? packed(x) : packed({ shape: [], data: [x] }));
  return [number(y), gradients.map((x) => x && number(x))];
}"""


def plain(value):
    return given(value) if isinstance(value, np.ndarray) else [None, value]


@pytest.mark.parametrize(
    ("module", "op", "inputs"), PAIRS, ids=[f"{op} {i}" for i, (_, op, _) in enumerate(PAIRS)]
)
def test_a_backward_is_its_twin(page, module, op, inputs):
    """On a random cotangent; every size is another, ids and targets repeat."""
    arrays = [x for x in inputs if x is None or isinstance(x, np.ndarray)]
    with np.errstate(under="ignore"):
        y, saved = getattr(module, f"{op}_forward")(*arrays)
        dy = draw(*np.shape(y)) if np.ndim(y) else 0.7
        wanted = getattr(module, f"{op}_backward")(dy, saved)
    wanted = wanted if isinstance(wanted, tuple) else (wanted,)
    found_y, found = page.evaluate(PAIR, [op, [*map(plain, inputs)], plain(dy)])
    np.testing.assert_allclose(got(found_y), y, rtol=1e-10, atol=1e-10)
    assert len(found) == len(wanted)
    for mine, his in zip(found, wanted, strict=True):
        assert (mine is None) == (his is None)
        if his is not None:
            assert got(mine).shape == his.shape
            np.testing.assert_allclose(got(mine), his, rtol=1e-10, atol=1e-10)


def test_no_pair_is_left_out(page):
    ops = page.evaluate(
        """() => Object.keys(tinytx).filter((name) => name.endsWith("_forward"))
          .map((name) => name.replace("_forward", ""))"""
    )
    assert {*ops} == {op for _, op, _ in PAIRS}


# --- the whole model


def gradients_of(model, ids, targets):
    """Return NumPy's loss, and its gradient of every parameter."""
    model.train().zero_grad()
    found, saved = loss.cross_entropy_forward(model.forward(ids), targets)
    model.backward(loss.cross_entropy_backward(1.0, saved))
    return float(found), {name: p.grad for name, p in model.named_parameters()}


GRADIENTS = """([name, batches]) => {
  const { model } = tinytx.load_model(tinytx.models[name], "float64");
  const learner = new tinytx.Learner(model, new tinytx.Adam(model.train().parameters()));
  return batches.map(([ids, targets]) => {
    const loss = learner.loss_and_gradients({ ids, targets });
    const named = Object.entries(model.named_parameters());
    return [loss, Object.fromEntries(
      named.map(([name, { shape, grad }]) => [name, packed({ shape, data: grad })]))];
  });
}"""


@pytest.mark.parametrize("name", ["tales", *SMALL])
def test_every_gradient_of_a_model_is_that_of_numpy(page, models, name):
    """Pre-norm and post-norm, tied and not, with biases and without; twice, so that none is left.

    Row by row of few different ids, so that they repeat; the second batch is shorter.
    """
    model = as_page(models[name][0])
    rng = np.random.default_rng(12)
    batches = [(rng.integers(0, 9, (3, T)), rng.integers(0, 9, (3, T))) for T in (11, 4)]
    answers = page.evaluate(
        GRADIENTS, [name, [[ids.tolist(), targets.tolist()] for ids, targets in batches]]
    )
    most = 0.0
    for (ids, targets), (found_loss, found) in zip(batches, answers, strict=True):
        wanted_loss, wanted = gradients_of(model, ids, targets)
        assert found_loss == pytest.approx(wanted_loss, rel=1e-12)
        assert {*found} == {*wanted}
        # That of a key's bias is zero but for rounding: it moves all scores of a query alike.
        least = 1e-6 * max(np.abs(gradient).max() for gradient in wanted.values())
        for key, gradient in wanted.items():
            scale = max(np.abs(gradient).max(), least)
            most = max(most, np.abs(got(found[key]) - gradient).max() / scale)
    print(f"{name}: largest difference {most:.1e} of a parameter's largest gradient")
    assert most < 1e-10


RAVEN = GPTConfig(vocab_size=57, **read_preset("raven").model)
PRE = GPTConfig(vocab_size=57, context_length=11, n_layer=2, n_head=3, d_model=12, d_ff=20)
STEPS = """([config, state, batches, kind, options]) => {
  const weights = Object.fromEntries(
    Object.entries(state).map(([name, value]) => [name, array(value)]));
  const model = new tinytx.GPT(config, weights).train();
  const learner = new tinytx.Learner(model, new tinytx[kind](model.parameters(), options));
  const losses = batches.map(([ids, targets]) => learner.step({ ids, targets }));
  const named = Object.entries(model.named_parameters());
  return [losses, Object.fromEntries(named.map(([name, p]) => [name, packed(p)]))];
}"""


@pytest.mark.parametrize(
    ("config", "kind", "options"),
    [
        (RAVEN, "Adam", {"lr": 0.003}),
        (PRE, "Adam", {"lr": 0.003}),
        (replace(PRE, tie_weights=False, activation="relu2", bias=False), "AdamW",
         {"lr": 0.01, "betas": (0.8, 0.99), "eps": 1e-6, "weight_decay": 0.1}),
    ],
    ids=["the raven", "pre-norm", "AdamW"],
)  # fmt: skip
def test_twenty_steps_are_those_of_numpy(page, config, kind, options):
    """From the same weights and the same batches of the poem: every loss, and every weight."""
    model = manual.GPT(config, np.random.default_rng(0), np.float64)
    state = {name: given(value) for name, value in model.state_dict().items()}
    ids = np.array(CharTokenizer.train(raven()).encode(raven()))
    rng = np.random.default_rng(1)
    batches = [get_batch(ids, 12, config.context_length, rng) for _ in range(20)]
    optimizer = getattr(optim, kind)(model.parameters(), **options)
    losses = []
    for x, targets in batches:
        losses.append(gradients_of(model, x, targets)[0])
        optimizer.step()
    both = [[x.tolist(), targets.tolist()] for x, targets in batches]
    found_losses, found = page.evaluate(STEPS, [config.to_dict(), state, both, kind, options])
    wanted = dict(model.named_parameters())
    assert {*found} == {*wanted}
    in_loss = np.abs(np.subtract(found_losses, losses)).max()
    in_weights = max(np.abs(got(found[name]) - p.data).max() for name, p in wanted.items())
    print(f"largest difference: {in_loss:.1e} in a loss, {in_weights:.1e} in a weight")
    assert losses[-1] < losses[0] - 0.3
    assert in_loss < 1e-5
    assert in_weights < 1e-5


KEPT = 'const { model } = tinytx.load_model(tinytx.models.post, "float32"); '
NO_BACKWARD = "cache, replace or off has no backward: call train(false)"
KEEP = {
    "model.backward(model.forward([[1]]))": "model.backward: forward ran 0 times before it and "
    "must run once outside training",
    "model.train().backward(0)": "forward ran 0 times",
    "model.train(); model.forward([[1]]); model.backward(model.forward([[1]]))": "ran 2 times",
    "model.train(); model.backward(model.forward([[1]])); model.backward(0)": "ran 0 times",
    "model.train().forward([[1]], { cache: new tinytx.KVCache() })": NO_BACKWARD,
    'model.train().forward([[1]], { off: { "blocks.0.attn": [0] } })': NO_BACKWARD,
    "new tinytx.Adam(model.parameters())": "params has no gradients: call train()",
    "model.train(); model.forward([[1]]); model.backward({ shape: [1], data: [1] })": "dy has shape"
    " (1) and must have (1,1,270)",
}


@pytest.mark.parametrize("code", KEEP)
def test_a_backward_without_its_forward_is_refused(page, code):
    said = page.evaluate(
        "(code) => { try { new Function(code)(); } catch (e) { return e.message; } }", KEPT + code
    )
    assert said is not None
    assert KEEP[code] in said
    assert "\n" not in said


def test_a_forward_that_was_broken_off_does_not_spoil_the_next(page):
    found = page.evaluate(
        "() => {"
        + KEPT
        + """
          model.train();
          const logits = model.forward([[1, 2]]);
          try { model.backward({ shape: [1], data: [1] }); } catch {}
          model.forward([[1, 2]]);
          model.backward(logits);
          return model.parameters().every((p) => p.grad.some((value) => value));
        }"""
    )
    assert found


def test_writing_keeps_nothing(page):
    """No gradients in a model that was never trained, and nothing saved after train(false)."""
    found = page.evaluate(
        "() => {"
        + KEPT
        + """
          model.forward([[1, 2, 3]]);
          const before = model.parameters().some((p) => p.grad);
          const kept = model.modules().map((module) => module.keep());
          model.train().forward([[1]]);
          model.train(false);
          const refused = model.modules().filter((module) => {
            try { module.take(); } catch { return true; }
          });
          return [before, kept.some((one) => one), refused.length, model.modules().length];
        }"""
    )
    assert found == [False, False, found[3], found[3]]


def test_a_loss_that_is_no_number_ends_the_training(page):
    """The weights stay as they were."""
    said, same = page.evaluate(
        """(text) => {
          const { learner, ...training } = new tinytx.Training({ text });
          const { model } = learner;
          model.lm_head.weight.data[0] = NaN;
          const weights = () => model.blocks[0].ln_1.weight.data.join();
          const before = weights();
          try { learner.step({ ids: [[1, 2]], targets: [[2, 3]] }); }
          catch (error) { return [error.message, before === weights()]; }
        }""",
        raven(),
    )
    assert said.startswith("the loss is NaN at step 0: lower the learning rate 0.006")
    assert same
