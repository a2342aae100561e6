"""Known models by name: the sizes that chapters, figures and the command line speak of.

``gpt2`` to ``gpt2-xl`` are the four published models (Radford et al. 2019, table 2). ``fineweb`` is
this course's own, for a first run on real data: the vocabulary of GPT-4 (``cl100k_base``) on a
small body. ``tinytx train fineweb`` trains it.
"""

from __future__ import annotations

from .config import GPTConfig


def _gpt2(n_layer: int, n_head: int, d_model: int) -> GPTConfig:
    return GPTConfig(
        vocab_size=50257, context_length=1024, n_layer=n_layer, n_head=n_head, d_model=d_model
    )


PRESETS = {
    "gpt2": _gpt2(12, 12, 768),
    "gpt2-medium": _gpt2(24, 16, 1024),
    "gpt2-large": _gpt2(36, 20, 1280),
    "gpt2-xl": _gpt2(48, 25, 1600),
    "fineweb": GPTConfig(
        vocab_size=100_277, context_length=128, n_layer=6, n_head=4, d_model=256, dropout=0.1
    ),
}
