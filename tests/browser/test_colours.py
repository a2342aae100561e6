"""What stands for queries, keys and values on the screen has their colours, and their names too."""

import numpy as np
import pytest

from tests.figures.recordings import recording
from tests.test_figures_colours import roles
from tinytx import example
from tinytx.figures import (
    AttentionExplorer,
    BackpropTracer,
    CacheAnimation,
    HeadGallery,
    MaskPainter,
    RotaryExplorer,
    SharedHeads,
    TrainingReplay,
)  # fmt: skip

Q, K, V = np.random.default_rng(0).normal(size=(3, 3, 2)).round(1)
WEIGHTS = np.tri(3)[None, None] / np.arange(1, 4)[:, None]
STEP = [np.array([ids]) for ids in (example.ids(), example.targets())]
TABLE = (("query-line", "color", ".reads tbody th", "q↓"),
         ("key-line", "color", ".reads thead th:not(.corner)", "k→"))  # fmt: skip
TRACED = [
    (f"{name}-line", "borderLeftColor", f".stop[data-key={name[0]}]", name[0])
    for name in ("query", "key", "value")
]
# Of each figure: which role, as what, where, and the word beside it.
SHOWN = [
    (lambda: AttentionExplorer(Q, K, V), [
        *TABLE, ("key-line", "color", ".lane .k th", "k[0]"),
        ("value-line", "color", ".lane .v th", "v[0]"),
        ("query-line", "color", ".lane thead .query-name", "query 2"),
    ]),
    (lambda: MaskPainter(Q @ K.T), list(TABLE)),
    (lambda: HeadGallery(WEIGHTS, list("abc")), [
        (role, how, where, name) for (role, how, where, _), name in
        zip(TABLE, ("query ↓", "key →"), strict=True)
    ]),
    (lambda: BackpropTracer(example.model(), *STEP, example.tokenizer(), example.FEATURES), TRACED),
    (lambda: CacheAnimation(), [
        ("query", "backgroundColor", ".cells .query.made", "query"),
        ("key", "backgroundColor", ".cells .key.made", "key over value"),
    ]),
    (lambda: SharedHeads(), [("query", "backgroundColor", ".head.query", "Query heads")]),
    (lambda: RotaryExplorer(), [
        ("query-line", "fill", "circle.query", "A round end is the query"),
        ("key-line", "fill", "rect.key", "a square one the key"),
    ]),
    (lambda: TrainingReplay(recording()), [("query-line", "outlineColor", ".frame", "Query")]),
]  # fmt: skip


def written(color: str) -> str:
    """Return ``#rrggbb`` as a browser gives it back."""
    return f"rgb({', '.join(str(int(color[i : i + 2], 16)) for i in (1, 3, 5))})"


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("make", "places"), SHOWN)
def test_roles_have_their_colours_and_their_names(show, make, places, theme):
    page = show(make(), theme=theme)
    text = page.locator(".card").inner_text()
    for role, how, where, name in places:
        found = page.locator(where)
        assert found.count() > 0, where
        values = found.evaluate_all(f"all => all.map((e) => getComputedStyle(e).{how})")
        assert set(values) == {written(roles(theme)[role])}, where
        assert name in text, name


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("make", [CacheAnimation, SharedHeads])
def test_a_key_stands_above_its_value_and_the_figure_says_so(show, make, theme):
    page = show(make(), theme=theme)
    both = page.locator(".entry.made, .head.kv").first
    key, value = (written(roles(theme)[name]) for name in ("key", "value"))
    ground = both.evaluate("e => getComputedStyle(e).backgroundImage")
    assert ground == f"linear-gradient({key} 50%, {value} 50%)"
    text = page.locator(".card").inner_text()
    assert "key over value" in text or "key above, value below" in text


def test_the_tracer_names_a_station_and_its_rows_in_their_colours(show):
    page = show(SHOWN[3][0]())
    for key, role in (("q", "query"), ("k", "key"), ("v", "value")):
        page.locator(f".stop[data-key={key}]").click()
        name = page.locator(".detail .name b")
        assert name.evaluate("e => getComputedStyle(e).color") == written(
            roles("light")[f"{role}-line"]
        )
    page.locator(".stop[data-key=scores]").click()
    for where, role in (("tbody", "query"), ("thead", "key")):
        head = page.locator(f".pair {where} th").last
        assert head.evaluate("e => getComputedStyle(e).color") == written(
            roles("light")[f"{role}-line"]
        )
