"""The head switchboard: every head and MLP of a model with a switch, and what comes next."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..wording import fixed
from .component import Figure, table
from .engine import engine_script, quantized_state, weights_script
from .engine.script import _check
from .speakers import ANSWER, ASK, PROMPTS
from .visible import visible

SHOWN = 8  # next tokens
MOST_PROMPTS = 6
# Where a chapter of the book finds the engine and the weights: it loads them when it is asked to.
BOOK = ("../_static/engine.js", "../_static/tales.js")


class State(NamedTuple):
    """What the model says next, with some of its parts off."""

    top: list[tuple[int, float]]
    """The eight likeliest ids with their probabilities, and the one that came if it is not among
    them."""
    share: float
    """The probability of the token that came."""


class HeadSwitchboard(Figure):
    """A switch for each head and each MLP of a model, and the bars of its next token.

    A part that is off puts out zeros, as in :func:`tinytx.inspect.ablate`. Beside the bars stand
    those of the whole model, and the change in nats of the token that came.

    What is shown at first was recorded when the figure was made: the whole model, and each part off
    alone. The model itself, with weights as whole numbers from −127 to 127, is loaded into the page
    when the reader asks for it, and then every combination can be tried.

    *To find by playing:* which heads, off alone, make the model guess another speaker? How many of
    the twelve can be off together, and it still knows?

    Parameters
    ----------
    prompt
        A text, or several to choose from, at most six: ``{name: (text, what came)}``. Left out,
        two of a tale. The model of the tales has learned to begin behind a new line: give it one.
    came
        What comes after the text; its first token is the one that is measured.
    model, tokenizer
        A GPT of either engine that :func:`tinytx.figures.engine.weights_script` can write, and its
        tokenizer. Left out, the model of the tales.
    addresses
        Where the page finds the engine's script and the weights'. Left out for the model of the
        tales, they are those of this book; ``None`` makes both part of the figure, which then needs
        nothing else and no button, and weighs as much as they do. So does a model of your own.
    name
        Under which the weights' script gives the model.
    ask
        A question that playing answers; "" for none.
    answer
        The paragraphs of its answer, which is folded away.

    Raises
    ------
    ValueError
        If a text is empty or too long for the model, nothing comes after it, only one of model and
        tokenizer is given, or the engine in the page cannot run the model.

    >>> board = HeadSwitchboard()
    >>> for line in str(board).splitlines()[4:7]:
    ...     print(line)
    all on: ␣Hazel 99.4 %; first ␣Hazel 99.4 %
    block 0, head 0 off: ␣Hazel 13.3 %, −2.01 nats; first ␣Bramble 61.0 %
    block 0, head 1 off: ␣Hazel 99.3 %, 0.00 nats; first ␣Hazel 99.3 %
    """

    kind = "head-switchboard"
    scripts = (
        "parts.js",
        "picker.js",
        "switch-bars.js",
        "switch-model.js",
        "switch-panel.js",
        "head-switchboard.js",
    )
    styles = ("parts.css", "controls.css", "picker.css", "head-switchboard.css")

    def __init__(
        self,
        prompt: str | Mapping[str, tuple[str, str]] | None = None,
        came: str | None = None,
        model: Any = None,
        tokenizer: Any = None,
        *,
        addresses: Sequence[str] | None = BOOK,
        name: str = "tales",
        ask: str | None = None,
        answer: Sequence[str] | None = None,
    ):
        if (model is None) != (tokenizer is None):
            raise ValueError(
                "HeadSwitchboard: model and tokenizer belong together; give both, or none for the "
                "model of the tales"
            )
        if model is None:
            model, tokenizer = _tales()
        elif addresses is BOOK:
            addresses = None
        _check(model.config, tokenizer)
        self.model, self.tokenizer, self.name = model, tokenizer, str(name)
        self.addresses = None if addresses is None else [str(one) for one in addresses]
        own = prompt is None
        self.ask = (ASK if own else "") if ask is None else str(ask)
        self.answer = list((ANSWER if own else ()) if answer is None else answer)
        self.prompts = {
            str(key): self._ids(key, *one) for key, one in _prompts(prompt, came).items()
        }
        self.page_model = _page_model(model)
        self.states = {
            key: {part: self.state(key, [part] if part else []) for part in ("", *self.parts())}
            for key in self.prompts
        }

    def parts(self) -> list[str]:
        """Return the names of what can be off: heads ``"0.1"`` and MLPs ``"0.mlp"``, by blocks."""
        config = self.model.config
        return [
            f"{block}.{part}"
            for block in range(config.n_layer)
            for part in (*range(config.n_head), "mlp")
        ]

    def state(self, prompt: str, off: Sequence[str]) -> State:
        """Return what the page's model says after a prompt with these parts off.

        >>> HeadSwitchboard().state("the rabbit’s turn", ["2.1"]).share < 0.001
        True
        """
        from tinytx.inspect import ablate
        from tinytx.manual.softmax import softmax_forward

        ids, came = self.prompts[prompt]
        with ablate(self.page_model, [_place(part) for part in off]):
            logits = self.page_model.forward(np.array([ids]))
        probs = softmax_forward(logits[0, -1])[0]
        order = [int(id) for id in np.argsort(-probs, kind="stable")[:SHOWN]]
        order += [] if came in order else [came]
        return State([(id, float(probs[id])) for id in order], float(probs[came]))

    def data(self) -> dict[str, object]:
        """Return the prompts, what was recorded, and where the engine lies."""
        config, used = self.model.config, set()
        prompts = []
        for key, (ids, came) in self.prompts.items():
            states = self.states[key]
            used |= {came, *(id for one in states.values() for id, _ in one.top)}
            recorded = {
                part: {"top": [[id, round(p, 6)] for id, p in one.top],
                       "nats": round(float(np.log(max(one.share, 1e-30))), 6)}
                for part, one in states.items()
            }  # fmt: skip
            text = self.tokenizer.decode(ids)
            prompts.append(
                {"name": key, "text": text, "ids": ids, "came": came, "recorded": recorded}
            )
        vocab = [self._bytes(id).hex() for id in range(config.vocab_size)]
        return {
            "prompts": prompts,
            "n_layer": config.n_layer,
            "n_head": config.n_head,
            "vocab": vocab,
            "shown": SHOWN,
            "name": self.name,
            "addresses": self.addresses,
            "megabytes": f"{self._bytes_of_scripts() / 1e6:.1f}" if self.addresses else "",
            "ask": self.ask,
            "answer": self.answer,
        }

    def words(self) -> str:
        """Return for each prompt what the whole model says, and what it says with one part off."""
        config = self.model.config
        lines = [
            f"HeadSwitchboard: {config.n_layer} blocks of {config.n_head} heads and an MLP; each "
            "part off alone"
        ]
        lines += [self.ask] if self.ask else []
        for key, (ids, came) in self.prompts.items():
            text = " ".join(self.tokenizer.decode(ids).split())
            lines += [f"{key}, {len(ids)} tokens: {text}", f"what came: {self._visible(came)}"]
            lines += [f"{part}: {told}" for part, told in self._told(key)]
        return "\n".join(lines)

    def fallback(self) -> str:
        """Return the same as tables, with the answer folded away."""
        ask = f"<p>{html.escape(self.ask)}</p>" if self.ask else ""
        answer = "".join(f"<p>{html.escape(line)}</p>" for line in self.answer)
        fold = f"<details><summary>The answer</summary>{answer}</details>" if answer else ""
        shown = []
        for key, (ids, came) in self.prompts.items():
            text = html.escape(self.tokenizer.decode(ids))
            shown.append(f"<p>{text} <strong>{html.escape(self._visible(came))}</strong></p>")
            shown.append(table(f"{key}: what comes next", ("off", "next"), list(self._told(key))))
        return ask + "".join(shown) + fold

    def _repr_html_(self) -> str:
        if self.addresses is not None:
            return super()._repr_html_()
        scripts = (engine_script(), weights_script(self.model, self.tokenizer, self.name))
        return "".join(f"<script>{script}</script>\n" for script in scripts) + super()._repr_html_()

    def _told(self, key: str) -> list[tuple[str, str]]:
        """Return a line for each recorded state: its name, and what comes next."""
        whole, came = self.states[key][""], self._visible(self.prompts[key][1])
        told = []
        for part, one in self.states[key].items():
            id, p = one.top[0]
            name, change = "all on", ""
            if part:
                name = f"{spelled(part)} off"
                change = f", {fixed(np.log(one.share) - np.log(whole.share), 2)} nats"
            first = f"first {self._visible(id)} {_percent(p)}"
            told.append((name, f"{came} {_percent(one.share)}{change}; {first}"))
        return told

    def _ids(self, key: object, text: str, came: str | None) -> tuple[list[int], int]:
        ids, room = self.tokenizer.encode(text), self.model.config.context_length
        if not 1 <= len(ids) <= room:
            raise ValueError(
                f"HeadSwitchboard: prompt {key!r} has {len(ids)} tokens, the limit is 1 to {room}; "
                "give a text that the model can read at once"
            )
        after = self.tokenizer.encode(came or "")
        if not after:
            raise ValueError(
                f"HeadSwitchboard: came of prompt {key!r} is empty; say what comes after the text, "
                "such as ' Hazel' with its space"
            )
        return ids, after[0]

    def _bytes_of_scripts(self) -> int:
        weights = weights_script(self.model, self.tokenizer, self.name)
        return len(engine_script()) + len(weights)

    def _visible(self, id: int) -> str:
        return visible(self._bytes(id))

    def _bytes(self, id: int) -> bytes:
        """The model may have more ids than the tokenizer: these spell nothing."""
        return self.tokenizer.token_bytes(id) if id < self.tokenizer.vocab_size else b""


def spelled(part: str) -> str:
    """Return a part's name in words.

    >>> spelled("0.1"), spelled("2.mlp")
    ('block 0, head 1', 'block 2, MLP')
    """
    block, _, which = part.partition(".")
    return f"block {block}, {'MLP' if which == 'mlp' else f'head {which}'}"


def _place(part: str) -> tuple[int, int] | str:
    """Return what :func:`tinytx.inspect.ablate` calls a part."""
    block, _, which = part.partition(".")
    return f"blocks.{block}.mlp" if which == "mlp" else (int(block), int(which))


def _prompts(prompt: Any, came: str | None) -> Mapping[str, tuple[str, str | None]]:
    if prompt is None:
        return PROMPTS
    if not isinstance(prompt, Mapping):
        return {"prompt": (str(prompt), came)}
    if not 1 <= len(prompt) <= MOST_PROMPTS:
        raise ValueError(
            f"HeadSwitchboard: prompt has {len(prompt)} texts, the limit is 1 to {MOST_PROMPTS}; "
            "make a second figure for the rest"
        )
    for key, one in prompt.items():
        if not isinstance(one, tuple | list) or len(one) != 2:
            raise ValueError(f"HeadSwitchboard: prompt {key!r} must be a pair: (text, what came)")
    return dict(prompt)


def _page_model(model: Any) -> Any:
    """Return the model with the page's weights, in float64: its record is the same everywhere."""
    from tinytx.manual import GPT

    page = GPT(model.config, np.random.default_rng(0), np.float64).eval()
    page.load_state_dict(
        {key: value.astype(np.float64) for key, value in quantized_state(model).items()}
    )
    return page


def _tales() -> tuple[Any, Any]:
    from tinytx.trained import load_trained

    trained = load_trained("tales", np.float32)
    return trained.model, trained.tokenizer


def _percent(p: float) -> str:
    return f"{fixed(100 * p, 1)} %"
