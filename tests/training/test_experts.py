"""A mixture of experts in the loop: the balance loss moves the weights, and is not reported."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tinytx import manual, pytorch
from tinytx.config import GPTConfig
from tinytx.inspect import expert_loads
from tinytx.training import NumPyLearner, TrainConfig, Trainer, load_checkpoint
from tinytx.training.torch_learner import TorchLearner
from tinytx.training.wrappers import first_blocks, rest_blocks

from . import ranks
from .test_engines import CONFIG, IDS, METHODS, SETTINGS, MaskedSource, furthest, weights

ENGINES = ("numpy", "pytorch")


def learner(engine, seed=0, fields=(), **changes):
    """Make a learner with weights of which the router's are large: it has its favourites."""
    config = TrainConfig(**{**SETTINGS, **changes})
    shape = GPTConfig(**{**CONFIG, "n_expert": 4, **dict(fields)})
    ours = manual.GPT(shape, np.random.default_rng(seed), np.float64)
    for block in ours.blocks:
        if shape.n_expert:
            block.mlp.router.weight.data *= 30
    if engine == "numpy":
        return NumPyLearner.of(ours, config)
    model = pytorch.GPT(shape, dtype=torch.float64)
    model.load_state_dict(ours.state_dict())
    return TorchLearner(model, config)


def trainer(engine, fields=(), **changes):
    made = learner(engine, 0, fields, **changes)
    config = TrainConfig(**{**SETTINGS, **changes})
    return Trainer(made, MaskedSource(IDS, config.batch_size, 5, config.seed), config)


def gradients(made):
    return {
        name: np.array(p.grad.numpy() if isinstance(p.grad, torch.Tensor) else p.grad)
        for name, p in made.model.named_parameters()
    }


def batch():
    return MaskedSource(IDS, 4, 5, 1).next_batch()


@pytest.mark.parametrize("accumulation", [1, 2])
@pytest.mark.parametrize("method", METHODS)
def test_both_engines_make_the_same_run(method, accumulation):
    more = {**METHODS[method], "accumulation": accumulation}
    runs = [trainer(engine, {"balance": 0.2}, **more) for engine in ENGINES]
    histories = [run.run().history for run in runs]
    assert furthest(weights(runs[0]), weights(runs[1])) < 1e-10
    for ours, theirs in zip(*histories, strict=True):
        assert ours["train_loss"] == pytest.approx(theirs["train_loss"], abs=1e-12)


@pytest.mark.parametrize("accumulation", [1, 2, 4])
@pytest.mark.parametrize("engine", ENGINES)
def test_what_is_reported_is_the_cross_entropy_and_what_is_followed_is_more(engine, accumulation):
    """Against autograd: each part's balance loss counts as much as its targets."""
    made = learner(engine, fields={"balance": 0.3}, accumulation=accumulation)
    ids, targets = batch()
    loss = made.loss_and_gradients((ids, targets))
    plain = pytorch.GPT(made.model.config, dtype=torch.float64)
    plain.load_state_dict(made.model.state_dict())
    entropy = pytorch.cross_entropy(plain(torch.tensor(ids)), torch.tensor(targets))
    assert loss == pytest.approx(entropy.item(), rel=1e-13)
    total = entropy
    counted = [(part != -100).sum() for part in np.array_split(targets, accumulation)]
    for rows, n in zip(np.array_split(ids, accumulation), counted, strict=True):
        plain(torch.tensor(rows))
        total = total + 0.3 * plain.balance_loss() * n / sum(counted)
    assert len(set(counted)) == len(counted)
    total.backward()
    found = gradients(made)
    for name, p in plain.named_parameters():
        np.testing.assert_allclose(found[name], p.grad, rtol=1e-9, atol=1e-12, err_msg=name)
    without = learner(engine, fields={"balance": 0}, accumulation=accumulation)
    assert without.loss_and_gradients((ids, targets)) == loss
    router = "blocks.1.mlp.router.weight"
    assert abs(gradients(without)[router] - found[router]).max() > 1e-3


@pytest.mark.parametrize("engine", ENGINES)
def test_parts_of_a_batch_are_the_whole_but_for_the_balance_loss(engine):
    whole, parts = (
        [learner(engine, fields={"balance": b}, accumulation=n) for b in (0, 0.3)] for n in (1, 2)
    )
    for made in (*whole, *parts):
        made.loss_and_gradients(batch())
    gaps = [furthest(gradients(a), gradients(b)) for a, b in zip(whole, parts, strict=True)]
    assert gaps[0] < 1e-13
    assert gaps[1] > 1e-5  # each part counts for itself who is sent where


@pytest.mark.parametrize("engine", ENGINES)
def test_the_balance_loss_evens_the_loads(engine):
    """From routers that send everything to the first two; without it those keep most of it."""
    rows, first = np.stack([IDS[i : i + 5] for i in range(40)]), {}
    for balance in (0, 0.5):
        run = trainer(engine, {"balance": balance}, steps=100, optimizer="sgd", lr=0.1)
        for block in run.learner.model.blocks:  # what the norm adds, and who listens to it
            block.ln_2.bias.data[:] = 1
            block.mlp.router.weight.data[:] = block.mlp.router.weight.data[:] / 10
            block.mlp.router.weight.data[:2] += 0.5
        first["before"] = expert_loads(run.learner.model, rows)[:, :2].mean()
        run.run()
        first[balance] = expert_loads(run.learner.model, rows)[:, :2].mean()
    assert first["before"] == 1
    assert first[0] > 0.9
    assert first[0.5] < 0.7  # evenly, it would be 0.5


@pytest.mark.parametrize("engine", ENGINES)
def test_of_one_expert_for_a_token_only_the_balance_loss_teaches_the_router(engine):
    """Its gate is 1 whatever its probability is."""
    found = []
    for balance, k in ((0, 1), (0.1, 1), (0, 2)):
        made = learner(engine, fields={"balance": balance, "n_active": k})
        made.loss_and_gradients(batch())
        found.append(abs(gradients(made)["blocks.0.mlp.router.weight"]).max())
    assert found[0] < 1e-15
    assert min(found[1:]) > 1e-5


@pytest.mark.parametrize("engine", ENGINES)
def test_a_model_without_experts_is_trained_as_before(engine):
    """Whatever ``balance`` says."""
    found = []
    for balance in (0, 5.0):
        run = trainer(engine, {"n_expert": None, "balance": balance})
        run.run()
        found.append(weights(run))
    assert furthest(*found) == 0


def test_blocks_that_wait_are_not_asked_and_add_nothing():
    made = learner("pytorch", fields={"n_active": 1}, depth_plan="0:1 3:2")
    model, ids = made.model, torch.tensor(batch()[0])
    torch.testing.assert_close(model(ids), first_blocks(model, 1)(ids))
    one = first_blocks(model, 1)
    one(ids)
    torch.testing.assert_close(one.balance_loss(), model.blocks[0].mlp.balance)
    rest_blocks(model, 2)  # nobody waits
    run = trainer("pytorch", {"balance": 0.1}, depth_plan="0:1 3:2", optimizer="adamw")
    before = weights(run)
    run.run()
    changed = {name for name, value in weights(run).items() if (value != before[name]).any()}
    assert "model.blocks.1.mlp.router.weight" in changed


def test_compiled_it_is_the_same_run(monkeypatch):
    compiler = torch.compile
    monkeypatch.setattr(torch, "compile", lambda f: compiler(f, backend="aot_eager"))
    runs = [trainer("pytorch", {"balance": 0.2}, compile=c, steps=4) for c in (False, True)]
    losses = [run.run().history[-1]["train_loss"] for run in runs]
    assert losses[0] == pytest.approx(losses[1], rel=1e-9)
    assert furthest(weights(runs[0]), weights(runs[1])) < 1e-9


def test_two_processes_balance_their_own_rows(tmp_path):
    """Shared out or not they make one run; without the balance loss it is that of one process."""
    # Adam would make as large as the others what is rounding.
    shape = {**ranks.SETTINGS, "n_expert": 3, "n_active": 1, "optimizer": "sgd", "lr": 0.5}
    tensors = {}
    for label, size, more in (
        ("one", 1, {"balance": 0.0}), ("two", 2, {"balance": 0.0}),
        ("balanced", 2, {"balance": 0.5}), ("shared out", 2, {"balance": 0.5, "fsdp": True}),
    ):  # fmt: skip
        for outcome, _ in ranks.run(size, tmp_path / label, **shape, **more):
            assert outcome.finished
        found = load_checkpoint(tmp_path / label / "last.safetensors").tensors
        tensors[label] = {name: v for name, v in found.items() if name.startswith("model.")}
    assert furthest(tensors["one"], tensors["two"]) < 2e-6
    assert furthest(tensors["balanced"], tensors["shared out"]) < 2e-6
    assert furthest(tensors["two"], tensors["balanced"]) > 1e-4
