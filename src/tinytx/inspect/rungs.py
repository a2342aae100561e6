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
from .operations import operations
from .twins import Twins

Group = dict[str, tuple[Any, Any]]

STEPS = 20
NEW_TOKENS = 4
OPTIMIZERS: dict[str, dict[str, Any]] = {
    # A large rate makes a chaotic curve: rounding grows tenfold every few steps, and models that
    # are the same would fail.
    "SGD": {"lr": 0.01, "momentum": 0.9},
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
    """Every module within a block and around the blocks, each on the input that it really gets.

    Parts come before what they are parts of, so that a difference is found where it arises.
    """
    named = sorted(twins.ours.named_modules(), key=lambda pair: pair[0].count("."), reverse=True)
    for name, module in named:
        if not isinstance(module, manual.GPT | manual.Block | manual.Dropout):
            yield _layer(twins, name, module)


def each_block(twins: Twins) -> Iterator[Group]:
    """Every block, on the input that it really gets."""
    for name, module in twins.ours.named_modules():
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
    if ours.config.n_expert is not None:
        yield {"balance loss": (np.asarray(ours.balance_loss()), _array(theirs.balance_loss()))}


def gradients(twins: Twins) -> Iterator[Group]:
    """The gradient of the loss by every parameter; that of a mixture's balance loss is in it."""
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
    """The logits with a KV cache against the other engine's all at once: in chunks of 1, of 2, ...

    And with rows that have come unequally far. A model that looks ahead can keep nothing: if it is
    not causal there is nothing to compare.
    """
    if twins.ours.config.causal:
        mine, its = (_forward(model, twins.ids) for model in (twins.ours, twins.theirs))
        for way, run in CACHED.items():
            my_steps, its_steps = (run(model, twins.ids) for model in (twins.ours, twins.theirs))
            yield {f"logits, NumPy's with a cache, {way}": (my_steps, its)}
            yield {f"logits, PyTorch's with a cache, {way}": (mine, its_steps)}


def sampled_ids(twins: Twins) -> Iterator[Group]:
    """What one engine writes with a KV cache, and the other without, from the same seed.

    Past the end of the context, and from unequal rows. Both with a cache would agree on ids that
    both get wrong.
    """
    both = (twins.ours, twins.theirs)
    for rows, prompts in {"": list(twins.ids), ", unequal rows": _unequal(twins.ids)}.items():
        cached, whole = ([_written(m, prompts, cache) for m in both] for cache in (None, False))
        ways = {"NumPy's": (cached[0], whole[1]), "PyTorch's": (whole[0], cached[1])}
        for whose, texts in ways.items():
            which = f"{whose} with a cache{rows}"
            ids, its = (np.concatenate(t.ids) for t in texts)
            yield {f"ids, {which}": (ids, its)}
            ids, its = (np.concatenate(t.log_probs) for t in texts)
            yield {f"log-probabilities, {which}": (ids, its)}


def _written(model: Any, prompts: list[np.ndarray], cache: bool | None) -> Any:
    """Return what ``model`` draws after ``prompts``."""
    choice = {"temperature": 0.8, "top_p": 0.95, "rng": np.random.default_rng(0)}
    return generate(model, prompts, NEW_TOKENS, cache=cache, **choice)


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
    """Compare one module: what it puts out, the gradient of its inputs and of its parameters."""
    theirs: Any = twins.theirs.get_submodule(name)
    args = twins.inputs[name]
    ours.zero_grad()
    theirs.zero_grad()
    y = ours.forward(*args)
    dy, mixture = _cotangent(y), isinstance(ours, manual.Experts)
    if isinstance(ours, manual.Experts):
        ours.dbalance = 0.7
    dx = ours.backward(dy)
    tensors = [twins.tensor(arg) for arg in args]
    floats = [i for i, arg in enumerate(args) if _is_float(arg)]  # ids and masks have no gradient
    for i in floats:
        tensors[i].requires_grad_()
    out = theirs(*tensors)
    if mixture:
        (0.7 * theirs.balance).backward(retain_graph=True)
    if out.requires_grad:
        out.backward(twins.tensor(dy))
    group: Group = {f"{name} y": (y, _array(out))}
    dxs = dx if isinstance(dx, tuple) else (dx,)[: len(floats)]
    for i, mine in zip(floats, dxs, strict=True):
        group[f"{name} dx{i or ''}"] = (mine, _array(tensors[i].grad))
    group |= _of_parameters(ours, theirs, lambda p: p.grad, f"{name}.")
    return group


def _backward(twins: Twins, ours: manual.GPT, theirs: pytorch.GPT) -> tuple[float, float]:
    """Run forward and backward on both models and return both losses."""
    mine, saved = manual.cross_entropy_forward(ours.forward(twins.ids), twins.targets)
    its = pytorch.cross_entropy(theirs(twins.tensor(twins.ids)), twins.tensor(twins.targets))
    total = its
    if ours.config.n_expert is not None:
        ours.balance_backward(ours.config.balance)
        total = its + ours.config.balance * theirs.balance_loss()
    ours.backward(manual.cross_entropy_backward(1.0, saved))
    total.backward()
    return float(mine), its.item()


def _forward(model: Any, ids: np.ndarray, **options: Any) -> Any:
    logits = engine_of(model).forward(ids, **options)
    return logits if isinstance(logits, np.ndarray) else _array(logits)


def _in_chunks(model: Any, ids: np.ndarray, size: int) -> np.ndarray:
    """Return the logits (B, T, V), from forwards of one and then ``size`` positions each."""
    engine, T = engine_of(model), ids.shape[1]
    cache, padding_id = engine.cache(len(ids)), model.config.padding_id
    steps, start = [], 0
    while start < T:
        end = min(T, start + (size if start else 1))
        mask = None if padding_id is None else (ids[:, :end] != padding_id)[:, None, None]
        steps.append(_forward(model, ids[:, start:end], mask=mask, cache=cache))
        start = end
    return np.concatenate(steps, axis=1)


def _from_unequal(model: Any, ids: np.ndarray) -> np.ndarray:
    """Return the logits (B, T, V), the last of each row read again after what came before it.

    Row b ends b positions before the last (as far as there are so many): the cache is told so, and
    gets one position of each row, another place in each.
    """
    engine, (B, T) = engine_of(model), ids.shape
    last = np.maximum(T - 1 - np.arange(B), 0)
    padding_id = model.config.padding_id
    known = None if padding_id is None else ids != padding_id
    cache, rows = engine.cache(B), np.arange(B)
    whole = None if known is None else known[:, None, None]
    logits = _forward(model, ids, mask=whole, cache=cache).copy()
    engine.set_length(cache, last)
    seen = None if known is None else known[:, None, None, : last.max() + 1]
    logits[rows, last] = _forward(model, ids[rows, last][:, None], mask=seen, cache=cache)[:, 0]
    return logits


CACHED: dict[str, Callable[[Any, np.ndarray], np.ndarray]] = {
    "one by one": lambda model, ids: _in_chunks(model, ids, 1),
    "two by two": lambda model, ids: _in_chunks(model, ids, 2),
    "from unequal rows": _from_unequal,
}


def _unequal(ids: np.ndarray) -> list[np.ndarray]:
    """Return the rows, each one token shorter than the one before, as far as there are so many."""
    return [row[: max(1, len(row) - b)] for b, row in enumerate(ids)]


def _optimizers(kind: str, options: dict[str, Any], ours: Module, theirs: torch.nn.Module) -> Any:
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
