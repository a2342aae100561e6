"""What axe-core finds in a page as it stands, shadow roots included.

A page of the book has thousands of words made alike, the coloured ones of its code first of all,
and axe takes seconds to find the ground behind each. So a whole page has its colours looked at on
two of each kind: the same element, class, style and state, in the same such elements up to the
root. Two, for tables are striped. Of 3,542 elements with text in a chapter 494 are left, and 1.5
seconds of 4.8. A figure by itself has all of them looked at.
"""

from __future__ import annotations

FIRST = "data-first-of-its-kind"
# The rules that look at kinds alone, and at which elements of a kind.
COLOURS = [
    {"id": "color-contrast", "selector": f"[{FIRST}]"},
    {"id": "link-in-text-block", "selector": f"a[href][{FIRST}]"},
]
# `preload` fetches every style sheet anew, for `css-orientation-lock`, which is off, and sound, for
# `no-autoplay-audio`, of which the book has none.
RUN = """(off) => axe.run(document, {
  preload: false, resultTypes: ["violations"],
  rules: Object.fromEntries(off.map((id) => [id, { enabled: false }])),
}).then((all) => all.violations)"""
MARK = """([mark, rules]) => {
  const states = ["class", "style", "disabled", "open", "aria-current", "aria-selected",
    "aria-pressed", "aria-checked", "aria-disabled", "aria-invalid"];
  const kinds = new Map(), times = new Map();
  const kind = (e, above) => {
    const said = [above, e.tagName, ...states.map((name) => e.getAttribute(name))].join("\\n");
    if (!kinds.has(said)) kinds.set(said, kinds.size);
    return kinds.get(said);
  };
  const speaks = (e) => e.matches("a[href], input, select, textarea")
    || [...e.childNodes].some((one) => one.nodeType === Node.TEXT_NODE && one.data.trim());
  const walk = (e, above) => {
    const mine = kind(e, above);
    if (speaks(e) && e.checkVisibility({ opacityProperty: true, visibilityProperty: true })) {
      const before = times.get(mine) ?? 0;
      if (before < 2) e.setAttribute(mark, "");
      times.set(mine, before + 1);
    }
    for (const child of [...(e.shadowRoot?.children ?? []), ...e.children]) walk(child, mine);
  };
  walk(document.documentElement, -1);
  axe.configure({ rules });
}"""


def violations(page, script: str, without: tuple[str, ...] = (), kinds: bool = False) -> list[dict]:
    """Return what axe finds; of ``kinds``, the colours of two of each; ``without`` some rules."""
    if not page.evaluate("() => Boolean(window.axe)"):
        page.evaluate(script)
    if kinds:
        page.evaluate(MARK, [FIRST, COLOURS])
    return [
        {
            "id": one["id"],
            "impact": one["impact"],
            "help": one["help"],
            "nodes": [f"{node['target']} {node['failureSummary']}" for node in one["nodes"]],
        }
        for one in page.evaluate(RUN, list(without))
    ]
