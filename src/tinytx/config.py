"""The one description of a model that both engines read: sizes, and the choices of architecture.

The defaults are GPT-2's, but for two: GPT-2 draws its position table with a standard deviation of
0.01 (``model.py`` of openai/gpt-2), and here all fresh tables have ``init_std``; and nothing is
dropped out, where ``transformers`` gives GPT-2 a ``dropout`` of 0.1. What a field leaves open
(``d_head``, ``d_ff``) is filled in when the configuration is made, so that every field can be read
as a number afterwards.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np

from .config_checks import (
    check_choice,
    check_eps,
    check_experts,
    check_kv_heads,
    check_padding,
    check_pairs,
    check_rotary,
    check_scale,
    check_size,
    check_split,
    check_window,
    is_number,
)
from .room import check_room

CHOICES = {
    "norm": ("pre", "post"),
    "norm_kind": ("layer", "rms"),
    "activation": ("gelu", "gelu_exact", "relu", "relu2", "swiglu"),
    "positions": ("learned", "sinusoidal", "rotary", "none"),
}
OBJECTS = 6_000  # bytes of what Python keeps for a block, its numbers aside; PyTorch takes 32,000
OF_EXPERT = 1_000  # the same for one expert; PyTorch takes more
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
        F: width inside the MLP; None for ``4 * d_model``. A ``"swiglu"`` has three matrices of
        that size instead of two: as many parameters take ``8 / 3 * d_model``, which is not filled
        in for you.
    dropout
        Probability with which an activation is dropped in training, below 1.
    norm
        ``"pre"`` (GPT-2) or ``"post"`` (Vaswani et al. 2017).
    activation
        ``"gelu"`` (GPT-2's, by tanh), ``"gelu_exact"`` (with erf), ``"relu"``, ``"relu2"``, its
        square (So et al. 2021), or ``"swiglu"`` (Shazeer 2020), where one matrix decides how much
        passes of what another makes: see ``d_ff``.
    positions
        ``"learned"`` (GPT-2), ``"sinusoidal"`` (Vaswani et al. 2017), ``"rotary"`` (Su et al.
        2021), which adds nothing and turns queries and keys; ``d_head`` must be even then. Or
        ``"none"``: nothing is added and nothing turned, and a causal mask alone tells places apart
        (Haviv et al. 2022).
    bias
        Whether ``Linear`` and ``LayerNorm`` have one; the head and ``RMSNorm`` never have. See
        ``qkv_bias``.
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
    attention_scale
        What attention's scores are multiplied by, above 0; None for ``1 / sqrt(d_head)`` (Vaswani
        et al. 2017).
    n_kv_head
        How many heads there are for keys and values, each of which serves ``n_head / n_kv_head``
        query heads, one after the other (Ainslie et al. 2023; Llama); None for ``n_head``. A KV
        cache holds these alone.
    window
        A position sees itself and the ``window - 1`` before it (Beltagy et al. 2020; Mistral), in
        each block; None for all before it. A KV cache holds all of them nevertheless.
    sinks
        Beside a ``window``: how many positions from the start of the text are seen by all behind
        them (Xiao et al. 2023).
    norm_eps
        What every norm adds to the variance, or to the mean of squares, before the root, above 0.
    qkv_bias
        Whether the projections to queries, keys and values have a bias; None for ``bias``. Qwen2
        has these alone.
    rotary_factor
        Rotary positions are divided by it, above 0, so that ``rotary_factor`` times as many turn
        hardly further than before (position interpolation, Chen et al. 2023). The other positions
        do not use it.
    rotary_original
        Beside a ``rotary_factor``: how many positions a model was trained with before. Pairs that
        turn at least four times within them keep their rate then, those that turn less than once
        are slowed down by the whole factor, and those between by a part of it (Llama 3.1). None for
        all alike.
    n_expert
        How many MLPs a block has, of which each token is sent to a few by a router (Shazeer et al.
        2017; Mixtral); each is ``d_ff`` wide. None for one MLP that all tokens go through.
    n_active
        Beside ``n_expert``: to how many of them a token is sent. With 1, nothing but the balance
        loss teaches the router: see :func:`tinytx.manual.experts.gates_forward`.
    balance
        Beside ``n_expert``: what the balance loss is multiplied by before training adds it to the
        cross-entropy (Fedus et al. 2021). 0 leaves it out.

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
    attention_scale: float | None = None
    n_kv_head: int | None = None
    window: int | None = None
    sinks: int = 0
    norm_eps: float = 1e-5
    qkv_bias: bool | None = None
    rotary_factor: float = 1.0
    rotary_original: int | None = None
    n_expert: int | None = None
    n_active: int = 2
    balance: float = 0.01

    def __post_init__(self) -> None:
        own_numbers(self)
        if self.d_head is None:
            check_split(self.n_head, self.d_model)
            object.__setattr__(self, "d_head", self.d_model // self.n_head)
        if self.d_ff is None:
            check_size("d_model", self.d_model)
            object.__setattr__(self, "d_ff", 4 * self.d_model)
        for name in _SIZES:
            check_size(name, getattr(self, name))
        for name, known in CHOICES.items():
            check_choice(name, getattr(self, name), known)
        for name in _SWITCHES:
            check_choice(name, getattr(self, name), (True, False))
        if not (is_number(self.dropout) and 0 <= self.dropout < 1):
            raise ValueError(f"dropout is {self.dropout!r} and must be at least 0 and below 1")
        if not (is_number(self.init_std) and 0 < self.init_std < float("inf")):
            raise ValueError(f"init_std is {self.init_std!r} and must be a number above 0")
        check_padding(self.padding_id, self.vocab_size)
        check_eps(self.norm_eps)
        if self.qkv_bias is not None:
            check_choice("qkv_bias", self.qkv_bias, (True, False))
        check_rotary(self.rotary_base, self.rotary_factor, self.rotary_original)
        if self.positions == "rotary":
            check_pairs(self.d_head)
        check_scale(self.attention_scale)
        check_kv_heads(self.n_kv_head, self.n_head)
        check_window(self.window, self.sinks, self.causal)
        check_experts(self.n_expert, self.n_active, self.balance)

    @property
    def residual_std(self) -> float:
        """Standard deviation of the fresh projections that end in the residual stream.

        Each block adds two terms to the stream; dividing by ``sqrt(2 * n_layer)`` keeps its
        variance from growing with depth (Radford et al. 2019, section 2.3).
        """
        return self.init_std / math.sqrt(2 * self.n_layer)

    @property
    def adds_positions(self) -> bool:
        """Whether a vector for each place is added to the token's: learned or sinusoidal."""
        return self.positions in ("learned", "sinusoidal")

    @property
    def score_scale(self) -> float:
        """What scores are multiplied by: ``attention_scale``, or ``1 / sqrt(d_head)``."""
        scale = self.attention_scale
        return 1 / math.sqrt(self.d_head) if scale is None else scale

    @property
    def kv_heads(self) -> int:
        """How many heads there are for keys and values: ``n_kv_head``, or ``n_head``."""
        return self.n_head if self.n_kv_head is None else self.n_kv_head

    @property
    def has_qkv_bias(self) -> bool:
        """Whether queries, keys and values have a bias: ``qkv_bias``, or ``bias``."""
        return self.bias if self.qkv_bias is None else self.qkv_bias

    @property
    def n_mlp(self) -> int:
        """How many matrices an MLP has: two, and a third if it is gated (``"swiglu"``)."""
        return 3 if self.activation == "swiglu" else 2

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

    def parameter_counts(self, active: bool = False) -> dict[str, int]:
        """Return how many numbers each part of the model learns, without making one.

        The parts are those of :func:`tinytx.inspect.parameters`. With ``active``, those that one
        token meets: of the experts that are there, ``n_active``.
        """
        V, D, L = self.vocab_size, self.d_model, self.n_layer
        F, out = self.d_ff, (self.n_head + 2 * self.kv_heads) * self.d_head  # q, k and v
        attention, mlp, norm = D * (out + self.n_head * self.d_head), self.n_mlp * D * F, D
        if self.has_qkv_bias:
            attention += out
        if self.bias:
            attention, mlp = attention + D, mlp + (self.n_mlp - 1) * F + D
            norm += D if self.norm_kind == "layer" else 0
        if self.qk_norm:
            attention += 2 * self.d_head
        if self.n_expert is not None:
            mlp = mlp * (self.n_active if active else self.n_expert) + self.n_expert * D
        return {
            "embedding": V * D,
            "positions": self.context_length * D if self.positions == "learned" else 0,
            "attention": L * attention,
            "mlp": L * mlp,
            "norms": (2 * L + (self.norm == "pre")) * norm,
            "head": 0 if self.tie_weights else V * D,
        }

    def check_room(self, bytes_each: int, mask: bool) -> None:
        """Raise ``ValueError`` if a model's least is more than this machine's memory.

        That is its weights, its causal mask, and the objects that a block is made of. Engines call
        it before they draw the first weight; ``bytes_each`` is the size of one, 0 on the ``meta``
        device, where they take no room. ``mask`` says whether the model keeps a causal mask of
        its whole context, a byte a pair: those of NumPy do, PyTorch's do not.
        """
        fields = ["n_layer", "d_model", "d_ff", "context_length", "vocab_size"]
        fields += ["n_expert"] if self.n_expert else []
        sizes = ", ".join(f"{name} {getattr(self, name)}" for name in fields)
        n_bytes = (OBJECTS + OF_EXPERT * (self.n_expert or 0)) * self.n_layer
        n_bytes += bytes_each * sum(self.parameter_counts().values())
        n_bytes += self.context_length**2 if mask else 0
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
    elif getattr(config, "model_type", None) in ("gpt2", "llama", "mistral", "qwen2", "qwen3"):
        way = "tinytx.pytorch.hf.config_from_hf makes one of config.to_dict()"
    raise ValueError(f"config is a {type(config).__name__} and must be a GPTConfig: {way}")
