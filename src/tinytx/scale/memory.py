"""What a step of training holds in memory, on each of n ranks: weights and all that hangs on them.

*Model states* go with the number of parameters: weights, gradients, and what the optimizer keeps.
*Activations* go with the batch: what the forward leaves for the backward. Both are formulas here;
what a library takes beside them (buffers, fragments, the kernel's work space) is not in them: leave
room for it.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from ..config import GPTConfig, check_config
from ..inspect.sizes import NUMBER, parameters
from ..manual.shapes import check_count, check_not_below_0

MOMENTS = {"sgd": 0, "momentum": 1, "adamw": 2}  # float32 numbers that an optimizer keeps
STAGES = (0, 1, 2, 3)
GB = 1e9


class States(NamedTuple):
    """Bytes of model states on one rank."""

    weights: float
    gradients: float
    copy: float  # the float32 weights beside bfloat16 ones, to which small steps are added
    moments: float  # what the optimizer remembers

    @property
    def total(self) -> float:
        """All of it."""
        return sum(self)


def bytes_per_parameter(precision: str = "bfloat16", optimizer: str = "adamw") -> States:
    """Return what one parameter costs: 16 bytes with AdamW, in float32 and in mixed precision.

    float32: 4 weight + 4 gradient + 8 moments. bfloat16: 2 + 2 + 4 for a copy of the weight in
    float32 + 8. Source: Rajbhandari et al. 2020, section 3.1; see :func:`tinytx.inspect.memory`.

    >>> bytes_per_parameter("bfloat16"), bytes_per_parameter("bfloat16").total
    (States(weights=2, gradients=2, copy=4, moments=8), 16)
    """
    _check("precision", precision, NUMBER)
    _check("optimizer", optimizer, MOMENTS)
    each = NUMBER[precision]
    return States(each, each, 4 if each < 4 else 0, 4 * MOMENTS[optimizer])


def model_states(
    n_parameters: float,
    ranks: int = 1,
    stage: int = 0,
    precision: str = "bfloat16",
    optimizer: str = "adamw",
) -> States:
    """Return the bytes of model states on each of ``ranks``, by what is sharded.

    Stage 0 (plain data parallelism) shards nothing. ZeRO's stage 1 shards what the optimizer keeps
    (the float32 copy with it), 2 the gradients as well, 3 the weights as well (FSDP). Source:
    Rajbhandari et al. 2020, figure 1, whose example this is:

    >>> [round(model_states(7.5e9, 64, stage).total / GB, 1) for stage in (0, 1, 2, 3)]
    [120.0, 31.4, 16.6, 1.9]
    """
    check_not_below_0("n_parameters", n_parameters)
    _check("stage", stage, STAGES)
    check_count("ranks", ranks)
    each = bytes_per_parameter(precision, optimizer)
    shared = (stage >= 3, stage >= 2, stage >= 1, stage >= 1)
    return States(
        *(
            n_parameters * size / (ranks if cut else 1)
            for size, cut in zip(each, shared, strict=True)
        )
    )


def numbers_sent(n_parameters: float, ranks: int, stage: int = 0) -> float:
    """Return how many numbers each rank sends in a step, by rings.

    Up to stage 2 as many as an all-reduce of the gradients: 2 (n - 1) / n for each parameter. In
    stage 3 the weights are gathered for the forward and again for the backward, and the gradients
    scattered: 3 (n - 1) / n. Source: Rajbhandari et al. 2020, section 7.

    >>> numbers_sent(100, ranks=4, stage=1), numbers_sent(100, ranks=4, stage=3)
    (150.0, 225.0)
    """
    check_not_below_0("n_parameters", n_parameters)
    _check("stage", stage, STAGES)
    check_count("ranks", ranks)
    return (3 if stage == 3 else 2) * (ranks - 1) / ranks * n_parameters


class Activations(NamedTuple):
    """Bytes that a forward leaves for the backward."""

    blocks: float
    scores: float  # softmax's output, where attention is not fused
    ends: float  # embedding's output, last norm, head: logits in float32

    @property
    def total(self) -> float:
        """All of it."""
        return sum(self)


def activations(
    config: GPTConfig,
    batch: int,
    T: int,
    precision: str = "bfloat16",
    checkpointing: bool = False,
    fused: bool = True,
) -> Activations:
    """Return the bytes of activations of ``batch`` texts of T tokens on one rank.

    Counted is what each operation's backward reads: inputs of norms and products, queries, keys
    and values, both sides of the activation function. Without dropout, whose masks would add to it.
    For GPT-2's block in 16 bits that is 32 · B · T · D bytes, and 2 · B · H · T² for the scores
    unless attention is fused; with dropout's masks it would be the 34 and 5 of Korthikanti et al.
    2022, equation 1.

    With weights and activations of one precision this package's GPT-2 keeps within 1 % of that in
    PyTorch; its Llama keeps a sixth more in float32 and a third more in 16 bits, because its norms
    and repeated keys are written out and not fused. Norms of queries and keys add a quarter, a
    ``padding_id`` a tenth; a ReLU takes a fifth away, whose output says enough of its input. Under
    autocast (``tinytx train --precision bfloat16``) what is added up and the norms' inputs stay in
    float32: GPT-2 keeps a fifth more, Llama two fifths, and the weights' copies in 16 bits are kept
    too, which :class:`States` counts as its weights.

    Parameters
    ----------
    config
        Sizes and choices. Of a mixture of experts, ``n_active`` count.
    batch, T
        B and T.
    precision
        Of all but the logits' own part.
    checkpointing
        Keep each block's input only, and all of one block at a time.
    fused
        No (T, T) weights in memory, but their log-sum-exp, one float32 number a row.
    """
    check_config(config)
    _check("precision", precision, NUMBER)
    check_count("batch", batch)
    check_count("T", T)
    D, L, c = config.d_model, config.n_layer, config
    width, kv = c.n_head * c.d_head, c.kv_heads * c.d_head
    # norm, q, k, v and what they read; attention's output; norm, and what the MLP reads
    attention = 2 * D + width + 2 * kv + width
    # before and after the activation; gated: the gate before and after, what it is multiplied with,
    # and the product
    hidden = (2 if c.n_mlp == 2 else 4) * c.d_ff
    mlp = 2 * D + hidden * (c.n_active if getattr(c, "n_expert", None) else 1)
    each = NUMBER[precision]
    tokens = batch * T
    block = each * tokens * (attention + mlp)
    rows = tokens * c.n_head * (4 if fused else each * T)
    ends = each * tokens * 2 * D + 4 * tokens * c.vocab_size
    if checkpointing:
        return Activations(L * each * tokens * D + block, rows, ends)
    return Activations(L * block, L * rows, ends)


class Plan(NamedTuple):
    """What one rank holds in a step of training, in bytes."""

    states: States
    activations: Activations

    @property
    def total(self) -> float:
        """All of it."""
        return self.states.total + self.activations.total

    def fits(self, gigabytes: float) -> bool:
        """Return whether it is at most ``gigabytes`` (of 10^9 bytes), with nothing to spare."""
        check_not_below_0("gigabytes", gigabytes)
        return self.total <= gigabytes * GB


def plan(
    config: GPTConfig,
    batch: int = 1,
    T: int | None = None,
    *,
    ranks: int = 1,
    stage: int = 0,
    precision: str = "bfloat16",
    optimizer: str = "adamw",
    checkpointing: bool = False,
    fused: bool = True,
) -> Plan:
    """Return what each rank holds; ``batch`` is a rank's own, T its context if not given.

    >>> from tinytx.scale.known import KNOWN
    >>> alone = plan(KNOWN["Llama 2 7B"], batch=1, T=4096, checkpointing=True)
    >>> round(alone.states.total / GB), round(alone.activations.total / GB, 1), alone.fits(80)
    (108, 2.3, False)
    >>> plan(KNOWN["Llama 2 7B"], T=4096, checkpointing=True, ranks=8, stage=3).fits(24)
    True
    """
    n = sum(parameters(config).values())
    T = config.context_length if T is None else T
    return Plan(
        model_states(n, ranks, stage, precision, optimizer),
        activations(config, batch, T, precision, checkpointing, fused),
    )


def _check(name: str, value: object, known: Collection[object]) -> None:
    if value not in known:
        raise ValueError(f"{name} is {value!r} and must be one of {', '.join(map(repr, known))}")
