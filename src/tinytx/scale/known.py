"""Published models as configurations, and what their training is known to have taken.

Sizes come from the papers and from the ``config.json`` beside the weights; the number of parameters
that follows is the published one, which a test holds. Of training, there is only what its authors
have published. Sources: Radford et al. 2019, table 2 (GPT-2); Touvron et al. 2023 (Llama 2), tables
1 and 2, of its training; Grattafiori et al. 2024, table 3 (Llama 3); Jiang et al. 2023, table 1
(Mistral 7B); Qwen Team 2024, table 1 (Qwen2.5).
"""

from __future__ import annotations

from typing import Any, NamedTuple

from ..config import GPTConfig
from ..presets import PRESETS


def llama(
    vocab_size: int,
    context_length: int,
    n_layer: int,
    heads: tuple[int, int],
    d_model: int,
    d_ff: int,
    **other: Any,
) -> GPTConfig:
    """Return a configuration with Llama's blocks; ``heads`` are those of queries and of keys."""
    n_head, n_kv_head = heads
    fixed: dict[str, Any]
    fixed = {"positions": "rotary", "norm_kind": "rms", "activation": "swiglu", "bias": False}
    sizes = {"n_layer": n_layer, "n_head": n_head, "n_kv_head": n_kv_head, "d_model": d_model}
    options = {"tie_weights": False, **fixed, **sizes, "d_ff": d_ff, **other}
    return GPTConfig(vocab_size=vocab_size, context_length=context_length, **options)


KNOWN = {
    "GPT-2 124M": PRESETS["gpt2"],
    "GPT-2 1.5B": PRESETS["gpt2-xl"],
    "Qwen 2.5 0.5B": llama(
        151_936, 32_768, 24, (14, 2), 896, 4864, tie_weights=True, qkv_bias=True, rotary_base=1e6
    ),
    "Llama 2 7B": llama(32_000, 4096, 32, (32, 32), 4096, 11_008),
    "Mistral 7B": llama(32_000, 32_768, 32, (32, 8), 4096, 14_336),
    "Llama 3 8B": llama(128_256, 8192, 32, (32, 8), 4096, 14_336, rotary_base=5e5),
    "Llama 2 13B": llama(32_000, 4096, 40, (40, 40), 5120, 13_824),
    "Llama 2 70B": llama(32_000, 4096, 80, (64, 8), 8192, 28_672),
}


class Gpu(NamedTuple):
    """An accelerator: memory, arithmetic and power by its data sheet."""

    name: str
    memory: float  # bytes
    peak: float  # floating-point operations a second, bfloat16, dense
    watts: float  # at most (TDP)


# NVIDIA's data sheets of the SXM modules; "dense", which is half of what is printed for sparse.
A100 = Gpu("A100 80 GB", 80e9, 312e12, 400)
H100 = Gpu("H100 80 GB", 80e9, 989e12, 700)
H200 = Gpu("H200 141 GB", 141e9, 989e12, 700)
GPUS = {gpu.name: gpu for gpu in (A100, H100, H200)}


class Run(NamedTuple):
    """How a model was trained, as its authors say."""

    model: str  # in KNOWN
    tokens: float
    gpu: Gpu
    hours: float  # of one GPU
    carbon: float  # tonnes of CO2 equivalent


RUNS = {  # Touvron et al. 2023 (Llama 2), table 2; tokens: table 1
    "Llama 2 7B": Run("Llama 2 7B", 2.0e12, A100, 184_320, 31.22),
    "Llama 2 13B": Run("Llama 2 13B", 2.0e12, A100, 368_640, 62.44),
    "Llama 2 70B": Run("Llama 2 70B", 2.0e12, A100, 1_720_320, 291.42),
}
