"""What a model consists of and what it costs, in lines for a person: trained, or still a preset."""

from __future__ import annotations

import os
from pathlib import Path

from ..config import GPTConfig
from ..inspect.sizes import flops, memory, parameters
from ..presets import PRESETS
from ..training.model_file import load_model
from .preset import preset_names
from .registry import recipe_for


def describe(checkpoint: str | os.PathLike[str]) -> list[str]:
    """Return what a model consists of: its configuration, parameters by part, costs.

    Parameters
    ----------
    checkpoint
        A run's folder or a checkpoint file; or what is not trained yet: a preset, a TOML file, or
        one of :data:`tinytx.presets.PRESETS`, such as ``"gpt2"``.

    Raises
    ------
    ValueError
        If the checkpoint cannot be read, or there is no preset of that name.
    """
    name = str(checkpoint)
    if is_untrained(checkpoint):
        if name not in preset_names() and name in PRESETS:
            return [f"known model        {name}", *describe_config(PRESETS[name])]
        recipe = recipe_for(checkpoint)
        start = f"recipe             {recipe.name}, preset {recipe.preset.name}, not trained"
        return [start, *describe_config(recipe.settings()[0])]
    model, tokenizer, meta = load_model(checkpoint)
    recipe = meta["identity"].get("recipe", "not told")  # a file of the reader's own need not
    step = f", step {meta['step']:,}" if "step" in meta else ""
    return [
        f"recipe             {recipe}{step}",
        f"tokenizer          {type(tokenizer).__name__}, {tokenizer.vocab_size:,} tokens",
        *describe_config(model.config),
    ]


def is_untrained(checkpoint: str | os.PathLike[str]) -> bool:
    """Return whether this names a preset, a TOML file or a known model, and no checkpoint."""
    name = str(checkpoint)
    known = name in preset_names() or name in PRESETS
    return Path(name).suffix == ".toml" or (known and not Path(checkpoint).exists())


def describe_config(c: GPTConfig) -> list[str]:
    """Return the lines for a configuration alone."""
    parts, costs = parameters(c), memory(c)
    tied = "tied" if c.tie_weights else "own weight"
    lines = [
        f"vocabulary         {c.vocab_size:,} tokens",
        *_choices(c),
        f"parameters         {sum(parts.values()):,}",
    ]
    if c.n_expert is not None:
        lines.append(f"  for one token    {sum(parameters(c, active=True).values()):,}")
    lines += [
        f"  {name:<17}{n:,}{f' ({tied})' if name == 'head' else ''}" for name, n in parts.items()
    ]
    work = flops(c, c.context_length)
    per_token = sum(work.values())
    lines += [
        f"memory, to use     {costs['weights']:,} bytes in float32",
        *([f"  KV cache         {costs['kv_cache']:,} bytes a sequence"] if c.causal else []),
        f"memory, to train   {costs['training']:,} bytes with Adam, {2 * costs['weights']:,} with "
        "plain SGD; activations come on top",
        f"arithmetic         {per_token:,} operations a token, at the full context",
    ]
    lines += [f"  {name + ' ops':<17}{n:,}" for name, n in work.items()]
    return [*lines, f"  a training step  {3 * per_token:,} a token: backward takes twice forward"]


def _choices(c: GPTConfig) -> list[str]:
    """Return the lines for what blocks are made of and what they see."""
    kind = "-norm" if c.norm_kind == "layer" else "-RMSNorm"
    normed = ", normed heads" if c.qk_norm else ""
    positions = "no" if c.positions == "none" else c.positions
    if c.positions == "rotary" and c.rotary_factor != 1:
        positions += f" (slower by {c.rotary_factor:g})"
    some = "" if c.has_qkv_bias == c.bias else f", {'no ' * c.bias}biases of q, k and v"
    kind += "" if c.norm_eps == 1e-5 else f" (eps {c.norm_eps:g})"
    scale = "" if c.attention_scale is None else f", scores times {c.attention_scale:g}"
    shared = "" if c.kv_heads == c.n_head else f", {c.kv_heads} for keys and values"
    near = "" if c.window is None else f", {c.window} in sight"
    near += f" and the first {c.sinks}" if c.sinks else ""
    experts = "" if c.n_expert is None else f" of {c.n_expert} experts, {c.n_active} for a token"
    return [
        f"blocks             {c.n_layer}: {c.norm}{kind}, {positions} positions, "
        f"{c.activation}{normed}{scale}",
        f"heads              {c.n_head} a block{shared}{some}",
        f"widths             d_model {c.d_model}, d_head {c.d_head}, d_ff {c.d_ff}{experts}",
        f"context            {c.context_length} tokens{'' if c.causal else ', not causal'}{near}",
    ]
