"""Do the checks bite? Every arithmetic operator of every backward, changed, must be noticed."""

from __future__ import annotations

import ast
import copy
import inspect
import textwrap

import numpy as np
import pytest

from tinytx.inspect import check_module, check_pair
from tinytx.manual import (
    GPT,
    MLP,
    Attention,
    Block,
    Embedding,
    LayerNorm,
    LearnedPositions,
    Linear,
)

from .cases import CASES, STEP
from .test_gpt import IDS, make

SWAPS = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult}
OPERATIONS = sorted({(case.module, case.op) for case in CASES}, key=lambda pair: pair[1])

# Mistakes that people make: text of the backward, and what it becomes.
MISTAKES = [
    ("linear", "dy_rows.T @ x.reshape(-1, x.shape[-1])", "np.zeros_like(weight)"),
    ("linear", "column_sum(dy_rows)", "dy_rows[0]"),
    ("linear", "column_sum(dy_rows)", "column_sum(dy_rows) / len(dy_rows)"),
    ("embedding", "= onehot.T @ dx", "= 0 * onehot.T @ dx; dweight[ids.flat] += dx"),
    ("positions", "dy.sum(axis=0)", "dy[0]"),
    ("positions", "dy.sum(axis=0)", "dy.mean(axis=0)"),
    ("softmax", "np.subtract(dy, mean, out=dx)", "dx[...] = dy"),
    ("softmax", "return dx", "return np.zeros_like(dx)"),
    ("layernorm", "dx -= row_mean(dxhat)", "pass"),
    ("layernorm", "dx -= xhat * along_xhat", "pass"),
    ("layernorm", "dxhat = dy * weight", "dxhat = dy.copy()"),
    ("layernorm", "return dx, ", "return np.zeros_like(dx), "),
    ("relu", "dy * (y > 0)", "dy * (y < 1)"),
    ("gelu", "3 * C * A", "C * A"),
    ("gelu", "slope *= 1 - tanh * tanh", "slope *= 1 - tanh"),
    ("gelu_exact", "cdf + x * density", "cdf"),
    ("silu", "sigmoid + x * sigmoid * (1 - sigmoid)", "sigmoid"),
    ("silu", "x * sigmoid * (1 - sigmoid)", "sigmoid * (1 - sigmoid)"),
    ("swiglu", "don, dup = dy * up, dy * on", "don, dup = dy * on, dy * up"),
    ("swiglu", "silu_backward(don, silu), dup", "don, dup"),
    ("dropout", "return dy * factor", "return dy * (factor > 0)"),
    ("dropout", "return dy * factor", "return dy"),
    ("attention", "dscores *= scale", "pass"),
    ("attention", "dscores *= scale", "dscores *= 1 / math.sqrt(q.shape[-1])"),
    ("attention", "softmax_backward(dweights, weights)", "dweights * weights"),
    ("attention", "dropped.swapaxes(-1, -2) @ dout", "weights.swapaxes(-1, -2) @ dout"),
    ("attention", "dropout_backward(ddropped, factor)", "ddropped"),
    ("attention", "return dq, dk, dv", "return dk, dq, dv"),
    ("blockwise_attention", "dscores *= pieces.scale", "pass"),
    ("blockwise_attention", "weights * (dweights - mean[t])", "weights * dweights"),
    ("blockwise_attention", "weights = np.exp(scores - lse[t])", "weights = np.exp(scores)"),
    ("blockwise_attention", "dropped.swapaxes(-1, -2) @ dout[t]",
     "weights.swapaxes(-1, -2) @ dout[t]"),
    ("blockwise_attention", "dropout_backward(ddropped, factor)", "ddropped"),
    ("blockwise_attention", "dq[t] += dscores @ k[s]", "dq[t] = dscores @ k[s]"),
    ("blockwise_attention", "dk[s] += ", "dk[s] = "),
    ("blockwise_attention", "dv[s] += ", "dv[s] = "),
    ("repeat_heads", ".sum(axis=2)", ".mean(axis=2)"),
    ("repeat_heads", ".sum(axis=2)", "[:, :, 0]"),
    ("repeat_heads", "(B, H, times, S, Dh).sum(axis=2)", "(B, times, H, S, Dh).sum(axis=1)"),
    ("gates", " - row_sum(dgates * gates)", ""),
    ("gates", "* chosen / total", "* chosen"),
    ("gates", "* chosen / total", "/ total"),
    ("balance", "E * share *", "share *"),
    ("balance", "E * share *", "np.ones_like(share) *"),
    ("balance", "(float(dloss) / N)", "float(dloss)"),
    ("balance", "(float(dloss) / N)", "(1 / N)"),
    ("dispatch", "_gather(dparts, chosen)", "dparts[: len(chosen)]"),
    ("dispatch", "_gather(dparts, chosen)", "dparts.reshape(len(chosen), 2, -1).sum(1)"),
    ("combine", "dweighted * gates[token, expert, None]", "dweighted"),
    ("combine", "row_sum(dweighted * parts)", "row_sum(dweighted)"),
    ("combine", "dgates[token, expert] = ", "dgates[:] = dgates.sum() + 0 * "),
    ("cross_entropy", "rows[~counted] = 0", "pass"),
    ("cross_entropy", "float(dloss) / divisor", "float(dloss) / len(targets)"),
    ("cross_entropy", "float(dloss) / divisor", "1 / divisor"),
    ("cross_entropy", "float(dloss) / divisor", "float(dloss) / count"),
]  # fmt: skip


def noticed(module, op, backward) -> bool:
    """Whether some case's check fails, or the backward raises."""
    for case in CASES:
        if (case.module, case.op) == (module, op):
            try:
                report = check_pair(case.forward, backward, case.inputs, limit=60, step=STEP)
                if not report.passed:
                    return True
            except (ValueError, TypeError, IndexError):
                return True
    return False


def compiled(module, op, tree: ast.Module):
    scope = dict(vars(module))
    exec(compile(ast.fix_missing_locations(tree), "mutant", "exec"), scope)
    return scope[f"{op}_backward"]


def source(module, op) -> str:
    return textwrap.dedent(inspect.getsource(getattr(module, f"{op}_backward")))


def operators(tree: ast.Module) -> list[ast.BinOp | ast.AugAssign]:
    nodes = (n for n in ast.walk(tree) if isinstance(n, ast.BinOp | ast.AugAssign))
    return [n for n in nodes if type(n.op) in SWAPS]


@pytest.mark.parametrize(("module", "op"), OPERATIONS, ids=lambda v: v if type(v) is str else "")
def test_each_operator_matters(module, op):
    tree = ast.parse(source(module, op))
    assert not noticed(module, op, compiled(module, op, tree)), "the true backward must pass"
    missed = []
    for i in range(len(operators(tree))):
        mutant = copy.deepcopy(tree)
        node = operators(mutant)[i]
        node.op = SWAPS[type(node.op)]()
        with np.errstate(all="ignore"):
            if not noticed(module, op, compiled(module, op, mutant)):
                missed.append(ast.unparse(node))
    assert not missed


@pytest.mark.parametrize(("op", "right", "wrong"), MISTAKES)
def test_each_known_mistake_is_noticed(op, right, wrong):
    (module,) = {case.module for case in CASES if case.op == op}
    text = source(module, op)
    assert right in text
    mutant = compiled(module, op, ast.parse(text.replace(right, wrong)))
    assert noticed(module, op, mutant)


# Composed layers: the class whose backward is changed, what it says, and what it becomes.
COMPOSED = [
    (Linear, "self.weight.grad += dweight", "self.weight.grad -= dweight"),
    (Linear, "self.weight.grad += dweight", "pass"),
    (Linear, "self.bias.grad += dbias", "pass"),
    (LayerNorm, "self.weight.grad += dweight", "pass"),
    (Embedding, "self.weight.grad += ", "self.weight.grad -= "),
    (LearnedPositions, "self.weight.grad += dweight", "pass"),
    (Attention, "dx += self.k_proj", "dx -= self.k_proj"),
    (Attention, "dx += self.v_proj", "self.v_proj"),
    (Attention, "merge_heads(dq)", "merge_heads(dk)"),
    (MLP, "self.act.backward(self.down_proj.backward(dy))", "self.down_proj.backward(dy)"),
    (Block, "dx = dy + self", "dx = self"),
    (Block, "return dx + self.ln_1", "return self.ln_1"),
    (Block, "return dx + self.attn", "return self.attn"),
    (Block, "self.ln_1.backward(dx + self.mlp", "self.ln_1.backward(self.mlp"),
    (GPT, "dx = dx * self.config.embedding_scale", "pass"),
    (GPT, "dx = self.ln_f.backward(dx)", "pass"),
    (GPT, "reversed(self.blocks)", "self.blocks"),
]  # fmt: skip


def models():
    return [
        make(n_layer=2), make(n_layer=2, norm="post", positions="sinusoidal", tie_weights=False)
    ]  # fmt: skip


def test_the_right_composed_layers_pass():
    for model in models():
        check_module(model, IDS, limit=12).require()


@pytest.mark.parametrize(("kind", "right", "wrong"), COMPOSED)
def test_each_mistake_in_a_composed_layer_is_noticed(kind, right, wrong, monkeypatch):
    text = textwrap.dedent(inspect.getsource(kind.backward))
    assert right in text
    scope = dict(vars(inspect.getmodule(kind)))
    exec(text.replace(right, wrong), scope)
    monkeypatch.setattr(kind, "backward", scope["backward"])
    assert not all(check_module(model, IDS, limit=12).passed for model in models())
