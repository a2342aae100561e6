"""The model's outside: twin files, fresh weights, state dicts, and what it says to wrong input."""

from __future__ import annotations

import inspect
from pathlib import Path

import numpy as np
import pytest
import torch

from tinytx import manual, pytorch
from tinytx.pytorch import GPT, GPTConfig, cross_entropy
from tinytx.pytorch.attention import split_heads

from .twins import IDS, SIZES, numpy_model, torch_model

ROWS = torch.ones(2, 3, 8, dtype=torch.float64)

HERE, THERE = (Path(engine.__file__).parent for engine in (manual, pytorch))
# Only the NumPy engine has to write these: the bell curve, its own fast sums, and what an
# optimizer is given.
NUMPY_ONLY = {"gaussian.py", "groups.py", "memory.py", "reduce.py"}
TORCH_ONLY = {
    "hf.py", "hf_folder.py", "hf_files.py", "hf_names.py", "hf_fields.py", "hf_gpt2.py",
    "hf_llama.py",
}  # fmt: skip


def test_the_folders_are_twins():
    ours, theirs = ({file.name for file in folder.glob("*.py")} for folder in (HERE, THERE))
    assert ours - theirs == NUMPY_ONLY
    assert theirs - ours == TORCH_ONLY


def test_the_classes_are_twins_file_by_file():
    names = {
        name: value.__module__.rpartition(".")[2]
        for name, value in vars(manual).items()
        if inspect.isclass(value) and value.__module__.startswith("tinytx.manual.")
    }
    for name in ("Module", "Parameter"):  # nn.Module and nn.Parameter
        del names[name]
    for name, file in names.items():
        if file != "optim":
            assert getattr(pytorch, name).__module__ == f"tinytx.pytorch.{file}"
        assert getattr(pytorch, name) is getattr(getattr(pytorch, file), name)


@pytest.mark.parametrize("tie", [True, False])
def test_the_parameter_count_of_both_heads(tie):
    model = torch_model(tie_weights=tie)
    count = sum(p.numel() for p in model.parameters())
    V, C, D, F, W, L = 11, 7, 8, 13, 15, 2
    block = 4 * D + 3 * (W * D + W) + (D * W + D) + (F * D + F) + (D * F + D)
    assert count == V * D + C * D + L * block + 2 * D + (0 if tie else V * D)
    assert (model.lm_head.weight is model.tok_emb.weight) == tie
    assert count == sum(p.data.size for p in numpy_model(tie_weights=tie).parameters())


@pytest.mark.parametrize("init_std", [0.02, 0.3])
def test_fresh_weights_are_gpt2s(init_std):
    config = GPTConfig(
        vocab_size=500, context_length=100, n_layer=8, n_head=4, d_model=64, tie_weights=False,
        init_std=init_std,
    )  # fmt: skip
    model = GPT(config, torch.Generator().manual_seed(0))
    std = {name: float(p.data.std()) for name, p in model.named_parameters()}
    for name in ("tok_emb", "pos_emb", "lm_head", "blocks.3.mlp.up_proj", "blocks.3.attn.q_proj"):
        assert std[f"{name}.weight"] == pytest.approx(init_std, rel=0.05)
    for name in ("mlp.down_proj", "attn.o_proj"):
        assert std[f"blocks.3.{name}.weight"] == pytest.approx(init_std / 4, rel=0.05)
    assert all(std[name] == 0 for name in std if name.endswith("bias"))
    assert all((model.get_parameter(n) == 1).all() for n in std if "ln_" in n and "weight" in n)
    sines = GPT(GPTConfig(**SIZES, positions="sinusoidal"))
    assert sines.tok_emb.weight.std().item() == pytest.approx(8**-0.5, rel=0.2)


def test_a_seed_gives_the_same_model_in_every_precision():
    config = GPTConfig(**SIZES)
    single, double = (
        GPT(config, torch.Generator().manual_seed(3), dtype).state_dict()
        for dtype in (torch.float32, torch.float64)
    )
    torch.manual_seed(3)
    default = GPT(config).state_dict()
    for name, value in double.items():
        assert torch.equal(value.float(), single[name])
        assert torch.equal(default[name], single[name])


def test_state_dicts_go_both_ways():
    ours, theirs = numpy_model(), GPT(GPTConfig(**SIZES), dtype=torch.float64)
    assert list(theirs.state_dict()) == list(ours.state_dict())
    theirs.load_state_dict(ours.state_dict())
    other = numpy_model(seed=5)
    other.load_state_dict(theirs.state_dict())
    for name, value in ours.state_dict().items():
        np.testing.assert_array_equal(other.state_dict()[name], value)
    theirs.load_state_dict(numpy_model(np.float32, seed=7).state_dict())
    assert theirs.tok_emb.weight.dtype == torch.float64


@pytest.mark.parametrize("assign", [True, False])
def test_loading_keeps_the_tie(assign):
    model, state = torch_model(seed=4), torch_model().state_dict()
    model.load_state_dict(state, assign=assign)
    assert model.lm_head.weight is model.tok_emb.weight
    assert torch.equal(model.tok_emb.weight, state["tok_emb.weight"])
    assert len(list(model.parameters())) == len(numpy_model().parameters())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda s: s.pop("ln_f.bias"), r"state_dict lacks \['ln_f.bias'\] and has unknown \[\]: "),
        (lambda s: s.update(x=torch.ones(1)), r"state_dict lacks \[\] and has unknown \['x'\]: "),
        (lambda s: s.update({"ln_f.bias": torch.ones(9)}),
         r"state_dict\['ln_f.bias'\] has shape \(9,\) and must have \(8,\)$"),
        (lambda s: s.update({"lm_head.weight": torch.ones(11, 8)}),
         r"state_dict\['lm_head.weight'\] and \['tok_emb.weight'\] are one tied weight and differ"),
    ],
)  # fmt: skip
def test_a_state_that_does_not_fit_changes_nothing(change, message):
    model = torch_model()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    state = torch_model(seed=9).state_dict()
    change(state)
    with pytest.raises(ValueError, match=f"^{message}") as caught:
        model.load_state_dict(state)
    assert "\n" not in str(caught.value)
    assert all(torch.equal(before[name], v) for name, v in model.state_dict().items())


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda m, ids: m(ids.float()), "ids is torch.float32 and must be a tensor of int64 or"),
        (lambda m, ids: m(IDS), "ids is ndarray and must be a tensor of int64 or int32"),
        (lambda m, ids: m(ids[0]), r"ids has shape \(6,\) and must have two dimensions, \(B, T\)"),
        (lambda m, ids: m(ids[:, :0]), r"ids has shape \(2, 0\) and must have two dimensions"),
        (lambda m, ids: m(ids.repeat(1, 2)), "ids has 12 positions and must have at most context"),
        (lambda m, ids: m(ids + 1), "ids holds 11 and must be from 0 to 10"),
        (lambda m, ids: m(ids - 1), "ids holds -1 and must be from 0 to 10"),
        (lambda m, ids: m(ids, ids), "mask is torch.int64 and must be bool: True where"),
        (lambda m, ids: m(ids, ids[:, :3] > 0), r"mask has shape \(2, 3\) and must broadcast to"),
        (
            lambda m, ids: m(ids, ids[None, None, None, :1] > 0),
            r"mask has shape \(1, 1, 1, 1, 6\) and must broadcast to \(2, 3, 6, 6\)",
        ),
        (lambda m, ids: pytorch.GPT(m.config, dtype="float64"), "dtype is 'float64' and must be"),
        (lambda m, ids: pytorch.GPT(m.config, dtype=ids.dtype), "dtype is torch.int64 and must be"),
        (
            lambda m, ids: cross_entropy(m(ids), ids[:1]),
            r"targets has shape \(1, 6\) and must have",
        ),
        (lambda m, ids: cross_entropy(m(ids), ids * 1.0), "targets is torch.float32 and must be"),
        (lambda m, ids: cross_entropy(m(ids), ids * 0 - 100), "targets has 12 positions, all of"),
        (lambda m, ids: m.pos_emb(torch.ones(1, 8, 8)), "x has 8 positions and must have at most"),
        (
            lambda m, ids: m.pos_emb(ROWS, 5),
            "start is 5 and must be from 0 to 4: x has 3 positions ",
        ),
        (lambda m, ids: m.pos_emb(ROWS, -1), "start is -1 and must be from 0 to 4"),
        (lambda m, ids: m.pos_emb(ROWS, 1.5), "start is 1.5 and must be an int, or a tensor of 2"),
        (lambda m, ids: m.pos_emb(ROWS, ids[0, :2] + 4), "start holds 10 and must be from 0"),
        (lambda m, ids: m.pos_emb(ROWS, ids[0, :2] - 2), "start holds -1 and must be from 0"),
        (
            lambda m, ids: m.pos_emb(ROWS, ids[0, :1]),
            r"start is torch.int64 \(1,\) and must be an int",
        ),
        (
            lambda m, ids: m.pos_emb(ROWS, torch.ones(2)),
            r"start is torch.float32 \(2,\) and must be an int, or a tensor of 2 integers",
        ),
        (lambda m, ids: m.pos_emb(ROWS[0]), r"x has shape \(3, 8\) and must have three dimensions"),
        (
            lambda m, ids: pytorch.SinusoidalPositions(7, 8)(ROWS, 5),
            "start is 5 and must be from 0",
        ),
        (
            lambda m, ids: cross_entropy(m(ids), ids + 1),
            "targets holds 11 and must be from 0 to 10",
        ),
        (
            lambda m, ids: cross_entropy(m(ids), ids - 1),
            "targets holds -1 and must be from 0 to 10",
        ),
        (
            lambda m, ids: cross_entropy(ids, ids[:, 0]),
            "logits is torch.int64 and must be a tensor",
        ),
        (
            lambda m, ids: cross_entropy([1.0], ids),
            "logits is list and must be a tensor of floating",
        ),
        (
            lambda m, ids: split_heads(ROWS[0], 2),
            r"x has shape \(3, 8\) and must have three dimensio",
        ),
        (
            lambda m, ids: m.load_state_dict("x.pt"),
            "state_dict is str and must be a dict of weight",
        ),
        (
            lambda m, ids: m.load_state_dict(None),
            "state_dict is NoneType and must be a dict of wei",
        ),
        (lambda m, ids: pytorch.Dropout(1.5), "p is 1.5 and must be at least 0 and below 1"),
        (lambda m, ids: pytorch.Dropout(None), "p is None and must be at least 0 and below 1"),
        (lambda m, ids: pytorch.Activation("tanh"), "activation is 'tanh' and must be one of gelu"),
        (lambda m, ids: pytorch.dropout.dropout(ids, 1.0), "p is 1.0 and must be at least 0 and"),
    ],
)
def test_wrong_input_is_named(call, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        call(torch_model(), torch.tensor(IDS))


@pytest.mark.parametrize("kind", ["learned", "sinusoidal"])
def test_positions_go_on_to_the_end_of_the_table(kind):
    layer = torch_model(positions=kind).pos_emb
    table = layer.weight if kind == "learned" else layer.table
    assert torch.equal(layer(ROWS, 4), ROWS + table[4:])
    rows = layer(ROWS, torch.tensor([4, 0]))
    assert torch.equal(rows, ROWS + torch.stack([table[4:], table[:3]]))


def test_what_is_checked_breaks_no_graph():
    model = torch_model(dropout=0.3)

    def loss(ids, targets, start):
        x = model.drop(model.pos_emb(model.tok_emb(ids), start))
        return cross_entropy(x, targets)

    compiled = torch.compile(loss, backend="eager", fullgraph=True)
    ids = torch.tensor(IDS) % 8
    for start in (0, 1, torch.tensor([1, 0])):
        assert compiled(ids, ids, start).isfinite()


def test_the_future_is_not_seen_and_padding_changes_nothing():
    model = torch_model()
    before, after = (model(torch.tensor([ids])) for ids in ([1, 6, 1, 3], [1, 6, 9, 9]))
    assert torch.equal(before[:, :2], after[:, :2])
    assert (before[:, 2:] - after[:, 2:]).abs().max() > 1e-3
    model = torch_model(padding_id=0, causal=False)
    short, padded = (model(torch.tensor([ids])) for ids in ([1, 6, 1], [1, 6, 1, 0, 0]))
    torch.testing.assert_close(padded[:, :3], short, rtol=1e-11, atol=1e-12)


def test_int32_ids_are_ids_too():
    model, ids = torch_model(), torch.tensor(IDS)
    assert torch.equal(model(ids.int()), model(ids))
    assert torch.equal(cross_entropy(model(ids), ids.int()), cross_entropy(model(ids), ids))
