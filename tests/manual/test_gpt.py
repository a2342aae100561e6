"""The whole model: every gradient in every configuration, and PyTorch's layers for its logits."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch

from tinytx.inspect import check_gradients, check_module
from tinytx.manual import (
    GPT,
    MLP,
    Attention,
    Block,
    GPTConfig,
    LayerNorm,
    Linear,
    cross_entropy_backward,
    cross_entropy_forward,
)  # fmt: skip

from .cases import normal

SIZES = {
    "vocab_size": 7, "context_length": 5, "n_layer": 1, "n_head": 2,
    "d_model": 4, "d_head": 3, "d_ff": 6,
}  # fmt: skip
IDS = np.array([[1, 6, 1], [3, 0, 0]])  # repeated ids; 0 is the padding below, T is not the limit
LEFT = np.array([[0, 6, 1], [3, 0, 3]])  # padding first: with a causal mask, a row sees nothing


def make(dtype=np.float64, seed=0, **changes) -> GPT:
    """A model with random weights everywhere: fresh ones are zeros, ones, and tiny."""
    model = GPT(GPTConfig(**{**SIZES, **changes}), np.random.default_rng(seed), dtype)
    rng = np.random.default_rng(seed + 1)
    for p in model.parameters():
        p.data += (0.4 * rng.standard_normal(p.data.shape)).astype(dtype)
    return model


CHOICES = list(
    itertools.product(
        ("pre", "post"),
        (True, False),
        ("learned", "sinusoidal"),
        ({"causal": True}, {"causal": False}, {"causal": True, "padding_id": 0},
         {"causal": False, "padding_id": 0}),
    )
)  # fmt: skip
# What happens within a sublayer takes turns: it meets each choice above, not each combination.
TURNS = list(itertools.product(("gelu", "gelu_exact", "relu"), (1, 2)))
GRID = [(*choice, *TURNS[(5 * i + i // 6) % 6]) for i, choice in enumerate(CHOICES)]
FIELDS = ("norm", "tie", "positions", "masks", "activation", "n_head")


def test_any_two_choices_meet():
    for a, b in itertools.combinations(range(len(FIELDS)), 2):
        met = {(str(row[a]), str(row[b])) for row in GRID}
        values = [{str(row[i]) for row in GRID} for i in (a, b)]
        assert met == set(itertools.product(*values)), (FIELDS[a], FIELDS[b])


@pytest.mark.parametrize(FIELDS, GRID, ids=lambda v: str(v))
def test_every_gradient_of_every_configuration(norm, tie, positions, masks, activation, n_head):
    model = make(
        norm=norm, tie_weights=tie, activation=activation, positions=positions, n_head=n_head,
        **masks,
    )  # fmt: skip
    check_module(model, LEFT if "padding_id" in masks else IDS, limit=12).require()


@pytest.mark.parametrize(
    "changes",
    [
        {"n_layer": 2},
        {
            "n_layer": 2,
            "norm": "post",
            "tie_weights": False,
            "positions": "sinusoidal",
            "padding_id": 0,
        },
        {"bias": False},
        {"bias": False, "norm": "post", "activation": "relu"},
        {"d_model": 5, "positions": "sinusoidal"},
    ],
    ids=str,
)
def test_every_single_number_of_some(changes):
    model = make(seed=3, **{**changes, "d_ff": 9})
    report = check_module(model, IDS, limit=None).require()
    assert report.checked == sum(p.data.size for p in model.parameters())


def test_gradients_with_dropout_and_loss():
    """The loss of a model that drops: the same draws for each forward, by its generator."""
    model = make(dropout=0.3, seed=4)
    start = model.rng.bit_generator.state
    targets = np.array([[6, 1, -100], [0, 0, 2]])

    def forward():
        model.rng.bit_generator.state = start
        return cross_entropy_forward(model.forward(IDS), targets)

    def loss():
        value = forward()[0]
        model.clear_saved()
        return value

    def backward(dloss):
        model.zero_grad()
        model.backward(cross_entropy_backward(dloss, forward()[1]))
        return {name: p.grad for name, p in model.named_parameters()}

    tensors = {name: p.data for name, p in model.named_parameters()}
    dropped = loss()
    check_gradients(loss, backward, tensors, limit=20).require()
    model.eval()
    assert abs(forward()[0] - dropped) > 1e-3, "dropout must have dropped something"


@pytest.mark.parametrize("kind", [Linear, LayerNorm, MLP, Attention, Block])
def test_every_gradient_of_every_layer(kind):
    config = GPTConfig(**SIZES)
    rng = np.random.default_rng(0)
    first = {Linear: (4, 3, rng), LayerNorm: (4,)}.get(kind, (config, rng))
    layer = kind(*first, dtype=np.float64)
    for p in layer.parameters():
        p.data += 0.4 * rng.standard_normal(p.data.shape)
    check_module(layer, normal(2, 3, 4), limit=None).require()


@pytest.mark.parametrize("norm", ["pre", "post"])
@pytest.mark.parametrize("causal", [True, False])
@pytest.mark.parametrize("activation", ["gelu_exact", "relu"])
def test_block_equals_torch_encoder_layer(norm, causal, activation):
    """One of our blocks is ``torch.nn.TransformerEncoderLayer`` with the same weights."""
    config = GPTConfig(
        **{**SIZES, "d_model": 6, "d_head": 3}, norm=norm, activation=activation, causal=causal
    )
    block = Block(config, np.random.default_rng(0), np.float64)
    for p in block.parameters():
        p.data += normal(*p.data.shape, scale=0.4)
    theirs = torch.nn.TransformerEncoderLayer(
        6, 2, 6, dropout=0.0, activation=activation.split("_")[0], batch_first=True,
        norm_first=norm == "pre", dtype=torch.float64,
    )  # fmt: skip
    theirs.load_state_dict(_as_torch(block.state_dict()))
    x, dy = normal(2, 4, 6), normal(2, 4, 6, seed=1)
    mask = np.tri(4, dtype=bool) if causal else np.ones((4, 4), bool)
    y = block.forward(x, mask)
    dx = block.backward(dy)
    tx = torch.tensor(x, requires_grad=True)
    ty = theirs(tx, src_mask=~torch.tensor(mask))
    ty.backward(torch.tensor(dy))
    np.testing.assert_allclose(y, ty.detach().numpy(), rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(dx, tx.grad.numpy(), rtol=1e-10, atol=1e-12)
    grads = {name: p.grad for name, p in block.named_parameters()}
    wanted = {name: p.grad.numpy() for name, p in theirs.named_parameters()}
    for name, got in _as_torch(grads).items():
        largest = abs(wanted[name]).max()
        np.testing.assert_allclose(got, wanted[name], rtol=1e-10, atol=1e-11 * largest)


def _as_torch(state: dict[str, np.ndarray]) -> dict[str, torch.Tensor]:
    """Our names for the parameters of a block become those of torch's encoder layer."""
    named = {
        "self_attn.in_proj_weight": "attn.{}_proj.weight",
        "self_attn.in_proj_bias": "attn.{}_proj.bias",
    }
    joined = {
        new: np.concatenate([state[old.format(part)] for part in "qkv"])
        for new, old in named.items()
    }
    single = {
        "self_attn.out_proj": "attn.o_proj", "linear1": "mlp.up_proj", "linear2": "mlp.down_proj",
        "norm1": "ln_1", "norm2": "ln_2",
    }  # fmt: skip
    for new, old in single.items():
        joined |= {f"{new}.{kind}": state[f"{old}.{kind}"] for kind in ("weight", "bias")}
    return {name: torch.tensor(value) for name, value in joined.items()}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtype_is_kept(dtype):
    model = make(dtype, positions="sinusoidal", norm="post", padding_id=0, dropout=0.1)
    logits = model.forward(IDS)
    loss, saved = cross_entropy_forward(logits, IDS)
    model.backward(cross_entropy_backward(1.0, saved))
    kinds = {logits.dtype, loss.dtype, *(p.grad.dtype for p in model.parameters())}
    assert kinds == {np.dtype(dtype)}


def test_names_and_shapes():
    model = GPT(GPTConfig(**SIZES, tie_weights=False), np.random.default_rng(0))
    shapes = {name: value.shape for name, value in model.state_dict().items()}
    block = {
        "ln_1.weight": (4,), "ln_1.bias": (4,), "ln_2.weight": (4,), "ln_2.bias": (4,),
        **{f"attn.{p}_proj.weight": (6, 4) for p in "qkv"},
        **{f"attn.{p}_proj.bias": (6,) for p in "qkv"},
        "attn.o_proj.weight": (4, 6), "attn.o_proj.bias": (4,),
        "mlp.up_proj.weight": (6, 4), "mlp.up_proj.bias": (6,),
        "mlp.down_proj.weight": (4, 6), "mlp.down_proj.bias": (4,),
    }  # fmt: skip
    assert shapes == {
        "tok_emb.weight": (7, 4), "pos_emb.weight": (5, 4),
        **{f"blocks.0.{name}": shape for name, shape in block.items()},
        "ln_f.weight": (4,), "ln_f.bias": (4,), "lm_head.weight": (7, 4),
    }  # fmt: skip


def test_what_a_configuration_leaves_out():
    names = set(
        make(norm="post", positions="sinusoidal", bias=False, tie_weights=True).state_dict()
    )
    assert not any(name.startswith(("ln_f", "pos_emb")) or "bias" in name for name in names)
    assert {"tok_emb.weight", "lm_head.weight"} <= names


def test_tied_head_is_one_parameter_with_both_gradients():
    tied, loose = make(tie_weights=True), make(tie_weights=False)
    loose.load_state_dict(tied.state_dict())
    dlogits = normal(2, 3, 7)
    for model in (tied, loose):
        model.forward(IDS)
        model.backward(dlogits)
    assert tied.lm_head.weight is tied.tok_emb.weight
    assert len(tied.parameters()) == len(loose.parameters()) - 1
    both = loose.tok_emb.weight.grad + loose.lm_head.weight.grad
    np.testing.assert_allclose(tied.tok_emb.weight.grad, both, rtol=1e-12)


def test_fresh_weights_are_gpt2s():
    config = GPTConfig(
        vocab_size=500, context_length=100, n_layer=8, n_head=4, d_model=64, tie_weights=False
    )
    model = GPT(config, np.random.default_rng(0))
    std = {name: float(p.data.std()) for name, p in model.named_parameters()}
    assert std["tok_emb.weight"] == pytest.approx(0.02, rel=0.05)
    assert std["blocks.3.mlp.up_proj.weight"] == pytest.approx(0.02, rel=0.05)
    assert std["blocks.3.mlp.down_proj.weight"] == pytest.approx(0.02 / 4, rel=0.05)
    assert std["blocks.3.attn.o_proj.weight"] == pytest.approx(0.02 / 4, rel=0.05)
    assert all(std[name] == 0 for name in std if name.endswith("bias"))
    twin = GPT(config, np.random.default_rng(0), np.float64)
    np.testing.assert_array_equal(
        twin.state_dict()["lm_head.weight"].astype(np.float32), model.state_dict()["lm_head.weight"]
    )


@pytest.mark.parametrize("seed", range(12))
def test_the_future_is_not_seen(seed):
    model = make(n_layer=2, seed=seed)
    before = model.forward(np.array([[1, 6, 1, 3, 2]]))
    after = model.forward(np.array([[1, 6, 1, 4, 4]]))
    np.testing.assert_array_equal(before[:, :3], after[:, :3])
    assert abs(before[:, 3:] - after[:, 3:]).max() > 1e-3


@pytest.mark.parametrize("seed", range(12))
def test_the_other_texts_are_not_seen(seed):
    model = make(n_layer=2, seed=seed)
    before = model.forward(np.array([[1, 6, 1, 3, 2], [0, 2, 5, 3, 4]]))
    after = model.forward(np.array([[1, 6, 1, 3, 2], [4, 4, 6, 0, 1]]))
    np.testing.assert_array_equal(before[0], after[0])


def test_padding_changes_nothing_for_the_others():
    model = make(n_layer=2, padding_id=0, causal=False)
    short = model.forward(np.array([[1, 6, 1]]))
    padded = model.forward(np.array([[1, 6, 1, 0, 0]]))
    np.testing.assert_allclose(padded[:, :3], short, rtol=1e-12)


def test_an_extra_mask_joins_the_others():
    model = make(n_layer=1)
    own = np.eye(3, dtype=bool)  # everyone sees itself only
    alone = model.forward(IDS, own)
    assert abs(alone - model.forward(IDS)).max() > 1e-3
    other = IDS.copy()
    other[:, 0] = 5
    np.testing.assert_array_equal(model.forward(other, own)[:, 1:], alone[:, 1:])


def test_memory_does_not_grow():
    """What 300 steps hold at the end is what 100 held: no forward leaves anything behind."""
    import gc
    import tracemalloc

    model = make(np.float32, dropout=0.1)
    dlogits = normal(2, 3, 7).astype(np.float32)
    sizes = []
    tracemalloc.start()
    for step in range(300):
        model.forward(IDS)
        model.backward(dlogits)
        if step in (99, 299):
            gc.collect()
            sizes.append(tracemalloc.get_traced_memory()[0])
    tracemalloc.stop()
    assert abs(sizes[1] - sizes[0]) < 2_000
