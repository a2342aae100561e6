"""What each rung of the proof ladder compares: groups of ``{name: (NumPy's, PyTorch's)}``.

Every gradient is that of a random cotangent: against ones, the gradient of a softmax or a layer
norm is zero, and a backward that returns zeros would pass.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch

from .. import manual, pytorch
from ..generation import generate
from ..generation.engine import engine_of
from ..manual.module import Module
from .capture import _named_modules
from .operations import operations
from .twins import Twins

Group = dict[str, tuple[Any, Any]]

STEPS = 20
NEW_TOKENS = 4
OPTIMIZERS: dict[str, dict[str, Any]] = {
    "SGD": {"lr": 0.1, "momentum": 0.9},
    # The gradient of a key bias is rounding, 1e-17. Adam divides it by its own size plus eps: at
    # 1e-8 the two engines' rounding would already show in the weights.
    "AdamW": {"lr": 1e-3, "eps": 1e-6, "weight_decay": 0.1},
}


def names_and_shapes(twins: Twins) -> Iterator[Group]:
    """Every name in either state dict, with its shape."""
    ours = {name: value.shape for name, value in twins.ours.state_dict().items()}
    theirs = {name: tuple(value.shape) for name, value in twins.theirs.state_dict().items()}
    yield {name: (ours.get(name), theirs.get(name)) for name in {**ours, **theirs}}


def weights(twins: Twins) -> Iterator[Group]:
    """Every weight: unequal ones cannot give equal results."""
    theirs = twins.theirs.state_dict()
    yield {name: (value, _array(theirs[name])) for name, value in twins.ours.state_dict().items()}


def each_operation(twins: Twins) -> Iterator[Group]:
    """Every pair of functions against the one function, at the model's sizes."""
    for operation in operations(twins.ours.config, *twins.ids.shape):
        y, saved = operation.forward(**operation.inputs)
        dy = _cotangent(y)
        floats = [name for name, value in operation.inputs.items() if _is_float(value)]
        gradients = operation.backward(dy, saved)
        gradients = gradients if isinstance(gradients, tuple) else (gradients,)
        gradients = [gradient for gradient in gradients if gradient is not None]
        tensors = {name: twins.tensor(value) for name, value in operation.inputs.items()}
        leaves = [tensors[name].requires_grad_() for name in floats]
        theirs = operation.pytorch(**tensors)
        group: Group = {f"{operation.name} y": (np.asarray(y), _array(theirs))}
        found = torch.autograd.grad(theirs, leaves, twins.tensor(dy))
        for name, mine, its in zip(floats, gradients, found, strict=True):
            group[f"{operation.name} d{name}"] = (mine, _array(its))
        yield group


def each_layer(twins: Twins) -> Iterator[Group]:
    """Every module within a block and around the blocks, each on the input that it really gets."""
    for name, module in _named_modules(twins.ours):
        if not isinstance(module, manual.GPT | manual.Block | manual.Dropout):
            yield _layer(twins, name, module)


def each_block(twins: Twins) -> Iterator[Group]:
    """Every block, on the input that it really gets."""
    for name, module in _named_modules(twins.ours):
        if isinstance(module, manual.Block):
            yield _layer(twins, name, module)


def logits(twins: Twins) -> Iterator[Group]:
    """The logits of the batch, with and without the attention weights, and the loss."""
    ours, theirs = twins.copies()
    mine = ours.forward(twins.ids)
    loss, _ = manual.cross_entropy_forward(mine, twins.targets)
    ids, targets = twins.tensor(twins.ids), twins.tensor(twins.targets)
    its = theirs(ids)
    yield {"logits": (mine, _array(its))}
    yield {"logits with weights": (mine, _array(theirs(ids, weights=[])))}
    yield {"loss": (np.asarray(loss), _array(pytorch.cross_entropy(its, targets)))}


def gradients(twins: Twins) -> Iterator[Group]:
    """The gradient of the loss by every parameter."""
    ours, theirs = twins.copies()
    _backward(twins, ours, theirs)
    yield _of_parameters(ours, theirs, lambda p: p.grad)


def one_step(twins: Twins) -> Iterator[Group]:
    """Every weight after one step of each optimizer."""
    for kind, options in OPTIMIZERS.items():
        ours, theirs = twins.copies()
        both = _optimizers(kind, options, ours, theirs)
        _backward(twins, ours, theirs)
        for optimizer in both:
            optimizer.step()
        after = _of_parameters(ours, theirs, lambda p: p.data)
        yield {f"{name} after {kind}": pair for name, pair in after.items()}


def loss_curve(twins: Twins) -> Iterator[Group]:
    """The losses of twenty steps on the batch with each optimizer."""
    for kind, options in OPTIMIZERS.items():
        ours, theirs = twins.copies()
        both = _optimizers(kind, options, ours, theirs)
        losses = []
        for _ in range(STEPS):
            for optimizer in both:
                optimizer.zero_grad()
            losses.append(_backward(twins, ours, theirs))
            for optimizer in both:
                optimizer.step()
        mine, its = np.array(losses).T
        yield {f"losses with {kind}": (mine, its)}


def cached_decoding(twins: Twins) -> Iterator[Group]:
    """The logits, position by position with a KV cache, against the other engine's all at once.

    A model that looks ahead can keep nothing: if it is not causal there is nothing to compare.
    """
    if twins.ours.config.causal:
        mine, its = (_forward(model, twins.ids) for model in (twins.ours, twins.theirs))
        my_steps, its_steps = (_step_by_step(m, twins.ids) for m in (twins.ours, twins.theirs))
        yield {"logits, NumPy's with a cache": (my_steps, its)}
        yield {"logits, PyTorch's with a cache": (mine, its_steps)}


def sampled_ids(twins: Twins) -> Iterator[Group]:
    """What both models write with the same seed, beyond the end of the context too."""
    for cache in (None, False):
        texts = [
            generate(model, twins.ids, NEW_TOKENS, temperature=0.8, top_p=0.95, cache=cache,
                     rng=np.random.default_rng(0))
            for model in (twins.ours, twins.theirs)
        ]  # fmt: skip
        name = "uncached" if cache is False else "cached"
        yield {f"ids, {name}": (np.stack(texts[0].ids), np.stack(texts[1].ids))}
        yield {f"log-probabilities, {name}": tuple(np.stack(t.log_probs) for t in texts)}


RUNGS: dict[str, Callable[[Twins], Iterator[Group]]] = {
    "names and shapes": names_and_shapes,
    "weights": weights,
    "operations": each_operation,
    "layers": each_layer,
    "blocks": each_block,
    "logits": logits,
    "gradients": gradients,
    "optimizer step": one_step,
    "loss curve": loss_curve,
    "cached decoding": cached_decoding,
    "sampled ids": sampled_ids,
}


def _layer(twins: Twins, name: str, ours: Module) -> Group:
    """Compare one module: what it puts out, the gradient of its input and of its parameters."""
    theirs = twins.theirs.get_submodule(name)
    args = twins.inputs[name]
    ours.zero_grad()
    theirs.zero_grad()
    y = ours.forward(*args)
    dy = _cotangent(y)
    dx = ours.backward(dy)
    tensors = [twins.tensor(arg) for arg in args]
    x = tensors[0].requires_grad_() if _is_float(args[0]) else None
    out = theirs(*tensors)
    if out.requires_grad:
        out.backward(twins.tensor(dy))
    group: Group = {f"{name} y": (y, _array(out))}
    if x is not None:
        group[f"{name} dx"] = (dx, _array(x.grad))
    group |= _of_parameters(ours, theirs, lambda p: p.grad, f"{name}.")
    return group


def _backward(twins: Twins, ours: Module, theirs: torch.nn.Module) -> tuple[float, float]:
    """Run forward and backward on both models and return both losses."""
    mine, saved = manual.cross_entropy_forward(ours.forward(twins.ids), twins.targets)
    ours.backward(manual.cross_entropy_backward(1.0, saved))
    its = pytorch.cross_entropy(theirs(twins.tensor(twins.ids)), twins.tensor(twins.targets))
    its.backward()
    return float(mine), its.item()


def _forward(model: Any, ids: np.ndarray, **options: Any) -> Any:
    logits = engine_of(model).forward(ids, **options)
    return logits if isinstance(logits, np.ndarray) else _array(logits)


def _step_by_step(model: Any, ids: np.ndarray) -> np.ndarray:
    """Return the logits (B, T, V), each from a forward of one position and a KV cache."""
    engine = engine_of(model)
    cache, padding_id = engine.cache(len(ids)), model.config.padding_id
    steps = []
    for end in range(1, ids.shape[1] + 1):
        mask = None if padding_id is None else (ids[:, :end] != padding_id)[:, None, None]
        steps.append(_forward(model, ids[:, end - 1 : end], mask=mask, cache=cache))
    return np.concatenate(steps, axis=1)


def _optimizers(kind: str, options: dict[str, Any], ours: Module, theirs: torch.nn.Module):
    numpy_kind, torch_kind = getattr(manual, kind), getattr(pytorch, kind)
    return numpy_kind(ours.parameters(), **options), torch_kind(theirs.parameters(), **options)


def _of_parameters(
    ours: Module, theirs: torch.nn.Module, get: Callable[[Any], Any], prefix: str = ""
) -> Group:
    its = dict(theirs.named_parameters())
    named = ours.named_parameters()
    return {prefix + name: (get(p), _array(get(its[name]))) for name, p in named}


def _cotangent(y: Any) -> np.ndarray:
    shape = np.shape(y)
    return np.asarray(np.random.default_rng([0, *shape]).standard_normal(shape))


def _is_float(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype.kind == "f"


def _array(value: torch.Tensor | None) -> np.ndarray | None:
    return None if value is None else value.detach().cpu().numpy()
