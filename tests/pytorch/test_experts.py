"""A mixture of experts in both engines: the ladder, Mixtral's own code, and what follows of it."""

from __future__ import annotations

import copy
import pickle
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import MixtralConfig
from transformers.models.mixtral.modeling_mixtral import (
    MixtralSparseMoeBlock,
    load_balancing_loss_func,
)

from tinytx import manual, pytorch
from tinytx.config import GPTConfig
from tinytx.generation import generate
from tinytx.inspect import check_gradients, compare
from tinytx.inspect.operations import operations
from tinytx.inspect.rungs import RUNGS
from tinytx.manual import experts as ours_of
from tinytx.manual.softmax import softmax_forward
from tinytx.pytorch import experts as theirs_of
from tinytx.pytorch.experts import Experts

from .twins import IDS, LEFT, SIZES, TARGETS, numpy_model, pair, torch_model, twin_of

LLAMA = {
    "norm_kind": "rms", "positions": "rotary", "activation": "swiglu", "bias": False,
    "n_head": 4, "n_kv_head": 2, "d_head": 6,
}  # fmt: skip
MIXTURES = [
    {"n_expert": 5, "balance": 0.5},
    {"n_expert": 4, "n_active": 1, "balance": 2.0, "activation": "relu2"},
    {"n_expert": 3, "n_active": 3, "norm": "post", "dropout": 0.3},
    {"n_expert": 1, "n_active": 1, "n_layer": 1},
    {**LLAMA, "n_expert": 9, "n_active": 4, "balance": 1.0, "window": 2, "padding_id": 0},
    {"n_expert": 40, "n_active": 3, "positions": "none", "causal": False},  # most of them idle
]


@pytest.mark.parametrize("changes", MIXTURES, ids=str)
def test_the_ladder(changes, capsys):
    """The balance loss is in every gradient, step and curve."""
    ours, theirs = pair(**changes)
    compare(ours, theirs, (LEFT if "padding_id" in changes else IDS, TARGETS)).require()
    assert capsys.readouterr().out.count("ok ") == len(RUNGS)
    names = {operation.name for operation in operations(ours.config, 2, 3)}
    assert {"gates", "balance", "dispatch", "combine"} <= names


@settings(max_examples=6, deadline=None)
@given(
    n_expert=st.integers(1, 7), share=st.floats(0, 1), balance=st.sampled_from([0, 0.01, 3.0]),
    norm=st.sampled_from(["pre", "post"]), seed=st.integers(0, 99),
    activation=st.sampled_from(["gelu", "gelu_exact", "relu", "relu2", "swiglu"]),
    bias=st.booleans(), n_layer=st.integers(1, 2),
)  # fmt: skip
def test_the_ladder_of_any_mixture(n_expert, share, seed, **fields):
    n_active = 1 + round(share * (n_expert - 1))
    ours, theirs = pair(seed=seed, n_expert=n_expert, n_active=n_active, **fields)
    compare(ours, theirs, (IDS, TARGETS)).require()


@pytest.mark.parametrize("changes", [MIXTURES[i] for i in range(5)], ids=str)
def test_both_write_with_a_cache_what_they_write_without(changes):
    """The ladder compares engines, so a decoder that both had wrong would pass there."""
    for model in pair(**changes):
        for prompts in (list(IDS), [IDS[0][:4], IDS[1][:1]], [IDS[0]]):
            cached, plain = (
                generate(model, prompts, 6, cache=cache, rng=np.random.default_rng(0))
                for cache in (None, False)
            )
            for row in range(len(prompts)):
                np.testing.assert_array_equal(cached.ids[row], plain.ids[row])
                np.testing.assert_allclose(
                    cached.log_probs[row], plain.log_probs[row], rtol=1e-10, atol=1e-12
                )


@pytest.mark.parametrize("changes", [MIXTURES[0], MIXTURES[1], MIXTURES[4]], ids=str)
def test_gradients_are_slopes_of_logits_and_balance(changes):
    """Both at once, each with a random cotangent of its own; nobody is near a tie."""
    model = numpy_model(**changes)
    parameters = dict(model.named_parameters())

    def forward():
        logits = model.forward(IDS)
        model.clear_saved()
        return np.append(logits, model.balance_loss())

    def backward(dy):
        model.zero_grad()
        model.forward(IDS)
        model.balance_backward(dy[-1])
        model.backward(dy[:-1].reshape(*IDS.shape, 11))
        return {name: p.grad for name, p in parameters.items()}

    tensors = {name: p.data for name, p in parameters.items()}
    check_gradients(forward, backward, tensors, limit=15).require()
    # The same without the balance loss is another gradient, and of the router alone in block 1.
    both = {name: p.grad.copy() for name, p in parameters.items()}
    model.zero_grad()
    model.forward(IDS)
    dy = np.random.default_rng(0).standard_normal(1 + IDS.size * 11)
    model.backward(dy[:-1].reshape(*IDS.shape, 11))
    last = {name for name in parameters if name.startswith("blocks.1.mlp.")}
    changed = {name for name in last if not np.allclose(both[name], parameters[name].grad)}
    assert changed == {"blocks.1.mlp.router.weight"}


def mixture_of(theirs, n_expert, n_active):
    """Return an Experts with the weights of Mixtral's block, which keeps them in stacks."""
    config = GPTConfig(**{
        **SIZES, "bias": False, "activation": "swiglu", "n_expert": n_expert, "n_active": n_active,
    })  # fmt: skip
    mine, its = Experts(config, dtype=torch.float64), theirs.state_dict()
    state = {"router.weight": its["gate.weight"]}
    for e in range(n_expert):
        gate, up = its["experts.gate_up_proj"][e].chunk(2)
        state[f"experts.{e}.gate_proj.weight"] = gate
        state[f"experts.{e}.up_proj.weight"] = up
        state[f"experts.{e}.down_proj.weight"] = its["experts.down_proj"][e]
    mine.load_state_dict(state)
    return mine


@pytest.mark.parametrize(("n_expert", "n_active"), [(5, 2), (4, 1), (3, 3)])
def test_it_is_that_of_mixtral(n_expert, n_active):
    """Output, gradients and balance loss, with their code and our weights."""
    torch.manual_seed(0)
    config = MixtralConfig(
        hidden_size=8, intermediate_size=13, num_local_experts=n_expert,
        num_experts_per_tok=n_active, num_attention_heads=2, num_key_value_heads=2,
    )  # fmt: skip
    config._experts_implementation = "eager"
    theirs = MixtralSparseMoeBlock(config).double()
    for p in theirs.parameters():
        p.data = torch.randn_like(p)
    mine = mixture_of(theirs, n_expert, n_active)
    x = torch.randn(2, 7, 8, dtype=torch.float64, requires_grad=True)
    got, wanted = mine(x), theirs(x)
    dy = torch.randn_like(wanted)
    # Their router is float32 whatever the model is.
    torch.testing.assert_close(got, wanted, rtol=1e-5, atol=1e-5)
    scores = mine.router(x).flatten(0, 1)
    balance = load_balancing_loss_func((scores,), n_expert, n_active)
    torch.testing.assert_close(mine.balance * n_active, balance.double(), rtol=1e-6, atol=0)
    (mine_x,) = torch.autograd.grad(got, x, dy, retain_graph=True)
    (theirs_x,) = torch.autograd.grad(wanted, x, dy, retain_graph=True)
    torch.testing.assert_close(mine_x, theirs_x, rtol=1e-4, atol=1e-4)
    mine_router, its_router = (
        torch.autograd.grad((y * dy).sum() + loss, weight)[0]
        for y, loss, weight in (
            (got, mine.balance * n_active, mine.router.weight),
            (wanted, load_balancing_loss_func((theirs.gate(x)[0],), n_expert, n_active),
             theirs.gate.weight),
        )
    )  # fmt: skip
    torch.testing.assert_close(mine_router, its_router, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("k", [1, 2, 5])
def test_gates_are_the_softmax_of_the_chosen_scores(k):
    """Mixtral's two ways to say it: divided by their sum, or nothing but these from the start."""
    scores = 3 * np.random.default_rng(0).standard_normal((50, 5))
    chosen = ours_of.choose(scores, k)
    assert (chosen.sum(-1) == k).all()
    least = scores.min(-1, where=chosen, initial=np.inf)
    assert (least >= scores.max(-1, where=~chosen, initial=-np.inf)).all()
    probs, _ = softmax_forward(scores)
    gates, _ = ours_of.gates_forward(probs, chosen)
    masked = np.where(chosen, scores, -np.inf)
    alone = np.exp(masked) / np.exp(masked).sum(-1, keepdims=True)
    np.testing.assert_allclose(gates, alone, rtol=1e-13)
    assert (gates[~chosen] == 0).all()
    found = theirs_of.gates(torch.tensor(probs), torch.tensor(chosen))
    np.testing.assert_allclose(found, alone, rtol=1e-13)


def test_of_equal_scores_the_first_are_chosen():
    rng = np.random.default_rng(0)
    for E, k in ((7, 3), (70, 20), (3, 1), (4, 4)):
        scores = rng.integers(0, 3, (200, E)).astype(float)
        wanted = np.zeros(scores.shape, bool)
        for row, mine in zip(scores, wanted, strict=True):
            mine[sorted(range(E), key=lambda e, row=row: (-row[e], e))[:k]] = True
        for dtype in (np.float64, np.float32):
            given_ = scores.astype(dtype)
            np.testing.assert_array_equal(ours_of.choose(given_, k), wanted)
            np.testing.assert_array_equal(theirs_of.choose(torch.tensor(given_), k), wanted)


def test_one_expert_is_an_mlp_and_all_are_their_mean_by_probability():
    for engine in (manual, pytorch):
        made = {}
        for n_expert in (None, 1, 3):
            config = GPTConfig(**SIZES, n_expert=n_expert, n_active=n_expert or 2)
            start = {manual: (np.random.default_rng(0), np.float64)}.get(engine, ())
            place = {} if engine is manual else {"dtype": torch.float64}
            made[n_expert] = engine.experts.make_mlp(config, *start, **place)
        plain, one, three = made.values()
        x = np.random.default_rng(1).standard_normal((2, 3, 8))
        x = x if engine is manual else torch.tensor(x)
        names = plain.state_dict()
        state = {f"experts.0.{name}": value for name, value in names.items()}
        one.load_state_dict({**state, "router.weight": one.state_dict()["router.weight"]})
        np.testing.assert_allclose(detached(one(x)), detached(plain(x)), rtol=1e-13)
        scores = detached(three.router(x))
        probs = np.exp(scores) / np.exp(scores).sum(-1, keepdims=True)
        each = np.stack([detached(expert(x)) for expert in three.experts], -1)
        np.testing.assert_allclose(
            detached(three(x)), (each * probs[..., None, :]).sum(-1), rtol=1e-11, atol=1e-14
        )


def detached(y):
    return y.detach().numpy() if isinstance(y, torch.Tensor) else y


@pytest.mark.parametrize(("E", "k"), [(4, 1), (5, 2), (3, 3)])
def test_the_balance_loss_is_1_if_balanced_and_more_if_not(E, k):
    even = np.full((E, E), 1 / E)
    ring = (np.arange(E)[:, None] - np.arange(E)) % E < k  # each expert gets k of E tokens
    same = np.broadcast_to(np.arange(E) < k, (E, E))
    sure = same / k
    for probs, chosen, wanted in ((even, ring, 1), (even, same, 1), (sure, same, E / k)):
        found = [
            float(ours_of.balance_forward(probs, chosen)[0]),
            float(theirs_of.balance(torch.tensor(probs), torch.tensor(chosen))),
        ]
        np.testing.assert_allclose(found, wanted, rtol=1e-14)


def test_experts_that_nobody_asks_get_a_gradient_of_zero():
    """None would let PyTorch's AdamW pass them by, which NumPy's does not."""
    ours, theirs = pair(n_expert=40, n_active=1)
    theirs(torch.tensor(IDS)).sum().backward()
    ours.forward(IDS)
    ours.backward(np.ones((*IDS.shape, 11)))
    idle = 0
    mine = dict(ours.named_parameters())
    for name, p in theirs.named_parameters():
        assert p.grad is not None
        if ".experts." in name and not p.grad.any():
            idle += 1
            assert not mine[name].grad.any()
    assert idle >= 2 * 4 * (40 - IDS.size)


@pytest.mark.parametrize("changes", MIXTURES[:2], ids=str)
def test_every_expert_for_every_token_gives_the_same_numbers(changes, monkeypatch):
    """What runs where the choice cannot be looked at: logits, balance loss and gradients."""
    found = []
    for dense in (False, True):
        if dense:
            monkeypatch.setattr(theirs_of, "counts", lambda chosen: None)
        model = torch_model(**changes)
        logits = model(torch.tensor(IDS))
        (logits.square().sum() + model.balance_loss()).backward()
        found.append([logits, *(p.grad for p in model.parameters())])
    for one, other in zip(*found, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-9, atol=1e-11)


def test_a_compiled_model_gives_the_same_numbers_in_one_graph():
    model = torch_model(**MIXTURES[0])
    ids = torch.tensor(IDS)
    logits, balance = model(ids), model.balance_loss()
    compiled = torch.compile(model, backend="aot_eager", fullgraph=True)
    torch.testing.assert_close(compiled(ids), logits, rtol=1e-9, atol=1e-11)
    torch.testing.assert_close(compiled.balance_loss(), balance, rtol=1e-9, atol=1e-11)


def test_the_balance_loss_of_half_precision_is_that_of_float32():
    model = torch_model(np.float32, **MIXTURES[0])
    ids = torch.tensor(IDS)
    model(ids)
    wanted = model.balance_loss().detach()
    with torch.autocast("cpu", torch.bfloat16):
        model(ids)
    assert model.balance_loss().dtype == torch.float32
    torch.testing.assert_close(model.balance_loss(), wanted, rtol=0.05, atol=0)
    narrow = copy.deepcopy(model).to(torch.bfloat16)
    narrow(ids)
    assert narrow.balance_loss().dtype == torch.float32
    torch.testing.assert_close(narrow.balance_loss(), wanted, rtol=0.05, atol=0)


def test_copies_leave_the_last_balance_loss_behind():
    ours, theirs = pair(n_expert=3)
    for way in (copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))):
        theirs(torch.tensor(IDS))
        made = way(theirs)
        with pytest.raises(ValueError, match=r"^balance_loss is that of a forward: call the model"):
            made.balance_loss()
        made(torch.tensor(IDS))
        torch.testing.assert_close(made.balance_loss(), theirs.balance_loss())
    with pytest.raises(ValueError, match=r"^balance_loss is that of a forward: call the model"):
        ours.balance_loss()
    for model in pair():
        with pytest.raises(ValueError, match=r"^config.n_expert is None: a model without experts"):
            model.balance_loss()
    with pytest.raises(ValueError, match=r"^config.n_expert is None: a model without experts"):
        numpy_model().balance_backward(1.0)


def test_a_weight_for_the_balance_loss_is_used_once_and_not_by_another_forward():
    model = numpy_model(n_expert=4)
    router = model.blocks[0].mlp.router.weight
    grads = []
    for before, after in ((0, 0), (0, 5.0), (5.0, 0), (0, 0)):
        model.zero_grad()
        if before:
            model.balance_backward(before)
        model.forward(IDS)
        if after:
            model.balance_backward(after)
        model.backward(np.ones((*IDS.shape, 11)))
        grads.append(router.grad.copy())
    assert not np.allclose(grads[0], grads[1])
    for other in grads[2:]:
        np.testing.assert_array_equal(grads[0], other)


@pytest.mark.parametrize("changes", [{}, {"activation": "swiglu"}, {"bias": False}], ids=str)
def test_parameters_of_one_token_are_those_that_it_meets(changes):
    """Counted by the gradients of one token; the embedding counts as a whole."""
    model = torch_model(n_expert=6, n_active=2, **changes)
    model(torch.tensor([[3]]))[0, 0, 4].backward()
    found = model.config.parameter_counts(active=True)
    met = {
        name.rpartition(".experts.")[2].split(".")[0]
        for name, p in model.named_parameters()
        if name.startswith("blocks.0.mlp.experts.") and p.grad.any()
    }
    assert len(met) == 2
    kept = sum(
        p.numel() for name, p in model.named_parameters()
        if "blocks.0.mlp." in name and (".experts." not in name or name.split(".")[4] in met)
    )  # fmt: skip
    assert found["mlp"] == 2 * kept
    assert sum(model.config.parameter_counts().values()) == sum(
        p.numel() for p in model.parameters()
    )
    others = {name: n for name, n in found.items() if name != "mlp"}
    assert others.items() <= model.config.parameter_counts().items()
    plain = replace(model.config, n_expert=None)
    assert plain.parameter_counts() == plain.parameter_counts(active=True)


def test_twins_have_the_same_names():
    model = numpy_model(n_expert=2, n_layer=1, activation="swiglu", bias=False)
    names = [name for name in model.state_dict() if ".mlp." in name]
    each = ["up_proj", "gate_proj", "down_proj"]
    assert names == [
        "blocks.0.mlp.router.weight",
        *(f"blocks.0.mlp.experts.{e}.{part}.weight" for e in range(2) for part in each),
    ]
    assert names == [name for name in twin_of(model).state_dict() if ".mlp." in name]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"n_expert": 0}, "n_expert is 0 and must be an integer of at least 1"),
        ({"n_expert": 2.0}, "n_expert is 2.0 and must be an integer"),
        ({"n_expert": True}, "n_expert is True and must be an integer"),
        ({"n_expert": 1}, "n_active is 2 and must be at most n_expert 1: a token is sent to"),
        ({"n_expert": 4, "n_active": 5}, "n_active is 5 and must be at most n_expert 4"),
        ({"n_expert": 4, "n_active": 0}, "n_active is 0 and must be an integer of at least 1"),
        ({"n_active": None}, "n_active is None and must be an integer of at least 1"),
        ({"balance": -0.1}, "balance is -0.1 and must be a number of at least 0, which leaves"),
        ({"balance": float("inf")}, "balance is inf and must be"),
        ({"balance": float("nan")}, "balance is nan and must be"),
        ({"balance": None}, "balance is None and must be"),
        ({"balance": True}, "balance is True and must be"),
    ],
)
def test_wrong_choices_are_refused(changes, message):
    with pytest.raises(ValueError, match=f"^{message}") as caught:
        GPTConfig(**{**SIZES, **changes})
    assert "\n" not in str(caught.value)


def test_a_mixture_asks_for_a_number_of_experts():
    config, rng = GPTConfig(**SIZES), np.random.default_rng(0)
    assert config.n_expert is None
    for make in (lambda: manual.Experts(config, rng), lambda: Experts(config)):
        with pytest.raises(ValueError, match=r"^config.n_expert is None: a mixture needs a number"):
            make()


def test_more_experts_than_there_is_memory_for_are_refused():
    for make in (lambda c: manual.GPT(c, np.random.default_rng(0)), pytorch.GPT):
        with pytest.raises(ValueError, match=r"n_expert 100000000000 .* make it smaller"):
            make(GPTConfig(**{**SIZES, "d_ff": 1, "n_expert": 10**11}))


def test_wrong_arrays_are_refused():
    probs, chosen = np.full((3, 2), 0.5), np.ones((3, 2), bool)
    for pair_of in (ours_of.gates_forward, ours_of.balance_forward):
        with pytest.raises(ValueError, match=r"^chosen has shape \(2, 2\) and must have \(3, 2\)"):
            pair_of(probs, chosen[:2])
        with pytest.raises(ValueError, match=r"^probs is int64 and must be an array of float32"):
            pair_of(chosen.astype(int), chosen)
    with pytest.raises(ValueError, match=r"^chosen has shape \(3, 2\) and must have \(4, 2\)"):
        ours_of.dispatch_forward(np.ones((4, 5)), chosen)
    _, saved = ours_of.dispatch_forward(np.ones((3, 5)), chosen)
    for shape in ((6, 1), (6, 6), (5, 5), (6,)):
        with pytest.raises(ValueError, match=r"^dparts has shape .* and must have \(6, 5\)"):
            ours_of.dispatch_backward(np.ones(shape), saved)
    with pytest.raises(ValueError, match=r"^parts has shape \(5, 4\) and must have \(6, 4\)"):
        ours_of.combine_forward(np.ones((5, 4)), probs, chosen)
