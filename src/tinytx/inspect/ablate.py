"""Switch heads and MLPs off, in three ways that disagree.

Zero is a value that a head may never have put out, so what comes after it can be thrown off by more
than the loss of what the head knew. The mean over other texts takes away only what depends on the
text. A resampled value is one that the head did put out, elsewhere. Nothing is rescaled to make up
for what is gone. Source: Michel, Levy, Neubig 2019 (heads set to zero); Wang et al. 2022,
"Interpretability in the wild" (means); Chan et al. 2022, "Causal scrubbing" (resampling).
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np

from ..manual.shapes import is_whole
from ..wording import short
from .capture import Capture
from .looking import look
from .patch import check_name, patch
from .points import points

WAYS = ("zero", "mean", "resample")


@contextlib.contextmanager
def ablate(
    model: Any, heads: Sequence[Any], how: str = "zero", of: Any = None
) -> Iterator[dict[str, int]]:
    """Switch parts of ``model`` off while the block runs; it is a :func:`~tinytx.inspect.patch`.

    A head is switched off where it is read, in its output (B, T, Dh) before ``o_proj``: with
    ``"zero"`` that equals an ``o_proj`` whose columns for this head are zero. The bias of
    ``o_proj`` stays, and so do the other heads.

    Parameters
    ----------
    model
        A model of either engine. Names will do for any ``nn.Module``; ``(block, head)`` needs the
        package's blocks.
    heads
        Each is a pair ``(block, head)``, the same as a name, ``"blocks.0.attn.out.1"``, or another
        of the names of :class:`~tinytx.inspect.Capture`, such as ``"blocks.0.mlp"``: that part is
        switched off whole.
    how
        ``"zero"``; ``"mean"``, the mean over the rows of ``of``, each position's own;
        ``"resample"``, the values that the model has for ``of``.
    of
        Ids (B', T), for all but ``"zero"``, with as many positions as the model is called with; to
        resample, B' is 1 or as many rows as it is called with. The values are those of the model as
        it is on entry, in evaluation mode. Or what :func:`~tinytx.inspect.capture` saw of such ids:
        the values are then those, and many ablations need one look.

    Yields
    ------
    times
        By name, how often it has been switched off so far.

    Raises
    ------
    ValueError
        If a block, a head or a name is unknown, ``how`` is, or ``of`` is missing, not needed or
        does not fit; and what :func:`~tinytx.inspect.patch` raises.

    >>> import numpy as np
    >>> from tinytx import example
    >>> from tinytx.inspect import ablate, capture
    >>> model, ids = example.model().eval(), np.array([example.ids()])
    >>> with ablate(model, [(0, 1)]), capture(model) as seen:
    ...     logits = model(ids)
    >>> bool(seen["blocks.0.attn.out"][:, 0].any()), bool(seen["blocks.0.attn.out"][:, 1].any())
    (True, False)
    """
    if how not in WAYS:
        raise ValueError(f"how is {how!r} and must be one of {', '.join(map(repr, WAYS))}")
    if (of is None) != (how == "zero"):
        given = "None" if of is None else "given"
        needs = "no ids" if how == "zero" else "the ids, (B, T), that the values come from"
        raise ValueError(f"of is {given} and how={how!r} needs {needs}")
    parts = _parts(model, heads)
    changes = {}
    seen = {} if how == "zero" else of if isinstance(of, Capture) else look(model, of)
    for name, some in parts.items():
        if how != "zero" and name not in seen:
            raise ValueError(f"{name!r} puts out no array for of: name a module within it")
        value = seen.get(name)  # None for zero
        if value is not None and how == "mean":
            value = value.mean(axis=0, keepdims=True)
        changes[name] = partial(_switched_off, name, some, value)
    with patch(model, changes) as times:
        yield times


def _switched_off(name: str, heads: list[int] | None, value: Any, x: Any) -> Any:
    """Return ``x`` (B, ...), a copy, with ``value`` (B or 1, ...) in place of some or all of it.

    Where it is all of it, none of ``x`` is kept: in PyTorch no gradient goes back into the part.
    """
    if value is None:
        value = np.zeros((1, *x.shape[1:]))
    if value.shape[1:] != tuple(x.shape[1:]) or len(value) not in (1, len(x)):
        raise ValueError(
            f"of gives {name!r} the shape {value.shape} and the model gives it {tuple(x.shape)}: "
            "give ids of as many positions, in one row or as many (without a KV cache)"
        )
    if not isinstance(x, np.ndarray):
        from .hooks import like

        value = like(value, x)
        x = x.detach() if heads is None else x
    where = slice(None) if heads is None else (slice(None), heads)
    x[where] = value[where]
    return x


def _parts(model: Any, heads: Any) -> dict[str, list[int] | None]:
    """Return what to switch off by the name of its place: some heads there, or None for all."""
    if isinstance(heads, str) or not isinstance(heads, Sequence):
        raise ValueError(
            f"heads is {short(heads)} and must be a list, such as [(0, 1), 'blocks.0.mlp']"
        )
    known = points(model)
    parts: dict[str, list[int] | None] = {}
    for one in heads:
        name, head = _place(one, known)
        check_name("heads", name, known)
        some = parts.setdefault(name, [])
        if head is None:
            parts[name] = None
        elif some is not None:
            some.append(_checked(one, head, known[name].module.n_head))
    return parts


def _place(one: Any, known: Any) -> tuple[str, int | None]:
    """Return the name of a place, and which head there."""
    if isinstance(one, str):
        name, _, last = one.rpartition(".")
        is_head = one not in known and last.isdigit() and name.split(".")[-1] == "out"
        return (name, int(last)) if is_head else (one, None)
    if not isinstance(one, tuple | list) or len(one) != 2 or not all(map(is_whole, one)):
        raise ValueError(f"heads has {short(one)} and must have pairs (block, head) or names")
    block, head = map(int, one)
    if not any(name.startswith("blocks.0.") for name in known):
        raise ValueError(
            f"heads has {short(one)} and the model has no blocks of this package: give names"
        )
    n_layer = sum(name.startswith("blocks.") and name.count(".") == 1 for name in known)
    if not 0 <= block < n_layer:
        raise ValueError(f"heads has {short(one)} and the block must be from 0 to {n_layer - 1}")
    return f"blocks.{block}.attn.out", head


def _checked(one: Any, head: int, n_head: int) -> int:
    if not 0 <= head < n_head:
        raise ValueError(f"heads has {short(one)} and the head must be from 0 to {n_head - 1}")
    return head
