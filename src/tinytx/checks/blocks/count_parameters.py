"""The check of ``count_parameters(config)``: where the parameters of a model are."""

from __future__ import annotations

from typing import Any

from ..check import Check
from ..verdict import Property
from .inputs import Config

# The last is large enough for every count to need more than 16 bits. d_ff is never 4 D, and the
# sizes have no common factor that could make two mistakes meet.
SIZES = ("vocab_size", "context_length", "n_layer", "n_head", "d_model", "d_ff")


def _config(sizes: tuple[int, ...], **choices: Any) -> tuple[Config]:
    chosen: dict[str, Any] = {**dict(zip(SIZES, sizes, strict=True)), **choices}
    return (Config(**chosen),)


ONE, TWO, THREE = (7, 5, 1, 1, 2, 3), (11, 9, 3, 2, 4, 13), (11, 9, 5, 3, 15, 31)
CASES = [
    _config(ONE),
    _config(ONE, bias=False),
    _config(ONE, norm="post"),
    _config(ONE, tie_weights=False),
    _config(TWO),
    _config(TWO, norm="post", bias=False),
    _config(TWO, bias=False, tie_weights=False),
    _config(TWO, norm="post", tie_weights=False),
    _config(THREE),
    _config((600, 500, 200, 4, 100, 30)),
]

PARTS = ("embedding", "positions", "attention", "mlp", "norms", "head")

check = Check.of(
    __file__,
    "count_parameters(config)",
    CASES,
    "Every parameter of GPT-2",
    properties=(
        Property(
            f"the keys have to be {', '.join(PARTS)}",
            lambda parts, config: set(parts) == set(PARTS),
        ),
        Property(
            "no part can have fewer than 0 parameters",
            lambda parts, config: all(n >= 0 for n in parts.values()),
        ),
    ),
    errors={"^AttributeError": "The fields of a configuration are in the task."},
    own=("sizes.parameters",),
)
