"""Which tensor of Hugging Face's is which of ours, and how each is turned and split.

A table for GPT-2, one for Llama and its kin; the code that reads them is the same. Which tensors
there are, and their shapes, follows from our own names by :data:`SHAPES`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple, TypeVar

import torch
from torch import Tensor

from ..config import GPTConfig
from ..manual.state import unwrapped
from ..wording import listed
from .hf_files import Head
from .state import as_tensor

T = TypeVar("T")
HEAD = "lm_head.weight"  # theirs and ours
EMBEDDING = "tok_emb"
# Of our parameters: C is context_length, A is H * Dh, K is the same of heads of keys, E is Dh.
SHAPES = {
    "tok_emb": "VD", "pos_emb": "CD", "ln_f": "D", "ln_1": "D", "ln_2": "D",
    "attn.q_proj": "AD", "attn.k_proj": "KD", "attn.v_proj": "KD", "attn.o_proj": "DA",
    "attn.q_norm": "E", "attn.k_norm": "E",
    "mlp.up_proj": "FD", "mlp.gate_proj": "FD", "mlp.down_proj": "DF",
}  # fmt: skip
QKV = ("attn.q_proj", "attn.k_proj", "attn.v_proj")


class Names(NamedTuple):
    """What one kind of checkpoint calls its tensors."""

    prefix: str  # of every name but the head's; files written by the base model lack it
    outside: dict[str, str]  # theirs to ours
    block: str
    inside: dict[str, tuple[str, ...]]  # what is side by side in theirs comes apart in ours
    turned: bool  # whether the matrices of the blocks are stored (in, out)
    ignored: re.Pattern[str]  # buffers of old files, not weights

    def embedding(self) -> str:
        """Return what a tied head is tied to."""
        return next(f"{old}.weight" for old, new in self.outside.items() if new == EMBEDDING)


GPT2 = Names(
    "transformer.",
    {"wte": "tok_emb", "wpe": "pos_emb", "ln_f": "ln_f"},
    "h.{}.",
    {
        "ln_1": ("ln_1",), "ln_2": ("ln_2",), "attn.c_attn": QKV, "attn.c_proj": ("attn.o_proj",),
        "mlp.c_fc": ("mlp.up_proj",), "mlp.c_proj": ("mlp.down_proj",),
    },
    True,
    re.compile(r"h\.\d+\.attn\.(bias|masked_bias)"),
)  # fmt: skip
LLAMA = Names(
    "model.",
    {"embed_tokens": "tok_emb", "norm": "ln_f"},
    "layers.{}.",
    {
        "input_layernorm": ("ln_1",), "post_attention_layernorm": ("ln_2",),
        **{f"self_{part}": (part,) for part in SHAPES if part.startswith("attn.")},
        **{part: (part,) for part in SHAPES if part.startswith("mlp.")},
    },
    False,
    re.compile(r"layers\.\d+\.self_attn\.rotary_emb\.inv_freq"),
)  # fmt: skip


class Rule(NamedTuple):
    """One tensor of theirs, and those of ours that it holds, one above the other."""

    theirs: str
    ours: list[str]
    shapes: list[tuple[int, ...]]
    turned: bool

    def shape(self) -> tuple[int, ...]:
        """Return theirs."""
        whole = (sum(shape[0] for shape in self.shapes), *self.shapes[0][1:])
        return whole[::-1] if self.turned else whole


def names_of(config: GPTConfig) -> Names:
    """Return the table of the checkpoints that hold such a model."""
    return LLAMA if config.norm_kind == "rms" else GPT2


def rules(config: GPTConfig) -> Iterator[Rule]:
    """Yield a rule for each tensor of theirs but the head."""
    names = names_of(config)
    for old, new in names.outside.items():
        yield from _rules(config, old, (new,), "", False)
    for i in range(config.n_layer):
        for old, parts in names.inside.items():
            block = names.block.format(i)
            yield from _rules(config, block + old, parts, f"blocks.{i}.", names.turned)


def expected(config: GPTConfig) -> dict[str, tuple[int, ...]]:
    """Return every name of theirs, without the prefix, and its shape."""
    shapes = {rule.theirs: rule.shape() for rule in rules(config)}
    head = (config.vocab_size, config.d_model)
    return shapes if config.tie_weights else {**shapes, HEAD: head}


def from_hf_state(config: GPTConfig, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return our state dict, in the dtype of theirs.

    Raises
    ------
    ValueError
        If a tensor is missing, unknown, or of another shape: "lacks ...", for the caller to say of
        what.
    """
    theirs = _plain(config, {name: as_tensor(name, value) for name, value in tensors.items()})
    _check(config, {n: Head(tuple(one.shape), str(one.dtype)) for n, one in theirs.items()})
    embedding = names_of(config).embedding()
    head = theirs.get(HEAD, theirs[embedding])
    if config.tie_weights and not torch.equal(head, theirs[embedding]):
        raise ValueError(f"has a {HEAD} that is not {embedding}, and the configuration ties them")
    ours: dict[str, Tensor] = {}
    for rule in rules(config):
        ours |= zip(rule.ours, _apart(rule, theirs[rule.theirs]), strict=True)
    ours[HEAD] = ours[f"{EMBEDDING}.weight"] if config.tie_weights else head
    return ours


def check_heads(config: GPTConfig, heads: Mapping[str, Head]) -> None:
    """Refuse names, shapes and dtypes that :func:`from_hf_state` will, before a number is read.

    Raises
    ------
    ValueError
        As there.
    """
    _check(config, _plain(config, heads))


def to_hf_state(config: GPTConfig, ours: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return their state dict, prefix included; a tied head is left out, as they do."""
    prefix = names_of(config).prefix
    theirs = {}
    for rule in rules(config):
        parts = [ours[name].detach() for name in rule.ours]
        whole = parts[0] if len(parts) == 1 else torch.cat(parts)
        theirs[prefix + rule.theirs] = (whole.T if rule.turned else whole).contiguous()
    return theirs if config.tie_weights else {**theirs, HEAD: ours[HEAD].detach()}


def _rules(
    config: GPTConfig, old: str, parts: tuple[str, ...], block: str, turned: bool
) -> Iterator[Rule]:
    """Yield a rule for the weight and one for the bias, of those that there are."""
    for kind in _kinds(config, parts[0]):
        shapes = [_shape(config, part)[: None if kind == "weight" else 1] for part in parts]
        ours = [f"{block}{part}.{kind}" for part in parts]
        yield Rule(f"{old}.{kind}", ours, shapes, turned and len(shapes[0]) == 2)


def _kinds(config: GPTConfig, part: str) -> tuple[str, ...]:
    """Return which parameters a part of ours has in this configuration."""
    there = {
        "pos_emb": config.positions == "learned", "mlp.gate_proj": config.n_mlp == 3,
        "attn.q_norm": config.qk_norm, "attn.k_norm": config.qk_norm,
    }  # fmt: skip
    if not there.get(part, True):
        return ()
    biased = config.has_qkv_bias if part in QKV else config.bias
    if part.startswith("ln_"):
        biased = biased and config.norm_kind == "layer"
    never = part.endswith(("_emb", "_norm"))
    return ("weight", "bias") if biased and not never else ("weight",)


def _shape(config: GPTConfig, part: str) -> tuple[int, ...]:
    E = config.d_head
    sizes = {
        "V": config.vocab_size, "C": config.context_length, "D": config.d_model, "F": config.d_ff,
        "A": config.n_head * E, "K": config.kv_heads * E, "E": E,
    }  # fmt: skip
    return tuple(sizes[letter] for letter in SHAPES[part])


def _apart(rule: Rule, value: Tensor) -> list[Tensor]:
    """Return the tensors of ours within one of theirs; a copy, unless it is the same."""
    if rule.turned:
        value = value.T
    elif len(rule.ours) == 1:
        return [value]
    parts = value.split([shape[0] for shape in rule.shapes])
    return [part.clone(memory_format=torch.contiguous_format) for part in parts]


def _plain(config: GPTConfig, found: Mapping[str, T]) -> dict[str, T]:
    """Return what was found by their names without prefix, buffers and what wrappers put in.

    Of a tied weight that was saved once, under either name, both are there then.
    """
    names = names_of(config)
    theirs: dict[str, T] = {}
    for name, value in found.items():
        plain = unwrapped(name).removeprefix(names.prefix)
        if plain in theirs:
            what = (
                names.prefix
                if {plain, names.prefix + plain} <= found.keys()
                else "a wrapper's name"
            )
            raise ValueError(f"has {listed([plain])} twice, with {what} and without")
        if not names.ignored.fullmatch(plain):
            theirs[plain] = value
    if config.tie_weights and HEAD in theirs:
        theirs.setdefault(names.embedding(), theirs[HEAD])
    return theirs


def _check(config: GPTConfig, found: Mapping[str, Head]) -> None:
    """Refuse what is no float, missing or unknown, or has another shape than the configuration."""
    whole = [name for name, head in found.items() if not head.floats]
    if whole:
        raise ValueError(f"has {listed(whole)} in {found[min(whole)].dtype}, which is no float")
    if config.n_layer > len(found):  # too many to list what each should have
        raise ValueError(f"has {len(found)} tensors, and n_layer is {config.n_layer:,}")
    shapes = expected(config)
    missing, unknown = shapes.keys() - found.keys(), found.keys() - shapes.keys()
    if config.tie_weights:
        unknown -= {HEAD}
        shapes[HEAD] = shapes[names_of(config).embedding()]
    if missing or unknown:
        lacks, has = f"lacks {listed(missing)}", f"has unknown {listed(unknown)}"
        raise ValueError(" and ".join([lacks] * bool(missing) + [has] * bool(unknown)))
    for name, shape in shapes.items():
        if name in found and found[name].shape != shape:
            raise ValueError(f"has {name} of shape {found[name].shape} and not {shape}")
