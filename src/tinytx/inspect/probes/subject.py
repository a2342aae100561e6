"""A model as the probes see it: ids go in, logits come out as NumPy's float64.

It may be an ``nn.Module`` that returns logits, or a tuple that holds them, or an object with
``.logits`` as ``transformers`` has it; a model of the NumPy engine; or any function of an array of
ids. Nothing is changed: what has to be trained or shaken is a copy.
"""

from __future__ import annotations

import copy
from typing import Any

import numpy as np

from ...manual.int8 import Int8Parameter
from ...manual.loss import cross_entropy_backward, cross_entropy_forward
from ...manual.module import Module

MOST = 12  # positions of a probe: enough to see a leak, and few enough for a large model
CONTEXT = ("context_length", "n_positions", "max_position_embeddings", "block_size", "n_ctx")


class Subject:
    """A callable that maps ids (B, T) to logits (B, T, V)."""

    kind = "function"

    def __init__(self, model: Any):
        self.model = model
        self.config = getattr(model, "config", None)
        self.T = self._length()
        self.vocab_size = self.logits(np.zeros((1, 1), dtype=np.int64)).shape[-1]

    def logits(self, ids: np.ndarray) -> np.ndarray:
        """Return the logits (B, T, V) in evaluation mode.

        Raises
        ------
        ValueError
            If what comes back has another shape.
        """
        out = self._call(np.asarray(ids, dtype=np.int64))
        if out.ndim != 3 or out.shape[:2] != ids.shape:
            raise ValueError(
                f"model returned shape {out.shape} for ids of {ids.shape} and must return one "
                "row of logits for each id, (B, T, V): give a function that does"
            )
        return out.astype(np.float64)

    def log_probs(self, ids: np.ndarray) -> np.ndarray:
        """Return the log-probabilities (B, T, V)."""
        logits = self.logits(ids)
        shifted = logits - logits.max(axis=-1, keepdims=True)
        return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))

    def loss(self, ids: np.ndarray, targets: np.ndarray) -> float:
        """Return the mean loss of ``targets`` (B, T) in nats."""
        return float(-np.take_along_axis(self.log_probs(ids), targets[..., None], -1).mean())

    @property
    def known(self) -> np.ndarray:
        """The ids that a text may have: all but the one that stands for padding."""
        known = np.arange(self.vocab_size)
        padding = [getattr(self.config, name, None) for name in ("padding_id", "pad_token_id")]
        return known[~np.isin(known, [one for one in padding if one is not None])]

    def draw(self, rows: int, rng: np.random.Generator) -> np.ndarray:
        """Return random ids (rows, T) of those that a text may have."""
        return rng.choice(self.known, (rows, self.T))

    def shaken(self) -> Subject:
        """Return a copy in float64 without dropout, with other weights; itself if it has none.

        Fresh weights are so small, or even zero, that a leak hardly shows in the logits. To each
        matrix numbers of 1 / sqrt(its last size) are added, to each vector numbers of 0.1.
        """
        return self

    def gradients(self, ids: np.ndarray, targets: np.ndarray) -> dict[str, np.ndarray | None]:
        """Return the gradient of the mean loss by each parameter, None where none arrived."""
        raise NotImplementedError

    def why_fixed(self) -> str:
        """Return why the model cannot be trained; nothing if it can."""
        return "there are no parameters to look at: the model is a plain function"

    def parameters(self) -> dict[str, Any]:
        """Return each parameter's array by name, to look at or to write to; each once."""
        return {}

    def _call(self, ids: np.ndarray) -> np.ndarray:
        return np.asarray(_logits_of(self.model(ids)))

    def _length(self) -> int:
        for name in CONTEXT:
            if isinstance(getattr(self.config, name, None), int):
                return min(getattr(self.config, name), MOST)
        return self._longest()

    def _longest(self) -> int:
        """Return the most positions, up to :data:`MOST`, that the model takes."""
        for T in range(MOST, 1, -1):
            try:
                self.logits(np.zeros((1, T), dtype=np.int64))
                return T
            except Exception as error:
                last = error
        raise ValueError(f"model cannot be called with two ids, (1, 2): {last}") from last

    def _shake(self) -> Subject:
        rng = np.random.default_rng(0)
        for array in self.parameters().values():
            size = 1 / np.sqrt(array.shape[-1]) if array.ndim > 1 else 0.1
            array += self._like(size * rng.standard_normal(array.shape))
        return self

    def _like(self, array: np.ndarray) -> Any:
        return array


class NumPySubject(Subject):
    """A model of the NumPy engine."""

    kind = "numpy"

    def shaken(self) -> Subject:
        """Return a copy in float64 without dropout, with other weights; itself if it is fixed."""
        if self.why_fixed():
            return self
        model = _without_dropout(copy.deepcopy(self.model))
        for one in _parameters(model).values():
            one.data, one.grad = one.data.astype(float), one.grad.astype(float)
        for module in model.modules():  # tables that are computed and not learned
            for name, value in list(vars(module).items()):
                vars(module)[name] = _wide(value)
        return NumPySubject(model)._shake()

    def gradients(self, ids: np.ndarray, targets: np.ndarray) -> dict[str, np.ndarray | None]:
        """Return the gradient of the mean loss by each parameter."""
        model = _without_dropout(copy.deepcopy(self.model))
        model.zero_grad()
        _, saved = cross_entropy_forward(model.forward(ids), targets)
        model.backward(cross_entropy_backward(1.0, saved))
        return {name: one.grad for name, one in _parameters(model).items()}

    def why_fixed(self) -> str:
        """Return why the model cannot be trained; nothing if it can."""
        whole = any(isinstance(one, Int8Parameter) for one in _parameters(self.model).values())
        return "weights of int8 have no gradient" if whole else ""

    def parameters(self) -> dict[str, Any]:
        """Return each parameter's array by name."""
        return {name: one.data for name, one in _parameters(self.model).items()}

    def _call(self, ids: np.ndarray) -> np.ndarray:
        training = self.model.training
        try:
            return self.model.eval().forward(ids)
        finally:
            self.model.train(training)


def as_array(value: Any) -> np.ndarray:
    """Return a copy of an array, or of a tensor on any device."""
    if hasattr(value, "detach"):
        value = value.detach().cpu()
        narrow = value.is_floating_point() and value.dtype.itemsize < 4  # NumPy has no bfloat16
        value = (value.float() if narrow else value).numpy()
    return np.array(value)


def _logits_of(out: Any) -> Any:
    """Return the logits in what a model returned: as ``.logits``, in a tuple, or as they are."""
    out = getattr(out, "logits", out)
    if isinstance(out, tuple | list):
        out = next((one for one in out if getattr(one, "ndim", 0) == 3), out)
    return out


def _wide(value: Any) -> Any:
    """Return an array of float32, or a tuple of some, in float64; anything else as it is."""
    if isinstance(value, tuple) and any(isinstance(one, np.ndarray) for one in value):
        parts = [_wide(one) for one in value]
        return type(value)(*parts) if hasattr(value, "_fields") else tuple(parts)
    narrow = isinstance(value, np.ndarray) and value.dtype == np.float32
    return value.astype(float) if narrow else value


def _parameters(model: Module) -> dict[str, Any]:
    return dict(model.named_parameters())


def _without_dropout(model: Module) -> Module:
    model.clear_saved()
    for module in model.train().modules():
        for name in ("p", "dropout"):
            if isinstance(vars(module).get(name), float):
                setattr(module, name, 0.0)
    return model
