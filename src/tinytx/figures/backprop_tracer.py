"""The backprop tracer: a model of one block as a graph, and its gradient, station by station."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from tinytx.manual.gpt import GPT

from .arrays import _short, plain, subscript
from .backprop_names import CORNERS, Names, sign
from .backprop_stations import Meeting, Station, Trace, stations
from .component import Figure, table
from .residual_stream import RAISED
from .visible import visible

LIMITS = {"d_model": 8, "vocab_size": 12, "d_ff": 16, "n_head": 4, "d_head": 8}
LONGEST = 8  # positions
DIGITS = 4
NOISE = 1e-11  # of the largest gradient: what is smaller is rounding, such as k_proj's bias


class BackpropTracer(Figure):
    """The forward and the backward pass of a small model: every value, and its gradient.

    The model is a graph, from the ids at the top to the loss at the bottom. The gradient comes
    from the bottom: a station that has it is lit. Each shows its value and its gradient, which
    have the same shape, the rule by which it came, and the gradients that it left in the
    parameters. Where ways meet, the sizes of the parts and of their sum are shown.

    All numbers are the engine's own, to four significant digits; they come from
    :func:`tinytx.inspect.capture` and :func:`tinytx.inspect.capture_gradients` on a copy of the
    model, so yours keeps its gradients and its mode.

    Parameters
    ----------
    model
        A :class:`tinytx.manual.GPT` in float64, with one pre-norm block and no dropout: D and Dh
        at most 8, V 12, F 16, four heads.
    ids
        (1, T), one text of at most 8 positions.
    targets
        (1, T), what follows each position; -100 where one does not count.
    tokenizer
        Anything with ``decode``, to write tokens in place of ids.
    features
        D names for the numbers of a vector, such as :data:`tinytx.example.FEATURES`.

    Raises
    ------
    ValueError
        If the model is another, or too large, or ids, targets or features do not fit.

    >>> from tinytx import example
    >>> ids, targets = [example.ids()], [example.targets()]
    >>> print(str(BackpropTracer(example.model(), ids, targets)).splitlines()[1])
    loss (): value 0.4793, gradient 1; dloss = 1
    """

    kind = "backprop-tracer"
    scripts = ("parts.js", "chart.js", "backprop-graph.js", "backprop-tracer.js")
    styles = ("parts.css", "qkv.css", "backprop-tracer.css")

    def __init__(
        self,
        model: Any,
        ids: object,
        targets: object,
        tokenizer: Any = None,
        features: Sequence[str] | None = None,
    ):
        _check_model(model)
        self.ids = _row("ids", ids, model.config.context_length)
        self.targets = _row("targets", targets, self.ids.shape[1])
        if self.targets.shape != self.ids.shape:
            raise ValueError(
                f"BackpropTracer: targets has shape {self.targets.shape} and ids {self.ids.shape}: "
                "they must be the same, one target for each id"
            )
        self.trace = Trace(model, self.ids, self.targets)
        self.stations = stations(self.trace)
        self.noise = NOISE * max(abs(one.gradient).max() for one in self.stations)
        if not math.isfinite(self.trace.loss + self.noise):
            raise ValueError(
                "BackpropTracer: the model gives nan or infinity and must be finite: "
                "look for them in its weights"
            )
        self.vocabulary = [_token(tokenizer, id) for id in range(model.config.vocab_size)]
        self.names = Names(model.config, self.vocabulary, features)
        self.tokens = [
            self.vocabulary[id] + subscript(place) if tokenizer is not None else f"{place}: id {id}"
            for place, id in enumerate(self.ids[0])
        ]

    def data(self) -> dict[str, object]:
        """Return the stations as the backward pass comes to them, with all their numbers."""
        return {
            "ids": " ".join(map(str, self.ids[0])),
            "targets": " ".join(map(str, self.targets[0])).replace("-", "−"),
            "tokens": self.tokens,
            "heads": self.trace.config.n_head,
            "stations": [self._data(one) for one in self.stations],
        }

    def words(self) -> str:
        """Return a line for each station, as the backward pass comes to them."""
        T = len(self.tokens)
        start = f"BackpropTracer: from the loss back to the ids, {T} position{'s'[: T > 1]}"
        return "\n".join([start, *(f"{one.title} {self._says(one)}" for one in self.stations)])

    def fallback(self) -> str:
        """Return the stations as a table: sizes of value and gradient, and the rule."""
        rows = [
            (one.title, _shape(one), self.size(_finite(one.value)), self.size(one.gradient),
             one.rule, "; ".join(self._more(one)))
            for one in self.stations
        ]  # fmt: skip
        head = ("station", "shape", "norm of the value", "of its gradient", "rule", "more norms")
        return table("From the loss back to the ids", head, rows)

    def size(self, array: np.ndarray) -> str:
        """Return the norm of an array, root of the sum of squares, as it is shown."""
        return four(_rounded(float(np.linalg.norm(array.ravel())), self.noise))

    def _data(self, one: Station) -> dict[str, object]:
        heads = one.value if one.value.ndim == 3 else one.value[None]
        back = one.gradient if one.gradient.ndim == 3 else one.gradient[None]
        return {
            "key": one.key, "title": one.title, "rule": one.rule, "why": one.why,
            "shape": _shape(one), "columns": self._columns(one), "heads": one.value.ndim == 3,
            "corner": {"keys": "query", "units": CORNERS["F"]}.get(one.columns, ""),
            "value": [self._numbers(head) for head in heads],
            "gradient": [self._numbers(head) for head in back],
            "norms": [self.size(_finite(one.value)), self.size(one.gradient)],
            "meetings": [self._meeting(meeting) for meeting in one.meetings],
            "parameters": [self._parameter(*both) for both in one.parameters.items()],
        }  # fmt: skip

    def _columns(self, one: Station) -> list[str]:
        axes = self.names.axes
        return {
            "": ["mean"], "keys": self.tokens, "vocabulary": self.vocabulary,
            "features": axes["D"], "units": axes["F"], "numbers": axes["Dh"],
        }[one.columns]  # fmt: skip

    def _parameter(self, name: str, grad: np.ndarray) -> dict[str, object]:
        rows, columns, corner = self.names.of(name)
        return {
            "name": name, "label": f"|{sign(name)}|, {name}", "norm": self.size(grad),
            "rows": rows, "columns": columns, "corner": corner,
            "gradient": self._numbers(np.atleast_2d(grad)),
        }  # fmt: skip

    def _numbers(self, array: np.ndarray) -> list[list[float | None]]:
        return [
            [_rounded(v, self.noise) if np.isfinite(v) else None for v in row]
            for row in array.tolist()
        ]

    def _meeting(self, meeting: Meeting) -> dict[str, object]:
        parts = [[name, self.size(array)] for name, array in meeting.parts.items()]
        return {"what": meeting.what, "parts": parts, "total": self.size(meeting.total)}

    def _says(self, one: Station) -> str:
        value, gradient = self.size(_finite(one.value)), self.size(one.gradient)
        of = "" if one.key == "loss" else "norm of the "
        return "; ".join([f"{_shape(one)}: {of}value {value}, gradient {gradient}", one.rule,
                          *self._more(one)])  # fmt: skip

    def _more(self, one: Station) -> list[str]:
        meetings = [
            " and ".join(f"{self.size(array)} {name}" for name, array in meeting.parts.items())
            + f" make |{meeting.what}| {self.size(meeting.total)}"
            for meeting in one.meetings
        ]
        grads = [f"|{sign(k)}| {self.size(grad)}, {k}" for k, grad in one.parameters.items()]
        return meetings + grads


def four(value: float) -> str:
    """Return ``value`` with four significant digits, a true minus, and no zeros at its end.

    >>> four(0.47934), four(-2.0), four(123456.0), four(0.00001234)
    ('0.4793', '−2', '1.235·10⁵', '1.234·10⁻⁵')
    """
    text = f"{abs(value):.{DIGITS}g}"
    if "e" in text:
        digits, power = text.split("e")
        text = f"{digits}·10{str(int(power)).translate(RAISED)}"
    return f"−{text}" if value < 0 else text


def _rounded(value: float, noise: float) -> float:
    """Round so that the last digits of a machine cannot show: first to ten digits, then to four."""
    return 0.0 if abs(value) < noise else float(f"{float(f'{value:.10g}'):.{DIGITS}g}")


def _finite(value: np.ndarray) -> np.ndarray:
    return value[np.isfinite(value)]


def _shape(one: Station) -> str:
    return f"({', '.join(map(str, one.value.shape))})" if one.key != "loss" else "()"


def _token(tokenizer: Any, id: int) -> str:
    if tokenizer is None:
        return f"id {id}"
    try:
        text = tokenizer.decode([id])
    except Exception as error:
        raise ValueError(
            f"BackpropTracer: tokenizer cannot decode id {id} of the model's vocabulary; "
            "pass the one that the ids came from"
        ) from error
    return _short(visible(text.encode(errors="replace")))


def _row(name: str, given: object, most: int) -> np.ndarray:
    array = plain(f"BackpropTracer: {name}", given)
    most = min(most, LONGEST)
    if array.dtype.kind not in "iu":
        raise ValueError(f"BackpropTracer: {name} is {array.dtype} and must be integers")
    if array.ndim != 2 or len(array) != 1 or not 1 <= array.shape[1] <= most:
        raise ValueError(
            f"BackpropTracer: {name} has shape {array.shape} and must be (1, T), T at most {most}; "
            "pass one text, or the start of one"
        )
    return array


def _check_model(model: object) -> None:
    name = "BackpropTracer: model"
    if not isinstance(model, GPT):
        raise ValueError(f"{name} is {type(model).__name__} and must be a tinytx.manual.GPT")
    config = model.config
    wanted = {
        "n_layer": 1, "norm": "pre", "dropout": 0, "norm_kind": "layer", "qk_norm": False,
        "attention_scale": None, "n_kv_head": None, "window": None, "n_expert": None,
        "qkv_bias": None,
    }  # fmt: skip
    for field, value in wanted.items():
        if getattr(config, field) != value:
            raise ValueError(
                f"{name} has {field} {getattr(config, field)!r} and must have {value!r}: "
                "the figure draws one pre-norm block of GPT-2 without dropout"
            )
    if config.n_mlp != 2:
        raise ValueError(
            f"{name} has activation {config.activation!r} and must have another: the figure draws "
            "an MLP of two matrices"
        )
    if not config.adds_positions:
        raise ValueError(
            f"{name} has positions {config.positions!r} and must have others: the figure adds them "
            "to the tokens, and draws q and k unturned"
        )
    for field, limit in LIMITS.items():
        if getattr(config, field) > limit:
            raise ValueError(
                f"{name} has {field} {getattr(config, field)}, the limit is {limit}; "
                "make a smaller one"
            )
    if model.lm_head.weight.data.dtype != np.float64:
        raise ValueError(f"{name} is float32 and must be float64; pass dtype=np.float64 to GPT")
