"""The optimizers take the same steps as torch.optim's, and keep nothing to themselves."""

from __future__ import annotations

import copy
import math
import pickle

import numpy as np
import pytest
import torch

from tinytx import pytorch
from tinytx.config import GPTConfig
from tinytx.manual import GPT, SGD, Adam, AdamW, Parameter, clip_grad_norm

from .cases import normal

SHAPES = [(3, 4), (5,), (2, 1, 3)]
ALIKE = [
    (SGD, torch.optim.SGD, {"lr": 0.1}),
    (SGD, torch.optim.SGD, {"lr": 0.1, "momentum": 0.9}),
    (Adam, torch.optim.Adam, {"lr": 0.01}),
    (Adam, torch.optim.Adam, {"lr": 0.01, "betas": (0.8, 0.95), "eps": 1e-4}),
    (AdamW, torch.optim.AdamW, {"lr": 0.01}),
    (AdamW, torch.optim.AdamW, {"lr": 0.05, "weight_decay": 0.3, "betas": (0.7, 0.9)}),
]


def parameters(dtype=np.float64) -> list[Parameter]:
    return [Parameter(normal(*shape).astype(dtype)) for shape in SHAPES]


def fill(params: list[Parameter], step: int) -> None:
    for p in params:
        p.grad += normal(*p.data.shape, seed=100 + step).astype(p.data.dtype)


def twins(params: list[Parameter]) -> list[torch.nn.Parameter]:
    return [torch.nn.Parameter(torch.tensor(p.data)) for p in params]


@pytest.mark.parametrize(("ours", "theirs", "options"), ALIKE)
def test_twenty_steps_equal_torch(ours, theirs, options):
    mine = parameters()
    their = twins(mine)
    a, b = ours(mine, **options), theirs(their, **options)
    for step in range(20):
        for group in (*a.param_groups, *b.param_groups):
            group["lr"] = options["lr"] * (1 + step % 3)  # a schedule
        a.zero_grad()
        fill(mine, step)
        for p, q in zip(mine, their, strict=True):
            q.grad = torch.tensor(p.grad)
        a.step()
        b.step()
    for p, q in zip(mine, their, strict=True):
        np.testing.assert_allclose(p.data, q.detach().numpy(), rtol=1e-12, atol=1e-14)


def test_a_momentum_given_between_steps_equals_torch_and_is_kept():
    mine = parameters()
    their = twins(mine)
    a, b = SGD(mine, lr=0.1), torch.optim.SGD(their, lr=0.1)
    for step in range(6):
        if step == 2:
            a.param_groups[0]["momentum"] = b.param_groups[0]["momentum"] = 0.9
        if step == 4:  # goes on in another run, from copies of all that there is
            state, mine = a.state_dict(), [Parameter(p.data.copy()) for p in mine]
            assert list(state) == ["steps", "0.velocity"]
            a = SGD(mine, lr=0.1)
            a.param_groups[0]["momentum"] = 0.9
            a.load_state_dict(state)
        a.zero_grad()
        fill(mine, step)
        for p, q in zip(mine, their, strict=True):
            q.grad = torch.tensor(p.grad)
        a.step()
        b.step()
    for p, q in zip(mine, their, strict=True):
        np.testing.assert_allclose(p.data, q.detach().numpy(), rtol=1e-12, atol=1e-14)


def test_groups_equal_torch():
    mine = parameters()
    their = twins(mine)
    a, b = (
        make([{"params": ps[:1], "weight_decay": 0.5, "lr": 0.3}, {"params": ps[1:]}], lr=0.01)
        for make, ps in ((AdamW, mine), (torch.optim.AdamW, their))
    )
    for step in range(5):
        a.zero_grad()
        fill(mine, step)
        for p, q in zip(mine, their, strict=True):
            q.grad = torch.tensor(p.grad)
        a.step()
        b.step()
    for p, q in zip(mine, their, strict=True):
        np.testing.assert_allclose(p.data, q.detach().numpy(), rtol=1e-12)


@pytest.mark.parametrize("max_norm", [0.5, 3.0, 1000.0])
def test_clipping_equals_torch(max_norm):
    mine = parameters()
    fill(mine, 0)
    their = twins(mine)
    for p, q in zip(mine, their, strict=True):
        q.grad = torch.tensor(p.grad)
    before = [p.grad.copy() for p in mine]
    norm = clip_grad_norm(mine, max_norm)
    assert norm == pytest.approx(float(torch.nn.utils.clip_grad_norm_(their, max_norm)), rel=1e-12)
    for p, q in zip(mine, their, strict=True):
        np.testing.assert_allclose(p.grad, q.grad.numpy(), rtol=1e-12)
    changed = any((p.grad != old).any() for p, old in zip(mine, before, strict=True))
    assert changed == (norm > max_norm)


@pytest.mark.parametrize(("ours", "_", "options"), ALIKE)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_saved_optimizer_continues_bit_for_bit(ours, _, options, dtype):
    def run(optimizer, params, steps):
        for step in steps:
            optimizer.zero_grad()
            fill(params, step)
            optimizer.step()

    whole = parameters(dtype)
    run(ours(whole, **options), whole, range(8))
    first = parameters(dtype)
    optimizer = ours(first, **options)
    run(optimizer, first, range(3))
    state = optimizer.state_dict()
    weights = [p.data.copy() for p in first]
    run(optimizer, first, range(3, 5))  # what was saved must not move with it
    second = [Parameter(w) for w in weights]
    resumed = ours(second, **options)
    resumed.load_state_dict(state)
    run(resumed, second, range(3, 8))
    for p, q in zip(whole, second, strict=True):
        np.testing.assert_array_equal(p.data, q.data)
        assert p.data.dtype == dtype


def test_an_array_that_was_replaced_is_still_trained():
    """Parameters are views of one vector; whoever assigns a new array must not be ignored."""
    params = parameters()
    optimizer = SGD(params, lr=1.0)
    params[1].data = np.full(5, 7.0)
    params[0].grad = np.ones((3, 4))
    before = params[0].data.copy()
    optimizer.step()
    np.testing.assert_array_equal(params[1].data, np.full(5, 7.0))
    np.testing.assert_allclose(params[0].data, before - 1)
    params[2].grad = np.ones((2, 1, 3))
    optimizer.zero_grad()
    assert all((p.grad == 0).all() for p in params)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: SGD([], lr=1), "params is empty"),
        (lambda: SGD(parameters(), lr=-1), "lr is -1 and must be at least 0"),
        (lambda: SGD(parameters(), lr=1, momentum=1), "momentum is 1 and must be .* below 1"),
        (lambda: Adam(parameters(), betas=(0.9, 1.0)), r"betas is \(0.9, 1.0\) and must be"),
        (lambda: Adam(parameters(), eps=-1), "eps is -1 and must be at least 0"),
        (lambda: AdamW(parameters(), weight_decay=-1), "weight_decay is -1 and must be"),
        (lambda: SGD([normal(2)], lr=1), "params holds ndarray and must hold Parameter"),
        (lambda: SGD(parameters()[:1] * 2, lr=1), r"Parameter\(shape=\(3, 4\).* twice"),
        (lambda: SGD([{"params": parameters(), "momentun": 1}], lr=1), "option 'momentun'"),
        (lambda: SGD(parameters() + parameters(np.float32), lr=1), "all of one dtype"),
        (lambda: clip_grad_norm(parameters(), 0), "max_norm is 0 and must be above 0"),
        (lambda: Adam(parameters()).load_state_dict({}), r"optimizer state has \[\] and must have"),
        (lambda: Adam(parameters()[:1]).load_state_dict(Adam(parameters()).state_dict()),
         r"'0.m' has shape \(23,\) and must have \(12,\)"),
    ],
)  # fmt: skip
def test_refusals(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def tiny(engine=GPT, *draws):
    config = GPTConfig(vocab_size=8, context_length=5, n_layer=1, n_head=2, d_model=6)
    return engine(config, *(draws or [np.random.default_rng(0)]))


def of_torch():
    return tiny(pytorch.GPT, None)


OTHERS = "a model of PyTorch is trained by PyTorch's own, tinytx.pytorch has them$"
NOT_PARAMETERS = [
    (lambda: of_torch().parameters(), f"params holds Parameter of PyTorch and must .*: {OTHERS}"),
    (lambda: [torch.ones(2)], f"params holds Tensor of PyTorch and must hold .*: {OTHERS}"),
    (of_torch, f"params is a GPT and must be parameters of tinytx.manual: {OTHERS}"),
    (tiny, r"params is a GPT and must be its parameters: give model.parameters\(\)$"),
    (lambda: tiny().named_parameters(), "params holds tuple and must hold Parameter of tinytx.man"),
    (lambda: [tiny().parameters()], "params holds list and must hold Parameter of tinytx.manual o"),
    (lambda: [tiny()], "params holds GPT and must hold Parameter of tinytx.manual only: give"),
    (
        lambda: tiny().tok_emb.weight,
        r"params is a Parameter and must be a list .* or \[p\] for on",
    ),
    (lambda: torch.ones(2), "params is a Tensor and must be a list of Parameter: give model.par"),
    (lambda: tiny().state_dict(), "params is a dict and must be a list of Parameter"),
    (lambda: None, "params is a NoneType and must be a list of Parameter"),
    (lambda: "weights", "params is a str and must be a list of Parameter"),
]


@pytest.mark.parametrize(("params", "message"), NOT_PARAMETERS)
def test_what_is_no_list_of_parameters_is_named(params, message):
    """Both engines call them Parameter: the line says whose they are."""
    for use in (lambda p: SGD(p, lr=1), Adam, AdamW, lambda p: clip_grad_norm(p, 1.0)):
        with pytest.raises(ValueError, match=f"^{message}"):
            use(params())
    with pytest.raises(ValueError, match=f"^{message}"):
        Adam([{"params": params()}])


@pytest.mark.parametrize(
    "groups", [[{"lr": 1}], [{"params": parameters()[:1]}, parameters()[1]], [parameters()[0], {}]]
)
def test_groups_are_dicts_with_parameters(groups):
    with pytest.raises(ValueError, match=r"^params has groups, and each must be a dict with 'par"):
        Adam(groups)


@pytest.mark.parametrize("state", [None, [], "adam.safetensors"])
def test_an_optimizers_state_is_a_dict(state):
    with pytest.raises(ValueError, match=r"^optimizer state has (NoneType|list|str) and must have"):
        Adam(parameters()).load_state_dict(state)


def _copied(pair):
    return copy.deepcopy(pair)


def _pickled(pair):
    return pickle.loads(pickle.dumps(pair))


@pytest.mark.parametrize("copied", [_copied, _pickled])
@pytest.mark.parametrize("make", [SGD, Adam, AdamW])
def test_a_copied_model_and_optimizer_train_as_the_first_would(make, copied):
    """In a copy each view of the long vectors is an array of its own, and must be adopted again."""
    config = GPTConfig(vocab_size=8, context_length=5, n_layer=1, n_head=2, d_model=6)
    model = GPT(config, np.random.default_rng(0), np.float64)
    first = model, make(model.parameters(), lr=0.1)
    train(*first)
    second = copied(first)
    train(*first)
    train(*second)
    for name, value in first[0].state_dict().items():
        np.testing.assert_array_equal(second[0].state_dict()[name], value)


def train(model, optimizer):
    """Do one step, which must change every weight."""
    before = model.state_dict()
    optimizer.zero_grad()
    logits = model.forward(np.array([[1, 2, 3, 4, 5], [6, 7, 0, 1, 2]]))
    model.backward(np.random.default_rng(0).standard_normal(logits.shape))
    optimizer.step()
    after = model.state_dict()
    assert all((after[name] != before[name]).any() for name in before if "k_proj.bias" not in name)


def test_a_copy_alone_goes_on_with_the_parameters_it_was_copied_with():
    params = parameters()
    optimizer = copy.deepcopy(SGD(params, lr=1.0))
    theirs = optimizer.param_groups[0]["params"]
    theirs[0].grad[...] = 1
    before = theirs[0].data.copy()
    optimizer.step()
    np.testing.assert_array_equal(theirs[0].data, before - 1)


@pytest.mark.parametrize("values", [(3, 4), (0, 0), (np.nan, 1), (np.inf, 1), (1e-3, 2e-3)])
def test_clipping_is_torchs_also_where_a_gradient_is_not_finite(values):
    ours, theirs = Parameter(np.zeros(2, np.float32)), torch.nn.Parameter(torch.zeros(2))
    ours.grad[...], theirs.grad = values, torch.tensor(values, dtype=torch.float32)
    norm = clip_grad_norm([ours], 1.0)
    np.testing.assert_allclose(norm, torch.nn.utils.clip_grad_norm_([theirs], 1.0).item())
    np.testing.assert_allclose(ours.grad, theirs.grad.numpy(), rtol=1e-6)


def test_the_norm_of_no_gradients_is_zero_and_one_beyond_float64_is_infinite():
    assert clip_grad_norm([], 1.0) == 0
    ours = Parameter(np.zeros(2))
    ours.grad[...] = 1.5e308
    assert clip_grad_norm([ours], 1.0) == math.inf


@pytest.mark.parametrize("size", [1e-25, 1e25])
def test_a_norm_is_found_where_its_square_is_lost(size):
    """In float32 the squares are 0 or infinite; torch gives 0 and inf here."""
    ours = Parameter(np.zeros(2, np.float32))
    ours.grad[...] = 3 * size, 4 * size
    assert clip_grad_norm([ours], math.inf) == pytest.approx(5 * size, rel=1e-6)
    np.testing.assert_allclose(ours.grad, [3 * size, 4 * size], rtol=1e-6)
