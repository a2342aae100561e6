// What stands around the patching grid: the two texts above, the next tokens below.

// The two texts, as far as there are columns of them or they differ; what differs is marked, the
// position of the chosen cell has a frame.
function textLines({ texts, differ, grids }) {
  const used = [...grids.flatMap(({ places }) => places || []), ...differ];
  const first = used.length ? Math.min(...used) : 0;
  const lines = texts.map((text) => text.map((token, i) => {
    const tag = differ.includes(i) ? "mark" : "span";
    return el(tag, { className: "bit", textContent: token });
  }));
  const box = el("dl", { className: "texts" }, lines.flatMap((line, which) => [
    el("dt", { className: "label", textContent: which ? "corrupted" : "clean" }),
    el("dd", {}, [...(first ? ["… "] : []), ...line.slice(first)]),
  ]));
  const show = (at) =>
    lines.forEach((line) => line.forEach((bit, i) => bit.classList.toggle("at", i === at)));
  return { box, show };
}

// The likeliest next tokens of the corrupted run and of the patched one.
function nextTable() {
  const body = el("tbody");
  const head = el("tr", {}, ["next token", "corrupted", "patched"].map((textContent) =>
    el("th", { scope: "col", textContent })));
  const parts = [el("thead", {}, [head]), body];
  const box = el("table", { className: "next", "aria-label": "Next tokens" }, parts);
  const show = ({ names, before, first }, after) => {
    const now = new Map(after);
    const shown = [...new Set([...now.keys(), ...first])].slice(0, 7);
    body.replaceChildren(...shown.map((id) => el("tr", {}, [
      el("th", { scope: "row", textContent: names[id] }),
      barCell(before[id]), barCell(now.get(id)),
    ])));
  };
  return { box, show };
}

function barCell(share) {
  if (share === undefined) return el("td", { className: "low", textContent: "below these" });
  const bar = el("span", { className: "bar" });
  bar.style.width = `calc((100% - 62px) * ${share / 1e4})`;
  const text = el("span", { textContent: `${fixed(share / 100, 1)} %` });
  return el("td", {}, [bar, text]);
}
