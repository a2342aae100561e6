"""A model that others use meanwhile: nobody's mode is switched, nobody's forward is disturbed."""

from __future__ import annotations

import contextlib
import itertools
import sys
import threading

import numpy as np
import pytest
import torch
from torch import nn

from tinytx.config import GPTConfig
from tinytx.data.listops import inputs
from tinytx.evaluation import perplexity
from tinytx.evaluation.listops import predict
from tinytx.evaluation.pictures import attention_maps
from tinytx.evaluation.reading import reading
from tinytx.generation import generate
from tinytx.generation.engine import evaluating
from tinytx.inspect import capture
from tinytx.manual import GPT
from tinytx.manual.module import Module
from tinytx.training import mean_loss

from .models import ENGINES, make

PROMPTS = [[4, 1, 7], [9]]
IDS = np.array([[4, 1, 7, 7, 2, 10]])
EXAMPLES = inputs("Second", 3)[:40]


def listops_model():
    config = GPTConfig(
        vocab_size=20, context_length=11, n_layer=1, n_head=2, d_model=8, norm="post",
        positions="sinusoidal", causal=False, padding_id=0, dropout=0.5,
    )  # fmt: skip
    return GPT(config, np.random.default_rng(2), np.float64)


def write(model, **options):
    return generate(model, PROMPTS, 12, temperature=0, **options).log_probs[0]


USES = {
    "generate": write,
    "generate without a cache": lambda model: write(model, cache=False),
    "generate while a window slides": lambda model: write(model, slide=3),
    "perplexity": lambda model: perplexity(model, np.tile(IDS[0], 4)).nats,
}
NUMPY_USES = {
    "mean_loss": lambda model: mean_loss(model, [(IDS, IDS), (IDS[:, :3], IDS[:, 1:4])]),
    "predict": lambda model: predict(model, EXAMPLES),
    "attention_maps": lambda model: attention_maps(model, EXAMPLES)[0],
    "reading": lambda model: reading(model, EXAMPLES, "Second").weight,
}


def modes(model):
    return [part.training for part in model.modules()]


@pytest.mark.parametrize(
    ("engine", "use"), [*itertools.product(ENGINES, USES), *(("numpy", use) for use in NUMPY_USES)]
)
def test_no_part_of_a_shared_model_is_ever_in_another_mode(engine, use, monkeypatch):
    model = listops_model() if use in list(NUMPY_USES)[1:] else make(engine, dropout=0.5)
    run = {**USES, **NUMPY_USES}[use]
    model.eval()
    quiet = run(model)
    model.train()
    model.blocks[0].attn.eval()
    before, seen = modes(model), []
    kind = type(model)

    def forward(self, *args, forward=kind.forward, **kwargs):
        seen.append((self.training, modes(model)))
        return forward(self, *args, **kwargs)

    monkeypatch.setattr(kind, "forward", forward)
    np.testing.assert_allclose(run(model), quiet, rtol=1e-12)
    assert seen
    for training, now in seen:
        assert not training
        assert now == before
    assert modes(model) == before


@pytest.mark.parametrize("engine", ENGINES)
def test_texts_of_several_threads_are_those_of_one(engine):
    model = make(engine, dropout=0.5)
    assert model.training
    alone, found = write(model, cache=False), []
    threads = [
        threading.Thread(target=lambda: found.extend(write(model, cache=False) for _ in range(5)))
        for _ in range(4)
    ]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert len(found) == 20
    for each in found:
        np.testing.assert_array_equal(each, alone)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("use", USES)
def test_a_training_step_is_the_same_with_somebody_writing_in_its_middle(engine, use, monkeypatch):
    def step(model):
        if engine == "numpy":
            model.backward(np.ones_like(model.forward(IDS)))
            return [p.grad for p in model.parameters()]
        torch.manual_seed(0)
        model(torch.tensor(IDS)).sum().backward()
        return [p.grad.numpy() for p in model.parameters()]

    def model():
        return make(engine, dropout=0.5)

    wanted, shared, waiting = step(model()), model(), [True]
    kind = type(shared.blocks[0])

    def forward(self, *args, forward=kind.forward, **kwargs):
        if self is shared.blocks[1] and waiting:
            waiting.clear()
            USES[use](shared)
        return forward(self, *args, **kwargs)

    monkeypatch.setattr(kind, "forward", forward)
    for one, two in zip(wanted, step(shared), strict=True):
        np.testing.assert_array_equal(one, two)
    assert not waiting


class Foreign(nn.Module):
    """A model of another package, of which nothing is known but that it has a mode."""

    def __init__(self):
        super().__init__()
        self.config = GPTConfig(vocab_size=11, context_length=9, n_layer=1, n_head=1, d_model=4)
        self.table, self.drop = nn.Embedding(11, 11), nn.Dropout(0.5)

    def forward(self, ids):
        return self.drop(self.table(ids))


class Other(Module):
    """The same of the NumPy engine's kind."""

    def forward(self, ids):
        return np.eye(11)[ids] * (2 if self.training else 1)


@pytest.mark.parametrize("kind", [Foreign, Other])
def test_readers_of_a_foreign_model_wait_for_each_other(kind):
    """Who comes first goes first, and would switch the modes back under the second."""
    model = kind()
    with contextlib.ExitStack() as first, contextlib.ExitStack() as second:
        assert first.enter_context(evaluating(model)) is model
        assert second.enter_context(evaluating(model)) is model
        assert modes(model) == [False] * len(modes(model))
        first.close()
        assert modes(model) == [False] * len(modes(model))
        second.close()
        assert modes(model) == [True] * len(modes(model))


def test_a_foreign_model_gets_its_modes_back_after_an_error():
    model = Foreign()
    model.drop.eval()
    with pytest.raises(RuntimeError, match=r"^no$"), evaluating(model):
        raise RuntimeError("no")
    assert modes(model) == [True, True, False]
    with evaluating(model):
        assert modes(model) == [False] * 3
    assert modes(model) == [True, True, False]


@pytest.mark.parametrize("engine", ENGINES)
def test_a_model_that_is_watched_is_asked_itself(engine):
    """A hook is given the module that it was put on, and who captures a model sees it."""
    model, seen = make(engine, dropout=0.5), []
    if engine == "torch":
        model.blocks[1].register_forward_hook(lambda module, *_: seen.append(module))
    with capture(model) as captured:
        watched = write(model, cache=False)
    assert captured["logits"].shape == (2, 9, 11)
    assert all(module is model.blocks[1] for module in seen)
    assert all(modes(model))
    np.testing.assert_allclose(write(model.eval(), cache=False), watched, rtol=1e-12)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_stream_reads_the_weights_as_they_are(engine):
    """What is read in evaluation mode are the model's own parameters, not copies."""
    model, other = make(engine), make(engine, seed=5)
    before = write(model, cache=False)
    model.load_state_dict(other.state_dict())
    np.testing.assert_array_equal(write(model, cache=False), write(other, cache=False))
    assert (write(model, cache=False) != before).any()
    with evaluating(model) as still:
        ours, theirs = ({id(p) for p in one.parameters()} for one in (model, still))
        assert ours == theirs
