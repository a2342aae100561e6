"""The one description of a model that both engines read: sizes, and the choices of architecture.

The defaults are GPT-2's. What a field leaves open (``d_head``, ``d_ff``) is filled in when the
configuration is made, so that every field can be read as a number afterwards.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np

CHOICES = {
    "norm": ("pre", "post"),
    "activation": ("gelu", "gelu_exact", "relu"),
    "positions": ("learned", "sinusoidal"),
}
_SIZES = ("vocab_size", "context_length", "n_layer", "n_head", "d_model", "d_head", "d_ff")
_SWITCHES = ("bias", "tie_weights", "causal")


@dataclass(frozen=True, kw_only=True)
class GPTConfig:
    """Sizes and choices of one GPT, checked when it is made and unchangeable afterwards.

    Parameters
    ----------
    vocab_size
        V: how many different ids there are.
    context_length
        The most positions that the model can look at.
    n_layer
        Blocks.
    n_head
        H: heads in each block.
    d_model
        D: width of the residual stream.
    d_head
        Dh: width of one head; None for ``d_model / n_head``.
    d_ff
        F: width inside the MLP; None for ``4 * d_model``.
    dropout
        Probability with which an activation is dropped in training, below 1.
    norm
        ``"pre"`` (GPT-2) or ``"post"`` (Vaswani et al. 2017).
    activation
        ``"gelu"`` (GPT-2's, by tanh), ``"gelu_exact"`` (with erf) or ``"relu"``.
    positions
        ``"learned"`` or ``"sinusoidal"``.
    bias
        Whether ``Linear`` and ``LayerNorm`` have one; the head never has.
    tie_weights
        Whether the head uses the token embedding's weight.
    causal
        Whether a position is kept from seeing later ones.
    padding_id
        The id that nobody may attend to; None if there is none.
    init_std
        Standard deviation of fresh weights; see :attr:`residual_std` and :attr:`embedding_std`.

    >>> config = GPTConfig(vocab_size=8, context_length=5, n_layer=1, n_head=2, d_model=6)
    >>> config.d_head, config.d_ff
    (3, 24)

    Raises
    ------
    ValueError
        If a size is not a positive integer, the heads do not split ``d_model`` evenly, or a choice
        is unknown: one line that names the field, its value and its limit.
    """

    vocab_size: int
    context_length: int
    n_layer: int
    n_head: int
    d_model: int
    d_head: int = None  # type: ignore[assignment]  # a number as soon as it is made
    d_ff: int = None  # type: ignore[assignment]
    dropout: float = 0.0
    norm: str = "pre"
    activation: str = "gelu"
    positions: str = "learned"
    bias: bool = True
    tie_weights: bool = True
    causal: bool = True
    padding_id: int | None = None
    init_std: float = 0.02

    def __post_init__(self) -> None:
        for name in (*_SIZES, "padding_id"):  # an array's entry is a number too, but not for JSON
            if isinstance(getattr(self, name), np.integer):
                object.__setattr__(self, name, int(getattr(self, name)))
        if self.d_head is None:
            _check_split(self.n_head, self.d_model)
            object.__setattr__(self, "d_head", self.d_model // self.n_head)
        if self.d_ff is None:
            _check_size("d_model", self.d_model)
            object.__setattr__(self, "d_ff", 4 * self.d_model)
        for name in _SIZES:
            _check_size(name, getattr(self, name))
        for name, known in CHOICES.items():
            _check_choice(name, getattr(self, name), known)
        for name in _SWITCHES:
            _check_choice(name, getattr(self, name), (True, False))
        if not (_is_number(self.dropout) and 0 <= self.dropout < 1):
            raise ValueError(f"dropout is {self.dropout!r} and must be at least 0 and below 1")
        if not (_is_number(self.init_std) and 0 < self.init_std < float("inf")):
            raise ValueError(f"init_std is {self.init_std!r} and must be a number above 0")
        _check_padding(self.padding_id, self.vocab_size)

    @property
    def residual_std(self) -> float:
        """Standard deviation of the fresh projections that end in the residual stream.

        Each block adds two terms to the stream; dividing by ``sqrt(2 * n_layer)`` keeps its
        variance from growing with depth (Radford et al. 2019, section 2.3).
        """
        return self.init_std / math.sqrt(2 * self.n_layer)

    @property
    def embedding_scale(self) -> float:
        """What token vectors are multiplied by before positions are added.

        ``sqrt(d_model)`` beside sinusoidal positions (Vaswani et al. 2017, section 3.4), else 1.
        """
        return math.sqrt(self.d_model) if self.positions == "sinusoidal" else 1.0

    @property
    def embedding_std(self) -> float:
        """How far fresh token vectors spread: ``init_std``, beside learned positions.

        Sines and cosines have a fixed size, 0.7 on average; token vectors of 0.02 would drown in
        them. ``1 / sqrt(d_model)`` makes them 1 after :attr:`embedding_scale`.
        """
        return 1 / math.sqrt(self.d_model) if self.positions == "sinusoidal" else self.init_std

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as plain values, ready for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> GPTConfig:
        """Make a configuration from :meth:`to_dict`'s answer.

        Raises
        ------
        ValueError
            If a field is unknown or missing, or its value is refused.
        """
        known = {field.name for field in fields(cls)}
        for name in values:
            if name not in known:
                raise ValueError(f"config has no field {name!r}: the fields are {sorted(known)}")
        for name in _SIZES[:5]:
            if name not in values:
                raise ValueError(f"config lacks the field {name!r}")
        return cls(**values)


def _check_size(name: str, value: object) -> None:
    if type(value) is not int or value < 1:
        raise ValueError(f"{name} is {value!r} and must be an integer of at least 1")


def _check_split(n_head: object, d_model: object) -> None:
    _check_size("n_head", n_head)
    _check_size("d_model", d_model)
    if d_model % n_head:  # type: ignore[operator]
        raise ValueError(
            f"n_head is {n_head} and does not divide d_model {d_model}: "
            "choose sizes that divide, or give d_head"
        )


def _check_choice(name: str, value: object, known: tuple[object, ...]) -> None:
    if type(value) is not type(known[0]) or value not in known:
        raise ValueError(f"{name} is {value!r} and must be one of {', '.join(map(repr, known))}")


def _is_number(value: object) -> bool:
    return type(value) in (int, float)


def _check_padding(padding_id: object, vocab_size: int) -> None:
    if padding_id is not None and (type(padding_id) is not int or not 0 <= padding_id < vocab_size):
        raise ValueError(
            f"padding_id is {padding_id!r} and must be None or an id from 0 to {vocab_size - 1}"
        )
