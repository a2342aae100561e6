"""The reshape tracer: a tensor whose entries name their own coordinates, on its way into heads."""

from __future__ import annotations

import html
from typing import NamedTuple

import numpy as np

from .arrays import unboxed
from .component import Figure, table

LIMITS = {"B": (1, 2), "T": (2, 5), "H": (2, 4), "Dh": (2, 4)}
KINDS = {"start": "", "view": "a view, ", "copy": "a copy, ", "new": "new memory, "}
PATHS = {"right": "split_heads and merge_heads", "wrong": "plain reshapes"}


class Step(NamedTuple):
    """One tensor on the way, as NumPy made it."""

    code: str
    axes: str
    value: np.ndarray
    """Where each entry stood in x at first."""
    kind: str
    """``start``, ``view`` (the same memory, read otherwise), ``copy`` or ``new`` memory."""

    @property
    def strides(self) -> tuple[int, ...]:
        """How many places in memory one step along each axis is."""
        return tuple(stride // self.value.itemsize for stride in self.value.strides)

    @property
    def contiguous(self) -> bool:
        """Whether memory holds the entries in the order of the indices."""
        return self.value.flags.c_contiguous


class ReshapeTracer(Figure):
    """Follow one entry from (B, T, D) to (B, H, T, Dh) and back, by its name.

    Each entry is called after its position, its head and its place in the head: ``i1·h0·d2``.
    Point at it and it lights up in every step, with its index, its offset in memory and the
    strides that lead there. Steps say whether they look at the same memory (a view) or had to copy
    it. The wrong path reshapes straight to (B, H, T, Dh): the shape is right, and heads get a mix
    of positions.

    Parameters
    ----------
    B
        Sequences, 1 or 2.
    T
        Positions, 2 to 5.
    H
        Heads, 2 to 4.
    Dh
        Numbers in each head, 2 to 4. The reader can change T, H and Dh.
    path
        Which one shows first, ``"right"`` or ``"wrong"``.

    Raises
    ------
    ValueError
        If a size is out of its limits or the path has another name.

    >>> print(ReshapeTracer(T=2, H=2, Dh=2).words().splitlines()[9].strip())
    strides (8, 2, 4, 1), a view, not contiguous
    """

    kind = "reshape-tracer"
    scripts = ("parts.js", "strides.js", "reshape-view.js", "reshape-tracer.js")
    styles = ("parts.css", "reshape-tracer.css")

    def __init__(self, B: int = 1, T: int = 3, H: int = 2, Dh: int = 3, path: str = "right"):
        given = {"B": B, "T": T, "H": H, "Dh": Dh}
        self.sizes = {name: unboxed(size) for name, size in given.items()}
        for name, size in self.sizes.items():
            low, high = LIMITS[name]
            if type(size) is not int or not low <= size <= high:
                raise ValueError(
                    f"ReshapeTracer: {name} is {size!r}, the limit is {low} to {high}; "
                    "a small tensor shows the same"
                )
        if path not in PATHS:
            raise ValueError(
                f"ReshapeTracer: path is {path!r} and must be 'right' or 'wrong'; "
                "the reader can switch it"
            )
        self.path = path

    def data(self) -> dict[str, object]:
        """Return the sizes; the page follows the entries by itself."""
        return {"sizes": self.sizes, "path": self.path, "limits": LIMITS}

    def words(self) -> str:
        """Return the steps of both paths, and the first row of each."""
        lines = [f"ReshapeTracer: {', '.join(f'{n} = {v}' for n, v in self.sizes.items())}"]
        for path in PATHS:
            lines.append(f"The {path} way, by {PATHS[path]}:")
            for number, step in enumerate(self.steps(path)):
                row = step.value[(0,) * (step.value.ndim - 1)]
                lines.append(f"  {number}. {step.code}: {step.axes} = {step.value.shape}")
                lines.append(f"     {self._layout(step)}")
                lines.append(f"     first row: {' '.join(map(self.name, row))}")
        return "\n".join([*lines, self._verdict()])

    def fallback(self) -> str:
        """Return the steps as tables: what each is, and what its rows hold."""
        parts = []
        for path in PATHS:
            rows = [
                (f"{step.code}", step.axes, step.value.shape, self._layout(step))
                for step in self.steps(path)
            ]
            head = ("step", "axes", "shape", "memory")
            parts.append(table(f"The {path} way, by {PATHS[path]}", head, rows))
            parts.append(self._heads(path))
        return "".join(parts) + f"<p>{html.escape(self._verdict())}</p>"

    def steps(self, path: str) -> list[Step]:
        """Return the tensors of one path, made by NumPy.

        Attention itself is left out: its output stands where the query stood, in new memory.
        """
        B, T, H, Dh = self.sizes.values()
        x = np.arange(B * T * H * Dh).reshape(B, T, H * Dh)
        start = Step("x", "(B, T, D)", x, "start")
        if path == "wrong":
            mixed = x.reshape(B, H, T, Dh)
            out = mixed.copy()
            return [
                start,
                _step(f"x.reshape{mixed.shape}", "(B, H, T, Dh)", mixed, x),
                Step("out, from attention", "(B, H, T, Dh)", out, "new"),
                _step(f"out.reshape{x.shape}", "(B, T, D)", out.reshape(B, T, H * Dh), out),
            ]
        split = x.reshape(B, T, H, Dh)
        heads = split.swapaxes(1, 2)
        out = heads.copy()
        back = out.swapaxes(1, 2)
        return [
            start,
            _step(f"x.reshape{split.shape}", "(B, T, H, Dh)", split, x),
            _step(".transpose(1, 2)", "(B, H, T, Dh)", heads, split),
            Step("out, from attention", "(B, H, T, Dh)", out, "new"),
            _step("out.transpose(1, 2)", "(B, T, H, Dh)", back, out),
            _step(f".reshape{x.shape}", "(B, T, D)", back.reshape(B, T, H * Dh), back),
        ]

    def name(self, entry: int) -> str:
        """Return what an entry is called, by where it stood in x.

        >>> ReshapeTracer().name(8)
        'i1·h0·d2'
        """
        B, T, H, Dh = self.sizes.values()
        b, i, h, d = np.unravel_index(int(entry), (B, T, H, Dh))
        return (f"b{b}·" if B > 1 else "") + f"i{i}·h{h}·d{d}"

    def strays(self) -> int:
        """Return how many entries the wrong way puts where another one belongs."""
        right, wrong = self.steps("right")[2].value, self.steps("wrong")[1].value
        return int((right != wrong).sum())

    def _heads(self, path: str) -> str:
        heads = next(step for step in self.steps(path) if step.axes == "(B, H, T, Dh)")
        B, H, T, Dh = heads.value.shape
        rows = [
            (f"[{b}, {h}, {i}]", *map(self.name, heads.value[b, h, i]))
            for b, h, i in np.ndindex(B, H, T)
        ]
        columns = ("index", *(str(d) for d in range(Dh)))
        return table(f"What the heads get on the {path} way", columns, rows)

    def _layout(self, step: Step) -> str:
        order = "contiguous" if step.contiguous else "not contiguous"
        return f"strides {step.strides}, {KINDS[step.kind]}{order}"

    def _verdict(self) -> str:
        return (
            f"The wrong way puts {self.strays()} of {np.prod(list(self.sizes.values()))} entries "
            "where others belong. Reshaped back they are all in place again: a round trip does "
            "not find it."
        )


def _step(code: str, axes: str, value: np.ndarray, before: np.ndarray) -> Step:
    return Step(code, axes, value, "view" if np.shares_memory(value, before) else "copy")
