"""See the gradients on their way back through a model, without a change to the model.

What :func:`tinytx.inspect.capture` does for the forward pass: while the block runs, each module's
``backward`` is wrapped on that one object, and afterwards nothing is left. PyTorch needs none of
it: there, ``retain_grad()`` keeps the gradient of any tensor.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..manual.attention import Attention, attention_backward, split_heads
from ..manual.dropout import dropout_backward
from ..manual.module import Module, Parameter
from ..manual.pieces import BlockwiseAttention
from ..manual.softmax import softmax_backward
from .capture import IN_PIECES, restoring


class Gradients(dict[str, np.ndarray]):
    """Copies of gradients by the name of the module whose *output* they belong to.

    The names are those of :class:`~tinytx.inspect.Capture`: ``"blocks.0.mlp"`` has the shape of
    what that module returned. Attention also tells what it holds inside, under its name with
    ``.q``, ``.k``, ``.v`` and ``.out``, (B, H, T, Dh), and ``.weights`` and ``.scores``, (B, H, T,
    S). ``scores`` are those that softmax got, divided by the root of Dh; ``.q`` and ``.k`` are what
    was compared, behind the norms and rotations of a model that has them, and each head of keys and
    values as often as queries share it.
    """

    def __init__(self) -> None:
        super().__init__()
        self.inputs: dict[str, Any] = {}
        """What each module's backward returned: the gradient of its input, through it alone. (A
        gate, ``mlp.act`` with ``"swiglu"``, has two inputs, and a tuple here.)"""
        self.parameters: dict[str, np.ndarray] = {}
        """What each module added to each of its own parameters: a tied weight has two parts."""
        self.saved: dict[str, Any] = {}
        """What each module's forward had kept for its backward."""


@contextlib.contextmanager
def capture_gradients(model: Module) -> Iterator[Gradients]:
    """Record what comes back to every module's output while the block runs.

    If ``backward`` runs more than once in the block, the last run is what stays.

    Parameters
    ----------
    model
        A model of the NumPy engine, or a part of one.

    Yields
    ------
    seen
        Arrays by name, as :class:`Gradients` says, filled when ``backward`` runs.

    Raises
    ------
    ValueError
        If the model is not of the NumPy engine, or attends in pieces.

    >>> from tinytx import example
    >>> from tinytx.manual import cross_entropy_backward, cross_entropy_forward
    >>> model = example.model()
    >>> ids, targets = np.array([example.ids()]), np.array([example.targets()])
    >>> with capture_gradients(model) as seen:
    ...     loss, saved = cross_entropy_forward(model.forward(ids), targets)
    ...     model.backward(cross_entropy_backward(1.0, saved))
    >>> seen["blocks.0.mlp.up_proj"].shape, seen["blocks.0.attn.scores"].shape
    ((1, 5, 10), (1, 2, 5, 5))
    """
    if not isinstance(model, Module):
        raise ValueError(
            f"model is {type(model).__name__} and must be one of tinytx.manual: "
            "in PyTorch, call retain_grad() on a tensor before backward()"
        )
    for name, module in model.named_modules():
        if isinstance(module, BlockwiseAttention):
            raise ValueError(f"{name or 'model'} does not show its gradients; {IN_PIECES}")
    seen = Gradients()
    with restoring(model, "backward"):
        for name, module in model.named_modules():
            _watch(name, module, seen)
        yield seen


def _watch(name: str, module: Module, seen: Gradients) -> None:
    backward = module.backward
    own = {key: one for key, one in vars(module).items() if isinstance(one, Parameter)}

    def watching_backward(dy: np.ndarray) -> np.ndarray | None:
        saved, before = module._saved, {key: one.grad.copy() for key, one in own.items()}
        seen[name or "logits"] = np.array(dy)
        dx = backward(dy)
        seen.saved[name] = saved
        for key, one in own.items():
            seen.parameters[f"{name}.{key}"] = one.grad - before[key]
        if dx is not None:
            # Copies: attention adds to what q_proj returned. A gate has two inputs.
            copies = tuple(map(np.array, dx)) if isinstance(dx, tuple) else np.array(dx)
            seen.inputs[name] = copies
        if isinstance(module, Attention):
            _look_inside(name, module, saved, seen)
        return dx

    vars(module)["backward"] = watching_backward


def _look_inside(name: str, attn: Attention, saved: Any, seen: Gradients) -> None:
    """Go through attention's backward once more, with the package's pairs, and keep each step."""
    dout = split_heads(seen.inputs[f"{name}.o_proj"], attn.n_head)
    dq, dk, dv = attention_backward(dout, saved)
    # out = dropped @ v
    dweights = dropout_backward(dout @ saved.v.swapaxes(-1, -2), saved.factor)
    dscores = softmax_backward(dweights, saved.weights)
    inside = {"out": dout, "weights": dweights, "scores": dscores, "q": dq, "k": dk, "v": dv}
    seen.update({f"{name}.{part}": array.copy() for part, array in inside.items()})
