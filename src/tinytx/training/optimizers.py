"""Which parameter is changed by which method, how fast, and whether it decays: for both engines.

Parameters of both engines have the same names and shapes, so the division is made once, from
these. Each engine then makes its own optimizers of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from .settings import TrainConfig

EMBEDDINGS = ("tok_emb.", "pos_emb.")


class Group(NamedTuple):
    """Parameters that are treated alike."""

    method: str  # sgd, adam, adamw or muon
    lr: float  # the largest rate, from which a schedule goes down
    weight_decay: float
    names: list[str]


def groups(shapes: Mapping[str, tuple[int, ...]], n_layer: int, config: TrainConfig) -> list[Group]:
    """Divide parameters into groups.

    *Decay* is for matrices, embeddings included: it holds back directions of the input that the
    data never asked for, and a bias or a norm's gain has none. *Muon* is for the matrices inside
    the blocks; the others are AdamW's. *Embeddings* may have a rate of their own: only the rows
    that were looked up get a gradient there. *Layer-wise decay of the rate* makes a block's rate
    ``layer_decay`` times that of the block above: the head and the last norm have the full rate,
    the embeddings the smallest.

    Parameters
    ----------
    shapes
        By name, each parameter once.
    n_layer
        Blocks.
    config
        ``optimizer``, ``lr``, ``muon_lr``, ``weight_decay`` and ``layer_decay`` are read.

    Raises
    ------
    ValueError
        If weights are to decay under a method that has no decay.

    Source: Radford et al. 2018 (decay on matrices only), Howard and Ruder 2018 (layer-wise rates,
    there with a factor of 1/2.6), Jordan et al. 2024 (Muon).

    >>> shapes = {"tok_emb.weight": (8, 6), "blocks.0.mlp.up_proj.weight": (24, 6),
    ...           "blocks.0.mlp.up_proj.bias": (24,)}
    >>> config = TrainConfig(steps=1, batch_size=1, lr=0.1, optimizer="muon", weight_decay=0.5)
    >>> for group in groups(shapes, 1, config):
    ...     print(*group)
    adamw 0.1 0.5 ['tok_emb.weight']
    muon 0.02 0.5 ['blocks.0.mlp.up_proj.weight']
    adamw 0.1 0.0 ['blocks.0.mlp.up_proj.bias']
    """
    if config.weight_decay and config.optimizer in ("sgd", "adam"):
        raise ValueError(
            f"weight_decay is {config.weight_decay} and optimizer is {config.optimizer!r}, which "
            "has none: take adamw or muon, or leave weight_decay at 0"
        )
    found: dict[tuple[str, float, float], list[str]] = {}
    for name, shape in shapes.items():
        matrix = len(shape) >= 2
        method, lr = config.optimizer, config.lr
        if method == "muon" and not (matrix and name.startswith("blocks.")):
            method = "adamw"
        elif method == "muon":
            lr = config.muon_lr
        if config.embedding_lr is not None and name.startswith(EMBEDDINGS):
            lr = config.embedding_lr
        lr *= config.layer_decay ** (n_layer + 1 - depth(name, n_layer))
        decay = config.weight_decay if matrix else 0.0
        found.setdefault((method, lr, decay), []).append(name)
    return [Group(*key, names) for key, names in found.items()]


def depth(name: str, n_layer: int) -> int:
    """Return how deep a parameter lies: 0 for embeddings, 1 for the first block and so on.

    >>> depth("pos_emb.weight", 4), depth("blocks.3.ln_1.bias", 4), depth("ln_f.weight", 4)
    (0, 4, 5)
    """
    block = re.match(r"blocks\.(\d+)\.", name)
    if block:
        return int(block[1]) + 1
    return 0 if name.startswith(EMBEDDINGS) else n_layer + 1


def make_optimizers(
    named: Iterable[tuple[str, Any]], n_layer: int, config: TrainConfig, methods: Mapping[str, Any]
) -> list[Any]:
    """Return one optimizer of an engine for each method that has parameters.

    Parameters
    ----------
    named
        The engine's parameters by name, each once.
    n_layer, config
        As for :func:`groups`.
    methods
        The engine's classes by method, each to be called with groups.
    """
    parameters = dict(named)
    divided = groups({n: tuple(p.data.shape) for n, p in parameters.items()}, n_layer, config)
    made = []
    for method in dict.fromkeys(group.method for group in divided):
        of_method = [group for group in divided if group.method == method]
        options = [_options(group, parameters, config) for group in of_method]
        more = {"iterations": config.muon_iterations} if method == "muon" else {}
        made.append(methods[method](options, lr=config.lr, **more))
    return made


class Rates:
    """The rates of all groups, set by one: each keeps its share of the largest.

    Parameters
    ----------
    optimizers
        Of either engine, as they were made: each group has its largest rate.
    lr
        The rate that goes with these; None for the first group's own.
    """

    def __init__(self, optimizers: list[Any], lr: float | None = None):
        self._optimizers = optimizers
        whole = self._groups()[0]["lr"] if lr is None else lr
        self._shares = [group["lr"] / whole if whole else 1.0 for group in self._groups()]

    def set(self, lr: float) -> None:
        """Give each group its share of ``lr``."""
        for group, share in zip(self._groups(), self._shares, strict=True):
            group["lr"] = lr * share

    def _groups(self) -> list[dict[str, Any]]:
        """Return the groups as they are now: PyTorch makes new ones when a state is loaded."""
        return [group for one in self._optimizers for group in one.param_groups]


def _options(group: Group, parameters: dict[str, Any], config: TrainConfig) -> dict[str, Any]:
    given = {"params": [parameters[name] for name in group.names], "lr": group.lr}
    if group.method == "sgd":
        return {**given, "momentum": config.momentum}
    if group.method == "muon":
        return {
            **given,
            "momentum": config.muon_momentum,
            "weight_decay": group.weight_decay,
        }
    betas = (config.beta_1, config.beta_2)
    adam = {**given, "betas": betas, "eps": config.eps}
    return adam if group.method == "adam" else {**adam, "weight_decay": group.weight_decay}
