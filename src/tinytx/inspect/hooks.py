"""What :func:`tinytx.inspect.capture` does for a model of PyTorch: hooks, and the slower attention.

The fused kernel never holds the weights, so while somebody is watching, each attention is asked for
them and takes the way that can tell. A hook may also return another value, which then goes on: that
is how a value is replaced (:class:`TorchTapped`).
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ..pytorch.attention import Attention
from ..pytorch.gpt import GPT
from .taps import Tapped, part_name


class TorchTapped(Tapped):
    """The taps of one ``nn.Module``: a hook for its output, an opened forward for the inside."""

    attention, softmax = "attention_with_weights", "softmax"
    silent = (nn.Module.forward,)  # a ModuleList has no forward of its own

    @classmethod
    def of(cls, module: nn.Module) -> Tapped | None:
        """Return the taps that ``module`` has already, if any."""
        mine = (one for one in module._forward_hooks.values() if isinstance(one, cls))
        return next((one for one in mine if one.module is module), None)

    @staticmethod
    def array(value: Any) -> np.ndarray | None:
        """Return a copy of what passes as an array, or None if it is no tensor."""
        return as_array(value) if isinstance(value, Tensor) else None

    def install(self) -> None:
        """Let values pass through the taps."""
        self.handles = [self.module.register_forward_hook(self)]
        if len(self.taps) > 1:
            self.handles.append(_ask_for_weights(self.module))
            vars(self.module)["forward"] = self.opened()

    def remove(self) -> None:
        """Leave the module as it was."""
        for handle in self.handles:
            handle.remove()
        if len(self.taps) > 1:
            vars(self.module).pop("forward", None)

    def __call__(self, module: nn.Module, args: Any, out: Any) -> Any:
        """Let the output pass the tap, as a forward hook.

        What runs in evaluation mode beside a model in training shares its hooks: not this one.
        """
        return self.taps[""](out) if module is self.module else out


@contextlib.contextmanager
def watching_weights(model: nn.Module, seen: dict[str, np.ndarray]) -> Iterator[None]:
    """Record into ``seen`` the weights of every attention while the block runs."""
    with contextlib.ExitStack() as stack:
        for name, module in model.named_modules():
            if isinstance(module, Attention):
                stack.callback(_ask_for_weights(module).remove)
                stack.callback(_watch_weights(name, module, seen).remove)
        yield


def is_gpt(module: nn.Module) -> bool:
    """Return whether this is the package's GPT, compiled or not."""
    return isinstance(getattr(module, "_orig_mod", module), GPT)


def as_array(x: Tensor) -> np.ndarray:
    """Return a copy of ``x`` as an array; half precision comes as float32."""
    x = x.detach()
    return (x.float() if x.dtype.itemsize < 4 else x).cpu().numpy().copy()


def fitting(got: Any, old: Tensor) -> tuple[Any, bool, str]:
    """Return ``got`` as a tensor, whether its dtype fits that of ``old``, and what to do if not.

    An array goes to the device of ``old``. What was captured in half precision is float32.
    """
    if isinstance(got, np.ndarray):
        dtype = torch.float32 if old.dtype.itemsize < 4 else old.dtype
        fits = torch.tensor(got[:0].ravel()).dtype == dtype
        way = f"use .astype({str(dtype).removeprefix('torch.')!r})"
        return torch.as_tensor(got, dtype=old.dtype, device=old.device), fits, way
    if not isinstance(got, Tensor):
        return got, False, "give an array or a tensor"
    if got.device != old.device:
        way = f"on {old.device}, and it is on {got.device}: use .to({str(old.device)!r})"
        return got, False, way
    return got, got.dtype == old.dtype, f"use .to({old.dtype})"


def like(array: np.ndarray, x: Tensor) -> Tensor:
    """Return ``array`` as a tensor of the dtype and on the device of ``x``."""
    return torch.as_tensor(array, dtype=x.dtype, device=x.device)


def check_not_compiled(model: nn.Module) -> None:
    """Refuse a model whose compiled code would go past hooks that came after it, in silence."""
    for module in model.modules():
        if isinstance(module, torch.jit.ScriptModule):
            raise ValueError(
                "model is scripted and asks no hooks: patch the model that it was made of"
            )
        if hasattr(module, "_orig_mod"):
            raise ValueError(
                "model is compiled, and compiled code goes past hooks: "
                "patch and call model._orig_mod, which has the same weights"
            )
        if getattr(module, "_compiled_call_impl", None) is not None:
            raise ValueError(
                "model is compiled in place, and compiled code goes past hooks: "
                "patch and call copy.deepcopy(model), which is not compiled"
            )


def _ask_for_weights(module: nn.Module) -> Any:
    def ask(_: nn.Module, args: Any, kwargs: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        if kwargs.get("weights") is None:
            kwargs = {**kwargs, "weights": []}
        return args, kwargs

    return module.register_forward_pre_hook(ask, with_kwargs=True)


def _watch_weights(name: str, module: Attention, seen: dict[str, np.ndarray]) -> Any:
    def keep(_: nn.Module, __: Any, kwargs: dict[str, Any], ___: Any) -> None:
        seen[part_name(name, "weights")] = as_array(kwargs["weights"][-1])

    return module.register_forward_hook(keep, with_kwargs=True)
