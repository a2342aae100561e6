"""What :func:`tinytx.inspect.capture` does for a model of PyTorch: hooks, and the slower attention.

The fused kernel never holds the weights, so while somebody is watching, each attention is asked for
them and takes the way that can tell.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import numpy as np
from torch import Tensor, nn

from ..pytorch.attention import Attention
from ..pytorch.gpt import GPT
from .capture import output_name, weights_name


@contextlib.contextmanager
def watching(model: nn.Module, seen: dict[str, np.ndarray]) -> Iterator[None]:
    """Record into ``seen`` what every module returns, by its name, while the block runs."""
    with contextlib.ExitStack() as stack:
        for name, module in model.named_modules():
            if isinstance(module, Attention):
                stack.callback(_ask_for_weights(module).remove)
                stack.callback(_watch_weights(name, module, seen).remove)
            key = output_name(name, isinstance(getattr(module, "_orig_mod", module), GPT))
            stack.callback(_watch(key, module, seen).remove)
        yield


def _watch(key: str, module: nn.Module, seen: dict[str, np.ndarray]) -> Any:
    def keep(_: nn.Module, __: Any, out: Any) -> None:
        if isinstance(out, Tensor):
            seen[key] = _array(out)

    return module.register_forward_hook(keep)


def _ask_for_weights(module: Attention) -> Any:
    def ask(_: nn.Module, args: Any, kwargs: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        if kwargs.get("weights") is None:
            kwargs = {**kwargs, "weights": []}
        return args, kwargs

    return module.register_forward_pre_hook(ask, with_kwargs=True)


def _watch_weights(name: str, module: Attention, seen: dict[str, np.ndarray]) -> Any:
    def keep(_: nn.Module, __: Any, kwargs: dict[str, Any], ___: Any) -> None:
        seen[weights_name(name)] = _array(kwargs["weights"][-1])

    return module.register_forward_hook(keep, with_kwargs=True)


def _array(x: Tensor) -> np.ndarray:
    x = x.detach()
    return (x.float() if x.dtype.itemsize < 4 else x).cpu().numpy().copy()
