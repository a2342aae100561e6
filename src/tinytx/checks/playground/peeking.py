"""The playground of chapter 08: a model that peeks, and the learner's loss that it cannot fool."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np

from ..call import call
from .parts import CELL, FULL, OCHRE, TABLE, TEAL, failed, ink, show_solved
from .stacking import SHORT, shown

Array = np.ndarray
LINE = "once upon a midnight dreary, while i pondered, weak and weary,"


@cache
def letters() -> tuple[str, Array]:
    """Return the characters of the poem in lower case, and log counts of what follows what."""
    from ...data import raven

    text = raven().lower()
    known = "".join(sorted(set(text)))
    ids = np.array([known.index(letter) for letter in text])
    counts = np.ones((len(known), len(known)))
    np.add.at(counts, (ids[:-1], ids[1:]), 1)
    return known, np.log(counts / counts.sum(axis=1, keepdims=True))


def peeking(much: float) -> Callable[[Array], Array]:
    """Return a bigram model that adds ``much`` to the logit of the letter that stands next."""
    known, table = letters()

    def model(ids: Array) -> Array:
        logits = table[ids]
        logits[:, :-1] += much * np.eye(len(known))[ids[:, 1:]]
        return logits

    return model


def losses(prefix_loss: Callable[..., float], much: float) -> str:
    """Return HTML: the loss on the whole window, and the learner's."""
    known, _ = letters()
    ids = np.array([known.index(letter) for letter in LINE])
    model = peeking(much)
    logits = model(ids[None])[0, :-1]
    logs = logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))
    window = -float(logs[np.arange(len(logs)), ids[1:]].mean())
    outcome = call(prefix_loss, (model, ids))
    if outcome.error:
        return failed(prefix_loss, outcome.error, outcome.detail)
    rows = (("whole window, as in training", window, OCHRE), ("yours", outcome.value, TEAL))
    return f"{TABLE}{''.join(_bar(*row) for row in rows)}</table>"


def _bar(name: str, loss: float, colour: str) -> str:
    return (
        f'<tr><th style="text-align:left">{name}</th><td style="{CELL}">{loss:.3f}</td>'
        f'<td style="width:16rem"><div style="background:{ink(colour)};height:0.9em;'
        f'width:{min(100.0, 25 * loss):.1f}%"></div></td></tr>'
    )


def silent_bugs(prefix_loss: object) -> None:
    """Show a model that peeks, and what the learner's ``prefix_loss`` makes of it."""
    from .. import silent_bugs as checks

    show_solved((checks.prefix_loss, prefix_loss, _peeks))


def _peeks(prefix_loss: Callable) -> object:
    import ipywidgets as widgets

    much = widgets.FloatSlider(2, min=0, max=8, description="It peeks", layout=FULL, **SHORT)
    page = widgets.HTML(layout=FULL)

    def draw(_: object = None) -> None:
        page.value = losses(prefix_loss, much.value)

    return shown(draw, "Loss per letter of a line of The Raven", (much,), page)
