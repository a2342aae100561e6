"""The one description of a model that both engines read: sizes, and the choices of architecture.

The defaults are GPT-2's, but for one: GPT-2 draws its position table with a standard deviation of
0.01 (``model.py`` of openai/gpt-2), and here all fresh tables have ``init_std``. What a field
leaves open (``d_head``, ``d_ff``) is filled in when the configuration is made, so that every field
can be read as a number afterwards.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np

from .room import check_room
from .wording import short

CHOICES = {
    "norm": ("pre", "post"),
    "norm_kind": ("layer", "rms"),
    "activation": ("gelu", "gelu_exact", "relu", "relu2"),
    "positions": ("learned", "sinusoidal", "rotary"),
}
LARGEST = 2**63  # no array has so many entries
OBJECTS = 6_000  # bytes of what Python keeps for a block, its numbers aside; PyTorch takes 32,000
_SIZES = ("vocab_size", "context_length", "n_layer", "n_head", "d_model", "d_head", "d_ff")
_SWITCHES = ("bias", "tie_weights", "causal", "qk_norm")


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
        ``"gelu"`` (GPT-2's, by tanh), ``"gelu_exact"`` (with erf), ``"relu"``, or ``"relu2"``, its
        square (So et al. 2021).
    positions
        ``"learned"`` (GPT-2), ``"sinusoidal"`` (Vaswani et al. 2017), or ``"rotary"`` (Su et al.
        2021), which adds nothing and turns queries and keys; ``d_head`` must be even then.
    bias
        Whether ``Linear`` and ``LayerNorm`` have one; the head and ``RMSNorm`` never have.
    tie_weights
        Whether the head uses the token embedding's weight.
    causal
        Whether a position is kept from seeing later ones.
    padding_id
        The id that nobody may attend to; None if there is none. It takes a position like any other:
        put it behind a text, not before it.
    init_std
        Standard deviation of fresh weights; see :attr:`residual_std` and :attr:`embedding_std`.
    norm_kind
        ``"layer"`` (GPT-2) or ``"rms"`` (Zhang and Sennrich 2019), wherever the model normalizes
        its stream.
    rotary_base
        Rotary positions: pair ``i`` of a head turns by ``rotary_base ** (-2 * i / d_head)`` radians
        a position. Above 1; the other positions do not use it.
    qk_norm
        Whether each head's queries and keys are normalized before they are compared, by an
        ``RMSNorm`` of ``d_head`` numbers that the heads share (Qwen3, Gemma 3).

    >>> config = GPTConfig(vocab_size=8, context_length=5, n_layer=1, n_head=2, d_model=6)
    >>> config.d_head, config.d_ff
    (3, 24)

    Raises
    ------
    ValueError
        If a size is not a positive integer, the heads do not split ``d_model`` evenly, ``d_head``
        is odd beside rotary positions, or a choice is unknown: one line that names the field, its
        value and its limit.
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
    norm_kind: str = "layer"
    rotary_base: float = 10_000.0
    qk_norm: bool = False

    def __post_init__(self) -> None:
        own_numbers(self)
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
        _check_rotary(self)

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
        """How far fresh token vectors spread: ``init_std``, but for sinusoidal positions.

        Sines and cosines have a fixed size, 0.7 on average; token vectors of 0.02 would drown in
        them. ``1 / sqrt(d_model)`` makes them 1 after :attr:`embedding_scale`.
        """
        return 1 / math.sqrt(self.d_model) if self.positions == "sinusoidal" else self.init_std

    def parameter_counts(self) -> dict[str, int]:
        """Return how many numbers each part of the model learns, without making one.

        The parts are those of :func:`tinytx.inspect.parameters`.
        """
        V, D, L = self.vocab_size, self.d_model, self.n_layer
        F, width = self.d_ff, self.n_head * self.d_head
        attention, mlp, norm = 4 * D * width, 2 * D * F, D
        if self.bias:
            attention, mlp = attention + 3 * width + D, mlp + F + D
            norm += D if self.norm_kind == "layer" else 0
        if self.qk_norm:
            attention += 2 * self.d_head
        return {
            "embedding": V * D,
            "positions": self.context_length * D if self.positions == "learned" else 0,
            "attention": L * attention,
            "mlp": L * mlp,
            "norms": (2 * L + (self.norm == "pre")) * norm,
            "head": 0 if self.tie_weights else V * D,
        }

    def check_room(self, bytes_each: int) -> None:
        """Raise ``ValueError`` if a model's least is more than this machine's memory.

        That is its weights, its causal mask, and the objects that a block is made of. Engines call
        it before they draw the first weight; ``bytes_each`` is the size of one, 0 on the ``meta``
        device, where neither weights nor mask take any room.
        """
        fields = ("n_layer", "d_model", "d_ff", "context_length", "vocab_size")
        sizes = ", ".join(f"{name} {getattr(self, name)}" for name in fields)
        n_bytes = OBJECTS * self.n_layer
        if bytes_each:
            n_bytes += bytes_each * sum(self.parameter_counts().values()) + self.context_length**2
        check_room(n_bytes, f"a model of {sizes}", "make it smaller")

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


def own_numbers(settings: Any) -> None:
    """Make Python's own numbers of NumPy's among the fields: those are numbers, but not for JSON.

    >>> GPTConfig(vocab_size=np.int64(8), context_length=5, n_layer=1, n_head=2, d_model=6,
    ...           dropout=np.float64(0.25), bias=np.bool_(True)).dropout
    0.25
    """
    for field in fields(settings):
        value = getattr(settings, field.name)
        if isinstance(value, np.generic):
            object.__setattr__(settings, field.name, value.item())


def check_config(config: object) -> None:
    """Refuse what is no configuration, with the way to one."""
    if isinstance(config, GPTConfig):
        return
    way = "make one, or take a preset"
    if isinstance(config, Mapping):
        way = "GPTConfig.from_dict makes one of it"
    elif isinstance(getattr(config, "config", None), GPTConfig):
        way = "give model.config"
    elif getattr(config, "model_type", None) == "gpt2":
        way = "tinytx.pytorch.hf.config_from_hf makes one of config.to_dict()"
    raise ValueError(f"config is a {type(config).__name__} and must be a GPTConfig: {way}")


def _check_size(name: str, value: object) -> None:
    if type(value) is not int or value < 1:
        raise ValueError(f"{name} is {value!r} and must be an integer of at least 1")
    if value >= LARGEST:
        raise ValueError(f"{name} is {short(value)} and must be below 2**63, as an array's sizes")


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


def _check_rotary(config: GPTConfig) -> None:
    base = config.rotary_base
    if not (_is_number(base) and 1 < base < float("inf")):
        raise ValueError(f"rotary_base is {base!r} and must be a number above 1")
    if config.positions == "rotary" and config.d_head % 2:
        raise ValueError(
            f"d_head is {config.d_head} and must be even beside rotary positions, which turn its "
            "numbers in pairs: give another d_head"
        )


def _check_padding(padding_id: object, vocab_size: int) -> None:
    if padding_id is not None and (type(padding_id) is not int or not 0 <= padding_id < vocab_size):
        raise ValueError(
            f"padding_id is {padding_id!r} and must be None or an id from 0 to {vocab_size - 1}"
        )
