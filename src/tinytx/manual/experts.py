"""A mixture of experts: several MLPs, of which each token is sent to a few.

A *router* gives each token a score for every expert. Their softmax says how likely each is to be
the right one; the few likeliest are asked, and their answers are weighted by that. A token costs as
much as those few, whatever the others know.

Nothing keeps a router from sending all tokens to the same experts, which then learn and are chosen
the more. The *balance loss* holds against that. Here no expert is ever full and no token is
dropped, unlike in the papers, which divide experts among devices (Lepikhin et al. 2020, Fedus et
al. 2021).

N counts tokens, of all rows of a batch (padding among them: it is sent to experts, and counts for
the balance, like any other token); E experts, k for each token, and N * k *assignments* of a token
to an expert, which are kept in the order of the experts.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from ..config import GPTConfig, check_config
from .linear import Linear
from .mlp import MLP
from .module import Module
from .reduce import row_sum
from .shapes import check_dims, check_float, check_last, check_shape, is_whole
from .softmax import softmax_backward, softmax_forward


class GatesSaved(NamedTuple):
    """What :func:`gates_backward` needs."""

    gates: np.ndarray  # (N, E)
    chosen: np.ndarray  # (N, E)
    total: np.ndarray  # (N, 1), the probability of all that were chosen


class DispatchSaved(NamedTuple):
    """What :func:`dispatch_backward` needs."""

    chosen: np.ndarray  # (N, E)
    shape: tuple[int, ...]  # (N * k, D), of the copies


class CombineSaved(NamedTuple):
    """What :func:`combine_backward` needs."""

    parts: np.ndarray  # (N * k, D)
    gates: np.ndarray  # (N, E)
    chosen: np.ndarray  # (N, E)


def choose(scores: np.ndarray, k: int) -> np.ndarray:
    """Return (N, E), True for the ``k`` largest scores of each row; of equal ones, the first.

    The order of probabilities is that of the scores that they are made of. A choice has no
    gradient: moving a score a little changes nobody's, but at a tie.

    >>> choose(np.array([[0.1, 0.7, 0.2], [0.5, 0.0, 0.5], [0.0, 0.0, 0.0]]), 2)
    array([[False,  True,  True],
           [ True, False,  True],
           [ True,  True, False]])

    Raises
    ------
    ValueError
        If ``scores`` is not float, or ``k`` no whole number from 1 to E.
    """
    check_float("scores", scores)
    check_dims("scores", scores, 2, "(N, E)")
    if not is_whole(k) or not 1 <= k <= scores.shape[-1]:
        raise ValueError(
            f"k is {k!r} and must be a whole number from 1 to the {scores.shape[-1]} experts"
        )
    chosen = np.zeros(scores.shape, bool)
    largest = np.argsort(-scores, axis=-1, kind="stable")[:, :k]  # (N, k)
    np.put_along_axis(chosen, largest, True, axis=-1)
    return chosen


def gates_forward(probs: np.ndarray, chosen: np.ndarray) -> tuple[np.ndarray, GatesSaved]:
    """Return what the answers of the chosen experts are weighted by; 0 for the others.

    Their probabilities, divided by their sum. That is the softmax of the chosen scores alone: what
    the others had in it, in numerator and denominator, is gone. The only gate of a single choice
    is 1 whatever its probability, and has no slope: of the loss, a router then learns nothing.

    Parameters
    ----------
    probs
        (N, E), how likely each expert is.
    chosen
        (N, E), bool: see :func:`choose`.

    Raises
    ------
    ValueError
        If ``probs`` is not float, or the shapes differ.

    Source: Jiang et al. 2024 (Mixtral), section 2.1.
    """
    check_float("probs", probs)
    check_dims("probs", probs, 2, "(N, E)")
    check_shape("chosen", chosen, probs.shape)
    gates = probs * chosen
    total = row_sum(gates)  # (N, 1)
    gates /= total
    return gates, GatesSaved(gates, chosen, total)


def gates_backward(dgates: np.ndarray, saved: GatesSaved) -> np.ndarray:
    """Return ``dprobs``: each gate's own gradient less the row's weighted mean, over the total."""
    gates, chosen, total = saved
    check_shape("dgates", dgates, gates.shape)
    # gates_i = probs_i / total, total = sum of the chosen, so dgates_i/dprobs_j =
    # (1[i = j] - gates_i) / total for a chosen j
    return (dgates - row_sum(dgates * gates)) * chosen / total


def balance_forward(
    probs: np.ndarray, chosen: np.ndarray
) -> tuple[np.floating, tuple[np.ndarray, int]]:
    """Return how unevenly the experts are used: 1 if evenly, up to E / k if always the same k.

    ``E * sum(share * mean)``, ``share`` being the part of all assignments that each expert got, and
    ``mean`` its mean probability. A share has no slope. But the mean has, and the larger an
    expert's share is, the more the loss falls as that expert becomes less likely. It sees the
    shares by probabilities: where these are all equal it is 1, wherever the tokens go.

    Parameters
    ----------
    probs
        (N, E), how likely each expert is.
    chosen
        (N, E), bool: see :func:`choose`.

    Raises
    ------
    ValueError
        If ``probs`` is not float, or the shapes differ.

    Source: Fedus et al. 2021 (Switch), equations 4 to 6, there for one choice and with the factor
    that is ``balance`` in the configuration.

    >>> probs = np.array([[0.9, 0.1], [0.6, 0.4]])
    >>> float(balance_forward(probs, choose(probs, 1))[0])  # both to the first: 2 * 1 * 0.75
    1.5
    """
    check_float("probs", probs)
    check_dims("probs", probs, 2, "(N, E)")
    check_shape("chosen", chosen, probs.shape)
    N, E = probs.shape
    share = (chosen.sum(0) / chosen.sum()).astype(probs.dtype)  # (E,)
    return E * (share @ probs.mean(0)), (share, N)


def balance_backward(dloss: float, saved: tuple[np.ndarray, int]) -> np.ndarray:
    """Return ``dprobs`` (N, E): every token's is the same, and the shares give it."""
    share, N = saved
    E = len(share)
    # loss = E * sum(share * probs.mean(0)), and share, a count, has no slope
    return np.broadcast_to(E * share * (float(dloss) / N), (N, E))


def dispatch_forward(x: np.ndarray, chosen: np.ndarray) -> tuple[np.ndarray, DispatchSaved]:
    """Return a copy of each token (N, D) for each expert that it is sent to: (N * k, D).

    Those of the first expert come first, and so on.

    Raises
    ------
    ValueError
        If the shapes do not fit.
    """
    check_dims("x", x, 2, "(N, D)")
    check_dims("chosen", chosen, 2, "(N, E)")
    check_shape("chosen", chosen, (len(x), *chosen.shape[1:]))
    _, token = np.nonzero(chosen.T)  # (N * k,), in the order of the experts
    parts = x[token]
    return parts, DispatchSaved(chosen, parts.shape)


def dispatch_backward(dparts: np.ndarray, saved: DispatchSaved) -> np.ndarray:
    """Return ``dx``: a token was copied k times, so the gradients of its copies add up."""
    chosen, shape = saved
    check_shape("dparts", dparts, shape)
    # parts = x[token]
    return _gather(dparts, chosen)


def combine_forward(
    parts: np.ndarray, gates: np.ndarray, chosen: np.ndarray
) -> tuple[np.ndarray, CombineSaved]:
    """Return each token's answers, weighted by its gates and added up: (N, D).

    Parameters
    ----------
    parts
        (N * k, D), what the experts made of :func:`dispatch_forward`'s copies.
    gates, chosen
        (N, E); each row of ``chosen`` has k.

    Raises
    ------
    ValueError
        If the shapes do not fit, or the rows of ``chosen`` have different numbers of experts.
    """
    check_dims("chosen", chosen, 2, "(N, E)")
    check_dims("parts", parts, 2, "(N * k, D)")
    expert, token = np.nonzero(chosen.T)
    check_shape("parts", parts, (len(token), parts.shape[1]))
    check_shape("gates", gates, chosen.shape)
    weighted = parts * gates[token, expert, None]
    return _gather(weighted, chosen), CombineSaved(parts, gates, chosen)


def combine_backward(dy: np.ndarray, saved: CombineSaved) -> tuple[np.ndarray, np.ndarray]:
    """Return ``dparts`` and ``dgates``, which is 0 for an expert that was not asked."""
    parts, gates, chosen = saved
    check_shape("dy", dy, (len(chosen), *parts.shape[1:]))
    expert, token = np.nonzero(chosen.T)
    # y = the sum of each token's weighted parts: each gets the sum's gradient
    dweighted = dy[token]  # (N * k, D)
    # weighted = parts * gates
    dparts = dweighted * gates[token, expert, None]
    dgates = np.zeros_like(gates)
    dgates[token, expert] = row_sum(dweighted * parts)[:, 0]
    return dparts, dgates


def _gather(parts: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """Return the sum of each token's k parts: (N * k, D) in the order of experts to (N, D)."""
    each = chosen.sum(-1)
    if (each != each[:1]).any():
        raise ValueError(
            f"chosen has rows of {each.min()} and of {each.max()} experts, and all must have k"
        )
    _, token = np.nonzero(chosen.T)
    by_token = np.argsort(token, kind="stable")
    k = len(token) // max(1, len(chosen))
    return parts[by_token].reshape(len(chosen), k, parts.shape[-1]).sum(1)


class Experts(Module):
    """What stands in for an MLP: a router and ``n_expert`` of them.

    A forward leaves its balance loss in :attr:`balance`. Its gradient is not part of ``dy``: put
    what it is to be multiplied by into :attr:`dbalance` before the backward, which takes it.
    """

    balance = 0.0
    """The balance loss of the last forward, 1 if all experts were used evenly."""
    dbalance = 0.0
    """The gradient of what is minimized by :attr:`balance`, for the backward to come."""

    def __init__(self, config: GPTConfig, rng: np.random.Generator, dtype: DTypeLike = np.float32):
        check_config(config)
        if config.n_expert is None:
            raise ValueError("config.n_expert is None: a mixture needs a number of experts")
        D, E, self.k = config.d_model, config.n_expert, config.n_active
        self.d_model = D
        self.router = Linear(D, E, rng, bias=False, std=config.init_std, dtype=dtype)
        self.experts = [MLP(config, rng, dtype) for _ in range(E)]

    def forward(self, x: np.ndarray) -> np.ndarray:
        """Map (..., D) to (..., D)."""
        check_last("x", x, self.d_model, "d_model")
        rows = x.reshape(-1, x.shape[-1])  # (N, D)
        scores = self.router.forward(rows)  # (N, E)
        probs, of_softmax = softmax_forward(scores)
        chosen = choose(scores, self.k)
        gates, of_gates = gates_forward(probs, chosen)
        balance, of_balance = balance_forward(probs, chosen)
        parts, of_dispatch = dispatch_forward(rows, chosen)
        parts = self._each("forward", parts, chosen)
        y, of_combine = combine_forward(parts, gates, chosen)
        self.balance, self.dbalance = float(balance), 0.0
        self.keep((x.shape, of_softmax, of_gates, of_balance, of_dispatch, of_combine))
        return y.reshape(x.shape)

    def backward(self, dy: np.ndarray) -> np.ndarray:
        """Return the gradient of the input: the same steps in reverse order."""
        shape, of_softmax, of_gates, of_balance, of_dispatch, of_combine = self.take()
        check_shape("dy", dy, shape)
        dparts, dgates = combine_backward(dy.reshape(-1, dy.shape[-1]), of_combine)
        dparts = self._each("backward", dparts, of_dispatch.chosen)
        dx = dispatch_backward(dparts, of_dispatch)
        dprobs = gates_backward(dgates, of_gates) + balance_backward(self.dbalance, of_balance)
        self.dbalance = 0.0
        dx += self.router.backward(softmax_backward(dprobs, of_softmax))
        return dx.reshape(dy.shape)

    def _each(self, way: str, parts: np.ndarray, chosen: np.ndarray) -> np.ndarray:
        """Let each expert map its own parts, forward or backward; none of them may be no part."""
        ends = np.cumsum(chosen.sum(0))[:-1]
        each = zip(self.experts, np.split(parts, ends), strict=True)
        return np.concatenate([getattr(expert, way)(part) for expert, part in each])


def make_mlp(config: GPTConfig, *args: Any) -> MLP | Experts:
    """Return the MLP of a block, or a mixture of them; ``args`` are theirs."""
    return MLP(config, *args) if config.n_expert is None else Experts(config, *args)
