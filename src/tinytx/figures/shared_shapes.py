"""What heads of keys and values cost: the shapes of known models, and their numbers by formula."""

from __future__ import annotations

from typing import NamedTuple

from tinytx.config import GPTConfig
from tinytx.scale import known


class Shape(NamedTuple):
    """A model, as far as its heads, its cache and the number of its weights go."""

    name: str
    n_layer: int
    n_head: int
    n_kv_head: int
    d_head: int
    d_model: int
    fixed: int
    """Parameters outside of the blocks: embedding, head, learned positions, the last norm."""
    block: int
    """Parameters of a block beside q, k, v and the output projection: the MLP, norms, a bias."""
    bias: int = 0
    """1 if q, k and v have a bias."""
    qk_norm: int = 0
    """1 if queries and keys are normalized."""

    def kv_parameters(self) -> int:
        """Return the parameters of the projections to keys and values, of all blocks.

        ``2 · n_layer · n_kv_head · d_head · (d_model + bias)``.
        """
        return 2 * self.n_layer * self.n_kv_head * self.d_head * (self.d_model + self.bias)

    def parameters(self) -> int:
        """Return all parameters."""
        width = self.n_head * self.d_head
        q_and_out = width * (2 * self.d_model + self.bias)
        rest = self.n_layer * (q_and_out + self.block + 2 * self.d_head * self.qk_norm)
        return self.fixed + rest + self.kv_parameters()

    def cache(self, T: int, bytes_each: int, batch: int = 1) -> int:
        """Return the bytes of a KV cache: ``2 · n_layer · n_kv_head · d_head · T`` numbers a text.

        >>> KNOWN["Llama 3 8B"].cache(8192, bytes_each=2)
        1073741824
        """
        return 2 * self.n_layer * self.n_kv_head * self.d_head * T * bytes_each * batch

    def texts(self, T: int, bytes_each: int, room: int) -> int:
        """Return how many texts of T tokens have their cache in ``room`` bytes beside the weights.

        Weights and cache alike take ``bytes_each`` a number. What a step needs for a moment is not
        counted.
        """
        left = room - bytes_each * self.parameters()
        return max(0, left // self.cache(T, bytes_each))


def served(n_head: int, n_kv_head: int, wrong: bool = False) -> list[int]:
    """Return which head of keys and values each query head reads, (n_head,).

    A head of keys and values serves ``n_head / n_kv_head`` query heads, one after the other, as
    ``repeat_interleave`` and NumPy's ``repeat`` copy them. PyTorch's ``repeat`` and NumPy's
    ``tile`` copy the whole row instead: that is ``wrong``. Source: Ainslie et al. 2023, section
    2.2; the order is that of Llama's weights.

    >>> served(4, 2), served(4, 2, wrong=True)
    ([0, 0, 1, 1], [0, 1, 0, 1])
    """
    group = n_head // n_kv_head
    return [i % n_kv_head if wrong else i // group for i in range(n_head)]


def of_config(name: str, config: GPTConfig) -> Shape:
    """Return the shape of a model of this package; its parameters are ``parameter_counts``.

    Of experts all are counted, for all are in memory.
    """
    parts = config.parameter_counts()
    L, norms = config.n_layer, 2 * config.n_layer + (config.norm == "pre")
    norm = parts["norms"] // norms
    last = norm if config.norm == "pre" else 0
    in_blocks = parts["mlp"] + 2 * L * norm
    return Shape(
        name, L, config.n_head, config.kv_heads, config.d_head, config.d_model,
        fixed=parts["embedding"] + parts["positions"] + parts["head"] + last,
        block=in_blocks // L + (config.d_model if config.bias else 0),
        bias=int(config.has_qkv_bias), qk_norm=int(config.qk_norm),
    )  # fmt: skip


SHOWN = ("Llama 2 7B", "Llama 2 70B", "Llama 3 8B", "Mistral 7B", "Qwen 2.5 0.5B")
KNOWN = {name: of_config(name, known.KNOWN[name]) for name in SHOWN}
