"""Text from a model, token by token (:func:`stream`) or all at once (:func:`generate`)."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from ..manual.shapes import check_ids, is_whole
from .engine import engine_of
from .processors import Processor, processed
from .readers import Reader, reader_for
from .sampling import Generators, check_choice, log_probs, sample
from .texts import Texts, check_prompts, on_host


class Step(NamedTuple):
    """One more token for each row.

    Attributes
    ----------
    ids
        (B,).
    log_probs
        (B,), in nats: how likely the model itself held each.
    live
        (B,), False for a row that had ended before; its entries mean nothing.
    """

    ids: np.ndarray
    log_probs: np.ndarray
    live: np.ndarray


@dataclass(frozen=True)
class Generated(Sequence):
    """The texts, one for each prompt: a sequence of arrays, prompt and continuation in one.

    Attributes
    ----------
    ids
        (T + N,) each; a stop token is the last one.
    log_probs
        (N,) each, of the new tokens only.
    """

    ids: list[np.ndarray]
    log_probs: list[np.ndarray]

    def __getitem__(self, row: Any) -> Any:
        return self.ids[row]

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def new(self) -> list[np.ndarray]:
        """The continuations (N,) without the prompts."""
        return [
            ids[len(ids) - len(chosen) :]
            for ids, chosen in zip(self.ids, self.log_probs, strict=True)
        ]


def generate(model: Any, ids: Any, max_new_tokens: int, **options: Any) -> Generated:
    """Return ``ids`` continued by up to ``max_new_tokens`` tokens, each chosen given all before it.

    It collects what :func:`stream` yields; arguments and errors are the same.

    >>> from tinytx.manual import GPT, GPTConfig
    >>> config = GPTConfig(vocab_size=8, context_length=5, n_layer=1, n_head=2, d_model=6)
    >>> model = GPT(config, np.random.default_rng(0))
    >>> texts = generate(model, [[1, 0, 2], [1]], 4, temperature=0)
    >>> [len(text) for text in texts]
    [7, 5]
    >>> bool((generate(model, [[1]], 4, temperature=0)[0] == texts[1]).all())
    True
    """
    _check_options(options)
    rows = check_prompts(ids, model.config.vocab_size)
    steps = list(stream(model, rows, max_new_tokens, **options))
    texts, chosen = [], []
    for b, row in enumerate(rows):
        mine = [step for step in steps if step.live[b]]
        texts.append(np.array([*row, *(step.ids[b] for step in mine)], dtype=np.int64))
        chosen.append(np.array([step.log_probs[b] for step in mine], dtype=np.float64))
    return Generated(texts, chosen)


def stream(
    model: Any,
    ids: Any,
    max_new_tokens: int,
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    min_p: float | None = None,
    rng: Generators | int = None,
    processor: Processor | None = None,
    stop: Iterable[int] | None = None,
    min_new_tokens: int = 0,
    cache: bool | None = None,
    slide: int = 1,
) -> Iterator[Step]:
    """Yield one :class:`Step` after the other: the next token of every row, as soon as it is known.

    A row gets the same tokens in a batch as alone, whatever stands beside it; with draws, if it has
    a generator of its own. Arguments are checked at once, not when the first token is asked for.

    To show a text as it is written, give each row a ``decoder()`` of the tokenizer's: a token may
    be half a character, which has to wait for the rest.

    Parameters
    ----------
    model
        A GPT of either engine, in any mode; other threads may use it meanwhile, for its mode is
        not switched. Another model will do that has ``config.vocab_size`` and
        ``config.context_length`` and maps ids (B, T) to logits (B, T, V): an ``nn.Module`` from
        tensor to tensor, or an object whose ``forward`` takes and returns arrays. It is read
        without a cache. While it is read, it is put into evaluation mode, and so is a GPT with a
        hook or a foreign part: other threads may read it, too, but not train it.
    ids
        The prompts: (B, T), or a list of sequences, which may be unequally long. If the model has a
        ``padding_id``, padding changes nothing, on whatever side: the model does not see it, and
        positions count what is seen.
    max_new_tokens
        How many tokens to add to each row at most, at least 0.
    temperature, top_k, top_p, min_p, rng
        As in :func:`~tinytx.generation.sample`, applied in this order. An integer ``rng`` is a
        seed: the same seed, the same tokens.
    processor
        Called before each choice with the texts so far, a list of (T,), and a copy of their logits
        (B, V); returns the logits to choose by: see :mod:`tinytx.generation.processors`. Rows that
        have ended are not among them.
    stop
        Ids that end a row; None for none. The stop token is part of the text, its last.
    min_new_tokens
        So many tokens are made before a stop token may be chosen.
    cache
        None: keep keys and values wherever the model can. False: read everything anew for each
        token, which gives the same and takes longer. True: refuse a model that cannot.
    slide
        When a row has filled the context, so many of its oldest tokens drop out of what the model
        sees. 1 keeps the most in view, but each further token then costs a forward over the whole
        context: positions are part of the keys, so sliding makes the cache worthless. With half
        the context that happens once in ``context_length / 2`` tokens, and the model sees between
        half and all of the context.

    Raises
    ------
    ValueError
        If an argument is out of range, an id unknown to the model, or the logits cannot be used.

    >>> from tinytx import example
    >>> steps = stream(example.model(), [example.ids()], 2, temperature=0)
    >>> decoder = example.tokenizer().decoder()
    >>> [decoder.decode(step.ids) for step in steps] + [decoder.flush()]
    [' ', 'o', '']
    """
    config = model.config
    rows = check_prompts(ids, config.vocab_size)
    counts = {"max_new_tokens": max_new_tokens, "min_new_tokens": min_new_tokens, "slide": slide}
    max_new_tokens, min_new_tokens, slide = _check(counts, config.context_length)
    rng = check_choice(temperature, rng, top_k, top_p, min_p)
    if processor is not None and not callable(processor):
        raise ValueError(
            f"processor is {processor!r} and must be a function of (texts, logits), or None"
        )
    stops = check_stops(stop, config.vocab_size)
    if rng is not None and not isinstance(rng, np.random.Generator) and len(rng) != len(rows):
        raise ValueError(f"rng has {len(rng)} generators and must have one for each of {len(rows)}")
    padding_id = getattr(config, "padding_id", None)
    texts = Texts(rows, config.context_length, slide, padding_id)
    reader = reader_for(engine_of(model), texts, cache)
    choice = {
        "temperature": temperature, "top_k": top_k, "top_p": top_p, "min_p": min_p, "rng": rng,
    }  # fmt: skip
    return _steps(reader, max_new_tokens, stops, min_new_tokens, processor, choice)


def _steps(
    reader: Reader,
    max_new_tokens: int,
    stops: np.ndarray,
    min_new_tokens: int,
    processor: Processor | None,
    choice: dict[str, Any],
) -> Iterator[Step]:
    live = np.ones(len(reader.texts.rows), dtype=bool)
    for number in range(max_new_tokens):
        logits = reader.read()  # (B, V)
        allowed = logits
        if number < min_new_tokens and len(stops):
            allowed = logits.copy()
            allowed[:, stops] = -np.inf
        if processor is not None:
            so_far = [text for text, on in zip(reader.texts.so_far(), live, strict=True) if on]
            made = processed(processor, so_far, allowed[live])
            allowed = allowed.astype(np.result_type(allowed, made))
            allowed[live] = made
        new = sample(allowed, **choice)
        yield Step(new, log_probs(logits, new), live)
        reader.texts.append(new, live)
        if len(stops):
            live = live & ~np.isin(new, stops)
            if not live.any():
                return


def check_stops(stop: Any, vocab_size: int) -> np.ndarray:
    """Return the ids of ``stop``, an array (n,); refuse what is no list of them."""
    stop = on_host("stop", () if stop is None else stop)
    if isinstance(stop, str) or not isinstance(stop, Iterable) or getattr(stop, "ndim", 1) != 1:
        way = f"give stop=[{stop}]" if is_whole(stop) else "give [4], or None for none"
        raise ValueError(f"stop is {stop!r} and must be a list of ids: {way}")
    stop = list(stop)
    if any(np.ndim(one) for one in stop):
        raise ValueError(f"stop is {stop!r} and must be a list of ids: a row ends by one of them")
    stops = np.array(stop or np.empty(0, dtype=np.int64))
    check_ids("stop", stops, vocab_size)
    return stops


def _check_options(options: dict[str, Any]) -> None:
    """Refuse an option that :func:`stream` does not have, and name the one that is meant."""
    known = [name for name, one in _PARAMETERS.items() if one.kind is one.KEYWORD_ONLY]
    for name, value in options.items():
        if name not in known:
            near = get_close_matches(name, known, n=1)
            way = f"give {near[0]}=" if near else f"the options are {', '.join(known)}"
            raise ValueError(f"{name}={value!r} is no option of generate: {way}")


_PARAMETERS = inspect.signature(stream).parameters


def check_whole(name: str, value: Any, least: int | None = None) -> int:
    """Return ``value`` as Python's own number: NumPy's unsigned ones know no -1."""
    if not is_whole(value):
        raise ValueError(f"{name} is {value!r} and must be a whole number")
    if least is not None and value < least:
        raise ValueError(f"{name} is {value} and must be at least {least}")
    return int(value)


def _check(counts: dict[str, Any], context_length: int) -> list[int]:
    numbers = [check_whole(*each) for each in counts.items()]
    max_new_tokens, min_new_tokens, slide = numbers
    check_whole("max_new_tokens", max_new_tokens, 0)
    if not 0 <= min_new_tokens <= max_new_tokens:
        raise ValueError(
            f"min_new_tokens is {min_new_tokens} and must be from 0 to "
            f"max_new_tokens {max_new_tokens}"
        )
    if not 1 <= slide <= context_length:
        raise ValueError(f"slide is {slide} and must be from 1 to context_length {context_length}")
    return numbers
