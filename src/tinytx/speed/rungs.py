"""One computation, written again and again, each time faster: ``gelu(x @ weight.T + bias)``.

That is the first half of an MLP: (N, D) to (N, F), 2 N D F operations and N F values of GELU. The
first rungs do it number by number, as the formula is read aloud; they are given the first rows
only, for they would take minutes, and their time is multiplied. Then come products of whole
matrices, results written in place, several threads, PyTorch, its compiler, and half precision.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np

from ..manual.activation import A, C, gelu_forward
from ..manual.linear import linear_forward

Make = Callable[[], np.ndarray]
LOOP_WORK = 70_000  # multiplications that the Python loop is given, about: milliseconds
CALL_WORK = 2_000  # products of one row by one row


class Rung(NamedTuple):
    """One way of writing the computation."""

    name: str
    what: str  # what is new in it, for a table
    work: Callable[[], Any]
    value: Make  # the same as float64, for comparison
    rows: int  # how many of the N rows it computes
    threads: int
    tolerance: float  # of its numbers, as a share of the largest


class Inputs(NamedTuple):
    """What every rung is given: float32."""

    x: np.ndarray  # (N, D)
    weight: np.ndarray  # (F, D)
    bias: np.ndarray  # (F,)

    @classmethod
    def drawn(cls, N: int, D: int, F: int) -> Inputs:
        """Return random numbers of a size at which GELU is neither 0 nor a straight line."""
        rng = np.random.default_rng(0)
        x, weight = rng.standard_normal((N, D)), rng.standard_normal((F, D)) / math.sqrt(D)
        bias = rng.standard_normal(F)
        return cls(*(one.astype(np.float32) for one in (x, weight, bias)))


def python_loop(x: list[list[float]], weight: list[list[float]], bias: list[float]) -> Any:
    """Number by number, in Python's floats, which are float64."""
    rows = []
    for row in x:
        out = []
        for w, b in zip(weight, bias, strict=True):
            total = b
            for i in range(len(w)):
                total += row[i] * w[i]
            out.append(0.5 * total * (1 + math.tanh(C * (total + A * total**3))))
        rows.append(out)
    return rows


def numpy_by_element(x: np.ndarray, weight: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """One call of NumPy for each number of the result."""
    y = np.empty((len(x), len(weight)), x.dtype)
    for i in range(len(x)):
        for j in range(len(weight)):
            z = x[i].dot(weight[j]) + bias[j]
            y[i, j] = 0.5 * z * (1 + np.tanh(C * (z + A * z * z * z)))
    return y


def matrix_product(x: np.ndarray, weight: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """The formula, of whole arrays: each operation makes a new one."""
    z = x @ weight.T + bias
    return 0.5 * z * (1 + np.tanh(C * (z + A * z * z * z)))


def in_place(x: np.ndarray, weight: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """The package's own pair of functions: what is not needed any more is written over."""
    return gelu_forward(linear_forward(x, weight, bias)[0])[0]


def numpy_rungs(inputs: Inputs, threads: int, pool: ThreadPoolExecutor) -> list[Rung]:
    """Return the rungs that NumPy climbs, the Python loop first, ``threads`` at the end."""
    x, weight, bias = inputs
    (N, D), F = x.shape, len(weight)
    few, some = max(1, min(N, LOOP_WORK // (D * F))), max(1, min(N, CALL_WORK // F))
    lists = x[:few].tolist(), weight.tolist(), bias.tolist()
    pieces = [piece for piece in np.array_split(x, threads) if len(piece)]

    def shared_out() -> np.ndarray:
        return np.concatenate(list(pool.map(lambda piece: in_place(piece, weight, bias), pieces)))

    found = [
        _rung("Python loop", "number by number", lambda: python_loop(*lists), few),
        _rung(
            "NumPy by element", "a call for each number of the result",
            lambda: numpy_by_element(x[:some], weight, bias), some,
        ),
        _rung("matrix product", "whole arrays", lambda: matrix_product(x, weight, bias), N),
        _rung("in place", "no new arrays for GELU", lambda: in_place(x, weight, bias), N),
    ]  # fmt: skip
    if threads > 1:
        found.append(_rung("threads", f"rows among {threads} threads", shared_out, N, threads))
    return found


def torch_rungs(inputs: Inputs, threads: int) -> list[Rung]:
    """Return PyTorch's rungs, without and with its compiler, then in bfloat16."""
    import torch
    from torch.nn import functional

    def forward(x: Any, weight: Any, bias: Any) -> Any:
        return functional.gelu(functional.linear(x, weight, bias), approximate="tanh")

    full = [torch.from_numpy(one) for one in inputs]
    half = [one.bfloat16() for one in full]
    compiled = torch.compile(forward)

    def run(function: Any, given: list[Any]) -> Callable[[], Any]:
        def work() -> Any:
            with torch.inference_mode():
                return function(*given)

        return work

    N = len(inputs.x)
    return [
        _torch("PyTorch", "the same, fused GELU", run(forward, full), N, threads),
        _torch("torch.compile", "one kernel made for it", run(compiled, full), N, threads),
        _torch("bfloat16", "half the bytes", run(forward, half), N, threads, 0.02),
    ]


def _rung(name: str, what: str, work: Make, rows: int, threads: int = 1) -> Rung:
    return Rung(name, what, work, lambda: np.asarray(work(), np.float64), rows, threads, 1e-5)


def _torch(
    name: str, what: str, work: Any, rows: int, threads: int, tolerance: float = 1e-5
) -> Rung:
    return Rung(name, what, work, lambda: work().double().numpy(), rows, threads, tolerance)
