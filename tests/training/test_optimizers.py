"""Muon in both engines, and which parameter gets which method, rate and decay."""

from __future__ import annotations

import inspect

import numpy as np
import pytest
import torch

from tinytx import manual, pytorch
from tinytx.config import GPTConfig
from tinytx.manual import muon as manual_muon
from tinytx.training import NumPyLearner, TrainConfig
from tinytx.training.optimizers import groups

CONFIG = GPTConfig(vocab_size=11, context_length=5, n_layer=2, n_head=2, d_model=6, d_ff=10)
SHAPES = [(4, 4), (4, 4), (8, 4), (3, 7), (4, 4)]


def settings(**changes):
    return TrainConfig(**{"steps": 10, "batch_size": 4, "lr": 0.01, **changes})


def pairs(rng):
    """Return parameters of both engines with the same values."""
    ours = [manual.Parameter(rng.normal(size=shape)) for shape in SHAPES]
    return ours, [torch.nn.Parameter(torch.tensor(p.data.copy())) for p in ours]


@pytest.mark.parametrize("rounds", [3, 5])
def test_muon_is_the_same_in_both_engines(rounds):
    rng = np.random.default_rng(0)
    ours, theirs = pairs(rng)
    options = {"lr": 0.03, "momentum": 0.9, "weight_decay": 0.2, "iterations": rounds}
    one, other = manual.Muon(ours, **options), pytorch.Muon(theirs, **options)
    for _ in range(6):
        for p, q in zip(ours, theirs, strict=True):
            grad = rng.normal(size=p.data.shape)
            p.grad[...], q.grad = grad, torch.tensor(grad)
        one.step()
        other.step()
    for p, q in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(p.data, q.detach().numpy(), rtol=1e-10, atol=1e-12)


def test_muon_means_the_same_by_itself_in_both_engines():
    given = [inspect.signature(kind.__init__).parameters for kind in (manual.Muon, pytorch.Muon)]
    defaults = [{name: one.default for name, one in each.items()} for each in given]
    assert defaults[0] == defaults[1]


def test_without_a_gradient_a_matrix_of_pytorch_stays_and_zeros_move_nothing():
    _, (still, alone, other, *_) = pairs(np.random.default_rng(0))
    before = [p.detach().clone() for p in (still, alone, other)]
    still.grad, other.grad = torch.zeros(4, 4, dtype=torch.float64), torch.ones_like(other)
    pytorch.Muon([still, alone, other], lr=0.1).step()
    assert torch.equal(still, before[0])
    assert torch.equal(alone, before[1])
    assert not torch.equal(other, before[2])


@pytest.mark.parametrize("kind", [np.asarray, torch.tensor])
def test_orthogonalizing_keeps_the_axes_before_the_matrix(kind):
    engine = manual if kind is np.asarray else pytorch
    x = np.random.default_rng(0).normal(size=(2, 3, 5, 4))
    found = engine.orthogonalize(kind(x))
    assert tuple(found.shape) == x.shape
    alone = np.stack([manual.orthogonalize(each) for each in x.reshape(6, 5, 4)])
    np.testing.assert_allclose(np.asarray(found).reshape(6, 5, 4), alone, atol=1e-12)


@pytest.mark.parametrize("shape", [(16, 16), (24, 8), (8, 24)])
def test_muon_follows_pytorch_s_own_as_far_as_bfloat16_lets_it(shape):
    generator = torch.Generator().manual_seed(0)
    p, q = (torch.nn.Parameter(torch.zeros(shape)) for _ in range(2))
    ours = pytorch.Muon([p], lr=0.02)
    theirs = torch.optim.Muon([q], lr=0.02, weight_decay=0.0)
    for _ in range(5):
        p.grad = torch.randn(shape, generator=generator)
        q.grad = p.grad.clone()
        ours.step()
        theirs.step()
    assert (p - q).norm() < 0.03 * p.norm()
    assert p.norm() > 0


@pytest.mark.parametrize("rounds", [3, 5])
@pytest.mark.parametrize("shape", [(9, 9), (5, 12), (12, 5)])
def test_orthogonalizing_keeps_directions_and_evens_out_their_sizes(shape, rounds):
    rng = np.random.default_rng(1)
    u, _, vt = np.linalg.svd(rng.normal(size=shape), full_matrices=False)
    sizes = np.geomspace(1, 0.01, min(shape))
    found = manual.orthogonalize((u * sizes) @ vt, rounds)
    within = u.T @ found @ vt.T
    np.testing.assert_allclose(within, np.diag(np.diag(within)), atol=1e-10)
    assert 0.6 < np.diag(within).min() < np.diag(within).max() < {3: 1.3, 5: 1.25}[rounds]
    np.testing.assert_allclose(
        pytorch.orthogonalize(torch.tensor((u * sizes) @ vt), rounds).numpy(), found, atol=1e-12
    )


@pytest.mark.parametrize("orthogonalize", [manual.orthogonalize, pytorch.orthogonalize])
def test_rounds_without_coefficients_are_refused(orthogonalize):
    with pytest.raises(ValueError, match="iterations is 4 and must be 3 or 5"):
        orthogonalize(torch.eye(2), 4)


@pytest.mark.parametrize("rounds", [3, 5])
def test_float32_has_digits_enough_for_the_rounds(rounds):
    x = np.random.default_rng(2).normal(size=(64, 256))
    exact = manual.orthogonalize(x, rounds)
    assert np.abs(manual.orthogonalize(x.astype(np.float32), rounds) - exact).max() < 1e-4
    found = pytorch.orthogonalize(torch.tensor(x, dtype=torch.float32), rounds).numpy()
    assert np.abs(found - exact).max() < 1e-4


def test_each_of_the_three_polynomials_leaves_the_least_error():
    """On what the one before has left; from 0.01 on. No change of its numbers leaves less."""
    rng, low, high = np.random.default_rng(0), 0.01, 1.0
    for numbers in manual_muon.COEFFICIENTS[3]:
        x = np.linspace(low, high, 2000)
        powers = np.stack([x, x**3, x**5])
        least = np.abs(1 - np.array(numbers) @ powers).max()
        changed = np.array(numbers) * (1 + 0.01 * rng.normal(size=(500, 3)))
        assert np.abs(1 - changed @ powers).max(axis=1).min() > least - 1e-4
        low, high = 1 - least, 1 + least


def test_three_rounds_of_the_five_are_too_few():
    """Each number of rounds needs polynomials of its own."""
    small = 0.01
    for a, b, c in manual_muon.COEFFICIENTS[5][:3]:
        small = a * small + b * small**3 + c * small**5
    assert small < 0.5


@pytest.mark.parametrize("kind", [manual.Muon, pytorch.Muon])
def test_other_numbers_of_rounds_are_refused(kind):
    with pytest.raises(ValueError, match="iterations is 4 and must be 3 or 5"):
        kind([], iterations=4)


@pytest.mark.parametrize("kind", [manual.Muon, pytorch.Muon])
def test_muon_refuses_what_is_no_matrix(kind):
    of = manual.Parameter(np.ones(3)) if kind is manual.Muon else torch.nn.Parameter(torch.ones(3))
    with pytest.raises(ValueError, match=r"params holds one of shape \(3,\) and must hold matric"):
        kind([of])


def shapes():
    model = manual.GPT(CONFIG, np.random.default_rng(0))
    return {name: p.data.shape for name, p in model.named_parameters()}


def test_only_matrices_decay():
    for group in groups(shapes(), 2, settings(weight_decay=0.1)):
        assert {len(shapes()[name]) for name in group.names} == {2 if group.weight_decay else 1}
    assert sum(len(g.names) for g in groups(shapes(), 2, settings(weight_decay=0.1))) == len(
        shapes()
    )


def test_muon_has_the_matrices_of_the_blocks_and_nothing_else():
    found = groups(shapes(), 2, settings(optimizer="muon", muon_lr=0.5))
    muon = [name for group in found if group.method == "muon" for name in group.names]
    assert sorted(muon) == sorted(
        name for name, shape in shapes().items() if name.startswith("blocks.") and len(shape) == 2
    )
    assert {group.lr for group in found if group.method == "muon"} == {0.5}


@pytest.mark.parametrize(
    ("method", "options"),
    [
        ("sgd", {"momentum": 0.6}),
        ("adam", {"betas": (0.7, 0.8), "eps": 0.5, "weight_decay": 0.0}),
        ("adamw", {"betas": (0.7, 0.8), "eps": 0.5, "weight_decay": 0.2}),
        ("muon", {"momentum": 0.4, "weight_decay": 0.2}),
    ],
)
def test_each_method_is_given_its_options(method, options):
    decay = 0.2 if method in ("adamw", "muon") else 0.0
    asked = settings(
        optimizer=method, momentum=0.6, muon_momentum=0.4, muon_iterations=3, beta_1=0.7,
        beta_2=0.8, eps=0.5, weight_decay=decay,
    )  # fmt: skip
    learner = NumPyLearner.of(manual.GPT(CONFIG, np.random.default_rng(0)), asked)
    made = next(o for o in learner.optimizers if type(o).__name__.lower() == method)
    group = made.param_groups[0]  # of matrices
    assert {name: group[name] for name in options} == options
    assert getattr(made, "iterations", 3) == 3
    vectors = {id(p.data) for p in learner._parameters if p.data.ndim == 1}
    decays = {
        group["weight_decay"]
        for optimizer in learner.optimizers
        for group in optimizer.param_groups
        if "weight_decay" in group and id(group["params"][0].data) in vectors
    }
    assert decays <= {0.0}


def test_each_block_has_a_part_of_the_rate_of_the_block_above():
    rate = {}
    for group in groups(shapes(), 2, settings(layer_decay=0.5, lr=0.8)):
        rate.update(dict.fromkeys(group.names, group.lr))
    assert rate["ln_f.weight"] == 0.8
    assert rate["blocks.1.mlp.up_proj.weight"] == rate["blocks.1.ln_1.bias"] == 0.4
    assert rate["blocks.0.mlp.up_proj.weight"] == 0.2
    assert rate["tok_emb.weight"] == rate["pos_emb.weight"] == 0.1


def test_a_schedule_keeps_the_shares():
    learner = NumPyLearner.of(
        manual.GPT(CONFIG, np.random.default_rng(0)),
        settings(optimizer="muon", muon_lr=0.4, layer_decay=0.5),
    )
    given = [g["lr"] for o in learner.optimizers for g in o.param_groups]
    learner._rates.set(0.001)
    now = [g["lr"] for o in learner.optimizers for g in o.param_groups]
    np.testing.assert_allclose(now, np.array(given) / 10)


def test_a_rate_of_nothing_has_the_whole_of_what_is_set():
    model = manual.GPT(CONFIG, np.random.default_rng(0))
    learner = NumPyLearner(model, manual.SGD(model.parameters(), lr=0.0))
    learner._rates.set(0.5)
    assert learner.optimizer.param_groups[0]["lr"] == 0.5


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_decay_without_a_method_for_it_is_refused(optimizer):
    with pytest.raises(ValueError, match=f"optimizer is '{optimizer}', which has none: take adamw"):
        groups(shapes(), 2, settings(optimizer=optimizer, weight_decay=0.1))
