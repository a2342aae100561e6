"""Of text made alike the colours of two are looked at; nothing that is unlike is passed over."""

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


@pytest.mark.parametrize(
    ("kinds", "texts", "links"), [(False, 10, 3), (True, 2 + 1 + 2 + 2, 2)], ids=["all", "kinds"]
)
def test_the_colours_of_two_of_a_kind(visit, axe, tmp_path, kinds, texts, links):
    path = tmp_path / "kinds.html"
    path.write_text(PAGE, encoding="utf-8")
    found = {one["id"]: len(one["nodes"]) for one in axe(visit(path), kinds=kinds)}
    assert found == {"color-contrast": texts, "link-in-text-block": links}
