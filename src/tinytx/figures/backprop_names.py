"""What the rows and columns of the tracer's arrays are called: by feature, unit, token or place."""

from __future__ import annotations

from collections.abc import Sequence

from tinytx.config import GPTConfig

# The axes of each module's weight, (out, in); a bias has the first. C is context_length, A the
# width of attention, H * Dh.
AXES = {
    "tok_emb": "VD", "lm_head": "VD", "pos_emb": "CD", "ln_1": "D", "ln_2": "D", "ln_f": "D",
    "q_proj": "AD", "k_proj": "AD", "v_proj": "AD", "o_proj": "DA", "up_proj": "FD",
    "down_proj": "DF",
}  # fmt: skip
CORNERS = {"A": "head.i", "C": "place", "F": "unit"}
SIGNS = {"V": ("dE", "dE"), "C": ("dE", "dE"), "D": ("dγ", "dβ"), "": ("dW", "db")}


class Names:
    """The names of every axis of one model's arrays.

    Parameters
    ----------
    config
        The model's.
    vocabulary
        V tokens as they are written.
    features
        D names for the numbers of a vector; ``None`` numbers them.

    Raises
    ------
    ValueError
        If there are not D features.
    """

    def __init__(
        self, config: GPTConfig, vocabulary: Sequence[str], features: Sequence[str] | None
    ):
        D = config.d_model
        if features is not None and (isinstance(features, str) or len(features) != D):
            raise ValueError(
                f"BackpropTracer: features is {features!r} and must be {D} names, one for each of "
                "the model's d_model numbers"
            )
        self.axes = {
            "V": list(vocabulary),
            "D": _numbers(D) if features is None else [str(name) for name in features],
            "F": _numbers(config.d_ff),
            "C": _numbers(config.context_length),
            "A": [f"{h}.{i}" for h in range(config.n_head) for i in range(config.d_head)],
            "Dh": _numbers(config.d_head),
        }

    def of(self, parameter: str) -> tuple[list[str], list[str], str]:
        """Return the names of a parameter's rows and columns, and what is counted along them.

        A vector is one row, called by the name of its gradient.
        """
        module, _, kind = parameter.rpartition(".")
        axes = AXES[module]
        if kind == "bias" or len(axes) == 1:
            return [sign(parameter)], self.axes[axes[0]], CORNERS.get(axes[0], "")
        rows, columns = axes[0], axes[1]
        return self.axes[rows], self.axes[columns], CORNERS.get(columns) or CORNERS.get(rows, "")


def sign(parameter: str) -> str:
    """Return what the gradient of a parameter is called.

    >>> [sign(name) for name in ("q_proj.weight", "ln_f.bias", "pos_emb.weight")]
    ['dW', 'dβ', 'dE']
    """
    module, _, kind = parameter.rpartition(".")
    axes = AXES[module]
    table = module.endswith("emb")
    pair = SIGNS[axes[0]] if table or len(axes) == 1 else SIGNS[""]
    return pair[kind == "bias"]


def _numbers(count: int) -> list[str]:
    return [str(i) for i in range(count)]
