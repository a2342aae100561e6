"""Other people's GPT-2, with our weights: what the benchmarks of the PyTorch engine compare with.

``transformers`` (its GPT2LMHeadModel) is needed. ``llms-from-scratch`` (its GPTModel) is compared
with if it is there: it asks for another NumPy, so install it as
``pip install --no-deps llms-from-scratch``. nanoGPT is left out: it is no package.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from torch import Tensor, nn

from tinytx.config import GPTConfig
from tinytx.pytorch import GPT

PACKAGES = ("numpy", "torch", "transformers")
LLMS = find_spec("llms_from_scratch") is not None
SHAPES = {
    "L4 H4 D128": {"n_layer": 4, "n_head": 4, "d_model": 128},
    "L6 H6 D384": {"n_layer": 6, "n_head": 6, "d_model": 384},
}
NAMES = {  # of a block's layers: ours, theirs
    "ln_1": "norm1", "ln_2": "norm2", "attn.q_proj": "att.W_query", "attn.k_proj": "att.W_key",
    "attn.v_proj": "att.W_value", "attn.o_proj": "att.out_proj", "mlp.up_proj": "ff.layers.0",
    "mlp.down_proj": "ff.layers.2", "ln_f": "final_norm",
}  # fmt: skip


def hugging_face(model: GPT) -> nn.Module:
    """Return the same model as ``transformers`` builds it, without dropout, like ours."""
    from transformers import GPT2Config, GPT2LMHeadModel  # takes seconds

    c = model.config
    other = GPT2LMHeadModel(
        GPT2Config(
            vocab_size=c.vocab_size, n_positions=c.context_length, n_layer=c.n_layer,
            n_head=c.n_head, n_embd=c.d_model, resid_pdrop=0, embd_pdrop=0, attn_pdrop=0,
            bos_token_id=None, eos_token_id=None, pad_token_id=0,
        )
    )  # fmt: skip
    other.load_state_dict(model.to_hf(), strict=False)  # the tied head is not in the file
    return other


def llms_from_scratch(model: GPT, module: str) -> nn.Module:
    """Return the same model as the book of that name builds it; its head is never tied."""
    c: GPTConfig = model.config
    build = import_module(f"llms_from_scratch.{module}").GPTModel
    sizes = {"vocab_size": c.vocab_size, "context_length": c.context_length, "emb_dim": c.d_model}
    shape = {"n_heads": c.n_head, "n_layers": c.n_layer, "drop_rate": 0.0, "qkv_bias": True}
    other = build(sizes | shape)
    known = other.state_dict()
    state = {_their_name(name): value for name, value in model.state_dict().items()}
    other.load_state_dict({**{n: known[n] for n in known if n.endswith(".mask")}, **state})
    return other


def _their_name(name: str) -> str:
    *path, last = name.split(".")
    if path[0] == "lm_head":
        return "out_head.weight"
    block, layer = path[:2], ".".join(path[2:])
    if path[0] != "blocks":
        block, layer = [], ".".join(path)
    theirs = NAMES.get(layer, layer)
    if "norm" in theirs:
        last = {"weight": "scale", "bias": "shift"}[last]
    return ".".join([*(["trf_blocks", block[1]] if block else []), theirs, last])


def logits_of(out: Any) -> Tensor:
    """Return the logits, which ``transformers`` wraps."""
    return out.logits if hasattr(out, "logits") else out
