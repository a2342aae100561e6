"""The stations of a model of one block: what it computes there, what comes back, and by which rule.

Nothing is computed here that the engine has computed: values and gradients are what
:func:`~tinytx.inspect.capture` and :func:`~tinytx.inspect.capture_gradients` heard, except for the
scores, which the engine overwrites, and the stream after attention, which is one sum.
"""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tinytx.inspect import capture, capture_gradients
from tinytx.inspect.backward import Gradients
from tinytx.manual import cross_entropy_backward, cross_entropy_forward, split_heads
from tinytx.manual.gpt import GPT

NORMALIZE = "dx = r (dx̂ − mean(dx̂) − x̂ · mean(dx̂ ⊙ x̂))"
ACTIVATIONS = {"gelu": "GELU", "gelu_exact": "GELU", "relu": "ReLU", "relu2": "ReLU²"}


@dataclass
class Meeting:
    """Where gradients are added: the name of the sum, and its parts by name."""

    what: str
    parts: dict[str, np.ndarray]
    total: np.ndarray


@dataclass
class Station:
    """One place of the model. ``value`` and ``gradient`` have the same shape, without the batch."""

    key: str
    title: str
    rule: str
    why: str
    value: np.ndarray  # (T, width), or (H, T, width)
    gradient: np.ndarray
    columns: str = ""  # what the columns are: features, units, numbers, keys or vocabulary
    meetings: list[Meeting] = field(default_factory=list)
    parameters: dict[str, np.ndarray] = field(default_factory=dict)


class Trace:
    """What one forward and one backward pass of a copy of ``model`` left behind."""

    def __init__(self, model: GPT, ids: np.ndarray, targets: np.ndarray):
        model = _fresh(model)
        with capture(model) as values, capture_gradients(model) as gradients:
            loss, saved = cross_entropy_forward(model.forward(ids), targets)
            model.backward(cross_entropy_backward(1.0, saved))
        self.config, self.loss, self.saved = model.config, float(loss), saved
        self.mask = model.mask(ids)
        self.values, self.gradients = dict(values), gradients
        self.weights = {name: one.grad for name, one in model.named_parameters()}
        _add_inside(self.values, gradients, self.mask)

    def parameters(self, name: str) -> dict[str, np.ndarray]:
        """Return the gradients of a module's own parameters, by their short names."""
        start = f"{name}."
        found = self.gradients.parameters.items()
        return {
            key.removeprefix("blocks.0.").removeprefix("attn.").removeprefix("mlp."): one
            for key, one in found
            if key.startswith(start) and key.count(".") == start.count(".")
        }

    def station(self, key: str, name: str, title: str, rule: str, why: str, **more: Any) -> Station:
        """Return the station that is called ``name`` among what was captured."""
        own = {"columns": "features", "parameters": self.parameters(name), **more}
        return Station(key, title, rule, why, self.values[name][0], self.gradients[name][0], **own)


def _fresh(model: GPT) -> GPT:
    """Return a copy, ready to be trained, that nobody listens to."""
    model = copy.deepcopy(model)
    for module in model.modules():
        for method in ("forward", "keep", "backward"):
            vars(module).pop(method, None)
    model.train().clear_saved()
    model.zero_grad()
    return model


def stations(trace: Trace) -> list[Station]:
    """Return the stations in the order in which the gradient comes to them."""
    return [*_top(trace), *_mlp(trace), *_attention(trace), *_bottom(trace)]


def _top(trace: Trace) -> list[Station]:
    one = np.ones((1, 1))
    tied = ", whose W is the token embedding’s own" if trace.config.tie_weights else ""
    return [
        Station(
            "loss", "loss", "dloss = 1",
            "Every gradient starts here: the loss changes as much as itself.",
            one * trace.loss, one,
        ),
        trace.station(
            "logits", "lm_head", "logits", f"dz = (p − onehot) / {trace.saved.count}",
            "What the model said, less what was right, over the number of positions that count.",
            columns="vocabulary",
        ),
        trace.station("ln_f", "ln_f", "ln_f", "dy = dz W", f"Back through the head{tied}."),
    ]  # fmt: skip


def _mlp(trace: Trace) -> list[Station]:
    act = ACTIVATIONS[trace.config.activation]
    mlp = "blocks.0.mlp"
    return [
        trace.station(
            "x_mlp", "blocks.0", "x + mlp", NORMALIZE,
            "Back through ln_f: the gradient without its mean and its part along x̂, times r, which "
            "is one over the standard deviation.",
        ),
        trace.station(
            "down", f"{mlp}.down_proj", "down_proj", "dy = dx",
            "A sum copies. The same dx goes both ways: past the MLP, and through it.",
        ),
        trace.station(
            "act", f"{mlp}.act", act, "da = dy W", "Back through down_proj.", columns="units"
        ),
        trace.station(
            "up", f"{mlp}.up_proj", "up_proj", f"dz = da ⊙ {act}′(z)",
            f"Each number by itself, times the slope of {act} where it stood.", columns="units",
        ),
        trace.station("ln_2", "blocks.0.ln_2", "ln_2", "dy = dz W", "Back through up_proj."),
    ]  # fmt: skip


def _attention(trace: Trace) -> list[Station]:
    attn, root = "blocks.0.attn", f"√{trace.config.d_head}"
    return [
        _fork(
            trace, "x_attn", "x + attn", "the MLP", "blocks.0.drop_1", "blocks.0", "blocks.0.ln_2"
        ),
        trace.station(
            "o", f"{attn}.o_proj", "o_proj", "dy = dx",
            "A sum copies. The same dx goes both ways: past attention, and through it.",
        ),
        trace.station(
            "out", f"{attn}.out", "out", "dout = dy W",
            "Back through o_proj, then cut into heads.", columns="numbers",
        ),
        trace.station(
            "v", f"{attn}.v", "v", "dv = weightsᵀ dout",
            "A position gets something from each that read it, as much as it was read.",
            columns="numbers", parameters=trace.parameters(f"{attn}.v_proj"),
        ),
        trace.station(
            "weights", f"{attn}.weights", "weights", "dweights = dout vᵀ",
            "How far each value points to where its reader’s dout says that the loss rises. Below "
            "its row’s weighted mean, reading more of it, and so less of the others, lowers the "
            "loss.",
            columns="keys",
        ),
        trace.station(
            "scores", f"{attn}.scores", "scores",
            "dscores = weights ⊙ (dweights − Σ weights ⊙ dweights)",
            "Back through softmax. Each row sums to zero. Where a weight is 0 its score gets 0: "
            "the mask needs no line of its own.", columns="keys",
        ),
        trace.station(
            "q", f"{attn}.q", "q", f"dq = dscores k / {root}", "Both factors of a product get a "
            "gradient. This is that of the queries.", columns="numbers",
            parameters=trace.parameters(f"{attn}.q_proj"),
        ),
        trace.station(
            "k", f"{attn}.k", "k", f"dk = dscoresᵀ q / {root}", "The other factor: the keys.",
            columns="numbers", parameters=trace.parameters(f"{attn}.k_proj"),
        ),
    ]  # fmt: skip


def _bottom(trace: Trace) -> list[Station]:
    inputs, attn = trace.gradients.inputs, "blocks.0.attn"
    ways = {f"through {one}": inputs[f"{attn}.{one}_proj"] for one in "qkv"}
    scale = trace.config.embedding_scale
    return [
        trace.station(
            "ln_1", "blocks.0.ln_1", "ln_1", "dy = dq W_Q + dk W_K + dv W_V",
            "It was read three times, so three gradients meet.",
            meetings=[Meeting("dy", ways, trace.gradients["blocks.0.ln_1"])],
        ),
        _fork(
            trace, "x", "x", "attention", "drop", "blocks.0.drop_1", "blocks.0.ln_1",
            parameters=trace.parameters("pos_emb"),
        ),
        trace.station(
            "tok", "tok_emb", "tok_emb", "dy = dx" if scale == 1 else "dy = √D dx",
            "A sum copies: token and position get the same. In dE, the row of an id adds up "
            "all places where the id stands. An id itself has none.", meetings=_tied(trace),
            parameters={"tok_emb.weight": trace.weights["tok_emb.weight"]},
        ),
    ]  # fmt: skip


def _fork(
    trace: Trace, key: str, title: str, part: str, name: str, past: str, norm: str, **more: Any
) -> Station:
    """Return a point of the stream: what came past a part meets what came through it."""
    ways = {
        f"past {part}": trace.gradients[past],
        f"through {part}": trace.gradients.inputs[norm],
    }
    short = norm.removeprefix("blocks.0.")
    return trace.station(
        key, name, title, f"dx = past {part} + through {part}",
        f"The stream was used twice, by the sum and by {short}, so two gradients meet.",
        meetings=[Meeting("dx", ways, trace.gradients[name])], **{"parameters": {}, **more},
    )  # fmt: skip


def _tied(trace: Trace) -> list[Meeting]:
    if not trace.config.tie_weights:
        return []
    added = trace.gradients.parameters
    parts = {"as the head": added["lm_head.weight"], "as the table": added["tok_emb.weight"]}
    return [Meeting("dE", parts, trace.weights["tok_emb.weight"])]


def _add_inside(values: dict, gradients: Gradients, mask: np.ndarray | None) -> None:
    """Add the values that ``capture`` has no name for, under the names of their gradients."""
    attn = "blocks.0.attn"
    saved = gradients.saved[attn]
    scores = saved.q @ saved.k.swapaxes(-1, -2) * (1 / math.sqrt(saved.q.shape[-1]))
    heads = saved.q.shape[1]
    values |= {
        f"{attn}.q": saved.q, f"{attn}.k": saved.k, f"{attn}.v": saved.v,
        f"{attn}.scores": scores if mask is None else np.where(mask, scores, -np.inf),
        f"{attn}.out": split_heads(gradients.saved[f"{attn}.o_proj"].x, heads),
        "blocks.0.drop_1": values["drop"] + values["blocks.0.drop_1"],
    }  # fmt: skip
