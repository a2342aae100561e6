"""The cache animation: what each new token costs without a KV cache, and with one."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from tinytx.config import GPTConfig
from tinytx.presets import PRESETS

from .arrays import _bytes, _short, subscript, unboxed
from .component import Figure, table
from .parameter_explorer import amount
from .visible import visible

MOST = 32  # tokens in all
PROMPT = "a cat"  # of tinytx.example, and a text in its letters
WRITTEN = " sat on a mat at noon"
ASK = (
    "After how many new tokens has the side without a cache computed ten times as many keys? Does "
    "a longer prompt bring that sooner? Then switch the mistake on: at which steps does it do no "
    "harm?"
)
NUMBERS = {"float64": 8, "float32": 4, "float16": 2}  # bytes


class Step(NamedTuple):
    """What one step computes, counted for one head of one block."""

    tokens: int
    """T: how many the text has when the step begins."""
    rows: int
    """Positions that go through q_proj, k_proj and v_proj: so many queries, keys and values."""
    scores: int
    """Products of a query with a key: the masked ones too, for they are computed, then masked."""
    again: int
    """Of the keys, those that an earlier step had computed already; so many of the values too."""
    read: int
    """Keys that are read from the cache; so many values too."""


class CacheAnimation(Figure):
    """A text written token by token, without and with a KV cache, side by side.

    One picture has a row for each step: which keys and values are computed, computed again, read,
    or thrown away. The other has the scores of the step at hand. Below are the sums so far, and the
    numbers that the cache holds in models of known shape. The counts are those of
    :class:`tinytx.manual.GPT` with and without :class:`tinytx.generation.KVCache`.

    The last token that is written is read by nobody: n_new tokens take n_new steps.

    *To find by playing:* after how many new tokens has the side without a cache computed ten times
    as many keys? Does a longer prompt bring that sooner? At which steps does the position mistake
    do no harm?

    Parameters
    ----------
    prompt
        Its tokens, as text or bytes; a string is taken by characters.
    n_new
        How many tokens are written: at most 32 with the prompt's. The reader can move the end of
        the prompt.
    written
        What is written, as the prompt's tokens; those without a name stand as "?". Left out, the
        default prompt has a text of its own.
    shapes
        Models by name, for the memory. Left out: the tales model, GPT-2 in its smallest and largest
        size, and the running example. A cache holds no more tokens than the model's context.
    ask
        The question above the figure; "" for none.

    Raises
    ------
    ValueError
        If there is no token, more than 32 in all, or a shape is no ``GPTConfig``.

    >>> print(CacheAnimation("ab", n_new=3, ask=""))
    CacheAnimation: 2 tokens of prompt, 3 new ones, a step each: a₀ b₁ ?₂ ?₃ ?₄
    step 1, 2 tokens: without a cache 2 keys and 4 scores; with one 2 keys and 4 scores
    step 2, 3 tokens: without a cache 3 keys, 2 of them again, and 9 scores; with one 1 key, ...
    step 3, 4 tokens: without a cache 4 keys, 3 of them again, and 16 scores; with one 1 key, ...
    in all: without a cache 9 keys and 29 scores; with one 4 keys and 11 scores
    ...
    with start_pos = 0 the new tokens that are read stand at 0 0 instead of 2 3
    """

    kind = "cache-animation"
    scripts = (
        "parts.js",
        "sizes.js",
        "player.js",
        "cache-counts.js",
        "cache-view.js",
        "cache-animation.js",
    )
    styles = ("parts.css", "controls.css", "player.css", "qkv.css", "cache-animation.css")

    def __init__(
        self,
        prompt: Iterable[object] = PROMPT,
        n_new: int = len(WRITTEN),
        written: Iterable[object] | None = None,
        shapes: Mapping[str, GPTConfig] | None = None,
        ask: str = ASK,
    ):
        if written is None:
            written = WRITTEN if prompt == PROMPT else ()
        before, after = _names("prompt", prompt), _names("written", written)
        n_new = unboxed(n_new)
        if type(n_new) is not int or n_new < 1 or not before or len(before) + n_new > MOST:
            raise ValueError(
                f"CacheAnimation: n_new is {n_new!r} after {len(before)} tokens of prompt, the "
                f"limit is at least 1 of each and {MOST} together; shorten one"
            )
        self.n_prompt, self.n_new = len(before), n_new
        self.tokens = (before + after[:n_new] + ["?"] * n_new)[: len(before) + n_new]
        self.shapes = known_shapes() if shapes is None else _shapes(shapes)
        self.ask = str(ask)

    def step(self, number: int, cached: bool, n_prompt: int | None = None) -> Step:
        """Return what step ``number`` computes, from 0: that one reads the whole prompt."""
        T = (self.n_prompt if n_prompt is None else n_prompt) + number
        rows = 1 if cached and number else T
        again = T - 1 if number and not cached else 0
        return Step(T, rows, rows * T, again, T - rows)

    def so_far(self, number: int, cached: bool, n_prompt: int | None = None) -> tuple[int, int]:
        """Return the keys and the scores that steps 0 to ``number`` have computed together."""
        steps = [self.step(one, cached, n_prompt) for one in range(number + 1)]
        return sum(one.rows for one in steps), sum(one.scores for one in steps)

    def data(self) -> dict[str, object]:
        """Return tokens and shapes; the page counts."""
        shapes = [
            {"name": name, "n_head": config.kv_heads,  # of keys and values
             **{one: getattr(config, one) for one in ("n_layer", "d_head", "context_length")}}
            for name, config in self.shapes.items()
        ]  # fmt: skip
        return {
            "tokens": self.tokens,
            "n_prompt": self.n_prompt,
            "shapes": shapes,
            "numbers": NUMBERS,
            "ask": self.ask,
        }

    def words(self) -> str:
        """Return what each step computes, the sums, the memory, and the positions of a mistake."""
        places = " ".join(token + subscript(i) for i, token in enumerate(self.tokens))
        new = "1 new one" if self.n_new == 1 else f"{self.n_new} new ones"
        prompt = _many(self.n_prompt, "token")
        lines = [f"CacheAnimation: {prompt} of prompt, {new}, a step each: {places}"]
        if self.ask:
            lines.append(self.ask)
        for number in range(self.n_new):
            one, other = self.step(number, cached=False), self.step(number, cached=True)
            lines.append(
                f"step {number + 1}, {_many(one.tokens, 'token')}: without a cache {_told(one)}; "
                f"with one {_told(other)}"
            )
        return "\n".join([*lines, *self._sums()])

    def fallback(self) -> str:
        """Return the same as a table."""
        head = ("step", "tokens", *(
            f"{what}, {side}" for what in ("keys", "scores") for side in ("no cache", "cache")
        ))  # fmt: skip
        rows = []
        for number in range(self.n_new):
            one, other = self.step(number, cached=False), self.step(number, cached=True)
            numbers = (one.rows, other.rows, one.scores, other.scores)
            rows.append((number + 1, one.tokens, *numbers))
        ask = f"<p>{html.escape(self.ask)}</p>" if self.ask else ""
        sums = "".join(f"<p>{html.escape(line)}</p>" for line in self._sums())
        return f"{ask}{table('What each step computes', head, rows)}{sums}"

    def _sums(self) -> list[str]:
        last = self.n_new - 1
        told = [
            "{} and {}".format(*map(_many, self.so_far(last, cached), ("key", "score")))
            for cached in (False, True)
        ]
        lines = [f"in all: without a cache {told[0]}; with one {told[1]}"]
        for name, config in self.shapes.items():
            T = min(self.n_prompt + last, config.context_length)
            here, full = held(config, T), held(config, config.context_length)
            lines.append(
                f"of {_many(T, 'token')} the cache of {name} holds {here:,} numbers, "
                f"{amount(4 * here, 'B')} in float32; "
                f"of {config.context_length:,}, its context, {amount(4 * full, 'B')}"
            )
        right = range(self.n_prompt, self.n_prompt + last)
        if right:
            wrong = " ".join("0" for _ in right)
            lines.append(
                f"with start_pos = 0 the new tokens that are read stand at {wrong} instead of "
                f"{' '.join(map(str, right))}"
            )
        return lines


def held(config: GPTConfig, T: int) -> int:
    """Return how many numbers a KV cache holds of ``T`` tokens, for one row of a batch.

    A key and a value for each block, head and token: 2 · n_layer · n_head · d_head · T, or of
    ``n_kv_head`` heads if there are fewer.

    >>> held(PRESETS["gpt2"], 1024)
    18874368
    """
    return 2 * config.n_layer * config.kv_heads * config.d_head * T


def known_shapes() -> dict[str, GPTConfig]:
    """Return the models whose memory is told: the course's own, and GPT-2."""
    from tinytx import example

    tales = GPTConfig(vocab_size=512, context_length=480, n_layer=3, n_head=4, d_model=128)
    return {
        "the tales model": tales,
        "GPT-2 small": PRESETS["gpt2"],
        "GPT-2 XL": PRESETS["gpt2-xl"],
        "the running example": example.config(),
    }


def _many(n: int, what: str) -> str:
    return f"{n:,} {what}{'s' * (n != 1)}"


def _told(one: Step) -> str:
    keys = _many(one.rows, "key")
    more = [f"{one.again} of them again"] * bool(one.again) + [f"{one.read} read"] * bool(one.read)
    return f"{', '.join([keys, *more])}{',' * bool(more)} and {_many(one.scores, 'score')}"


def _names(what: str, tokens: Iterable[object]) -> list[str]:
    return [_short(visible(_bytes(f"CacheAnimation: {what}", token))) for token in tokens]


def _shapes(shapes: Mapping[str, GPTConfig]) -> dict[str, GPTConfig]:
    if not isinstance(shapes, Mapping):
        raise ValueError(
            f"CacheAnimation: shapes is {type(shapes).__name__} and must be a dict, "
            'such as {"mine": model.config}'
        )
    if not shapes:
        raise ValueError("CacheAnimation: shapes is empty; give a model, or leave it out")
    for name, config in shapes.items():
        if not isinstance(config, GPTConfig):
            raise ValueError(
                f"CacheAnimation: shapes[{name!r}] is {type(config).__name__} and must be a "
                "GPTConfig, such as model.config"
            )
    return {str(name): config for name, config in shapes.items()}
