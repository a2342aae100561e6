"""What axe-core finds in a page as it stands, shadow roots included.

A page of the book has thousands of words made alike, the coloured ones of its code first of all,
and axe takes seconds to find the ground behind each. So the pages of a book have their colours
looked at on two of each kind: the same element, class, style and state, in the same such elements
up to the root, with the same styles written into the page or the figure, and in a table a row of
the same stripe. Of 3,542 elements with text in a chapter 494 are left, and those alone that no page
before had: a hundred. A figure by itself has all of them looked at.
"""

from __future__ import annotations

from collections import Counter

FIRST = "data-first-of-its-kind"
# The rules that look at kinds alone, and at which elements of a kind.
COLOURS = [
    {"id": "color-contrast", "selector": f"[{FIRST}]"},
    {"id": "link-in-text-block", "selector": f"a[href][{FIRST}]"},
]
# `preload` fetches every style sheet anew, for `css-orientation-lock`, which is off, and sound, for
# `no-autoplay-audio`, of which the book has none. The way to an element is not looked for,
# which took a sixth of the time; its markup says which one it is.
RUN = """(off) => axe.run(document, {
  preload: false, selectors: false, resultTypes: ["violations"],
  rules: Object.fromEntries(off.map((id) => [id, { enabled: false }])),
}).then((all) => all.violations)"""
MARK = """([mark, rules, known]) => {
  const states = ["class", "style", "disabled", "open", "aria-current", "aria-selected",
    "aria-pressed", "aria-checked", "aria-disabled", "aria-invalid"];
  const times = new Map(known), found = [];
  const number = (text, from) => {  // 53 bits
    let [a, b] = [0xdeadbeef ^ (from % 4294967296), 0x41c6ce57 ^ (from / 4294967296)];
    for (let i = 0; i < text.length; ++i) {
      a = Math.imul(a ^ text.charCodeAt(i), 2654435761);
      b = Math.imul(b ^ text.charCodeAt(i), 1597334677);
    }
    a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909);
    b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909);
    return 4294967296 * (b & 2097151) + (a >>> 0);
  };
  const styles = (root) => [...root.querySelectorAll("style")].map((e) => e.textContent).join();
  const kind = (e, above) => {
    const stripe = e.tagName === "TR" ? e.rowIndex % 2 : "";
    const all = [e.tagName, stripe, ...states.map((name) => e.getAttribute(name))];
    return number(all.join("\\n"), above);
  };
  const speaks = (e) => e.matches("a[href], input, select, textarea")
    || [...e.childNodes].some((one) => one.nodeType === Node.TEXT_NODE && one.data.trim());
  const walk = (e, above) => {
    const mine = kind(e, above);
    if (speaks(e) && e.checkVisibility({ opacityProperty: true, visibilityProperty: true })) {
      const before = times.get(mine) ?? 0;
      if (before < 2) {
        e.setAttribute(mark, "");
        found.push(mine);
        times.set(mine, before + 1);
      }
    }
    if (e.shadowRoot) {
      const inside = number(styles(e.shadowRoot), mine);
      for (const child of e.shadowRoot.children) walk(child, inside);
    }
    for (const child of e.children) walk(child, mine);
  };
  walk(document.documentElement, number(styles(document), 0));
  axe.configure({ rules });
  return found;
}"""


def violations(
    page, script: str, without: tuple[str, ...] = (), known: Counter[int] | None = None
) -> list[dict]:
    """Return what axe finds, ``without`` some rules.

    With ``known`` the colours are those of two of each kind, less what it has; this is added to it.
    """
    if not page.evaluate("() => Boolean(window.axe)"):
        page.evaluate(script)
    if known is not None:
        known.update(page.evaluate(MARK, [FIRST, COLOURS, list(known.items())]))
    return [
        {
            "id": one["id"],
            "impact": one["impact"],
            "help": one["help"],
            "nodes": [f"{node['html']} {node['failureSummary']}" for node in one["nodes"]],
        }
        for one in page.evaluate(RUN, list(without))
    ]
