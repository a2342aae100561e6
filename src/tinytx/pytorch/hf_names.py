"""Which tensor of Hugging Face's GPT-2 is which of ours, and how each is turned and split."""

from __future__ import annotations

import re
from collections.abc import Mapping

import torch
from torch import Tensor

from ..config import GPTConfig

PREFIX = "transformer."  # of every name but the head's; files written by the base model lack it
OUTSIDE = {"wte": "tok_emb", "wpe": "pos_emb", "ln_f": "ln_f"}
INSIDE = {"ln_1": "ln_1", "ln_2": "ln_2"}
# Stored (in, out); what is side by side in theirs comes apart in ours.
TURNED = {
    "attn.c_attn": ("attn.q_proj", "attn.k_proj", "attn.v_proj"),
    "attn.c_proj": ("attn.o_proj",),
    "mlp.c_fc": ("mlp.up_proj",),
    "mlp.c_proj": ("mlp.down_proj",),
}
HEAD = "lm_head.weight"
MASKS = re.compile(r"h\.\d+\.attn\.(bias|masked_bias)")  # buffers of old files, not weights


def expected(config: GPTConfig) -> dict[str, tuple[int, ...]]:
    """Return every name of theirs, without the prefix, and its shape."""
    D, F, V = config.d_model, config.d_ff, config.vocab_size
    shapes: dict[str, tuple[int, ...]] = {
        "wte.weight": (V, D), "wpe.weight": (config.context_length, D),
        "ln_f.weight": (D,), "ln_f.bias": (D,),
    }  # fmt: skip
    turned = {
        "attn.c_attn": (D, 3 * D), "attn.c_proj": (D, D), "mlp.c_fc": (D, F), "mlp.c_proj": (F, D)
    }  # fmt: skip
    for i in range(config.n_layer):
        for name in INSIDE:
            shapes |= {f"h.{i}.{name}.weight": (D,), f"h.{i}.{name}.bias": (D,)}
        for name, (d_in, d_out) in turned.items():
            shapes |= {f"h.{i}.{name}.weight": (d_in, d_out), f"h.{i}.{name}.bias": (d_out,)}
    return shapes if config.tie_weights else {**shapes, HEAD: (V, D)}


def from_hf_state(config: GPTConfig, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return our state dict, in the dtype of theirs.

    Raises
    ------
    ValueError
        If a tensor is missing, unknown, or of another shape: "lacks ...", for the caller to say of
        what.
    """
    theirs = {name.removeprefix(PREFIX): value for name, value in tensors.items()}
    twice = sorted(name for name in theirs if {name, PREFIX + name} <= tensors.keys())
    if twice:
        raise ValueError(f"has {_listed(twice)} twice, with {PREFIX} and without")
    whole = sorted(name for name, value in theirs.items() if not value.is_floating_point())
    if whole := [name for name in whole if not MASKS.fullmatch(name)]:
        raise ValueError(f"has {_listed(whole)} in {theirs[whole[0]].dtype}, which is no float")
    theirs = {name: value for name, value in theirs.items() if not MASKS.fullmatch(name)}
    head = theirs.pop(HEAD, None) if config.tie_weights else None
    if head is not None and not torch.equal(head, theirs.get("wte.weight", head)):
        raise ValueError(f"has a {HEAD} that is not wte.weight, and the configuration ties them")
    _check(expected(config), theirs)
    ours = {f"{new}.{kind}": theirs[f"{old}.{kind}"] for old, new, kind in _outside()}
    for i in range(config.n_layer):
        for old, new in INSIDE.items():
            for kind in ("weight", "bias"):
                ours[f"blocks.{i}.{new}.{kind}"] = theirs[f"h.{i}.{old}.{kind}"]
        for old, parts in TURNED.items():
            weights = theirs[f"h.{i}.{old}.weight"].T.chunk(len(parts))
            biases = theirs[f"h.{i}.{old}.bias"].chunk(len(parts))
            for part, weight, bias in zip(parts, weights, biases, strict=True):
                ours[f"blocks.{i}.{part}.weight"] = weight.contiguous()
                ours[f"blocks.{i}.{part}.bias"] = bias.clone()
    ours[HEAD] = ours["tok_emb.weight"] if config.tie_weights else theirs[HEAD]
    return ours


def to_hf_state(config: GPTConfig, ours: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return their state dict, prefix included; a tied head is left out, as they do."""
    theirs = {f"{old}.{kind}": ours[f"{new}.{kind}"] for old, new, kind in _outside()}
    for i in range(config.n_layer):
        for old, new in INSIDE.items():
            for kind in ("weight", "bias"):
                theirs[f"h.{i}.{old}.{kind}"] = ours[f"blocks.{i}.{new}.{kind}"]
        for old, parts in TURNED.items():
            weights = [ours[f"blocks.{i}.{part}.weight"] for part in parts]
            theirs[f"h.{i}.{old}.weight"] = torch.cat(weights).T.contiguous()
            theirs[f"h.{i}.{old}.bias"] = torch.cat(
                [ours[f"blocks.{i}.{part}.bias"] for part in parts]
            )
    named = {PREFIX + name: value.detach().contiguous() for name, value in theirs.items()}
    return named if config.tie_weights else {**named, HEAD: ours[HEAD].detach()}


def _outside() -> list[tuple[str, str, str]]:
    """Return theirs, ours and the kind of every parameter outside the blocks but the head."""
    bare = [(old, new, "weight") for old, new in OUTSIDE.items()]
    return [*bare, ("ln_f", "ln_f", "bias")]


def _check(shapes: Mapping[str, tuple[int, ...]], tensors: Mapping[str, Tensor]) -> None:
    missing, unknown = (
        sorted(shapes.keys() - tensors.keys()),
        sorted(tensors.keys() - shapes.keys()),
    )
    if missing or unknown:
        lacks, has = f"lacks {_listed(missing)}", f"has unknown {_listed(unknown)}"
        raise ValueError(" and ".join([lacks] * bool(missing) + [has] * bool(unknown)))
    for name, shape in shapes.items():
        if tuple(tensors[name].shape) != shape:
            raise ValueError(f"has {name} of shape {tuple(tensors[name].shape)} and not {shape}")


def _listed(names: list[str]) -> str:
    """Return a few names, and how many more there are: a line must stay one line."""
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return f"{names[:5]}{more}"
