"""Writing, measured: what a batch brings, what the KV cache saves, how much of the bus is used.

To make one more token, every weight is read once, whatever the batch: with one row each number that
comes over the bus is used for two operations and dropped. So a small batch is bounded by bandwidth,
and a larger one writes more tokens in nearly the same time, until arithmetic is the limit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from statistics import median
from typing import Any, NamedTuple

import numpy as np

from ..config import GPTConfig
from ..generation.engine import engine_of
from ..manual.shapes import check_count, is_whole
from .machine import Machine
from .timing import Ratio, in_turn, ratio, repeated
from .work import products

TOKENS = 16  # in a row; one alone is over before the processor's caches are warm


class Rate(NamedTuple):
    """How fast one model writes with one batch."""

    name: str
    batch: int
    tokens_per_second: float  # of all rows together, the median round
    gain: Ratio  # to the same model with the first batch


class Saved(NamedTuple):
    """One more token after so many, with a KV cache and without."""

    length: int
    seconds: float  # with it
    gain: Ratio  # how many times longer it takes without


class BusShare(NamedTuple):
    """How much of a machine's bandwidth a decoder uses to read weights."""

    bytes_per_token: int
    tokens_per_second: float  # of the fastest round: a limit is compared with the best
    share: float


def decoding_rates(
    models: Mapping[str, Any],
    batches: Sequence[int] = (1, 4, 16),
    length: int | None = None,
    rounds: int = 5,
) -> list[Rate]:
    """Return tokens per second for each model and batch, all measured in turn.

    Parameters
    ----------
    models
        By name; of either engine.
    batches
        How many rows are written at once. The gains refer to the first.
    length
        How many tokens each row has before; half of the context if None.
    rounds
        How often each is measured, at least 3.

    Raises
    ------
    ValueError
        If a number is not a whole one in its limits, or the context has no room for 16 more tokens.
    """
    works: dict[tuple[str, int], Callable[[], object]] = {}
    for name, model in models.items():
        before = _before(model.config, length)
        for batch in batches:
            check_count("batch", batch)
            works[name, batch] = writer(model, batch, before)
    times = in_turn({key: partial(repeated, work) for key, work in works.items()}, rounds)
    found = []
    for name, batch in works:
        first, mine = times[name, batches[0]], times[name, batch]
        gain = ratio([batch * a / batches[0] for a in first], mine)
        found.append(Rate(name, batch, batch * TOKENS / median(mine), gain))
    return found


def cache_gain(model: Any, lengths: Sequence[int], rounds: int = 5) -> list[Saved]:
    """Return, for one more token after each of ``lengths``, what the KV cache saves.

    Without it all tokens are read again. Measured are the cached decoder, as it is used by
    ``generate``, and a forward over the whole text.
    """
    works: dict[tuple[int, bool], Callable[[], object]] = {}
    for length in lengths:
        _before(model.config, length)
        works[length, True] = writer(model, 1, length)
        works[length, False] = _reader(model, length)
    times = in_turn({key: partial(repeated, work) for key, work in works.items()}, rounds)
    found = []
    for length in lengths:
        cached = [t / TOKENS for t in times[length, True]]
        found.append(Saved(length, median(cached), ratio(times[length, False], cached)))
    return found


def bus_share(model: Any, machine: Machine, length: int | None = None, rounds: int = 5) -> BusShare:
    """Return the share of the bandwidth that reading the weights takes, one row being written.

    Every weight that multiplies is read for each token: :func:`weight_bytes` times tokens per
    second, over the machine's bandwidth. Weights that fit into the last cache do not cross the bus
    each time: the share can then be above 1.
    """
    work = writer(model, 1, _before(model.config, length))
    (times,) = in_turn({"": lambda: repeated(work)}, rounds).values()
    rate, n_bytes = TOKENS / min(times), weight_bytes(model.config, machine.number)
    return BusShare(n_bytes, rate, n_bytes * rate / 1e9 / machine.gbytes)


def weight_bytes(config: GPTConfig, number: int = 4) -> int:
    """Return the bytes of all weights that are multiplied by for one more token.

    Of an embedding that is not tied one row is read, of norms and biases next to nothing.

    >>> from tinytx.presets import PRESETS
    >>> weight_bytes(PRESETS["gpt2"])
    494128128
    """
    return number * sum(one.times * one.d_in * one.d_out for one in products(config))


def writer(model: Any, batch: int, length: int) -> Callable[[], None]:
    """Return what writes :data:`TOKENS` tokens behind ``length`` others, always the same places."""
    engine = engine_of(model)
    ids = np.zeros((batch, length), np.int64) + np.arange(length) % model.config.vocab_size
    cache = engine.cache(batch)
    engine.forward(ids, cache=cache)
    decoder = engine.decoder(cache)

    def work() -> None:
        new = ids[:, -1]
        for place in range(length, length + TOKENS):
            new = decoder.step(new, place).argmax(-1)

    return work


def _reader(model: Any, length: int) -> Callable[[], None]:
    engine = engine_of(model)
    ids = np.arange(length + 1)[None] % model.config.vocab_size

    def work() -> None:
        engine.likeliest(engine.forward(ids)[:, -1:])

    return work


def _before(config: GPTConfig, length: int | None) -> int:
    """Return how many tokens are there before, with room behind them."""
    most = config.context_length - TOKENS
    if length is None:
        length = max(1, min(most, config.context_length // 2))
    if not is_whole(length) or not 1 <= length <= most:
        raise ValueError(
            f"length is {length!r} and must be from 1 to {most}: context_length is "
            f"{config.context_length}, and {TOKENS} tokens are written"
        )
    return length
