"""The playground of chapter 01: the merges of a text, one after the other."""

from __future__ import annotations

import html
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..call import call
from .parts import FULL

LONGEST = 400  # characters of text; every step is computed again at every keystroke
STEPS = 60
# Tints on which near-black text has a contrast of at least 7:1, on light and dark pages alike.
TINTS = ("#cfe8e4", "#fbe3b8", "#d5dcf2", "#f3d3d6", "#dcebc4", "#e6d6ee")


@dataclass(frozen=True)
class Step:
    """The sequence after some merges: its ids, and the pair that comes next (or ``None``)."""

    ids: list[int]
    counts: dict[tuple[int, int], int]
    best: tuple[int, int] | None


class MergePlayer:
    """Byte-pair encoding of one text, step by step, by two functions of the learner's."""

    def __init__(self, count_pairs: Callable, merge_pair: Callable, text: str):
        self.vocab = {i: bytes([i]) for i in range(256)}
        self.steps: list[Step] = []
        self.error = ""
        ids = list(text.encode("utf-8", errors="replace"))
        while len(self.steps) <= STEPS:
            counts = self._do(count_pairs, ids) or {}
            best = max(counts, key=lambda p: (counts[p], self._bytes(p)), default=None)
            if best is None or counts[best] < 2:
                best = None  # no pair comes twice: another merge would compress nothing
            self.steps.append(Step(ids, counts, best))
            if best is None:
                break
            new_id = len(self.vocab)
            self.vocab[new_id] = b"".join(self._bytes(best))
            ids = self._do(merge_pair, ids, best, new_id) or []

    def _do(self, fn: Callable, *args: object) -> Any:
        outcome = call(fn, args)
        if outcome.error:
            self.error = f"{fn.__name__} raised {outcome.error}: {outcome.detail}"
        return outcome.value

    def _bytes(self, pair: tuple[int, int]) -> tuple[bytes, bytes]:
        return self.vocab[pair[0]], self.vocab[pair[1]]

    def show(self, number: int) -> str:
        """Return step ``number`` as HTML: the tokens coloured, the next pair in words."""
        if self.error:
            return f"<p>{html.escape(self.error)}</p>"
        step = self.steps[number]
        tokens = "".join(self._token(i) for i in step.ids)
        return (
            f'<p style="line-height:2.1">{tokens}</p>'
            f"<p><b>{len(step.ids)}</b> tokens, vocabulary of <b>{256 + number}</b>. "
            f"{self._next(step)}</p>"
        )

    def _token(self, token: int) -> str:
        text = html.escape(visible(self.vocab[token]))
        style = (
            f"background:{TINTS[token % len(TINTS)]};color:#111;border-radius:4px;"
            "padding:2px 4px;margin:0 1px;font-family:monospace;white-space:pre"
        )
        return f'<span style="{style}" title="id {token}">{text}</span>&#8203;'

    def _next(self, step: Step) -> str:
        if step.best is None:
            return "No pair comes twice any more."
        a, b = (html.escape(visible(part)) for part in self._bytes(step.best))
        return f"Next: <code>{a}</code> + <code>{b}</code>, {step.counts[step.best]} times."


def visible(token: bytes) -> str:
    r"""Return a token as it can be read: spaces and line ends by a sign, stray bytes in hex.

    >>> visible(b" a"), visible(b"\n"), visible(b"\xc3")
    ('␣a', '⏎', '⟨C3⟩')
    """
    try:
        return token.decode("utf-8").replace(" ", "␣").replace("\n", "⏎").replace("\t", "⇥")
    except UnicodeDecodeError:
        return "".join(f"⟨{byte:02X}⟩" for byte in token)


def merges(count_pairs: Any, merge_pair: Any, text: str) -> None:
    """Show a slider over the merges of ``text``, done by the learner's own two functions.

    Shows nothing until both pass their checks.

    Raises
    ------
    ValueError
        If ``text`` is longer than 400 characters.
    """
    from .. import tokenization

    if len(text) > LONGEST:
        raise ValueError(f"text has {len(text)} characters, at most {LONGEST}: take a shorter one")
    verdicts = tokenization.count_pairs.run(count_pairs), tokenization.merge_pair.run(merge_pair)
    if all(verdict.right for verdict in verdicts):
        _display(count_pairs, merge_pair, text)


def _display(count_pairs: Callable, merge_pair: Callable, text: str) -> None:
    import ipywidgets as widgets
    from IPython.display import display

    field = widgets.Text(text, description="Text", layout=FULL)
    slider = widgets.IntSlider(0, 0, 1, description="Merges", layout=FULL)
    page = widgets.HTML(layout=FULL)
    players: list[MergePlayer] = []

    def retype(_: object = None) -> None:
        players[:] = [MergePlayer(count_pairs, merge_pair, field.value[:LONGEST])]
        slider.max = max(len(players[0].steps) - 1, 0)
        slide()

    def slide(_: object = None) -> None:
        page.value = players[0].show(min(slider.value, slider.max))

    retype()
    field.observe(retype, "value")
    slider.observe(slide, "value")
    display(widgets.VBox([field, slider, page]))
