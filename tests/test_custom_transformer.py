"""System 1, in raw tensors: every gradient is autograd's, every step is the PyTorch engine's."""

from __future__ import annotations

import inspect
import re

import numpy as np
import pytest
import torch

from tinytx import custom_transformer, example
from tinytx.config import GPTConfig
from tinytx.custom_state import TABLE
from tinytx.custom_transformer import BackpropCache, CustomTransformer
from tinytx.pytorch import GPT, SGD, cross_entropy

CONFIG = GPTConfig(
    vocab_size=11, context_length=7, n_layer=2, n_head=3, d_model=8, d_head=5, d_ff=13,
    tie_weights=False,
)  # fmt: skip
IDS = torch.tensor([[1, 6, 1, 10, 2, 6], [3, 0, 0, 4, 4, 0]])  # repeated ids; T is not the limit
TARGETS = torch.tensor([[6, 1, 10, 2, 6, 9], [0, 0, 4, 4, 0, 3]])


@pytest.fixture(autouse=True, scope="module")
def _one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def gpt(dtype=torch.float64) -> GPT:
    """Random weights everywhere: fresh ones are zeros, ones, and tiny."""
    model = GPT(CONFIG, torch.Generator().manual_seed(0), dtype)
    draw = torch.Generator().manual_seed(1)
    for p in model.parameters():
        p.data += 0.3 * torch.randn(p.shape, generator=draw)
    return model


def custom(dtype=torch.float64) -> CustomTransformer:
    model = CustomTransformer(CONFIG, dtype=dtype)
    model.load_state_dict(gpt(dtype).state_dict())
    return model


def close(a, b, scale=1.0):
    torch.testing.assert_close(a, b, rtol=1e-10, atol=1e-12 * scale)


def test_logits_and_loss_are_the_engines():
    for T in (1, 6):
        close(custom().forward(IDS[:, :T]), gpt()(IDS[:, :T]).detach())
    close(custom().loss(IDS, TARGETS), cross_entropy(gpt()(IDS), TARGETS).detach())


def test_every_gradient_is_autograds_of_the_engine():
    model, twin = custom(), gpt()
    model.loss(IDS, TARGETS)
    model.backward()
    cross_entropy(twin(IDS), TARGETS).backward()
    wanted = {name: p.grad for name, p in twin.named_parameters()}
    assert wanted.keys() == model.names().keys()
    largest = max(float(g.abs().max()) for g in wanted.values())
    for name, key in model.names().items():
        got = model.cache.get_gradient(key)
        assert got.shape == wanted[name].shape
        assert torch.allclose(got, wanted[name], rtol=1e-10, atol=1e-12 * largest), name


def test_every_gradient_is_autograds_of_its_own_forward():
    """The stacked tensors themselves, so that a gradient in the wrong block shows."""
    model = custom()
    for p in model.parameters.values():
        p.requires_grad_()
    loss = model.loss(IDS, TARGETS)
    found = dict(
        zip(TABLE, torch.autograd.grad(loss, list(model.parameters.values())), strict=True)
    )
    with torch.no_grad():
        model.backward()
    largest = max(float(g.abs().max()) for g in found.values())
    for name, wanted in found.items():
        if TABLE[name][1][0] == "L":
            got = torch.stack([model.cache.get_gradient((name, i)) for i in range(2)])
        else:
            got = model.cache.get_gradient(name)
        assert got.shape == wanted.shape
        assert torch.allclose(got, wanted, rtol=1e-10, atol=1e-12 * largest), name


def test_training_is_the_engines_with_sgd():
    model, twin = custom(), gpt()
    optimizer = SGD(twin.parameters(), lr=0.1)
    curve, wanted = [], []
    for _ in range(40):
        curve.append(model.train_step(IDS, TARGETS, lr=0.1))
        optimizer.zero_grad()
        loss = cross_entropy(twin(IDS), TARGETS)
        loss.backward()
        optimizer.step()
        wanted.append(loss.item())
    np.testing.assert_allclose(curve, wanted, rtol=1e-10)
    assert curve[-1] < 0.5 * curve[0]
    for name, value in twin.state_dict().items():
        close(model.state_dict()[name], value, scale=10)


# What people forget: text of the page, and what it becomes.
MISTAKES = [
    ("rows.mT @ x.flatten(0, 1)", "rows.mT @ x.flatten(0, 1) / len(rows)"),
    ("rows.sum(0))", "rows.mean(0))"),
    ("return dcentred - dcentred.mean(-1, keepdim=True)", "return dcentred"),
    ("(dxhat - xhat * (dxhat * xhat).mean(-1, keepdim=True)) * rstd", "dxhat * rstd"),
    ("- (dweights * weights).sum(-1, keepdim=True)", ""),
    ("dscores = dscores / math.sqrt(self.config.d_head)", "pass"),
    ("dscores @ k, dscores.mT @ q", "dscores @ k, dscores @ q"),
    (
        "dE.index_add_(0, ids.flatten(), dx.flatten(0, 1))",
        "dE[ids.flatten()] = dx.flatten(0, 1)",
    ),
    ("dx.sum(0)", "dx.mean(0)"),
    ("(1 + 3 * GELU_A * h**2)", "(1 + GELU_A * h**2)"),
    ("dlogits /= targets.numel()", "pass"),
    ("dx = dx + self.layer_norm_backward(self.mlp", "dx = self.layer_norm_backward(self.mlp"),
    ("reversed(range(self.config.n_layer))", "range(self.config.n_layer)"),
]


@pytest.mark.parametrize(("right", "wrong"), MISTAKES)
def test_mistakes_are_noticed(right, wrong):
    text = inspect.getsource(custom_transformer)
    assert text.count(right) == 1
    scope = {"__name__": "tinytx.mutant", "__package__": "tinytx"}
    exec(compile(text.replace(right, wrong), "mutant", "exec"), scope)
    model, twin = scope["CustomTransformer"](CONFIG, dtype=torch.float64), gpt()
    model.load_state_dict(twin.state_dict())
    model.loss(IDS, TARGETS)
    model.backward()
    cross_entropy(twin(IDS), TARGETS).backward()
    wrong_ones = [
        name
        for name, key in model.names().items()
        if not torch.allclose(
            model.cache.get_gradient(key),
            twin.get_parameter(name).grad,
            rtol=1e-6,
            atol=1e-9,
        )
    ]
    assert wrong_ones


def test_no_layers_and_no_autograd():
    source = inspect.getsource(custom_transformer)
    assert "nn" not in re.findall(r"\w+", source.split('"""', 2)[2])
    assert "backward()" not in source.replace("self.backward()", "")
    model = custom()
    assert not model.loss(IDS, TARGETS).requires_grad
    assert not any(p.requires_grad for p in model.parameters.values())


def test_what_is_stored_and_under_which_key():
    model = custom()
    model.loss(IDS, TARGETS)
    *_, weights = model.cache.get_activation(("attention", 1))
    assert weights.shape == (2, 3, 6, 6)
    assert (weights.triu(1) == 0).all()
    model.backward()
    assert model.parameters["W_Q"].shape == (2, 15, 8)
    assert model.cache.get_gradient(("W_Q", 1)).shape == (15, 8)
    assert model.cache.get_gradient("E").shape == (11, 8)
    assert (model.cache.get_gradient("E")[[5, 7, 8]] == 0).all()  # ids that do not occur
    assert (model.cache.get_gradient("E_pos")[6:] == 0).all()


def test_the_order_of_calls_is_kept():
    model = custom()
    with pytest.raises(ValueError, match=r"^no gradient 'E' is stored: run backward first"):
        model.update(0.1)
    with pytest.raises(ValueError, match=r"^no activation 'loss' is stored: call loss once bef"):
        model.backward()
    model.loss(IDS, TARGETS)
    model.backward()
    with pytest.raises(ValueError, match=r"^no activation 'loss' is stored"):
        model.backward()
    model.loss(IDS, TARGETS)
    model.forward(IDS[:1])  # these are no activations of that loss
    with pytest.raises(ValueError, match=r"^no activation 'loss' is stored"):
        model.backward()
    cache = BackpropCache()
    with pytest.raises(ValueError, match=r"^no gradient \('W_Q', 0\) is stored"):
        cache.get_gradient(("W_Q", 0))


def test_it_follows_its_input():
    """The meta device has no numbers, but refuses to mix: whatever stayed behind would show."""
    model = custom()
    model.loss(IDS.to("meta"), TARGETS.to("meta"))
    model.backward()
    model.update(0.1)
    assert {p.device.type for p in model.parameters.values()} == {"meta"}
    assert model.causal_mask.is_meta
    for dtype in (torch.float32, torch.float64):
        model = custom(dtype)
        loss = model.loss(IDS, TARGETS)
        model.backward()
        assert {loss.dtype, model.cache.get_gradient("W_out").dtype} == {dtype}
    model = CustomTransformer(CONFIG, device="meta")
    assert all(p.is_meta for p in (*model.parameters.values(), model.causal_mask))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="this machine has no CUDA device")
def test_it_trains_on_the_device_of_its_input():
    cpu, cuda = custom(), custom()
    ids, targets = IDS.cuda(), TARGETS.cuda()
    for _ in range(3):
        wanted = cpu.train_step(IDS, TARGETS, 0.1)
        assert cuda.train_step(ids, targets, 0.1) == pytest.approx(wanted, rel=1e-9)
    assert cuda.parameters["W_Q"].is_cuda


def test_fresh_weights():
    config = GPTConfig(
        vocab_size=300, context_length=50, n_layer=8, n_head=4, d_model=64, tie_weights=False
    )
    model = CustomTransformer(config, torch.Generator().manual_seed(0))
    std = {name: float(p.std()) for name, p in model.parameters.items()}
    assert std["W_Q"] == pytest.approx(0.02, rel=0.03)
    assert std["W_O"] == pytest.approx(0.02 / 4, rel=0.03)
    assert std["W_2"] == pytest.approx(0.02 / 4, rel=0.03)
    assert std["W_V"] == pytest.approx(0.02, rel=0.03)
    assert std["b_1"] == std["gamma_1"] == 0
    assert (model.parameters["gamma_2"] == 1).all()
    assert abs(float(model.loss(*torch.randint(0, 300, (2, 4, 50)))) - np.log(300)) < 0.1
    config = GPTConfig(**{**CONFIG.to_dict(), "init_std": 1.0})
    wide, narrow = (
        CustomTransformer(config, torch.Generator().manual_seed(0), dtype).parameters
        for dtype in (torch.float64, torch.float32)
    )
    assert all(torch.equal(wide[name].float(), narrow[name]) for name in wide)
    assert not torch.equal(wide["E"], narrow["E"].double())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"norm": "post"}, "norm is 'post' and must be 'pre' here"),
        ({"norm_kind": "rms"}, "norm_kind is 'rms' and must be 'layer' here"),
        ({"qk_norm": True}, "qk_norm is True and must be False here"),
        ({"positions": "none"}, "positions is 'none' and must be 'learned' here"),
        ({"activation": "swiglu"}, "activation is 'swiglu' and must be 'gelu' here"),
        ({"attention_scale": 1}, "attention_scale is 1 and must be None here"),
        ({"n_kv_head": 1}, "n_kv_head is 1 and must be None here"),
        ({"norm_eps": 1e-6}, "norm_eps is 1e-06 and must be 1e-05 here"),
        ({"qkv_bias": False}, "qkv_bias is False and must be None here"),
        ({"window": 2}, "window is 2 and must be None here"),
        ({"n_expert": 2}, "n_expert is 2 and must be None here"),
        ({"dropout": 0.1}, "dropout is 0.1 and must be 0.0 here"),
        ({"padding_id": 1}, "padding_id is 1 and must be None here"),
        ({"causal": False}, "causal is False and must be True here"),
        ({"bias": False}, "bias is False and must be True here"),
    ],
)
def test_other_configurations_are_refused(changes, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        CustomTransformer(GPTConfig(**{**CONFIG.to_dict(), **changes}))


def test_what_is_no_configuration_and_no_generator_is_named():
    with pytest.raises(ValueError, match=r"^config is .* and must be"):
        CustomTransformer(CONFIG.to_dict())
    with pytest.raises(ValueError, match=r"^generator is 0 and must be a torch.Generator"):
        CustomTransformer(CONFIG, 0)


def test_wrong_input_is_named():
    for shape in ((1, 8), (1, 0), (5,), (1, 2, 3)):
        message = re.escape(f"ids has shape {shape} and must have (B, 1 to 7)")
        with pytest.raises(ValueError, match=f"^{message}"):
            custom().forward(torch.ones(shape, dtype=torch.int64))
    for targets in (TARGETS[:, :3], TARGETS[:1], TARGETS[0]):  # gather and mean would take them
        message = f"targets has shape {tuple(targets.shape)} and must have that of ids, (2, 6)"
        with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
            custom().loss(IDS, targets)
    with pytest.raises(ValueError, match=r"^ids holds -1 and must be from 0 to 10"):
        custom().forward(IDS - 1)
    with pytest.raises(ValueError, match=r"^targets holds -100 and must be from 0 to 10"):
        custom().loss(IDS, TARGETS * 0 - 100)
    state = gpt().state_dict()
    with pytest.raises(ValueError, match=r"^state_dict differs in \['x'\]"):
        custom().load_state_dict({**state, "x": torch.ones(1)})
    with pytest.raises(ValueError, match=r"^state_dict\['ln_f.bias'\] has shape \(3,\) and must"):
        custom().load_state_dict({**state, "ln_f.bias": torch.ones(3)})


def test_weights_of_a_module_bring_no_tape():
    model = CustomTransformer(CONFIG, dtype=torch.float64)
    model.load_state_dict(dict(gpt().named_parameters()))
    assert not any(p.requires_grad for p in model.parameters.values())


def test_weights_that_were_taken_stay_as_they_were():
    model = custom()
    taken, before = model.state_dict(), gpt().state_dict()
    model.train_step(IDS, TARGETS, 0.1)
    assert all(torch.equal(taken[name], before[name]) for name in before)


def test_a_tied_head_and_embedding_are_one_weight_with_one_gradient():
    config = GPTConfig(**{**CONFIG.to_dict(), "tie_weights": True})
    model, twin = CustomTransformer(config, dtype=torch.float64), GPT(config, dtype=torch.float64)
    model.load_state_dict(twin.state_dict())
    assert "W_out" not in model.parameters
    assert model["W_out"] is model["E"]
    optimizer = SGD(twin.parameters(), lr=0.1)
    for _ in range(5):
        loss = cross_entropy(twin(IDS), TARGETS)
        assert model.train_step(IDS, TARGETS, 0.1) == pytest.approx(loss.item(), rel=1e-12)
        optimizer.zero_grad()
        loss.backward()
        close(model.cache.get_gradient("E"), twin.tok_emb.weight.grad)
        optimizer.step()
    for name, value in twin.state_dict().items():
        close(model.state_dict()[name], value)
    other = {**twin.state_dict(), "lm_head.weight": torch.zeros(11, 8, dtype=torch.float64)}
    with pytest.raises(ValueError, match="are one tied weight and differ"):
        model.load_state_dict(other)


def test_the_running_example_has_the_gradient_of_the_first_page():
    model = CustomTransformer(example.config(), dtype=torch.float64)
    model.load_state_dict(example.weights())
    twin = example.twin()
    ids, targets = torch.tensor([example.ids()]), torch.tensor([example.targets()])
    model.loss(ids, targets)
    model.backward()
    cross_entropy(twin(ids), targets).backward()
    for name, place in model.names().items():
        if place != "W_out":
            close(model.cache.get_gradient(place), twin.get_parameter(name).grad)


def test_the_page_is_a_page():
    lines = inspect.getsource(custom_transformer).splitlines()
    assert len(lines) <= 170
    header = next(i for i, line in enumerate(lines) if line.startswith("from __future__"))
    assert len(lines) - header <= 150
