"""Every operation of a training step, and of one more token from a KV cache, counted.

What each moves is written out in numbers of a matrix: N = B T positions of D, F or V numbers, and
B H T T scores. See :mod:`tinytx.speed.work` for the convention.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..config import GPTConfig, check_config
from ..inspect.sizes import check_read, flops
from ..manual.shapes import check_count
from .work import EACH, UPDATE, UPDATED, Work, number_bytes, products, there


def training_step(
    config: GPTConfig, B: int, T: int | None = None, dtype: str = "float32"
) -> list[Work]:
    """Return the operations of a step on B sequences of T: forward, backward, AdamW's update.

    The products' sum is ``B * T`` times :func:`tinytx.inspect.flops` forward, and twice that
    backward, part by part. Splitting heads moves nothing, merging them copies; a causal mask
    spares nothing, and neither does a window. The update is done in float32.

    Parameters
    ----------
    config
        The model.
    B, T
        Sequences, and positions of each; ``context_length`` if T is None.
    dtype
        ``"float32"`` or ``"bfloat16"``: how many bytes a number takes.

    Raises
    ------
    ValueError
        If a size is not a whole number in its limits, the dtype is another, or the model has
        experts.

    >>> from tinytx.presets import PRESETS
    >>> for one in training_step(PRESETS["gpt2"], 8):
    ...     if one.name in ("norms", "up_proj", "scores", "update"):
    ...         print(f"{one.name:8} {one.direction:8} {one.intensity:8.2f} FLOP per byte")
    norms    forward      0.88 FLOP per byte
    norms    backward     0.92 FLOP per byte
    scores   forward     28.44 FLOP per byte
    scores   backward    37.24 FLOP per byte
    up_proj  forward    285.77 FLOP per byte
    up_proj  backward   455.11 FLOP per byte
    update   update       0.42 FLOP per byte
    """
    check_config(config)
    T = config.context_length if T is None else T
    check_count("B", B)
    check_read("T", T, config)
    z = number_bytes(dtype)
    works = [*_embedding(config, B, T), *_norms(config, B * T), *_products(config, B * T)]
    works += [*_attention(config, B, T), *_rest(config, B, T)]
    n = sum(config.parameter_counts().values())
    return [*there(works, z), Work("update", "update", "update", UPDATE * n, UPDATED * n)]


def decoding_step(config: GPTConfig, B: int, S: int, dtype: str = "float32") -> list[Work]:
    """Return the operations of one more token for each of B sequences, the last of S positions.

    Keys and values of the S - 1 others come from a cache. A weight is read once for all B rows; a
    cache is read for one. That is why a larger batch raises the intensity of the products with
    weights, and leaves that of ``scores`` where it is.

    >>> from tinytx.presets import PRESETS
    >>> for B in (1, 16):
    ...     one = {work.name: work for work in decoding_step(PRESETS["gpt2"], B, 1024)}
    ...     print(f"{one['up_proj'].intensity:.2f} {one['scores'].intensity:.2f}")
    0.50 0.49
    7.80 0.49
    """
    check_config(config)
    check_count("B", B)
    check_read("S", S, config)
    z, D, L, H = number_bytes(dtype), config.d_model, config.n_layer, config.n_head
    width, kv = H * config.d_head, config.kv_heads * config.d_head
    works = [one for one in _embedding(config, B, 1) if one.direction == "forward"]
    works += [one for one in _norms(config, B) if one.direction == "forward"]
    works += [one for one in _products(config, B) if one.direction == "forward"]
    works += [
        _forward("cache", "scores", 0, L * B * 4 * kv),  # new keys and values, read and written
        Work(
            "scores", "scores", "forward", B * flops(config, S)["scores"],
            L * B * (2 * width + 2 * S * kv + 2 * H * S), product=True,
        ),
        _forward("softmax", "scores", EACH["softmax"][0] * L * B * H * S, 2 * L * B * H * S),
        _forward("residual", "residual", 2 * L * B * D, 6 * L * B * D),
        _activation(config, B)[0],
        *(one for one in _turns(config, B) if one.direction == "forward"),
    ]  # fmt: skip
    return there(works, z)


def _forward(name: str, part: str, work: int, numbers: int) -> Work:
    return Work(name, part, "forward", work, numbers)


def _both(
    name: str, part: str, work: tuple[int, int], numbers: tuple[int, int], product: bool = False
) -> list[Work]:
    """Return an operation forward and backward; its traffic is still in numbers, not bytes."""
    return [
        Work(name, part, direction, operations, moved, product)
        for direction, operations, moved in zip(("forward", "backward"), work, numbers, strict=True)
    ]


def _each(name: str, part: str, kind: str, n: int) -> list[Work]:
    """Return what maps n numbers to n: x to y, and dy with x to dx."""
    forward, backward = EACH[kind]
    return _both(name, part, (forward * n, backward * n), (2 * n, 3 * n))


def _embedding(c: GPTConfig, B: int, T: int) -> Iterator[Work]:
    n, table = B * T * c.d_model, T * c.d_model
    yield from _both("tok_emb", "embedding", (0, n), (2 * n, 2 * n + c.vocab_size * c.d_model))
    if c.adds_positions:
        back = (n, n + table) if c.positions == "learned" else (0, 0)
        yield from _both("pos_emb", "embedding", (n, back[0]), (2 * n + table, back[1]))


def _norms(c: GPTConfig, N: int) -> Iterator[Work]:
    yield from _each(
        "norms", "norms", c.norm_kind, (2 * c.n_layer + (c.norm == "pre")) * N * c.d_model
    )


def _products(c: GPTConfig, N: int) -> Iterator[Work]:
    """Yield the products with weights: x and W to y; dy, x and W to dx and dW."""
    for one in products(c):
        x, weight, y = one.numbers(N)
        numbers = (x + weight + y, y + x + weight + x + weight)
        yield from _both(one.name, one.part, (N * one.flops, 2 * N * one.flops), numbers, True)


def _attention(c: GPTConfig, B: int, T: int) -> Iterator[Work]:
    """Yield what lies between the projections."""
    N, L, D = B * T, c.n_layer, c.d_model
    width, kv = c.n_head * c.d_head, c.kv_heads * c.d_head
    square, work = L * B * c.n_head * T * T, N * flops(c, T)["scores"]
    qkv, out = L * N * (width + 2 * kv), L * N * width
    # q, k to scores; weights, v to out. Backward: dout, v, weights to dv and dweights; dscores, q,
    # k to dq and dk.
    numbers = (qkv + 2 * square + out, out + qkv + 3 * square + qkv)
    yield from _both("scores", "scores", (work, 2 * work), numbers, True)
    yield from _each("softmax", "scores", "softmax", square)
    repeated = 0 if kv == width else 2 * L * N * (kv + width)
    # merged: out; backward dq, dk and dv, and the three dx are added up
    merged = (2 * out + repeated, 2 * qkv + repeated + 6 * L * N * D)
    yield from _both("heads", "scores", (0, 2 * L * N * D), merged)
    yield from _turns(c, N)


def _turns(c: GPTConfig, N: int) -> Iterator[Work]:
    n = c.n_layer * N * (c.n_head + c.kv_heads) * c.d_head  # queries and keys
    if c.qk_norm:
        yield from _each("qk_norm", "norms", "rms", n)
    if c.positions == "rotary":
        yield from _both("rotary", "scores", (3 * n, 3 * n), (2 * n, 2 * n))


def _activation(c: GPTConfig, N: int) -> list[Work]:
    n = c.n_layer * N * c.d_ff
    if c.n_mlp == 2:
        return _each("act", "mlp", c.activation, n)
    forward, backward = EACH["swiglu"]  # gate and up to y; dy, gate and up to both gradients
    return _both("act", "mlp", (forward * n, backward * n), (3 * n, 5 * n))


def _rest(c: GPTConfig, B: int, T: int) -> Iterator[Work]:
    N, L, D = B * T, c.n_layer, c.d_model
    yield from _activation(c, N)
    yield from _both("residual", "residual", (2 * L * N * D,) * 2, (6 * L * N * D,) * 2)
    if c.dropout:
        n = (2 * L + 1) * N * D + L * B * c.n_head * T * T
        yield from _each("dropout", "residual", "dropout", n)
    n, (forward, backward) = N * c.vocab_size, EACH["loss"]
    yield from _both("loss", "head", (forward * n, backward * n), (n, 2 * n))
