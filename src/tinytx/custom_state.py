"""What is around the page of ``custom_transformer.py``: weights, checks, and the cache.

The blocks' weights are stacked: ``parameters["W_Q"]`` is (n_layer, H * Dh, D), and
``self["W_Q", 1]`` is a view of block 1's. Each has a name of the notation here, and in a state dict
that of both engines (:data:`TABLE`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from .config import GPTConfig, check_config
from .manual.state import check_mapping, own_names
from .pytorch.shapes import check_generator, check_ids
from .pytorch.state import as_tensor, same
from .wording import listed

Key = str | tuple[str, int]  # "E", or ("W_Q", block)

NEEDED = {
    "norm": "pre", "positions": "learned", "activation": "gelu", "bias": True, "dropout": 0.0,
    "causal": True, "padding_id": None, "norm_kind": "layer", "qk_norm": False,
    "attention_scale": None, "n_kv_head": None, "window": None, "n_expert": None,
    "norm_eps": 1e-5, "qkv_bias": None,
}  # fmt: skip
# Every parameter: its name in the notation, its name in the state dict, and its shape. L is
# n_layer, the blocks' weights being stacked; C is context_length; A, attention's width, is H * Dh.
# fmt: off
TABLE = {
    "E": ("tok_emb.weight", "VD"), "E_pos": ("pos_emb.weight", "CD"),
    "gamma_1": ("blocks.{}.ln_1.weight", "LD"), "beta_1": ("blocks.{}.ln_1.bias", "LD"),
    "W_Q": ("blocks.{}.attn.q_proj.weight", "LAD"), "b_Q": ("blocks.{}.attn.q_proj.bias", "LA"),
    "W_K": ("blocks.{}.attn.k_proj.weight", "LAD"), "b_K": ("blocks.{}.attn.k_proj.bias", "LA"),
    "W_V": ("blocks.{}.attn.v_proj.weight", "LAD"), "b_V": ("blocks.{}.attn.v_proj.bias", "LA"),
    "W_O": ("blocks.{}.attn.o_proj.weight", "LDA"), "b_O": ("blocks.{}.attn.o_proj.bias", "LD"),
    "gamma_2": ("blocks.{}.ln_2.weight", "LD"), "beta_2": ("blocks.{}.ln_2.bias", "LD"),
    "W_1": ("blocks.{}.mlp.up_proj.weight", "LFD"), "b_1": ("blocks.{}.mlp.up_proj.bias", "LF"),
    "W_2": ("blocks.{}.mlp.down_proj.weight", "LDF"), "b_2": ("blocks.{}.mlp.down_proj.bias", "LD"),
    "gamma_f": ("ln_f.weight", "D"), "beta_f": ("ln_f.bias", "D"),
    "W_out": ("lm_head.weight", "VD"),
}
# fmt: on


class BackpropCache:
    """What the forward pass keeps for the backward pass, and the gradients that this one finds.

    (The rest of the package says *saved* for the first, and cache for that of generation alone.)
    """

    def __init__(self) -> None:
        self._activations: dict[Key, Any] = {}
        self._gradients: dict[Key, Tensor] = {}

    def store_activation(self, key: Key, value: Any) -> None:
        """Keep a tensor, or a tuple of them, until the backward pass needs it."""
        self._activations[key] = value

    def get_activation(self, key: Key) -> Any:
        """Return what was kept; ``ValueError`` if there is nothing."""
        if key not in self._activations:
            raise ValueError(
                f"no activation {key!r} is stored: call loss once before each backward"
            )
        return self._activations[key]

    def store_gradient(self, key: Key, value: Tensor) -> None:
        """Keep the gradient of a parameter."""
        self._gradients[key] = value

    def get_gradient(self, key: Key) -> Tensor:
        """Return the gradient of a parameter; ``ValueError`` if there is none."""
        if key not in self._gradients:
            raise ValueError(f"no gradient {key!r} is stored: run backward first")
        return self._gradients[key]

    def clear_activations(self) -> None:
        """Drop the activations: a backward pass on old ones would look right and be wrong."""
        self._activations.clear()


class Weights:
    """The tensors of a model by their names, ``model["E"]`` and ``model["W_Q", block]``.

    Parameters
    ----------
    config
        Sizes; the choices have to be those that the page is about. The head may be tied to the
        embedding (then ``W_out`` is ``E``) or not.
    generator
        Draws fresh weights as GPT-2's: normal, standard deviation ``init_std``, and less by
        1 / sqrt(2 n_layer) for ``W_O`` and ``W_2``, the two in each block that add to the residual
        stream: 2 n_layer terms add up there.
    dtype
        Of the weights. They are drawn in float64 on the CPU, so that a seed gives the same ones
        everywhere.
    device
        Where the weights begin. They follow the ids of each forward pass.

    Raises
    ------
    ValueError
        If the configuration asks for something else.
    """

    def __init__(
        self,
        config: GPTConfig,
        generator: torch.Generator | None = None,
        dtype: torch.dtype = torch.float32,
        device: torch.device | str = "cpu",
    ):
        check_config(config)
        check_generator(generator)
        for field, wanted in NEEDED.items():
            value = getattr(config, field)
            if value != wanted:
                way = f"make the configuration with {field}={wanted!r}"
                raise ValueError(f"{field} is {value!r} and must be {wanted!r} here: {way}")
        self.config = config
        self.cache = BackpropCache()
        names = [name for name in TABLE if not (name == "W_out" and config.tie_weights)]
        self.parameters = {
            name: _fresh(name, config, generator).to(device, dtype) for name in names
        }
        length = config.context_length
        self.causal_mask = torch.ones(length, length, dtype=torch.bool, device=device).tril()

    def __getitem__(self, place: str | tuple[str, int | None]) -> Tensor:
        name, block = place if isinstance(place, tuple) else (place, None)
        if name == "W_out" and self.config.tie_weights:
            name = "E"
        stacked = self.parameters[name]
        return stacked if block is None else stacked[block]

    def begin(self, ids: Tensor) -> int:
        """Check ``ids`` (B, T), go to their device, forget the last forward; return T."""
        check_ids("ids", ids, self.config.vocab_size)  # -1 would silently be the last row
        T, limit = ids.shape[-1] if ids.ndim == 2 else 0, self.config.context_length
        if not 1 <= T <= limit:
            raise ValueError(f"ids has shape {tuple(ids.shape)} and must have (B, 1 to {limit})")
        self.to(ids.device)
        self.cache.clear_activations()
        self.cache.store_activation("ids", ids)
        return T

    def check_targets(self, ids: Tensor, targets: Tensor) -> None:
        """Refuse targets that are no ids, or have another shape than ``ids``."""
        check_ids("targets", targets, self.config.vocab_size)
        if targets.shape != ids.shape:
            got, wanted = tuple(targets.shape), tuple(ids.shape)
            raise ValueError(f"targets has shape {got} and must have that of ids, {wanted}")

    def split(self, x: Tensor) -> Tensor:
        """Return (B, T, H * Dh) as (B, H, T, Dh)."""
        return x.unflatten(-1, (self.config.n_head, self.config.d_head)).transpose(1, 2)

    def merge(self, x: Tensor) -> Tensor:
        """Return (B, H, T, Dh) as (B, T, H * Dh)."""
        return x.transpose(1, 2).flatten(2)

    def places(self) -> list[Key]:
        """Return the key of every parameter, each block's on its own."""
        named = ((place if isinstance(place, str) else place[0], place)
                 for place in self.names().values())  # fmt: skip
        return [place for name, place in named if name in self.parameters]

    def names(self) -> dict[str, Key]:
        """Return, for each name of the state dict, the key here."""
        return {
            long.format(block): key(name, block)
            for name, (long, shape) in TABLE.items()
            for block in (range(self.config.n_layer) if shape[0] == "L" else (None,))
        }

    def to(self, device: torch.device) -> None:
        """Move the parameters and the mask, if they are elsewhere."""
        if self.causal_mask.device != device:
            self.parameters = {name: p.to(device) for name, p in self.parameters.items()}
            self.causal_mask = self.causal_mask.to(device)

    def state_dict(self) -> dict[str, Tensor]:
        """Return a copy of the weights by the names that both engines use."""
        return {name: self[place].clone() for name, place in self.names().items()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Copy the weights of either engine's model; ``ValueError`` if they do not fit."""
        names, tied = self.names(), ("tok_emb.weight", "lm_head.weight")
        check_mapping(state)
        state = own_names(state, names, [tied] if self.config.tie_weights else ())
        if names.keys() != state.keys():
            raise ValueError(f"state_dict differs in {listed(names.keys() ^ state.keys())}")
        values = {name: as_tensor(name, value).detach() for name, value in state.items()}
        for name, place in names.items():
            got, wanted = tuple(values[name].shape), tuple(self[place].shape)
            if got != wanted:
                raise ValueError(f"state_dict[{name!r}] has shape {got} and must have {wanted}")
        if self.config.tie_weights and not same(*(values[name] for name in tied)):
            raise ValueError("state_dict['lm_head.weight'] and ['tok_emb.weight'] are one tied "
                             "weight and differ")  # fmt: skip
        for name, place in names.items():
            self[place].copy_(values[name])


def key(name: str, block: int | None) -> Key:
    """Return the key of a parameter or an activation: its name, with its block if it has one."""
    return name if block is None else (name, block)


def _fresh(name: str, config: GPTConfig, generator: torch.Generator | None) -> Tensor:
    sizes = {
        "V": config.vocab_size, "C": config.context_length, "L": config.n_layer,
        "D": config.d_model, "F": config.d_ff, "A": config.n_head * config.d_head,
    }  # fmt: skip
    shape = tuple(sizes[letter] for letter in TABLE[name][1])
    if name.startswith(("gamma", "beta", "b_")):
        return torch.full(shape, float(name.startswith("gamma")), dtype=torch.float64)
    std = config.residual_std if name in ("W_O", "W_2") else config.init_std
    return std * torch.randn(shape, dtype=torch.float64, generator=generator)
