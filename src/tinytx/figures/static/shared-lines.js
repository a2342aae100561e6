// Query heads in a row, heads of keys and values below, and a line from each to the one it reads.

const TALL = 90; // of the lines, in pixels

function headLines(pick) {
  const lines = svg("svg", { viewBox: "0 0 100 100", preserveAspectRatio: "none" });
  lines.style.height = `${TALL}px`;
  const rows = { query: el("div", { className: "heads" }), kv: el("div", { className: "heads" }) };
  const name = (text) => el("p", { className: "label", textContent: text });
  const picture = el("div", { className: "sharing", role: "img" }, [
    name("Query heads"), rows.query, lines, rows.kv,
    name("Key/value heads: key above, value below"),
  ]);
  rows.query.addEventListener("click", ({ target }) => {
    const at = [...rows.query.children].indexOf(target);
    if (at >= 0) pick(at);
  });
  const show = (shape, wrong, chosen) => {
    const { n_head: H, n_kv_head: K } = shape;
    const [right, read] = [servedOf(H, K, false), servedOf(H, K, wrong)];
    const chip = (i, on, name, few) => el("span", {
      className: `${name}${on ? " on" : ""}`, textContent: few ? String(i) : "",
    });
    rows.query.replaceChildren(...right.map((head, i) =>
      chip(i, i === chosen, `head query${head === read[i] ? "" : " astray"}`, H <= 32)));
    rows.kv.replaceChildren(...Array.from({ length: K }, (_, j) =>
      chip(j, read[chosen] === j, "head kv", K <= 32)));
    for (const row of Object.values(rows)) row.classList.toggle("tight", row.children.length > 16);
    const all = read.map((head, i) => [i, head, head === right[i] ? "right" : "astray"]);
    const paths = right.flatMap((head, i) => (read[i] === head ? [] : [[i, head, "meant"]]));
    lines.replaceChildren(...[...paths, ...all].map(([i, head, names]) =>
      headLine((i + 0.5) / H, (head + 0.5) / K, i === chosen ? `${names} on` : names)));
    picture.setAttribute("aria-label", `${H} query heads, in order, read key/value heads ` +
      `${read.join(" ")}${wrong ? `, and should read ${right.join(" ")}` : ""}`);
  };
  return { box: picture, show };
}

function headLine(from, to, names) {
  const [a, b] = [100 * from, 100 * to].map((at) => at.toFixed(3));
  return svg("path", {
    d: `M${a} 0C${a} 45 ${b} 55 ${b} 100`, class: names, "vector-effect": "non-scaling-stroke",
  });
}

// A bar as long as the memory: the weights, then the cache of each text that fits beside them.
function roomBar() {
  const weights = el("span", { className: "weights" });
  const texts = el("span", { className: "texts" });
  const box = el("div", { className: "room", "aria-hidden": "true" }, [weights, texts]);
  const show = (shape, sizes, room) => {
    const taken = sizes.bytes * allParametersOf(shape);
    const part = (bytes) => `${Math.min(100, (100 * bytes) / room)}%`;
    const n = textsOf(shape, sizes, room);
    weights.style.width = part(taken);
    weights.classList.toggle("over", taken > room);
    texts.style.width = part(n * cacheOf(shape, sizes));
    texts.style.backgroundSize = `${100 / Math.max(1, n)}% 100%`;
    texts.classList.toggle("fine", cacheOf(shape, sizes) < 0.02 * room);
  };
  return { box, show };
}
