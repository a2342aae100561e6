"""The playground of chapter 02: who is near a word, and clocks that tell where it stands."""

from __future__ import annotations

import html
import math
import re
from collections import Counter
from collections.abc import Callable
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np

from ...wording import fixed
from ..call import Outcome, call
from .parts import CELL, FULL, TABLE, TEAL, failed, ink, show_solved, solved

Array = np.ndarray

STORIES, RAREST, WIDTH = 300, 20, 16  # a word that comes more rarely has hardly any neighbours
NEAREST = 6
D = 8  # four clocks: one turn in 6.3, 63, 628 and 6,283 positions
OCHRE = "180,83,9"
LAST, FARTHEST = 600, 60  # position, shift


@lru_cache(maxsize=1)
def word_table() -> tuple[list[str], Array]:
    """Return words of the tales and a row of 16 numbers for each.

    It counts which word follows which, takes logarithms, and keeps the sixteen directions in which
    the counts differ most: words that are followed by the same things get rows that are alike.
    """
    from ...data import tales

    text = " ".join(tales.stories(STORIES)).lower()
    words = re.findall(r"\w+|[.,!?]", text)
    counts = Counter(words)
    vocab = sorted(word for word, count in counts.items() if count >= RAREST and word.isalpha())
    place = {word: i for i, word in enumerate(vocab)}
    followed = np.zeros((len(vocab), len(vocab)))
    for (one, next), count in Counter(pairwise(words)).items():
        if one in place and next in place:
            followed[place[one], place[next]] = np.log1p(count)
    u, size, _ = np.linalg.svd(followed)
    table = u[:, :WIDTH] * size[:WIDTH]
    kept = [i for i in range(len(vocab)) if np.linalg.norm(table[i]) > 1e-6]
    return [vocab[i] for i in kept], table[kept]


def neighbours(nearest: Callable[[Array, int, int], list[int]], word: str) -> str:
    """Return HTML: the words that ``nearest`` finds, with their cosines."""
    vocab, table = word_table()
    id = vocab.index(word)
    outcome = call(nearest, (table, id, NEAREST))
    if outcome.error:
        return failed(nearest, outcome.error, outcome.detail)
    unit = table / np.linalg.norm(table, axis=1, keepdims=True)
    rows = "".join(
        f'<tr><td style="{CELL}">{fixed(unit[i] @ unit[id])}</td>'
        f"<td>{html.escape(vocab[i])}</td></tr>"
        for i in outcome.value
    )
    return f"{TABLE}<tr><th>cosine</th><th>word</th></tr>{rows}</table>"


def clocks(sinusoids: Callable, shift: Callable | None, position: int, k: int) -> str:
    """Return HTML: the clocks at ``position``, and where ``shift`` by ``k`` moves their hands."""
    here = call(sinusoids, (np.array([[position]]), D))
    if here.error:
        return failed(sinusoids, here.error, here.detail)
    row, there = here.value[0], Outcome()
    if shift is not None:
        there = call(shift, (row, k))
        if there.error:
            return failed(shift, there.error, there.detail)
    faces = [_clock(i, row, there.value) for i in range(D // 2)]
    return f'<div style="display:flex;flex-wrap:wrap;gap:1rem">{"".join(faces)}</div>'


def _clock(i: int, row: Array, moved: Array | None) -> str:
    turn = 2 * math.pi * 10_000.0 ** (2 * i / D)
    hands = _hand(row[0, 2 * i : 2 * i + 2], TEAL, "")
    if moved is not None:
        hands = _hand(moved[0, 2 * i : 2 * i + 2], OCHRE, "4 3") + hands
    sine, cosine = row[0, 2 * i : 2 * i + 2]
    positions = f"{turn:,.{1 if turn < 100 else 0}f}"
    at = fixed(sine, 2), fixed(cosine, 2)
    said = f"pair {i}: sine {at[0]}, cosine {at[1]}"
    return (
        f'<div style="width:8rem;text-align:center"><svg viewBox="-55 -55 110 110" width="110"'
        f' role="img" aria-label="{said}"><circle r="50" fill="none" stroke="currentColor"/>'
        f"{hands}</svg><div>{', '.join(at)}<br>one turn in {positions}</div></div>"
    )


def _hand(pair: Array, colour: str, dashes: str) -> str:
    """Draw a hand that points up at angle 0 and turns as a clock does."""
    x, y = 46 * pair[0], -46 * pair[1]
    return (
        f'<line x2="{x:.1f}" y2="{y:.1f}" stroke="{ink(colour)}" stroke-width="4"'
        f' stroke-dasharray="{dashes}"/>'
    )


def embeddings(nearest: object, sinusoids: object, shift: Any) -> None:
    """Show neighbours of words by the learner's ``nearest``, clocks by their two other functions.

    Neighbours show as soon as ``nearest`` passes its check, clocks with ``sinusoids``, and their
    second hands with ``shift``.
    """
    from .. import embeddings as checks

    turn = shift if solved(checks.shift, shift) else None
    show_solved(
        (checks.nearest, nearest, _words),
        (checks.sinusoids, sinusoids, lambda mine: _turning(mine, turn)),
    )


def _words(nearest: Callable) -> object:
    import ipywidgets as widgets

    words = word_table()[0]
    choice = widgets.Combobox(
        value="mia", options=words, ensure_option=True, description="Word", placeholder="a word"
    )
    page = widgets.HTML()

    def draw(_: object = None) -> None:
        if choice.value in words:  # an emptied field changes nothing
            page.value = neighbours(nearest, choice.value)

    draw()
    choice.observe(draw, "value")
    return widgets.VBox([widgets.HTML("<b>Neighbours</b>"), choice, page])


def _turning(sinusoids: Callable, shift: Callable | None) -> object:
    import ipywidgets as widgets

    position = widgets.IntSlider(5, 0, LAST, description="Position", layout=FULL)
    moved = widgets.IntSlider(1, -FARTHEST, FARTHEST, description="Shift", layout=FULL)
    page = widgets.HTML()

    def draw(_: object = None) -> None:
        page.value = clocks(sinusoids, shift, position.value, moved.value)

    draw()
    controls = [position, moved] if shift is not None else [position]
    for control in controls:
        control.observe(draw, "value")
    return widgets.VBox([widgets.HTML("<b>Clocks</b>"), *controls, page])
