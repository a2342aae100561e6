"""Parts of a model, and what surrounds it: evaluation mode, tied weights, attention, data."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ...manual.loss import IGNORE_INDEX
from .result import Result, not_here, within
from .subject import as_array
from .subjects import subject_of

TIES = ("tie_weights", "tie_word_embeddings")


def deterministic(model: Any) -> Result:
    """Tell whether evaluation gives the same logits twice. Value: the largest difference.

    Dropout that is left on, wherever in the model it is, makes them differ.
    """
    subject = subject_of(model)
    ids = subject.draw(2, np.random.default_rng(0))
    apart = np.abs(subject.logits(ids) - subject.logits(ids)).max()
    return within(
        "evaluation repeats", float(apart), 1e-5,
        "evaluation gives the same logits twice",
        "evaluation gives other logits the second time, by up to {value:.2g}: is dropout on?",
    )  # fmt: skip


def tied(model: Any) -> Result:
    """Tell whether weights that should be one are one tensor, and not a copy of another.

    A copy starts equal and is trained apart. Two matrices with the same numbers, neither constant,
    are a copy; and so is a head of its own where the configuration says that it is tied. Value:
    how many parameters are copies.
    """
    subject = subject_of(model)
    if subject.kind == "function":
        return not_here("tied weights", "there are no parameters to look at")
    arrays = {n: as_array(a) for n, a in subject.parameters().items() if a.ndim > 1}
    copies = [b for a, b in _pairs(arrays) if _is_copy(arrays[a], arrays[b])]
    says = any(getattr(subject.config, name, False) for name in TIES)
    names = list(_all_names(subject.model))
    if says and not copies:  # trained apart already: the head is a parameter of its own
        heads = [n for n in arrays if n.split(".")[0] in ("lm_head", "head") and n in names]
        copies = heads if len(_table_sized(arrays, subject.vocab_size)) > 1 else []
    good = "shared weights are one tensor" if says else "no weight is a copy of another"
    bad = f"{', '.join(copies)} is a copy: equal at the start, trained apart"
    return within("tied weights", len(copies), 0, good, bad)


def _pairs(arrays: dict[str, np.ndarray]) -> Iterator[tuple[str, str]]:
    names = list(arrays)
    return ((a, b) for i, a in enumerate(names) for b in names[i + 1 :])


def _is_copy(a: np.ndarray, b: np.ndarray) -> bool:
    return a.shape == b.shape and a.size > 1 and np.ptp(a) > 0 and bool((a == b).all())


def _table_sized(arrays: dict[str, np.ndarray], V: int) -> list[str]:
    shapes = [a.shape for n, a in arrays.items() if len(a) == V and n.split(".")[0] == "lm_head"]
    return [n for n, a in arrays.items() if a.shape in shapes]


def _all_names(model: Any) -> Iterator[str]:
    return (name for name, _ in model.named_parameters())


def attention(attend: Callable[..., Any], wrap: Callable[[np.ndarray], Any] = np.array) -> Result:
    """Tell whether a causal attention is ``softmax(q k^T / sqrt(Dh)) v``, by its weights.

    Handed the unit matrix as values, attention returns its own weights. Value: the largest
    difference from the right ones; the meaning says in what they differ.

    Parameters
    ----------
    attend
        A function of q, k, v, (B, H, T, Dh) each, that returns (B, H, T, Dh). It is causal.
    wrap
        Turns an array into what it takes, such as ``torch.tensor``.
    """
    rng = np.random.default_rng(0)
    T = Dh = 8
    q, k = rng.standard_normal((2, 2, 3, T, Dh))
    v = np.broadcast_to(np.eye(T, Dh), (2, 3, T, Dh))
    found = as_array(attend(*(wrap(np.array(one)) for one in (q, k, v)))).astype(float)
    products = q @ k.swapaxes(-1, -2)
    right = _softmax(np.where(np.tri(T, dtype=bool), products / math.sqrt(Dh), -np.inf))
    return within(
        "attention weights", float(np.abs(found - right).max()), 1e-5,
        "each query's weights are the causal softmax of q · k / √Dh",
        f"{_differ(found, products, Dh)}",
    )  # fmt: skip


def _differ(found: np.ndarray, products: np.ndarray, Dh: int) -> str:
    """Say in what the weights of a causal attention are not what they should be."""
    T = found.shape[-1]
    if np.abs(np.triu(found, 1)).max() > 1e-5:
        return f"a query gives later keys up to {np.triu(found, 1).max():.2f} of its weight"
    sums = found.sum(-1)
    if np.abs(sums - 1).max() > 1e-5:
        return f"the weights of a query sum to between {sums.min():.2f} and {sums.max():.2f}, not 1"
    seen = np.tri(T, dtype=bool)[:, :1] & np.tri(T, dtype=bool)
    logs = np.log(np.where(seen & (found > 0), found, 1.0))
    rises, runs = np.diff(logs[..., -1, :]).ravel(), np.diff(products[..., -1, :]).ravel()
    factor = float(rises @ runs / (runs @ runs))
    return f"scores are q · k times {factor:.2f}, and 1 / √Dh is {1 / math.sqrt(Dh):.2f}"


def _softmax(scores: np.ndarray) -> np.ndarray:
    e = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def shifted(batch: tuple[Any, Any], ignore_index: int = IGNORE_INDEX) -> Result:
    """Tell whether each target is the token that comes next in its row.

    Value: the share of targets that are not.

    Parameters
    ----------
    batch
        (ids, targets), (B, T) each, as training gets them.
    ignore_index
        Marks targets that do not count.

    >>> text = np.arange(12).reshape(2, 6)
    >>> shifted((text[:, :-1], text[:, 1:]))
    targets shifted: passed, each target is the token that comes next
    >>> shifted((text[:, :-1], text[:, :-1]))
    targets shifted: FAILED, 100% of the targets are not what comes next (100% are the input)
    """
    ids, targets = map(as_array, batch)
    wanted, given, asked = ids[:, 1:], ids[:, :-1], targets[:, :-1]
    counted = asked != ignore_index
    if not counted.any():
        return not_here("targets shifted", "no target counts that has a next token in its row")
    wrong = float((asked != wanted)[counted].mean())
    same = float((asked == given)[counted].mean())
    return within(
        "targets shifted", wrong, 0,
        "each target is the token that comes next",
        f"{{value:.0%}} of the targets are not what comes next ({same:.0%} are the input)",
    )  # fmt: skip


def padding(loss: Callable[[int], float], lengths: tuple[int, int]) -> Result:
    """Tell whether a text's loss is the same however far it is padded.

    Value: by how many nats it differs.

    Parameters
    ----------
    loss
        Called with each of the lengths: the mean loss of *one* text, padded to that length.
    lengths
        Two, the first at least the text's own.
    """
    short, long = (float(loss(length)) for length in lengths)
    return within(
        "padding not counted", abs(long - short), 1e-4,
        "a text's loss is the same however far it is padded",
        f"padded to {lengths[0]} a text has a loss of {short:.3f}, to {lengths[1]} {long:.3f}",
    )  # fmt: skip


def held_apart(train: np.ndarray, held_out: np.ndarray, *, most: float = 0.5) -> Result:
    """Tell whether held-out windows have been seen in training.

    Value: the share of them whose first or last three quarters stand in a training window. Not the
    whole, because windows that overlap are not equal. Some text repeats by itself: of *The Raven*
    a third does.

    Parameters
    ----------
    train, held_out
        (N, T) and (M, T) ids, from texts without end, of whatever integer types; T is at least 2.
    most
        The share that is taken as chance.

    Raises
    ------
    ValueError
        If the windows are of different lengths, or of fewer than 2 ids.

    >>> text = np.random.default_rng(0).integers(50, size=1000)
    >>> windows = np.lib.stride_tricks.sliding_window_view(text, 16)
    >>> held_apart(windows[:800], windows[820:])
    held-out apart: passed, 0% of the held-out windows were seen in training
    >>> held_apart(windows[::2], windows[1::2])
    held-out apart: FAILED, 100% of the held-out windows were seen in training
    """
    train, held_out = (np.asarray(one, dtype=np.int64) for one in (train, held_out))
    if train.ndim != 2 or train.shape[1] < 2 or train.shape[1:] != held_out.shape[1:]:
        raise ValueError(
            f"train and held_out have the shapes {train.shape} and {held_out.shape} and must be "
            "(N, T) and (M, T), T at least 2: cut both texts into windows of one length"
        )
    n = 3 * train.shape[1] // 4
    pieces = np.lib.stride_tricks.sliding_window_view(train, n, axis=1).reshape(-1, n)
    seen = {piece.tobytes() for piece in np.ascontiguousarray(pieces)}
    ends = [np.ascontiguousarray(held_out[:, part]) for part in (slice(n), slice(-n, None))]
    known = [any(end.tobytes() in seen for end in pair) for pair in zip(*ends, strict=True)]
    said = "{value:.0%} of the held-out windows were seen in training"
    return within("held-out apart", float(np.mean(known)), most, said, said)
