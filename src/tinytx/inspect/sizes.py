"""What a model costs, from its configuration alone: parameters, arithmetic and memory by part.

No model is made. Every number is exact, and the tests hold it to real models: parameters to both
engines, arithmetic to what PyTorch counts, memory to arrays. Left out are the activations of a
training step, which grow with the batch, and the arithmetic that is no product of matrices:
softmax, norms, rotations, GELU.
"""

from __future__ import annotations

from ..config import GPTConfig, check_config
from ..manual.shapes import is_whole

# Bytes of a number, and of everything that Adam keeps for one parameter in training.
NUMBER = {"float32": 4, "bfloat16": 2}
TRAINING = {"float32": 4 + 4 + 8, "bfloat16": 2 + 2 + 12}


def parameters(config: GPTConfig, active: bool = False) -> dict[str, int]:
    """Return how many parameters each part of the model has; their sum is the model's.

    A tied head has none of its own: its weight is the embedding's. Positions that are not learned
    have none, and pre-norm has one norm more than post-norm, at the end. ``n_head`` does not matter
    as long as the heads share ``d_model`` out among themselves: more heads are narrower heads.
    (With ``qk_norm`` it does: two weights of ``d_head`` numbers in each block. And with
    ``n_kv_head``: so many heads of keys and values become narrower.)

    Parameters
    ----------
    config
        Sizes and choices.
    active
        Count what a single token meets: of a mixture of experts, ``n_active`` of ``n_expert`` MLPs.
        (Of the embedding it is the whole table nevertheless, as is usual.)

    Returns
    -------
    parts
        ``embedding``, ``positions``, ``attention`` (the four projections of all blocks, and the
        norms of queries and keys if there are any), ``mlp`` (all experts and their routers),
        ``norms`` and ``head``, biases included.

    Raises
    ------
    ValueError
        If ``config`` is no configuration.

    >>> from tinytx.presets import PRESETS
    >>> parts = parameters(PRESETS["gpt2"])
    >>> parts["embedding"], sum(parts.values())
    (38597376, 124439808)
    """
    check_config(config)
    return config.parameter_counts(active)


def check_read(name: str, value: object, config: GPTConfig) -> None:
    """Refuse what is no number of positions that a model can read."""
    if not is_whole(value) or not 1 <= value <= config.context_length:
        raise ValueError(
            f"{name} is {value!r} and must be a whole number from 1 to context_length "
            f"{config.context_length}: a model cannot read more positions"
        )


def flops(config: GPTConfig, T: int) -> dict[str, int]:
    """Return the floating-point operations of a forward pass for *one* of T positions, by part.

    Each weight of a matrix meets one number and the product is added to a sum: 2 operations. So
    the projections, the MLP and the head cost twice their weights, whatever T is. One part has no
    weights: a query is compared with each of T keys, and as many values are added up. That is
    2 + 2 operations for each number of a key, ``4 * T * n_layer * n_head * d_head`` in all.
    Looking up an embedding costs nothing; the head costs, even if it shares the weight.

    A pass over B sequences of T costs ``B * T`` times as much, a step of training three times
    that, because the backward pass has two products where the forward has one. What the causal
    mask hides is counted, for it is computed first; a kernel that skips it does half of ``scores``.
    So is what lies outside of a ``window``. Of a mixture of experts, the router counts and those
    that a token is sent to.

    Parameters
    ----------
    config
        Sizes and choices.
    T
        How many positions are read, from 1 to ``context_length``.

    Returns
    -------
    parts
        ``attention`` (its four projections), ``scores`` (comparing and adding up), ``mlp``,
        ``head``.

    Raises
    ------
    ValueError
        If T is not a whole number from 1 to ``context_length``, or ``config`` no configuration.

    Source: Kaplan et al. 2020, section 2.1; Chowdhery et al. 2022 (PaLM), appendix B.

    >>> from tinytx.presets import PRESETS
    >>> flops(PRESETS["gpt2"], 1024)
    {'attention': 56623104, 'scores': 37748736, 'mlp': 113246208, 'head': 77194752}
    """
    check_config(config)
    check_read("T", T, config)
    V, D, L = config.vocab_size, config.d_model, config.n_layer
    F, width = config.d_ff, config.n_head * config.d_head
    asked, router = (config.n_active, config.n_expert * D) if config.n_expert else (1, 0)
    return {
        "attention": L * 2 * 2 * D * (width + config.kv_heads * config.d_head),
        "scores": L * 2 * 2 * int(T) * width,
        "mlp": L * 2 * (config.n_mlp * D * F * asked + router),
        "head": 2 * V * D,
    }


def memory(config: GPTConfig, dtype: str = "float32") -> dict[str, int]:
    """Return the bytes that a model takes, for using it and for training it with Adam.

    Training keeps four numbers for each parameter: weight, gradient, and Adam's two running means.
    In float32 that is 16 bytes. In bfloat16 it is 16 again: weight and gradient take 2 each, but a
    step is often too small to change a number of 8 significant bits, so the two means (8) and a
    copy of the weight (4) stay in float32. Numbers of half the size halve the memory for using a
    model, not for training it.

    Parameters
    ----------
    config
        Sizes and choices.
    dtype
        ``"float32"`` or ``"bfloat16"``.

    Returns
    -------
    bytes
        ``weights``; ``training`` (weights, gradients and Adam's state; no activations);
        ``kv_cache`` of one sequence of ``context_length`` positions, 2 numbers for each of a
        block's ``n_kv_head * d_head``: a key's and a value's. (``n_head`` if that is None.)

    Raises
    ------
    ValueError
        If ``dtype`` is another, or ``config`` no configuration.

    Source: Rajbhandari et al. 2020 (ZeRO), section 3.1.

    >>> config = GPTConfig(vocab_size=8, context_length=7, n_layer=1, n_head=2, d_model=6)
    >>> memory(config)
    {'weights': 2448, 'training': 9792, 'kv_cache': 336}
    """
    if dtype not in NUMBER:
        raise ValueError(f"dtype is {dtype!r} and must be one of {', '.join(map(repr, NUMBER))}")
    total = sum(parameters(config).values())
    cached = 2 * config.n_layer * config.kv_heads * config.d_head * config.context_length
    return {
        "weights": NUMBER[dtype] * total,
        "training": TRAINING[dtype] * total,
        "kv_cache": NUMBER[dtype] * cached,
    }
