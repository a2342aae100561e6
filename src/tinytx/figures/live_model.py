"""The model of the course, alive in a page: it writes, and another one learns beside it."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from ..wording import fixed
from .component import Figure, table
from .engine import engine_script, quantized_state, weights_script
from .engine.script import _check
from .visible import visible

PROMISE = "You will build this, and prove it correct."
TRAINING = (
    "A new model, with random numbers for weights: one block, one head, eight letters in view. It "
    "learns to give the next letter, in this page."
)
SHOWN = 8  # next tokens
# What the model of the tales is asked. Tests compute what the answer says.
BEGINNING = "Once upon a time a girl named Mia lived with her"
BEGINNINGS = (
    (
        "she or he?",
        "Once upon a time a girl named Mia lived with her aunt in a wagon with green wheels. "
        "More than anything,",
    ),
    ("a boy and his flute", "Long ago, a boy named Oscar lived on a farm. He had a red flute"),
    ("nothing it has read", "The parliament of France has decided that"),
)
ASK = (
    "“… a girl named Mia … More than anything,”: the model is sure that she comes next. One head "
    "tells it. Which?",
    "Take the beginning “she or he?”. Head 0 of block 2 reads “girl” there, with four fifths of "
    "its weight. Switch it off, and the model gives he more than a third.",
    "Of the other eleven, two in block 0 change what is expected as well, but not into he.",
)


class LiveModel(Figure):
    """A model that writes in the page, with every number on the way, and one that learns there.

    Type a beginning: its tokens, the likeliest next ones, what each head reads, and a text that
    grows. Temperature, top-k and top-p move the bars at once; a bar that is taken goes into the
    text; a head can be switched off. All of it is computed in the page, by the engine of
    :mod:`tinytx.figures.engine`, with weights as whole numbers from −127 to 127. On the second tab
    a small model of its own learns a text, letter by letter.

    Until the weights have come, and where scripts do not run, stands what the model wrote when the
    figure was made, with a fixed seed and the same weights.

    Parameters
    ----------
    model
        A GPT of either engine that :func:`tinytx.figures.engine.weights_script` can write.
    tokenizer
        Its tokenizer.
    beginning
        The text that the figure opens with.
    beginnings
        Others to choose from: (name, text).
    facts
        A sentence or two about the model.
    ask
        A question that playing answers, and the paragraphs of its answer, which is folded away.
    text
        What is learned on the second tab; The Raven if left out.
    addresses
        Where the page finds the engine's script and the weights'. Left out, both are part of the
        figure, which then needs nothing else.
    name
        Under which the weights' script gives the model.
    n
        How many tokens are written when the figure is made; it ends with the last whole sentence.
    seed
        Of these tokens.
    before
        Ids that the model reads before every beginning, such as what ended the text before in
        training. They are shown and cannot be changed.

    Raises
    ------
    ValueError
        If the beginning is empty or too long for the model, or the engine in the page cannot run
        the model.
    """

    kind = "live-model"
    scripts = (
        "parts.js", "scale.js", "chart.js", "tabs.js", "reading.js", "token-text.js",
        "next-bars.js", "head-maps.js", "writing-desk.js", "writing-run.js", "training-bench.js",
        "training-run.js", "live-model.js",
    )  # fmt: skip
    styles = ("parts.css", "controls.css", "chart.css", "qkv.css", "live-model.css")

    def __init__(
        self,
        model: Any,
        tokenizer: Any,
        beginning: str,
        *,
        beginnings: Iterable[tuple[str, str]] = (),
        facts: str = "",
        ask: Sequence[str] = (),
        text: str | None = None,
        addresses: Sequence[str] | None = None,
        name: str = "model",
        n: int = 120,
        seed: int = 0,
        before: Sequence[int] = (),
    ):
        from tinytx.data.raven import raven

        _check(model.config, tokenizer)
        self.model, self.tokenizer, self.name = model, tokenizer, name
        self.beginnings, self.facts, self.ask = list(beginnings), facts, list(ask)
        self.text, self.addresses = raven() if text is None else text, addresses
        self.before, self.beginning = list(before), tokenizer.encode(beginning)
        room = model.config.context_length - len(self.before)
        if not 1 <= len(self.beginning) <= room:
            raise ValueError(
                f"LiveModel: beginning has {len(self.beginning)} tokens, the limit is 1 to {room}; "
                "give a text that the model can read at once"
            )
        self.written, self.shares = self._recorded(min(n, room - len(self.beginning)), seed)

    @classmethod
    def tales(cls, addresses: Sequence[str] | None = None) -> LiveModel:
        """Return the figure of the model of the tales, with what the package knows about it."""
        from tinytx.data.tales import opening
        from tinytx.trained import load_trained

        trained = load_trained("tales", np.float32)
        model, tokenizer = trained.model, trained.tokenizer
        config, name = model.config, "tales"
        parameters = sum(config.parameter_counts().values())
        stories = trained.meta["identity"]["data"]["stories"]
        megabytes = len(weights_script(model, tokenizer, name)) / 1e6
        facts = (
            f"{parameters:,} parameters in {config.n_layer} blocks of {config.n_head} heads, "
            f"trained on {stories:,} invented stories. It runs in this page: "
            f"{megabytes:.1f}\u00a0MB of weights, no server, and what you type stays here. A story "
            "begins behind a new line, as in training."
        )
        return cls(
            model, tokenizer, BEGINNING, beginnings=BEGINNINGS, facts=facts, ask=ASK,
            addresses=addresses, name=name, before=opening(tokenizer),
        )  # fmt: skip

    def data(self) -> dict[str, object]:
        """Return what was recorded, every token's bytes, and where the engine lies."""
        config = self.model.config
        return {
            "name": self.name,
            "addresses": list(self.addresses or ()),
            "promise": PROMISE,
            "facts": self.facts,
            "sizes": {"n_layer": config.n_layer, "n_head": config.n_head},
            "vocab": [self._bytes(id).hex() for id in range(config.vocab_size)],
            "before": self.before,
            "recorded": {
                "beginning": self.beginning,
                "written": self.written,
                "shares": {str(id): round(share, 5) for id, share in self.shares},
            },
            "beginnings": self.beginnings,
            "ask": self.ask,
            "training": {"text": self.text, "facts": TRAINING, "seed": 0},
        }

    def words(self) -> str:
        """Return the beginning's tokens, what may come next, and what was written."""
        tokens = " | ".join(map(self._visible, self.before + self.beginning))
        shares = ", ".join(f"{self._visible(id)} {_percent(share)}" for id, share in self.shares)
        return "\n".join([
            f"LiveModel: {PROMISE} {self.facts}".rstrip(),
            f"a beginning of {len(self.before + self.beginning)} tokens: {tokens}",
            f"next: {shares}",
            f"written: {self.tokenizer.decode(self.beginning + self.written)}",
        ])  # fmt: skip

    def fallback(self) -> str:
        """Return the same as HTML, with bars."""
        begun, more = map(self.tokenizer.decode, (self.beginning, self.written))
        tokens = table(
            "The beginning, token by token",
            ("place", "token", "id"),
            [(i, self._visible(id), id) for i, id in enumerate(self.before + self.beginning)],
        )
        bars = "".join(
            f'<tr><th scope="row">{html.escape(self._visible(id))}</th>'
            f'<td><span class="live-bar" style="width:{100 * share:.1f}%"></span></td>'
            f"<td>{_percent(share)}</td></tr>"
            for id, share in self.shares
        )
        return (
            f'<p class="live-promise">{PROMISE}</p><p>{html.escape(self.facts)}</p>'
            f'<p class="live-text"><strong>{html.escape(begun)}</strong>{html.escape(more)} …</p>'
            "<p>Written when this was made. Where scripts run, the model itself is here.</p>"
            f'<table class="live-bars"><caption>What may follow “{html.escape(begun)}”</caption>'
            f"<tbody>{bars}</tbody></table>"
            f'<details class="live-tokens"><summary>Its tokens</summary>{tokens}</details>'
        )

    def _repr_html_(self) -> str:
        if self.addresses is not None:
            return super()._repr_html_()
        scripts = (engine_script(), weights_script(self.model, self.tokenizer, self.name))
        return "".join(f"<script>{script}</script>\n" for script in scripts) + super()._repr_html_()

    def _recorded(self, n: int, seed: int) -> tuple[list[int], list[tuple[int, float]]]:
        """Write ``n`` tokens with the page's weights; return them and the first one's likeliest."""
        from tinytx.generation import generate
        from tinytx.manual import GPT
        from tinytx.manual.softmax import softmax_forward

        model = GPT(self.model.config, np.random.default_rng(0), np.float32).eval()
        model.load_state_dict(quantized_state(self.model))
        ids = np.array([self.before + self.beginning])
        new = generate(model, ids, n, rng=np.random.default_rng(seed)).new[0]
        written = [int(id) for id in new]
        shares = softmax_forward(model.forward(ids)[0, -1])[0]
        top = np.argsort(-shares, kind="stable")[:SHOWN]
        return self._sentences(written), [(int(id), float(shares[id])) for id in top]

    def _sentences(self, ids: list[int]) -> list[int]:
        """Cut after the last full stop, if there is one."""
        ends = [i for i, id in enumerate(ids, 1) if self._bytes(id).endswith(b".")]
        return ids[: ends[-1]] if ends else ids

    def _visible(self, id: int) -> str:
        return visible(self._bytes(id))

    def _bytes(self, id: int) -> bytes:
        """The model may have more ids than the tokenizer: these spell nothing."""
        return self.tokenizer.token_bytes(id) if id < self.tokenizer.vocab_size else b""


def _percent(share: float) -> str:
    return f"{fixed(100 * share, 1)} %"
