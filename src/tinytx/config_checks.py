"""What a model's configuration refuses: one line that names the field, its value and the limit."""

from __future__ import annotations

from typing import Any, TypeGuard

from .wording import short

LARGEST = 2**63  # no array has so many entries


def check_size(name: str, value: object) -> None:
    """Refuse what is no size: a whole number of at least 1 that an array can have."""
    if type(value) is not int or value < 1:
        raise ValueError(f"{name} is {value!r} and must be an integer of at least 1")
    if value >= LARGEST:
        raise ValueError(f"{name} is {short(value)} and must be below 2**63, as an array's sizes")


def check_split(n_head: Any, d_model: Any) -> None:
    """Refuse heads that do not share ``d_model`` out evenly."""
    check_size("n_head", n_head)
    check_size("d_model", d_model)
    if d_model % n_head:
        raise ValueError(
            f"n_head is {n_head} and does not divide d_model {d_model}: "
            "choose sizes that divide, or give d_head"
        )


def check_choice(name: str, value: object, known: tuple[object, ...]) -> None:
    """Refuse what is none of the ``known`` values, or of another type."""
    if type(value) is not type(known[0]) or value not in known:
        raise ValueError(f"{name} is {value!r} and must be one of {', '.join(map(repr, known))}")


def is_number(value: object) -> TypeGuard[float]:
    """Return whether it is a number of Python's own, True and False being none."""
    return type(value) in (int, float)


def check_eps(eps: object) -> None:
    """Refuse what cannot keep a constant vector from a division by zero."""
    if not (is_number(eps) and 0 < eps < float("inf")):
        raise ValueError(f"norm_eps is {eps!r} and must be a number above 0")


def check_rotary(base: object, factor: object, original: object) -> None:
    """Refuse a base that turns nothing, and what cannot slow it down."""
    if not (is_number(base) and 1 < base < float("inf")):
        raise ValueError(f"rotary_base is {base!r} and must be a number above 1")
    if not (is_number(factor) and 0 < factor < float("inf")):
        raise ValueError(
            f"rotary_factor is {factor!r} and must be a number above 0: positions are divided by it"
        )
    if original is not None:
        check_size("rotary_original", original)


def check_pairs(d_head: int) -> None:
    """Refuse heads whose numbers cannot be turned two by two."""
    if d_head % 2:
        raise ValueError(
            f"d_head is {d_head} and must be even beside rotary positions, which turn its "
            "numbers in pairs: give another d_head"
        )


def check_scale(scale: object) -> None:
    """Refuse a scale of the scores that is no number above 0; None stands for the usual one."""
    if scale is not None and not (is_number(scale) and 0 < scale < float("inf")):
        raise ValueError(
            f"attention_scale is {scale!r} and must be a number above 0, or None for "
            "1 / sqrt(d_head)"
        )


def check_kv_heads(n_kv_head: int | None, n_head: int) -> None:
    """Refuse heads of keys and values that do not share the query heads out evenly."""
    if n_kv_head is None:
        return
    check_size("n_kv_head", n_kv_head)
    if n_head % n_kv_head:
        raise ValueError(
            f"n_kv_head is {n_kv_head} and does not divide n_head {n_head}: each "
            "head of keys and values serves as many query heads as the others"
        )


def check_window(window: int | None, sinks: int, causal: bool) -> None:
    """Refuse a window that is none, or has nothing to narrow; and sinks without a window."""
    if type(sinks) is not int or sinks < 0:
        raise ValueError(f"sinks is {sinks!r} and must be an integer of at least 0")
    if window is None:
        if sinks:
            raise ValueError(
                f"sinks is {sinks} and window is None: all positions are seen, give a window"
            )
        return
    check_size("window", window)
    if not causal:
        raise ValueError(
            f"window is {window} and causal is False: a window looks back alone, leave it out"
        )


def check_experts(n_expert: int | None, n_active: int, balance: object) -> None:
    """Refuse experts that are none, more choices than experts, and a balance below 0."""
    if n_expert is not None:
        check_size("n_expert", n_expert)
    check_size("n_active", n_active)
    if n_expert is not None and n_active > n_expert:
        raise ValueError(
            f"n_active is {n_active} and must be at most n_expert {n_expert}: a "
            "token is sent to different experts"
        )
    if not (is_number(balance) and 0 <= balance < float("inf")):
        raise ValueError(
            f"balance is {balance!r} and must be a number of at least 0, which leaves the "
            "balance loss out"
        )


def check_padding(padding_id: object, vocab_size: int) -> None:
    """Refuse a padding id that is no id."""
    if padding_id is not None and (type(padding_id) is not int or not 0 <= padding_id < vocab_size):
        raise ValueError(
            f"padding_id is {padding_id!r} and must be None or an id from 0 to {vocab_size - 1}"
        )
