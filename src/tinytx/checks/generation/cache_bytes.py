"""The check of ``cache_bytes(...)``: what a KV cache weighs, derived from what it keeps."""

from __future__ import annotations

from ..check import Check
from ..verdict import Property

# All 1 but the width; a byte that holds two numbers, and one and a half bytes for each; vectors,
# tokens, blocks and texts that end in the middle of a byte; heads that share keys and values, and
# heads that do not; sizes without a common factor; GPT-2, Llama 2 7B, and Llama 3 8B; more bytes
# than float32 can count.
CASES = [
    (1, 614, 1, 1, 1, 1, 8),
    (1, 614, 1, 1, 1, 1, 16),
    (1, 614, 1, 1, 1, 1, 4),
    (1, 614, 1, 1, 2, 1, 12),
    (1, 2, 1, 1, 2, 1, 3),
    (2, 1, 1, 1, 1, 2, 3),
    (1, 1, 1, 1, 2, 2, 3),
    (1, 307, 1, 1, 1, 1, 4),
    (5, 614, 1, 1, 1, 1, 8),
    (1, 921, 3, 3, 1, 1, 16),
    (1, 921, 3, 1, 1, 1, 16),
    (1, 614, 1, 1, 7, 1, 16),
    (1, 614, 1, 1, 1, 9, 16),
    (3, 10, 2, 1, 7, 11, 32),
    (5, 24, 4, 2, 7, 13, 4),
    (3, 24, 6, 3, 11, 1, 16),
    (2, 24, 6, 6, 13, 3, 4),
    (3, 30, 6, 2, 11, 7, 4),
    (2, 16, 4, 1, 9, 5, 8),
    (12, 768, 12, 12, 1024, 1, 16),
    (32, 4096, 32, 32, 4096, 8, 16),
    (32, 4096, 32, 8, 8192, 3, 4),
    (3, 24, 4, 2, 8, 5, 3),
    (61, 1599, 1, 1, 2047, 7, 16),
]

check = Check.of(
    __file__,
    "cache_bytes(n_layer, d_model, n_head, n_kv_head, T, B, bits)",
    CASES,
    "What the cache weighs",
    properties=(
        Property("a cache that holds something weighs something", lambda got, *sizes: got > 0),
    ),
)
