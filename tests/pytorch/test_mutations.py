"""Does the ladder bite? A twin that is broken on purpose is caught, at its rung and by its name."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn import functional

from tinytx import manual, pytorch
from tinytx.inspect import compare

from .twins import IDS, TARGETS, pair


def climbed(ours, theirs, capsys) -> str:
    """What the ladder says, having checked that it says so in every way."""
    report = compare(ours, theirs, (IDS, TARGETS))
    assert not report.passed
    assert report.left == tuple(name.split(maxsplit=1)[1] for name in str(report).splitlines()
                                if name.startswith("-"))  # fmt: skip
    with pytest.raises(AssertionError, match="FAIL"):
        report.require()
    printed = capsys.readouterr().out
    assert f"FAIL  {report.difference}" in printed
    return report.difference


# One operation replaced in its file: the module, the function, what it becomes, what is said.
OPERATIONS = [
    ("norm", "layernorm", lambda x, weight, bias=None, eps=0.0:
        functional.layer_norm(x, weight.shape, weight, bias, 1e-4), "layernorm y["),
    ("norm", "layernorm", lambda x, weight, bias=None, eps=0.0:
        (x - x.mean(-1, keepdim=True)) / (x.std(-1, keepdim=True) + 1e-5) * weight
        + (0 if bias is None else bias), "layernorm y["),
    ("norm", "layernorm", lambda x, weight, bias=None, eps=0.0:
        functional.layer_norm(x.detach(), weight.shape, weight, bias, 1e-5), "RuntimeError"),
    ("linear", "linear", lambda x, weight, bias=None: functional.linear(x, weight), "RuntimeError"),
    ("activation", "gelu", functional.gelu, "gelu y["),
    ("activation", "gelu", lambda x: pytorch.activation.gelu_exact(x), "gelu y["),
    ("activation", "relu", lambda x: functional.leaky_relu(x, 1e-6), "relu y["),
    ("softmax", "softmax", lambda x, mask=None: x.softmax(-1), "softmax y["),
    ("positions", "positions", lambda x, weight, start=0: x + weight[: x.shape[1]].flip(0),
        "positions y["),
    ("attention", "attention", lambda q, k, v, mask=None, causal=False, p=0.0:
        functional.scaled_dot_product_attention(q, k, v, attn_mask=mask, is_causal=causal,
                                                scale=1.0), "attention y["),
    ("attention", "attention_with_weights", lambda q, k, v, mask=None, causal=False, p=0.0:
        (functional.scaled_dot_product_attention(q, k, v), None), "attention causal with weights"),
    ("loss", "cross_entropy", lambda logits, targets: functional.cross_entropy(
        logits.flatten(0, -2), targets.flatten(), label_smoothing=1e-8), "cross_entropy y:"),
    ("loss", "cross_entropy", lambda logits, targets: functional.cross_entropy(
        logits.flatten(0, -2), targets.flatten(), reduction="sum"), "cross_entropy y:"),
]  # fmt: skip


@pytest.mark.parametrize(("module", "name", "broken", "said"), OPERATIONS)
def test_a_broken_operation(module, name, broken, said, monkeypatch, capsys):
    ours, theirs = pair()
    monkeypatch.setattr(getattr(pytorch, module), name, broken)
    assert climbed(ours, theirs, capsys).startswith(f"operations: {said}")


def test_a_broken_gradient_of_an_operation(monkeypatch, capsys):
    """The values are right; only what comes back is not."""

    class Halved(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x.clone()

        @staticmethod
        def backward(ctx, dx):
            return dx * (1 - 1e-9)

    right = pytorch.activation.gelu_exact
    monkeypatch.setattr(pytorch.activation, "gelu_exact", lambda x: right(Halved.apply(x)))
    assert climbed(*pair(), capsys).startswith("operations: gelu_exact dx[")


def _eps(theirs):
    layer = theirs.blocks[1].ln_2
    layer.forward = lambda x: pytorch.norm.layernorm(x, layer.weight, layer.bias, 1e-4)


def _scale(theirs):
    attn = theirs.blocks[0].attn
    right = attn.q_proj.forward
    attn.q_proj.forward = lambda x: right(x) * 1.001


def _head_count(theirs):
    attn = theirs.blocks[1].attn
    attn.n_head = attn.n_kv_head = 1


def _activation(theirs):
    theirs.blocks[1].mlp.act = pytorch.Activation("gelu_exact")


def _no_residual(theirs):
    block = theirs.blocks[0]
    block.forward = lambda x, mask=None, **o: block.attn(block.ln_1(x), mask, **o)


def _swapped(theirs):
    attn = theirs.blocks[0].attn
    attn.q_proj, attn.k_proj = attn.k_proj, attn.q_proj


def _untied(theirs):
    theirs.lm_head.weight = torch.nn.Parameter(theirs.lm_head.weight.detach().clone())


def _detached(theirs):
    head = theirs.lm_head
    head.forward = lambda x: x @ head.weight.detach().T


def _order(theirs):
    blocks = theirs.blocks
    theirs.blocks = torch.nn.ModuleList([blocks[1], blocks[0]])


def _missing_bias(theirs):
    theirs.blocks[1].mlp.up_proj.bias = None


def _wrong_weight(theirs):
    theirs.blocks[1].attn.o_proj.weight.data[2, 3] += 1e-9


def _scaled_embedding(theirs):
    right = theirs.tok_emb.forward
    theirs.tok_emb.forward = lambda ids: right(ids) * 1.01


def _future(theirs):
    theirs.mask = lambda ids, extra=None, cache=None, documents=None: (None, False)


def _ln_f(theirs):
    theirs.ln_f.forward = lambda x: x


BROKEN = [
    (_missing_bias,
     "names and shapes: blocks.1.mlp.up_proj.bias: NumPy has (13,), PyTorch nothing"),
    (_wrong_weight, "weights: blocks.1.attn.o_proj.weight[2, 3]: NumPy has "),
    (_order, "weights: blocks.0."),
    (_swapped, "weights: blocks.0.attn.q_proj.weight["),
    (_eps, "layers: blocks.1.ln_2 y["),
    (_scale, "layers: blocks.0.attn.q_proj y["),
    (_head_count, "layers: blocks.1.attn y["),
    (_activation, "layers: blocks.1.mlp.act y["),
    (_scaled_embedding, "layers: tok_emb y["),
    (_ln_f, "layers: ln_f y["),
    (_detached, "layers: lm_head.weight: NumPy has an array of shape (11, 8), PyTorch nothing"),
    (_no_residual, "blocks: blocks.0 y["),
    (_future, "logits: logits["),
    (_untied, "gradients: tok_emb.weight["),
]  # fmt: skip


@pytest.mark.parametrize(("break_it", "said"), BROKEN, ids=lambda v: getattr(v, "__name__", ""))
def test_a_broken_layer(break_it, said, capsys):
    ours, theirs = pair()
    break_it(theirs)
    difference = climbed(ours, theirs, capsys)
    assert difference.startswith(said)
    assert "\n" not in difference


def test_a_broken_numpy_backward(monkeypatch, capsys):
    right = manual.activation.gelu_exact_backward
    monkeypatch.setattr(
        manual.activation, "gelu_exact_backward", lambda dy, saved: 0.5 * right(dy, saved)
    )
    assert climbed(*pair(), capsys).startswith("operations: gelu_exact dx[")


@pytest.mark.parametrize(
    ("kind", "wrong"), [("SGD", {"momentum": 0.8}), ("AdamW", {"betas": (0.9, 0.99)})]
)
def test_a_broken_optimizer(kind, wrong, monkeypatch, capsys):
    """Momentum and betas show from the second step on, so the first rung that sees them is last."""
    right = getattr(pytorch, kind)
    monkeypatch.setattr(pytorch, kind, lambda params, **given: right(params, **{**given, **wrong}))
    assert climbed(*pair(), capsys).startswith(f"loss curve: losses with {kind}[")


def test_weight_decay_shows_in_one_step(monkeypatch, capsys):
    right = pytorch.AdamW
    monkeypatch.setattr(
        pytorch, "AdamW", lambda params, **given: right(params, **{**given, "weight_decay": 0.0})
    )
    assert climbed(*pair(), capsys).startswith("optimizer step: tok_emb.weight after AdamW[")


def test_nan_does_not_pass(capsys):
    ours, theirs = pair()
    right = theirs.lm_head.forward
    theirs.lm_head.forward = lambda x: right(x) * torch.nan
    assert climbed(ours, theirs, capsys).startswith("layers: lm_head y[0, 0, 0]: NumPy has ")
    assert np.isnan(theirs(torch.tensor(IDS)).detach().numpy()).all()
