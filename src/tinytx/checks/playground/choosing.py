"""The playground of chapter 09: a text through the learner's filters, and a draft with a judge.

The model is the small one that was trained on The Raven, letter by letter. The draft counts which
letters follow the last few in the poem.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from ..call import call, calls
from .merging import visible
from .parts import CELL, FULL, OCHRE, TABLE, TEAL, failed, shade, show_solved
from .stacking import SHORT, shown

if TYPE_CHECKING:
    from ...tokenizers.base import Tokenizer

Array = np.ndarray
BEGIN = "Once upon a midnight dreary, "
ASKED = "But the "  # what comes next here is far from sure
# JupyterLab breaks what is preformatted in the middle of words.
WORDS = "white-space:pre-wrap;word-break:normal;overflow-wrap:anywhere"
LETTERS, ROUNDS, ROWS = 160, 500, 8  # written; decided by the judge; letters in the table


@cache
def poet() -> tuple[Any, Tokenizer]:
    """Return the model of The Raven, and its tokenizer."""
    from ...trained import load_trained

    trained = load_trained("raven")
    return trained.model, trained.tokenizer


def write(filtered: Callable[..., Array], temperature: float, k: int, p: float, seed: int) -> str:
    """Return HTML: what the model writes when ``filtered`` decides what may be drawn."""
    from ...data import raven

    model, tokenizer = poet()
    ids, rng = list(tokenizer.encode(BEGIN)), np.random.default_rng(seed)
    left = []
    for _ in range(LETTERS):
        logits = model.forward(np.array([ids[-model.config.context_length :]]))[:, -1]
        outcome = call(filtered, (logits / temperature, k, p))
        if outcome.error:
            return failed(filtered, outcome.error, outcome.detail)
        probs = np.asarray(outcome.value, dtype=np.float64)[0]
        left.append(np.count_nonzero(probs))
        ids.append(int(rng.choice(len(probs), p=probs / probs.sum())))
    text = tokenizer.decode(ids)
    words, there = _words(text[len(BEGIN) :])[:-1], set(_words(raven()))
    known = sum(word in there for word in words)
    return (
        f'<pre style="{WORDS}">{html.escape(text)}</pre>'
        f"<p>{known} of {len(words)} words are in the poem;"
        f" {np.mean(left):.1f} letters to choose from on average.</p>"
    )


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z]+", text.lower())


@cache
def drafted(reads: int) -> Array:
    """Return (V,): how often each letter follows the last ``reads`` of ``ASKED`` in the poem."""
    from ...data import raven

    model, tokenizer = poet()
    text, end = raven(), ASKED[len(ASKED) - reads :]
    after = [text[m.end()] for m in re.finditer(re.escape(end), text) if m.end() < len(text)]
    counts = np.full(model.config.vocab_size, 0.01)  # each letter is possible
    np.add.at(counts, np.array(tokenizer.encode("".join(after))), 1)
    return counts / counts.sum()


@cache
def judged() -> tuple[Array, Array]:
    """Return what the model says after ``ASKED`` (V,), and after one letter more (V, V)."""
    model, tokenizer = poet()
    T, V = model.config.context_length, model.config.vocab_size
    ids = np.array(tokenizer.encode(ASKED))
    after = np.concatenate([np.tile(ids[1 - T :], (V, 1)), np.arange(V)[:, None]], axis=1)
    logits = [model.forward(ids[None, -T:])[0, -1], model.forward(after)[:, -1]]
    first, second = (np.exp(x - x.max(axis=-1, keepdims=True)) for x in logits)
    return first / first.sum(), second / second.sum(axis=-1, keepdims=True)


def decide(speculative_step: Callable[..., list[int]], reads: int) -> str:
    """Return HTML: what comes out of many steps beside what the model and the draft say."""
    tokenizer = poet()[1]
    (p, after), q = judged(), drafted(reads)
    rng, came, kept = np.random.default_rng(0), np.zeros(len(p)), 0
    rounds = []
    for _ in range(ROUNDS):
        guess = int(rng.choice(len(p), p=q))
        rounds.append((np.stack([p, after[guess]]), q[None], [guess], rng.random(2)))
    for outcome in calls(speculative_step, rounds):
        if outcome.error:
            return failed(speculative_step, outcome.error, outcome.detail)
        came[outcome.value[0]] += 1 / ROUNDS
        kept += len(outcome.value) == 2
    rows = "".join(
        f"<tr><th>{html.escape(visible(tokenizer.decode([int(i)]).encode()))}</th>"
        f"{_share(q[i], OCHRE)}{_share(p[i], TEAL)}{_share(came[i], TEAL)}</tr>"
        for i in np.argsort(-p, kind="stable")[:ROWS]
    )
    return (
        f"{TABLE}<tr><th></th><th>draft</th><th>model</th><th>came out</th></tr>{rows}</table>"
        f"<p>{kept / ROUNDS:.0%} of {ROUNDS} guesses kept; in the long run it is"
        f" {np.minimum(p, q).sum():.0%}.</p>"
    )


def _share(share: float, colour: str) -> str:
    return f'<td style="{CELL};{shade(colour, share)}">{share:.3f}</td>'


def generation(filtered: object, speculative_step: object) -> None:
    """Show what the learner's filters let through, and what their judge lets stand.

    Each shows as soon as its function passes its check.
    """
    from .. import generation as checks

    show_solved(
        (checks.filtered, filtered, _writing),
        (checks.speculative_step, speculative_step, _judging),
    )


def _writing(filtered: Callable) -> object:
    import ipywidgets as widgets

    V = poet()[0].config.vocab_size
    warm = widgets.FloatSlider(
        2.0, min=0.1, max=4, description="Temperature", layout=FULL, continuous_update=False,
        **SHORT,
    )  # fmt: skip
    k = widgets.IntSlider(
        V, min=1, max=V, description="k", layout=FULL, continuous_update=False, **SHORT
    )
    p = widgets.FloatSlider(
        1.0, min=0.05, max=1, step=0.05, description="p", layout=FULL, continuous_update=False,
        **SHORT,
    )  # fmt: skip
    seed = widgets.IntSlider(
        0, min=0, max=9, description="Seed", layout=FULL, continuous_update=False, **SHORT
    )
    page = widgets.HTML(layout=FULL)

    def draw(_: object = None) -> None:
        page.value = write(filtered, warm.value, k.value, p.value, seed.value)

    return shown(draw, "Written letter by letter", (warm, k, p, seed), page)


def _judging(speculative_step: Callable) -> object:
    import ipywidgets as widgets

    reads = widgets.IntSlider(
        3, min=0, max=3, description="Letters that the draft reads", layout=FULL, **SHORT
    )
    page = widgets.HTML(layout=FULL)

    def draw(_: object = None) -> None:
        page.value = decide(speculative_step, reads.value)

    return shown(draw, f"One letter ahead, after “{ASKED.strip()}”", (reads,), page)
