"""How a model of PyTorch is run: on its own device, without a tape, and back to NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..pytorch import GPT
from ..pytorch.cache import window
from .cache import KVCache
from .engine import NumPyEngine, evaluating


class TorchKVCache(KVCache):
    """A :class:`KVCache` of tensors. Where rows differ, ``length`` is a tensor (B,)."""

    def update(self, layer: int, k: Any, v: Any) -> tuple[Any, Any]:
        """Take k and v, which autocast may have made narrower than the weights are."""
        return super().update(layer, k.to(self.both.dtype), v.to(self.both.dtype))

    def _check_model(self, model: Any) -> None:
        if not hasattr(model.tok_emb.weight, "detach"):
            raise ValueError(
                "model is a model of NumPy and must be one of PyTorch: "
                "use tinytx.generation.KVCache"
            )

    def _ends(self, where: Tensor) -> tuple[int, int]:
        first, last = torch.stack(torch.aminmax(where)).tolist()  # a GPU is waited for once
        return first, last + 1

    def _zeros(self, model: Any, shape: tuple[int, ...]) -> Tensor:
        return model.tok_emb.weight.new_zeros(shape, requires_grad=False)

    def _window(self, T: int) -> Any:
        return window(self.length, T)

    def _rows(self, B: int) -> Tensor:
        return torch.arange(B, device=self.keys.device)[:, None]


class TorchEngine(NumPyEngine):
    """The methods of :class:`NumPyEngine` for ``nn.Module``."""

    package = "tinytx.pytorch"

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
        with evaluating(self.model), torch.no_grad():
            return self.model(self.tensor(ids), **given)

    def last(self, logits: Tensor, lengths: np.ndarray) -> np.ndarray:
        """Return the logits (B, V) after the first ``lengths`` (B,) positions."""
        rows = torch.arange(len(lengths), device=logits.device)
        return to_numpy(logits[rows, self.tensor(lengths - 1)])

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
        from .torch_decoder import TorchDecoder

        return TorchDecoder(self.model, cache)

    def is_our_gpt(self) -> bool:
        """Return whether this is the package's GPT, so that it knows what to do with a cache."""
        return isinstance(getattr(self.model, "_orig_mod", self.model), GPT)

    def is_untouched(self) -> bool:
        """Return whether every part is the package's own, with no hook on it."""
        return not torch.is_autocast_enabled(self.device.type) and all(
            type(module).__module__.startswith((self.package, "torch.nn.modules.container"))
            and "forward" not in vars(module)
            and not (module._forward_hooks or module._forward_pre_hooks)
            for module in self.model.modules()
        )

    def tensor(self, array: np.ndarray) -> Tensor:
        """Return ``array`` on the model's device."""
        return torch.as_tensor(np.ascontiguousarray(array), device=self.device)


def to_numpy(x: Tensor) -> np.ndarray:
    """Return ``x`` as an array; NumPy knows no bfloat16, and half is too narrow to choose by."""
    return (x if x.dtype == torch.float64 else x.float()).cpu().numpy()
