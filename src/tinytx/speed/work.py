"""What one operation has to do: arithmetic, and traffic with memory; and how the two relate.

The convention for traffic, whatever program does it: each operand is read once, each result is
written once. It is the least that an operation by itself can move. NumPy moves more where it makes
temporary arrays, and less where what one operation writes the next still finds in a cache.

Products of matrices are counted by :func:`tinytx.inspect.flops`: here they are only shared out.
All else is left out there, and is counted here by how many operations it takes for each number,
``exp``, ``tanh`` and a root being one: :data:`EACH`. Softmax includes the scale and the mask. The
exact GELU takes so many because its Gaussian is a polynomial.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from ..config import GPTConfig, check_config
from ..inspect.sizes import NUMBER, flops

PARTS = ("embedding", "norms", "attention", "scores", "mlp", "residual", "head", "update")
EACH = {  # operations for one number in the package's own functions: forward, backward
    "layer": (7, 11), "rms": (4, 8), "softmax": (7, 5), "rotary": (3, 3), "dropout": (4, 1),
    "gelu": (8, 11), "gelu_exact": (40, 3), "relu": (1, 2), "relu2": (2, 2), "swiglu": (8, 7),
    "loss": (5, 1),
}  # fmt: skip
UPDATE = 15  # AdamW's operations for one parameter, without decay, and the gradient's norm
UPDATED = 9 * 4  # and its bytes: w, g, m, v read, w, m, v written, g read once more and set to 0


class Work(NamedTuple):
    """One operation of a step, all blocks together."""

    name: str  # as the module is called: "q_proj"
    part: str  # one of PARTS
    direction: str  # "forward", "backward" or "update"
    flops: int
    bytes: int
    product: bool = False  # whether it is one of matrices, which inspect.flops counts

    @property
    def intensity(self) -> float:
        """Operations for each byte that is moved."""
        return self.flops / self.bytes


class Product(NamedTuple):
    """A product of matrices with a weight: all of its kind, one in each block."""

    name: str
    part: str
    d_in: int
    d_out: int
    times: int  # how many there are
    flops: int  # for one position

    def numbers(self, rows: int) -> tuple[int, int, int]:
        """Return the numbers of input, weight and output for so many rows, of all together."""
        given, weight, out = rows * self.d_in, self.d_in * self.d_out, rows * self.d_out
        return self.times * given, self.times * weight, self.times * out


def products(config: GPTConfig) -> list[Product]:
    """Return the products with weights; their arithmetic is :func:`tinytx.inspect.flops` shared out.

    Raises
    ------
    ValueError
        If ``config`` is no configuration, or has what is not counted here.
    """  # noqa: E501
    check_config(config)
    if getattr(config, "n_expert", None) is not None:
        raise ValueError(
            f"n_expert is {config.n_expert} and must be None: which experts are read depends on "
            "the tokens, and is not counted"
        )
    D, F, L = config.d_model, config.d_ff, config.n_layer
    width, kv = config.n_head * config.d_head, config.kv_heads * config.d_head
    shapes = [
        ("q_proj", "attention", D, width), ("k_proj", "attention", D, kv),
        ("v_proj", "attention", D, kv), ("o_proj", "attention", width, D),
        ("gate_proj", "mlp", D, F), ("up_proj", "mlp", D, F), ("down_proj", "mlp", F, D),
        ("lm_head", "head", D, config.vocab_size),
    ]  # fmt: skip
    if config.n_mlp == 2:
        del shapes[4]
    work = flops(config, 1)
    whole = {part: sum(i * o for _, p, i, o in shapes if p == part) for part in work}
    return [
        Product(
            name, part, d_in, d_out, 1 if part == "head" else L,
            work[part] * d_in * d_out // whole[part],
        )
        for name, part, d_in, d_out in shapes
    ]  # fmt: skip


def number_bytes(dtype: str) -> int:
    """Return the bytes of one number; ``ValueError`` for a dtype that is not known."""
    if dtype not in NUMBER:
        raise ValueError(f"dtype is {dtype!r} and must be one of {', '.join(map(repr, NUMBER))}")
    return NUMBER[dtype]


def by_part(works: Iterable[Work], products_only: bool = False) -> dict[str, int]:
    """Return the operations of each part that has any, in the order of :data:`PARTS`."""
    found = dict.fromkeys(PARTS, 0)
    for work in works:
        if work.product or not products_only:
            found[work.part] += work.flops
    return {part: n for part, n in found.items() if n}


def there(works: Iterable[Work], number: int) -> list[Work]:
    """Return those that move anything, by part, their traffic in bytes instead of numbers.

    An operation that a model has not moves nothing.
    """
    found = [one._replace(bytes=number * one.bytes) for one in works if one.bytes]
    return sorted(found, key=lambda one: PARTS.index(one.part))
