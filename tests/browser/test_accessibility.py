"""Of text made alike the colours of two are looked at; nothing that is unlike is passed over."""

from collections import Counter

import pytest

PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Kinds</title>
<link rel="icon" href="data:,"><style>
  body { background: #fff; color: #222 } a { color: #336; text-decoration: none }
  .pale, tr:nth-child(even) td, .ground .sound { color: #ccc }
  .under a { text-decoration: underline }
</style></head><body><main><h1>Kinds</h1>
<p class="pale" hidden>text 1</p><p class="pale" style="visibility:hidden">text 2</p>
<p class="pale">text 3</p><p class="pale">text 4</p><p class="pale">text 5</p>
<table><tr><td>text 6</td></tr><tr><td>text 7</td></tr>
<tr><td>text 8</td></tr><tr><td>text 9</td></tr></table>
<p class="sound">text 10</p><p class="sound">text 11</p><p class="sound">text 12</p>
<p class="sound" style="color:#ccc">text 13</p>
<div class="ground"><p class="sound">text 14</p></div>
<p class="under">A <a href="#">link</a> and a <a href="#">link</a> and a <a href="#">link</a>.</p>
<p>A <a href="#">link</a> and a <a href="#">link</a> and a <a href="#">link</a>.</p>
<div id="host"></div></main><script>
  document.getElementById("host").attachShadow({ mode: "open" }).innerHTML =
    '<style>i { color: #ccc }</style><p><i>text 15</i> <i>text 16</i> <i>text 17</i></p>';
</script></body></html>"""


def found(axe, page, **how) -> dict[str, int]:
    return {one["id"]: len(one["nodes"]) for one in axe(page, **how)}


@pytest.fixture
def kinds(tmp_path):
    path = tmp_path / "kinds.html"
    path.write_text(PAGE, encoding="utf-8")
    return path


def test_every_colour_is_looked_at_or_two_of_a_kind(visit, axe, kinds):
    page = visit(kinds)
    assert found(axe, page) == {"color-contrast": 10, "link-in-text-block": 3}
    assert found(axe, page, known=Counter()) == {"color-contrast": 8, "link-in-text-block": 2}


def test_what_one_page_had_another_need_not_show(visit, axe, kinds):
    """And what looks different there, by its class, its place or the styles around, it must."""
    known: Counter[int] = Counter()
    assert found(axe, visit(kinds), known=known)["color-contrast"] == 8
    assert found(axe, visit(kinds), known=known) == {"color-contrast": 2}  # of these it had one
    assert found(axe, visit(kinds), known=known) == {}
    assert {*known.values()} == {2}
    page = visit(kinds)
    page.evaluate("document.querySelectorAll('.sound').forEach((e) => e.className = 'pale new')")
    assert found(axe, page, known=known) == {"color-contrast": 4}
    for root in ("document", "document.getElementById('host').shadowRoot"):
        page = visit(kinds)
        page.evaluate(f"{root}.querySelector('style').textContent += 'b {{ color: red }}'")
        many = found(axe, page, known=known)["color-contrast"]
        assert many == (8 if root == "document" else 2)
