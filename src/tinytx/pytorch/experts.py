"""A mixture of experts: several MLPs, of which each token is sent to a few.

A *router* gives each token a score for every expert. Their softmax says how likely each is to be
the right one; the few likeliest are asked, and their answers are weighted by that. A token costs as
much as those few, whatever the others know. The *balance loss* keeps the router from sending all
tokens to the same ones.

N counts tokens, of all rows of a batch, padding among them; E experts, k for each token, and N * k
*assignments* of a token to an expert, which are kept in the order of the experts.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from ..config import GPTConfig, check_config
from .linear import Linear
from .mlp import MLP


def choose(scores: Tensor, k: int) -> Tensor:
    """Return (N, E), True for the ``k`` largest scores of each row; of equal ones, the first."""
    largest = torch.argsort(-scores, dim=-1, stable=True)[..., :k]  # (N, k)
    return torch.zeros_like(scores, dtype=torch.bool).scatter(-1, largest, True)


def gates(probs: Tensor, chosen: Tensor) -> Tensor:
    """Return what the answers of the chosen experts are weighted by, (N, E): 0 for the others.

    Their probabilities, divided by their sum. Source: Jiang et al. 2024 (Mixtral), section 2.1.
    """
    mine = probs * chosen
    return mine / mine.sum(-1, keepdim=True)


def balance(probs: Tensor, chosen: Tensor) -> Tensor:
    """Return how unevenly the experts are used: 1 if evenly, up to E / k if always the same k.

    ``E * sum(share * mean)``, ``share`` being the part of all assignments that each expert got, and
    ``mean`` its mean probability (N, E). Source: Fedus et al. 2021 (Switch), equations 4 to 6.
    """
    counted = chosen.to(probs.dtype)  # a quotient of integers would be float32
    share = counted.sum(0) / counted.sum()  # (E,)
    return probs.shape[-1] * (share * probs.mean(0)).sum()


def dispatch(x: Tensor, chosen: Tensor) -> Tensor:
    """Return a copy of each token (N, D) for each expert that it is sent to: (N * k, D)."""
    _, token = chosen.T.nonzero(as_tuple=True)  # (N * k,), in the order of the experts
    return x[token]


def combine(parts: Tensor, gates: Tensor, chosen: Tensor) -> Tensor:
    """Return each token's answers (N * k, D), weighted by its gates and added up: (N, D)."""
    expert, token = chosen.T.nonzero(as_tuple=True)
    weighted = parts * gates[token, expert, None]
    by_token = token.argsort(stable=True)
    return weighted[by_token].unflatten(0, (len(chosen), -1)).sum(1)


class Experts(nn.Module):
    """What stands in for an MLP: a router and ``n_expert`` of them.

    A forward leaves its balance loss in :attr:`balance`, for training to add to the loss.

    Where the choice cannot be looked at (while a model is compiled or traced, within
    ``torch.func.vmap``, on ``meta``) each expert maps every token, and what was not asked for gets
    a gate of 0: the same numbers, at the cost of all experts.
    """

    balance: Tensor | None = None
    """The balance loss of the last forward, a number: 1 if all experts were used evenly."""

    def __init__(self, config: GPTConfig, generator: torch.Generator | None = None, **place: Any):
        super().__init__()
        check_config(config)
        if config.n_expert is None:
            raise ValueError("config.n_expert is None: a mixture needs a number of experts")
        D, E, self.k = config.d_model, config.n_expert, config.n_active
        self.router = Linear(D, E, generator, bias=False, std=config.init_std, **place)
        self.experts = nn.ModuleList(MLP(config, generator, **place) for _ in range(E))

    def forward(self, x: Tensor) -> Tensor:
        """Map (..., D) to (..., D)."""
        rows = x.reshape(-1, x.shape[-1])  # (N, D)
        scores = self.router(rows)  # (N, E)
        # In half precision a probability of 0.001 is hardly told from its neighbours.
        probs = scores.softmax(-1, dtype=torch.promote_types(scores.dtype, torch.float32))
        chosen = choose(scores, self.k)
        weights = gates(probs, chosen).to(x.dtype)
        self.balance = balance(probs, chosen)
        sizes = counts(chosen)
        if sizes is None:
            each = torch.stack([expert(rows) for expert in self.experts], -1)  # (N, D, E)
            y = (each @ weights.to(each.dtype)[..., None])[..., 0]
        else:
            parts = dispatch(rows, chosen).split(sizes)
            outs = [expert(part) for expert, part in zip(self.experts, parts, strict=True)]
            y = combine(torch.cat(outs), weights.to(outs[0].dtype), chosen)
        return y.reshape(x.shape)

    def __getstate__(self) -> dict[str, Any]:
        """Leave the last balance loss out of copies: it belongs to the forward of this module."""
        return {name: value for name, value in self.__dict__.items() if name != "balance"}


def counts(chosen: Tensor) -> list[int] | None:
    """Return how many tokens each expert is sent, or None where that cannot be looked at."""
    if chosen.is_meta or torch.compiler.is_compiling():
        return None
    try:
        return [int(n) for n in chosen.sum(0)]
    except RuntimeError:
        return None


def make_mlp(config: GPTConfig, generator: torch.Generator | None = None, **place: Any) -> Any:
    """Return the MLP of a block, or a mixture of them."""
    return (MLP if config.n_expert is None else Experts)(config, generator, **place)
