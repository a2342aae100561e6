"""The playground of chapter 10: a stream read at every depth, and who wrote what is said.

The model is the one that was trained on Tales, and it reads the beginning of a story.
"""

from __future__ import annotations

import html
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from ...manual.norm import EPS
from ..call import call
from .merging import visible
from .parts import CELL, FULL, OCHRE, TABLE, TEAL, failed, ink, shade, show_solved
from .stacking import SHORT, shown

if TYPE_CHECKING:
    from ...tokenizers.base import Tokenizer

Array = np.ndarray
BEGIN = (
    "Long ago, a girl named Zoe lived with her grandmother on a farm. Zoe liked to draw. More than"
    " anything, she wanted a tiny lantern.\nOne warm morning, Zoe put an apple in her pocket and"
    " set out to find one. At last she came to the forest.\n"
    '"Hello!" said a small voice. It was a hedgehog named Rusty. The hedgehog had a tiny'
)
NEAR, RIVALS, BAR = 12, 5, 6.0  # tokens shown in front; rivals to choose from; rem for the longest


@cache
def teller() -> tuple[Any, Tokenizer]:
    """Return the model of Tales, and its tokenizer."""
    from ...trained import load_trained

    trained = load_trained("tales")
    return trained.model, trained.tokenizer


@cache
def read() -> tuple[Array, dict[str, Array], Array]:
    """Return the ids of ``BEGIN`` (T,), what the model computed on them, and its stream."""
    from ...inspect.lens import stream
    from ...inspect.looking import look

    model, tokenizer = teller()
    ids = np.array(tokenizer.encode(BEGIN))
    seen = look(model, ids[None])
    return ids, seen, np.stack(stream(seen, model.config.n_layer))  # (L + 1, 1, T, D)


def depths(lens: Callable[..., Array], place: int) -> str:
    """Return HTML: what each depth would say next behind the token at ``place``."""
    (model, _), (_, _, whole) = teller(), read()
    outcome = call(lens, (whole[:, :, [place]], *_norm(), EPS, model.lm_head.weight.data))
    if outcome.error:
        return failed(lens, outcome.error, outcome.detail)
    logits = np.asarray(outcome.value, dtype=np.float64)[:, 0, 0]
    probs = np.exp(logits - logits.max(axis=-1, keepdims=True))
    probs /= probs.sum(axis=-1, keepdims=True)
    last = int(probs[-1].argmax())
    names = ["embeddings", *(f"block {i}" for i in range(len(probs) - 1))]
    rows = "".join(
        f"<tr>{_word('th', name)}{_word('td', f'<code>{_token(int(row.argmax()))}</code>')}"
        f"{_share(row.max(), OCHRE)}{_share(row[last], TEAL)}</tr>"
        for name, row in zip(names, probs, strict=True)
    )
    names = ["behind", "likeliest", "its share", f"of {_token(last)}"]
    head = "".join(_word("th", name) for name in names)
    return f"{_before(place)}{TABLE}<tr>{head}</tr>{rows}</table>"


def _word(kind: str, said: str) -> str:
    """Return a cell of words, which keeps its distance from its neighbours."""
    return f'<{kind} style="padding:2px 8px;text-align:left">{said}</{kind}>'


def writers(attributed: Callable[..., Array], place: int, rival: int) -> str:
    """Return HTML: what each part wrote for the likeliest token, and against the rival."""
    model, _ = teller()
    names, parts = written(place)
    order = np.argsort(-read()[1]["logits"][0, place], kind="stable")
    first, other = int(order[0]), int(order[rival])
    u = model.lm_head.weight.data[first] - model.lm_head.weight.data[other]
    outcome = call(attributed, (parts, *_norm(), EPS, u))
    if outcome.error:
        return failed(attributed, outcome.error, outcome.detail)
    shares = np.asarray(outcome.value, dtype=np.float64)
    longest = np.abs(shares).max()
    rows = "".join(
        _bar(name, share, longest) for name, share in zip([*names, "bias"], shares, strict=True)
    )
    said = f"{_token(first)} against {_token(other)}: {shares.sum():.2f} in all"
    return f"{_before(place)}<p>{said}.</p>{TABLE}{rows}</table>"


def written(place: int) -> tuple[list[str], Array]:
    """Return the parts of the last stream at ``place``: their names, and what they wrote (P, D)."""
    (model, _), (_, seen, _) = teller(), read()
    found = {"token": seen["tok_emb"][0, place]}
    found["position"] = seen["pos_emb"][0, place] - found["token"]
    for i, block in enumerate(model.blocks):
        columns = np.split(block.attn.o_proj.weight.data, model.config.n_head, axis=1)
        for h, its in enumerate(columns):
            found[f"head {i}.{h}"] = its @ seen[f"blocks.{i}.attn.out"][0, h, place]
        found[f"heads {i}, bias"] = block.attn.o_proj.bias.data
        found[f"MLP {i}"] = seen[f"blocks.{i}.mlp"][0, place]
    return list(found), np.array(list(found.values()))


def _norm() -> tuple[Array, Array]:
    norm = teller()[0].ln_f
    return norm.weight.data, norm.bias.data


def _token(id: int) -> str:
    return html.escape(visible(teller()[1].decode([id]).encode()))


def _before(place: int) -> str:
    ids = read()[0][max(0, place + 1 - NEAR) : place + 1]
    *near, here = [_token(int(i)) for i in ids]
    return f"<p><code>{''.join(near)}<b>{here}</b></code></p>"


def _share(share: float, colour: str) -> str:
    return f'<td style="{CELL};{shade(colour, share)}">{share:.3f}</td>'


def _bar(name: str, share: float, longest: float) -> str:
    colour = TEAL if share >= 0 else OCHRE
    width = BAR * abs(share) / longest if longest else 0.0
    return (
        f'<tr><th style="text-align:left">{name}</th><td style="{CELL}">{share:.2f}</td>'
        f'<td><div style="background:{ink(colour)};height:0.9em;width:{width:.2f}rem"></div></td>'
        "</tr>"
    )


def looking_inside(lens: object, attributed: object) -> None:
    """Show what the learner's lens reads, and what their attribution says of each part.

    Each shows as soon as its function passes its check.
    """
    from .. import looking_inside as checks

    show_solved((checks.lens, lens, _reading), (checks.attributed, attributed, _writing))


def _reading(lens: Callable) -> object:
    import ipywidgets as widgets

    place, page = _place(), widgets.HTML()

    def draw(_: object = None) -> None:
        page.value = depths(lens, place.value)

    return shown(draw, "What each depth would say", (place,), page)


def _writing(attributed: Callable) -> object:
    import ipywidgets as widgets

    place, page = _place(), widgets.HTML()
    rival = widgets.IntSlider(1, min=1, max=RIVALS, description="Rival", layout=FULL, **SHORT)

    def draw(_: object = None) -> None:
        page.value = writers(attributed, place.value, rival.value)

    return shown(draw, "Who wrote it", (place, rival), page)


def _place() -> Any:
    import ipywidgets as widgets

    last = len(read()[0]) - 1
    return widgets.IntSlider(last, min=0, max=last, description="Place", layout=FULL, **SHORT)
