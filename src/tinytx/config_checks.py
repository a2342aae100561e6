"""What a model's configuration refuses: one line that names the field, its value and the limit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .wording import short

if TYPE_CHECKING:
    from .config import GPTConfig

LARGEST = 2**63  # no array has so many entries


def check_size(name: str, value: object) -> None:
    """Refuse what is no size: a whole number of at least 1 that an array can have."""
    if type(value) is not int or value < 1:
        raise ValueError(f"{name} is {value!r} and must be an integer of at least 1")
    if value >= LARGEST:
        raise ValueError(f"{name} is {short(value)} and must be below 2**63, as an array's sizes")


def check_split(n_head: object, d_model: object) -> None:
    """Refuse heads that do not share ``d_model`` out evenly."""
    check_size("n_head", n_head)
    check_size("d_model", d_model)
    if d_model % n_head:  # type: ignore[operator]
        raise ValueError(
            f"n_head is {n_head} and does not divide d_model {d_model}: "
            "choose sizes that divide, or give d_head"
        )


def check_choice(name: str, value: object, known: tuple[object, ...]) -> None:
    """Refuse what is none of the ``known`` values, or of another type."""
    if type(value) is not type(known[0]) or value not in known:
        raise ValueError(f"{name} is {value!r} and must be one of {', '.join(map(repr, known))}")


def is_number(value: object) -> bool:
    """Return whether it is a number of Python's own, True and False being none."""
    return type(value) in (int, float)


def check_eps(eps: object) -> None:
    """Refuse what cannot keep a constant vector from a division by zero."""
    if not (is_number(eps) and 0 < eps < float("inf")):  # type: ignore[operator]
        raise ValueError(f"norm_eps is {eps!r} and must be a number above 0")


def check_rotary(config: GPTConfig) -> None:
    """Refuse a base that turns nothing, what cannot slow it down, and heads not in pairs."""
    base, factor = config.rotary_base, config.rotary_factor
    if not (is_number(base) and 1 < base < float("inf")):
        raise ValueError(f"rotary_base is {base!r} and must be a number above 1")
    if not (is_number(factor) and 0 < factor < float("inf")):
        raise ValueError(
            f"rotary_factor is {factor!r} and must be a number above 0: positions are divided by it"
        )
    if config.rotary_original is not None:
        check_size("rotary_original", config.rotary_original)
    if config.positions == "rotary" and config.d_head % 2:
        raise ValueError(
            f"d_head is {config.d_head} and must be even beside rotary positions, which turn its "
            "numbers in pairs: give another d_head"
        )


def check_scale(scale: object) -> None:
    """Refuse a scale of the scores that is no number above 0; None stands for the usual one."""
    if scale is not None and not (is_number(scale) and 0 < scale < float("inf")):  # type: ignore[operator]
        raise ValueError(
            f"attention_scale is {scale!r} and must be a number above 0, or None for "
            "1 / sqrt(d_head)"
        )


def check_kv_heads(config: GPTConfig) -> None:
    """Refuse heads of keys and values that do not share the query heads out evenly."""
    if config.n_kv_head is None:
        return
    check_size("n_kv_head", config.n_kv_head)
    if config.n_head % config.n_kv_head:
        raise ValueError(
            f"n_kv_head is {config.n_kv_head} and does not divide n_head {config.n_head}: each "
            "head of keys and values serves as many query heads as the others"
        )


def check_window(config: GPTConfig) -> None:
    """Refuse a window that is none, or has nothing to narrow; and sinks without a window."""
    if type(config.sinks) is not int or config.sinks < 0:
        raise ValueError(f"sinks is {config.sinks!r} and must be an integer of at least 0")
    if config.window is None:
        if config.sinks:
            raise ValueError(
                f"sinks is {config.sinks} and window is None: all positions are seen, give a window"
            )
        return
    check_size("window", config.window)
    if not config.causal:
        raise ValueError(
            f"window is {config.window} and causal is False: a window looks back alone, leave it "
            "out"
        )


def check_experts(config: GPTConfig) -> None:
    """Refuse experts that are none, more choices than experts, and a balance below 0."""
    if config.n_expert is not None:
        check_size("n_expert", config.n_expert)
    check_size("n_active", config.n_active)
    if config.n_expert is not None and config.n_active > config.n_expert:
        raise ValueError(
            f"n_active is {config.n_active} and must be at most n_expert {config.n_expert}: a "
            "token is sent to different experts"
        )
    if not (is_number(config.balance) and 0 <= config.balance < float("inf")):
        raise ValueError(
            f"balance is {config.balance!r} and must be a number of at least 0, which leaves the "
            "balance loss out"
        )


def check_padding(padding_id: object, vocab_size: int) -> None:
    """Refuse a padding id that is no id."""
    if padding_id is not None and (type(padding_id) is not int or not 0 <= padding_id < vocab_size):
        raise ValueError(
            f"padding_id is {padding_id!r} and must be None or an id from 0 to {vocab_size - 1}"
        )
