"""The residual stream of a real model as a diagram, with what was measured at every point of it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from functools import cache

from tinytx.config import GPTConfig
from tinytx.inspect.residual import ResidualNorms, residual_norms

from .component import Figure, table

DEPTHS = (1, 2, 4, 8, 16, 32)
NORMS = {"pre": "pre-norm", "post": "post-norm", "none": "no residual"}
DEEPEST = 64
MOST = 120  # measurements
SMALL = 1e-3  # below it a number is written with a power of ten
RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


class ResidualStream(Figure):
    """One block of a model, drawn, with the size of signal and gradient at every point.

    A slider goes through the blocks, a chart shows all of them at once. Depth, norm and
    initialization can be switched as far as they were measured. Sizes are root mean squares, to
    three significant digits.

    Parameters
    ----------
    measured
        What :func:`tinytx.inspect.residual_norms` gave, one or a list. A list must be a full
        grid: each of its depths with each of its norms and initializations. Models of up to 64
        blocks, at most 120 of them. Without it, :func:`default_grid` is measured: D = 64 and
        16 positions; 1 to 32 blocks; pre-norm, post-norm and no residual; GPT-2's
        initialization with and without its scaling, and 1/√D.

    Raises
    ------
    ValueError
        If it is anything else, too large, or a combination is missing or there twice.

    >>> config = GPTConfig(vocab_size=8, context_length=5, n_layer=1, n_head=2, d_model=6)
    >>> figure = ResidualStream(residual_norms(config))
    >>> print(str(figure).splitlines()[0])
    ResidualStream: 1 model, root mean squares along the residual stream
    """

    kind = "residual-stream"
    scripts = ("parts.js", "chart.js", "residual-block.js", "residual-stream.js")
    styles = ("parts.css", "chart.css", "residual-stream.css")

    def __init__(self, measured: ResidualNorms | Sequence[ResidualNorms] | None = None):
        runs = default_grid() if measured is None else measured
        if isinstance(runs, ResidualNorms) or not isinstance(runs, Iterable):
            runs = [runs]
        runs = list(runs)
        _check(runs)
        self.runs = {_key(run): run for run in runs}
        if len(self.runs) < len(runs):
            raise ValueError(
                "ResidualStream: measured has two of one depth, norm and initialization; "
                "make a second figure for the other"
            )
        keys = self.runs.keys()
        self.layers = sorted({key[0] for key in keys})
        self.norms = [name for name in NORMS if any(key[1] == name for key in keys)]
        self.inits = list(dict.fromkeys(key[2] for key in keys))
        self._check_full()

    def data(self) -> dict[str, object]:
        """Return each measurement under its depth, norm and initialization, rounded."""
        return {
            "layers": self.layers,
            "norms": [[name, NORMS[name]] for name in self.norms],
            "inits": [
                {"text": text, "std": float(text.split(",")[0]), "scaled": "," in text}
                for text in self.inits
            ],
            "runs": [
                [[_rounded(self.runs[L, norm, init]) for init in self.inits] for norm in self.norms]
                for L in self.layers
            ],
        }

    def words(self) -> str:
        """Return a line for each model, and a line for each block if there is only one."""
        count = len(self.runs)
        lines = [
            f"ResidualStream: {count} model{'' if count == 1 else 's'}, "
            "root mean squares along the residual stream"
        ]
        for (L, norm, init), run in self.runs.items():
            first, last, dfirst, dlast = map(three, _ends(run))
            lines.append(
                f"{L} block{'' if L == 1 else 's'}, {NORMS[norm]}, weights {init}: "
                f"stream {first} → {last}; gradient {dlast} → {dfirst} on its way back"
            )
        if count == 1:
            lines += [_block_line(run, i) for i in range(L)]
        return "\n".join(lines)

    def fallback(self) -> str:
        """Return a table of the models: the stream and its gradient at both ends."""
        head = ("blocks", "norm", "weights", "stream below", "above", "gradient below", "above")
        rows = [
            (L, NORMS[norm], init, *map(three, _ends(run)))
            for (L, norm, init), run in self.runs.items()
        ]
        return table("Root mean squares below the first and above the last block", head, rows)

    def _check_full(self) -> None:
        for L in self.layers:
            for norm in self.norms:
                for init in self.inits:
                    if (L, norm, init) not in self.runs:
                        raise ValueError(
                            f"ResidualStream: measured lacks {L} blocks, {NORMS[norm]}, weights "
                            f"{init}; measure every combination, or fewer of them"
                        )


@cache
def default_grid() -> tuple[ResidualNorms, ...]:
    """Measure what :class:`ResidualStream` shows by itself: 54 small models, 1.4 s."""
    D = 64
    kinds = (("pre", True), ("post", True), ("pre", False))
    inits = ((0.02, True), (0.02, False), (D**-0.5, False))
    return tuple(
        residual_norms(
            GPTConfig(
                vocab_size=50, context_length=16, n_layer=L, n_head=4, d_model=D,
                norm=norm, init_std=std,
            ),
            scaled=scaled, residual=residual,
        )
        for L in DEPTHS for norm, residual in kinds for std, scaled in inits
    )  # fmt: skip


def three(value: float) -> str:
    """Return ``value`` with three significant digits, as the script writes it.

    >>> three(0.02), three(1.005), three(12.34), three(0.0000631), three(0)
    ('0.0200', '1.00', '12.3', '6.31·10⁻⁵', '0')
    """
    if value == 0:
        return "0"
    if SMALL <= abs(value) < 999.5:
        return f"{value:#.3g}".rstrip(".")
    digits, power = f"{value:.2e}".split("e")
    return f"{digits}·10{str(int(power)).translate(RAISED)}"


def _key(run: ResidualNorms) -> tuple[int, str, str]:
    std = f"{run.config.init_std:.3g}"
    init = f"{std}, scaled" if run.scaled else std
    return run.config.n_layer, run.config.norm if run.residual else "none", init


def _rounded(run: ResidualNorms) -> dict[str, object]:
    lists = ("stream", "added", "dstream", "dadded")
    return {name: [float(f"{one:.3g}") for one in getattr(run, name)] for name in lists} | {
        "loss": float(f"{run.loss:.3g}"),
        "uniform": float(f"{math.log(run.config.vocab_size):.3g}"),
    }


def _ends(run: ResidualNorms) -> tuple[float, float, float, float]:
    return run.stream[0], run.stream[-1], run.dstream[0], run.dstream[-1]


def _block_line(run: ResidualNorms, i: int) -> str:
    x, added = map(three, run.stream[2 * i : 2 * i + 3]), map(three, run.added[2 * i : 2 * i + 2])
    dx, dadded = map(three, run.dstream[2 * i : 2 * i + 3]), run.dadded[2 * i : 2 * i + 2]
    attn, mlp = added
    dattn, dmlp = map(three, dadded)
    return (
        f"  block {i}: stream {' → '.join(x)}, attention puts out {attn}, MLP {mlp}; "
        f"gradient {' ← '.join(dx)}, through attention {dattn}, through MLP {dmlp}"
    )


def _check(runs: list[ResidualNorms]) -> None:
    if not 1 <= len(runs) <= MOST:
        raise ValueError(
            f"ResidualStream: measured has {len(runs)}, the limit is 1 to {MOST}; "
            "make a second figure for the rest"
        )
    for run in runs:
        if not isinstance(run, ResidualNorms):
            raise ValueError(
                f"ResidualStream: measured holds {type(run).__name__} and must hold "
                "what tinytx.inspect.residual_norms gives"
            )
        if run.config.n_layer > DEEPEST:
            raise ValueError(
                f"ResidualStream: measured has a model of {run.config.n_layer} blocks, the limit "
                f"is {DEEPEST}; measure one with fewer"
            )
