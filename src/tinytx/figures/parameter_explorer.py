"""The parameter explorer: what a model of any size costs, part by part."""

from __future__ import annotations

import math

from tinytx.config import GPTConfig
from tinytx.inspect.sizes import NUMBER, flops, memory, parameters
from tinytx.presets import PRESETS

from ..wording import fixed
from .component import Figure, table

MOST_PARAMETERS = 10**13
FIELDS = (
    "vocab_size", "context_length", "n_layer", "n_head", "d_model", "d_ff",
    "norm", "positions", "bias", "tie_weights",
)  # fmt: skip
NAMES = {
    "gpt2": "GPT-2 124M", "gpt2-medium": "GPT-2 355M",
    "gpt2-large": "GPT-2 774M", "gpt2-xl": "GPT-2 1558M",
}  # fmt: skip
USES = {
    "weights": "to use it: weights",
    "training": "to train it: weights, gradients, Adam",
    "kv_cache": "KV cache of one full context",
}


class ParameterExplorer(Figure):
    """Parameters, memory and arithmetic of a GPT, with a slider for each of its sizes.

    The counts are those of :func:`tinytx.inspect.parameters`, :func:`tinytx.inspect.memory` and
    :func:`tinytx.inspect.flops`. Known models stand beside as marks and starting points.

    Parameters
    ----------
    config
        Where the sliders start; GPT-2 with 124 million parameters if ``None``. Its norm, positions
        and biases stay as they are until the reader chooses a known model.

    Raises
    ------
    ValueError
        If ``config`` is no ``GPTConfig``, has heads of a width of their own (the sliders
        split ``d_model`` evenly), or more than 10 trillion parameters or positions.

    >>> print(ParameterExplorer())
    ParameterExplorer: n_layer 12, d_model 768, n_head 12, d_ff 3,072, vocab_size 50,257,
    context_length 1,024
    124,439,808 parameters
      embedding   38,597,376  31.0 %
      positions      786,432   0.6 %
      attention   28,348,416  22.8 %
      mlp         56,669,184  45.5 %
      norms           38,400   0.0 %
      head                 0   0.0 %
    to use it: weights: 498 MB in float32, 249 MB in bfloat16
    to train it: weights, gradients, Adam: 1.99 GB in float32, 1.99 GB in bfloat16
    KV cache of one full context: 75.5 MB in float32, 37.7 MB in bfloat16
    285 MFLOP forward for one token of 1,024
    """

    kind = "parameter-explorer"
    scripts = ("parts.js", "sizes.js", "size-views.js", "parameter-explorer.js")
    styles = ("parts.css", "parameter-explorer.css")

    def __init__(self, config: GPTConfig | None = None):
        config = PRESETS["gpt2"] if config is None else config
        if not isinstance(config, GPTConfig):
            raise ValueError(
                f"ParameterExplorer: config is {type(config).__name__} and must be a GPTConfig, "
                "such as model.config"
            )
        if config.n_head * config.d_head != config.d_model:
            raise ValueError(
                f"ParameterExplorer: config.d_head is {config.d_head} and must be d_model / n_head "
                f"= {config.d_model} / {config.n_head}: the sliders split d_model evenly; "
                "call tinytx.inspect.parameters"
            )
        for name, value in {"norm_kind": "layer", "qk_norm": False}.items():
            if getattr(config, name) != value:
                raise ValueError(
                    f"ParameterExplorer: config.{name} is {getattr(config, name)!r} and must be "
                    f"{value!r}: the page counts GPT-2's norms; call tinytx.inspect.parameters"
                )
        if config.kv_heads != config.n_head:
            raise ValueError(
                f"ParameterExplorer: config.n_kv_head is {config.n_kv_head} and must be None: the "
                "page counts keys and values for each head; call tinytx.inspect.parameters"
            )
        if config.n_mlp != 2:
            raise ValueError(
                f"ParameterExplorer: config.activation is {config.activation!r} and must be "
                "another: the page counts two matrices in an MLP; call tinytx.inspect.parameters"
            )
        if config.has_qkv_bias != config.bias:
            raise ValueError(
                f"ParameterExplorer: config.qkv_bias is {config.qkv_bias} and must be None: the "
                "page counts biases everywhere or nowhere; call tinytx.inspect.parameters"
            )
        if config.n_expert is not None:
            raise ValueError(
                f"ParameterExplorer: config.n_expert is {config.n_expert} and must be None: the "
                "page counts one MLP a block; call tinytx.inspect.parameters"
            )
        total = max(sum(parameters(config).values()), config.context_length)
        if total > MOST_PARAMETERS:
            raise ValueError(
                f"ParameterExplorer: config has {total:,} parameters or positions, the limit is "
                f"{MOST_PARAMETERS:,}; call tinytx.inspect.parameters"
            )
        self.config = config

    def data(self) -> dict[str, object]:
        """Return the configuration and the known models; the page does the counting."""
        known = [{"name": name, "config": fields(config)} for name, config in models().items()]
        return {"config": fields(self.config), "models": known}

    def words(self) -> str:
        """Return the sizes and every count."""
        parts = parameters(self.config)
        total = sum(parts.values())
        lines = [f"ParameterExplorer: {self._sizes()}", f"{total:,} parameters"]
        wide = len(f"{total:,}")
        for name, count in parts.items():
            share = fixed(count / total * 100, 1)
            lines.append(f"  {name:9}  {count:{wide},}  {share:>5} %")
        for use, *values in self._memory():
            lines.append(f"{use}: {values[0]} in float32, {values[1]} in bfloat16")
        return "\n".join([*lines, self._flops()])

    def fallback(self) -> str:
        """Return the same as tables, and the known models."""
        parts = parameters(self.config)
        rows = [(name, f"{count:,}") for name, count in parts.items()]
        known = [(name, f"{sum(parameters(one).values()):,}") for name, one in models().items()]
        memory_rows = table("Memory", ("", *NUMBER), self._memory())
        return (
            f"<p>A GPT with {self._sizes()}: {sum(parts.values()):,} parameters.</p>"
            f"{table('Parameters by part', ('part', 'parameters'), rows)}{memory_rows}"
            f"<p>{self._flops()}.</p>{table('Known models', ('model', 'parameters'), known)}"
        )

    def _sizes(self) -> str:
        names = ("n_layer", "d_model", "n_head", "d_ff", "vocab_size", "context_length")
        return ", ".join(f"{name} {getattr(self.config, name):,}" for name in names)

    def _memory(self) -> list[tuple[object, ...]]:
        found = [memory(self.config, dtype) for dtype in NUMBER]
        return [(text, *(amount(one[name], "B") for one in found)) for name, text in USES.items()]

    def _flops(self) -> str:
        T = self.config.context_length
        count = amount(sum(flops(self.config, T).values()), "FLOP")
        return f"{count} forward for one token of {T:,}"


def models() -> dict[str, GPTConfig]:
    """Return the known models: the running example, the presets, and the largest GPT-3.

    GPT-3's sizes are those of Brown et al. 2020, table 2.1. In it every second layer attends to a
    part of the context only, which changes no parameter; it is counted here as if all read all.
    """
    from tinytx import example

    gpt3 = GPTConfig(vocab_size=50257, context_length=2048, n_layer=96, n_head=96, d_model=12288)
    presets = {NAMES.get(name, name): config for name, config in PRESETS.items()}
    return {"running example": example.config(), **presets, "GPT-3 175B": gpt3}


def fields(config: GPTConfig) -> dict[str, object]:
    """Return what the page needs of a configuration."""
    return {name: getattr(config, name) for name in FIELDS}


def amount(value: int, unit: str) -> str:
    """Return a number of three digits with its unit, in steps of a thousand; halves go up.

    >>> amount(336, "B"), amount(497_759_232, "B"), amount(284_812_800, "FLOP")
    ('336 B', '498 MB', '285 MFLOP')
    """
    number, prefixes = float(value), ["", "k", "M", "G", "T", "P"]
    while number >= 999.5 and len(prefixes) > 1:
        number, prefixes = number / 1000, prefixes[1:]
    digits = 0 if value < 1000 or number >= 99.95 else 1 if number >= 9.995 else 2
    rounded = math.floor(number * 10**digits + 0.5) / 10**digits
    return f"{rounded:.{digits}f} {prefixes[0]}{unit}"
