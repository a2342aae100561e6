"""Which tensor of Hugging Face's GPT-2 is which of ours, and how each is turned and split."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TypeVar

import torch
from torch import Tensor

from ..config import GPTConfig
from ..manual.state import unwrapped
from ..wording import listed
from .hf_files import Head
from .state import as_tensor

T = TypeVar("T")
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
    theirs = _plain(config, {name: as_tensor(name, value) for name, value in tensors.items()})
    whole = [name for name, value in theirs.items() if not value.is_floating_point()]
    if whole:
        raise ValueError(f"has {listed(whole)} in {theirs[min(whole)].dtype}, which is no float")
    _check(config, {name: tuple(value.shape) for name, value in theirs.items()})
    head = theirs.pop(HEAD) if config.tie_weights and HEAD in theirs else theirs["wte.weight"]
    if config.tie_weights and not torch.equal(head, theirs["wte.weight"]):
        raise ValueError(f"has a {HEAD} that is not wte.weight, and the configuration ties them")
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


def check_heads(config: GPTConfig, heads: Mapping[str, Head]) -> None:
    """Refuse names, shapes and dtypes that :func:`from_hf_state` will, before a number is read.

    Raises
    ------
    ValueError
        As there.
    """
    theirs = _plain(config, heads)
    whole = [name for name, head in theirs.items() if not head.floats]
    if whole:
        raise ValueError(f"has {listed(whole)} in {theirs[min(whole)].dtype}, which is no float")
    _check(config, {name: head.shape for name, head in theirs.items()})


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


def _plain(config: GPTConfig, found: Mapping[str, T]) -> dict[str, T]:
    """Return what was found by their names without prefix, masks and what wrappers put in.

    Of a tied weight that was saved once, under either name, both are there then.
    """
    theirs: dict[str, T] = {}
    for name, value in found.items():
        plain = unwrapped(name).removeprefix(PREFIX)
        if plain in theirs:
            what = PREFIX if {plain, PREFIX + plain} <= found.keys() else "a wrapper's name"
            raise ValueError(f"has {listed([plain])} twice, with {what} and without")
        if not MASKS.fullmatch(plain):
            theirs[plain] = value
    if config.tie_weights and HEAD in theirs:
        theirs.setdefault("wte.weight", theirs[HEAD])
    return theirs


def _check(config: GPTConfig, found: Mapping[str, tuple[int, ...]]) -> None:
    """Refuse missing and unknown names, and shapes that the configuration does not have."""
    if config.n_layer > len(found):  # too many to list what each should have
        raise ValueError(f"has {len(found)} tensors, and n_layer is {config.n_layer:,}")
    shapes = expected(config)
    missing, unknown = shapes.keys() - found.keys(), found.keys() - shapes.keys()
    if config.tie_weights:
        unknown -= {HEAD}
        shapes[HEAD] = shapes["wte.weight"]
    if missing or unknown:
        lacks, has = f"lacks {listed(missing)}", f"has unknown {listed(unknown)}"
        raise ValueError(" and ".join([lacks] * bool(missing) + [has] * bool(unknown)))
    for name, shape in shapes.items():
        if found.get(name, shape) != shape:
            raise ValueError(f"has {name} of shape {found[name]} and not {shape}")
