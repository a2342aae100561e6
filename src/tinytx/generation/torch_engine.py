"""How a model of PyTorch is run: on its own device, without a tape, and back to NumPy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.modules import module as nn_module
from torch.overrides import _get_current_function_mode_stack
from torch.utils._python_dispatch import _get_current_dispatch_mode_stack

from .. import pytorch
from ..pytorch import GPT, cross_entropy
from .cache import KVCache, TorchKVCache
from .numpy_engine import NumPyEngine
from .torch_arrays import to_numpy
from .torch_decoder import TorchDecoder

GLOBAL_HOOKS = (
    "_global_forward_hooks",
    "_global_forward_pre_hooks",
    "_global_backward_hooks",
    "_global_backward_pre_hooks",
)


class TorchEngine(NumPyEngine):
    """The methods of :class:`NumPyEngine` for ``nn.Module``."""

    originals = pytorch.ORIGINALS

    def __init__(self, model: Any):
        super().__init__(model)
        weight = next(model.parameters(), None)
        self.device = torch.device("cpu") if weight is None else weight.device

    def forward(
        self, ids: np.ndarray, mask: np.ndarray | None = None, cache: KVCache | None = None
    ) -> Tensor:
        """Return the logits (B, T, V), in evaluation mode and without a tape."""
        given: dict[str, Any] = {} if cache is None else {"cache": cache}
        if mask is not None:
            given["mask"] = self.tensor(mask)
        with self.evaluating() as model, torch.no_grad():
            return model(self.tensor(ids), **given)

    def last(self, logits: Tensor, lengths: np.ndarray) -> np.ndarray:
        """Return the logits (B, V) after the first ``lengths`` (B,) positions."""
        rows = torch.arange(len(lengths), device=logits.device)
        return to_numpy(logits[rows, self.tensor(lengths - 1)])

    def rows(self, logits: Tensor) -> np.ndarray:
        """Return the logits (T, V) of the one row of (1, T, V), as an array."""
        return to_numpy(logits[0])

    def likeliest(self, logits: Tensor) -> np.ndarray:
        """Return the likeliest id (B, T) at each position."""
        return logits.argmax(dim=-1).cpu().numpy()

    def log_probs(self, logits: Tensor, targets: np.ndarray) -> np.ndarray:
        """Return the log-probability (B, T), float64, of ``targets`` (B, T), computed in float32.

        float64 logits stay float64.
        """
        wide = logits if logits.dtype == torch.float64 else logits.float()
        loss = torch.nn.functional.cross_entropy(
            wide.flatten(0, 1), self.tensor(targets).flatten(), reduction="none"
        )
        if bool(loss.isnan().any()):
            raise ValueError("logits holds nan: the model's weights are spoilt")
        return -to_numpy(loss).astype(np.float64).reshape(targets.shape)

    def mean_loss(self, still: Any, ids: np.ndarray, targets: np.ndarray) -> float:
        """Return the loss of ``targets`` (B, T) under ``still``, a model in evaluation mode."""
        with torch.no_grad():
            return float(cross_entropy(still(self.tensor(ids)), self.tensor(targets)))

    def cache(self, batch: int) -> KVCache:
        """Return an empty KV cache."""
        return TorchKVCache(self.model, batch)

    def set_length(self, cache: KVCache, lengths: np.ndarray) -> None:
        """Tell ``cache`` how many positions hold: one number if all rows have as many."""
        super().set_length(cache, lengths)
        if not isinstance(cache.length, int):
            cache.length = self.tensor(lengths)

    def decoder(self, cache: KVCache) -> Any:
        """Return the fast way to read one more token."""
        return TorchDecoder(self.model, cache)

    def is_our_gpt(self) -> bool:
        """Return whether this is the package's GPT, so that it knows what to do with a cache."""
        return isinstance(getattr(self.model, "_orig_mod", self.model), GPT)

    def is_plain(self, parts: list[Any]) -> bool:
        """Return whether each part is the package's own, and no hook listens to it or to all.

        A parameter of another class, a quantised one, has operations of its own.
        """
        if any(getattr(nn_module, name, None) for name in GLOBAL_HOOKS):
            return False
        if not super().is_plain(parts):
            return False
        return all(map(_is_plain, map(vars, parts)))

    def is_untouched(self) -> bool:
        """Return whether every part is the package's own and nobody is watching.

        Modes watch, too: under autocast a product is another, and others hear each call.
        """
        autocast = torch.is_autocast_enabled(self.device.type)
        return not autocast and not _modes() and super().is_untouched()

    def _copy(self, module: nn.Module) -> nn.Module:
        twin = object.__new__(type(module))
        # Hooks and parameters are shared; what `module.compile()` left would call `module` itself.
        vars(twin).update(vars(module), training=False, _compiled_call_impl=None)
        vars(twin)["_modules"] = {
            name: None if one is None else self._copy(one)
            for name, one in vars(module)["_modules"].items()
        }
        return twin

    def tensor(self, array: np.ndarray) -> Tensor:
        """Return ``array`` on the model's device."""
        return torch.as_tensor(np.ascontiguousarray(array), device=self.device)


def _is_plain(part: Mapping[str, Any]) -> bool:
    """Return whether a module, as its attributes, has no hook and parameters of the usual class."""
    if (
        part["_forward_hooks"]
        or part["_forward_pre_hooks"]
        or part["_backward_hooks"]
        or part["_backward_pre_hooks"]
    ):
        return False
    for one in part["_parameters"].values():
        if type(one) is not nn.Parameter and one is not None:
            return False
    return True


def _modes() -> bool:
    """Return whether a mode hears the calls of PyTorch's functions: not a default device's."""
    modes = [*_get_current_function_mode_stack(), *_get_current_dispatch_mode_stack()]
    return any(type(mode).__name__ != "DeviceContext" for mode in modes)
