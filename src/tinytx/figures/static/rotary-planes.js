// A plane for each pair: query and key turned, the ring of angles, and the pair's share as a bar.

const LONGEST = 8; // pairs that are shown large, and whose shares are written out as a sum
const RING = 1.2; // radius of the ring; the longest pair of numbers reaches 1

function planesView(data) {
  const n = data.query.length / 2;
  const cells = Array.from({ length: n }, (_, i) => planeCell(i, n > LONGEST));
  const names = n > LONGEST ? "planes many" : "planes";
  const box = el("ol", { className: names }, cells.map((cell) => cell.box));
  const show = (at) => {
    const planes = planesOf(data, at);
    const start = planesOf(data, { ...at, t: 0, s: 0 });
    const most = Math.max(1e-9, ...longest(data, at));
    const rates = ratesOf(n, at.base);
    cells.forEach((cell, i) => cell.show(at, planes[i], start[i], rates[i], most));
  };
  return { box, show };
}

// The length of each pair of the query, and of the key by its own pairs, which turning keeps. If
// the key's are not the query's, each number of a plane comes from another pair: √2 times at most.
function longest({ query, key }, { pairs }) {
  const n = query.length / 2;
  const sizes = (x, halves) => Array.from({ length: n }, (_, i) =>
    Math.hypot(...pairOf(i, n, halves).map((d) => x[d])));
  const times = pairs === "mixed" ? Math.SQRT2 : 1;
  const keys = sizes(key, pairs === "halves").map((size) => times * size);
  return [...sizes(query, pairs !== "neighbours"), ...keys];
}

function planeCell(i, brief) {
  const drawn = svg("g");
  const picture = svg("svg", { viewBox: "-1.35 -1.35 2.7 2.7", class: "plane", role: "img" }, [
    svg("path", { d: "M-1 0H1M0 -1V1", class: "cross" }), drawn,
  ]);
  const name = el("p", { className: "pair-name" });
  const bar = el("span", { className: "share-bar" });
  const value = el("span", { className: "share" });
  const note = el("p", { className: "muted" });
  const track = el("div", { className: "share-track" }, [bar]);
  const box = el("li", {}, [
    name, picture, el("div", { className: "share-row" }, [track, value]), note,
  ]);
  const show = (at, plane, start, rate, most) => {
    const which = plane.at.join(" and ");
    name.replaceChildren(el("strong", { textContent: `Pair ${i}` }), brief ? "" : `: ${which}`);
    drawn.replaceChildren(...ring(at, rate), ...points(plane, start, most));
    value.textContent = fixed(plane.share, 4);
    const width = Math.min(50, (50 * Math.abs(plane.share)) / most ** 2);
    bar.style.width = `${width}%`;
    bar.style.left = `${plane.share < 0 ? 50 - width : 50}%`;
    bar.classList.toggle("minus", plane.share < 0);
    note.textContent = noteOf(rate, at, brief);
    note.classList.toggle("strange", isStrange(rate, at));
    picture.setAttribute("aria-label", planeSaid(i, at, plane, rate));
  };
  return { box, show };
}

// How slowly a pair turns, as the positions are read; training had them undivided.
function noteOf(rate, at, brief) {
  const slower = rate / at.factor;
  const length = thousands((2 * Math.PI) / slower, brief && slower < 0.01 ? 0 : 1);
  if (brief) return `${length} a turn`;
  const had = `${turnsOf(rate, at)} turns within ${thousands(at.trained)}`;
  return at.factor === 1 ? `one turn in ${length} positions, ${had}`
    : `one turn in ${length} positions, divided by ${at.factor}; training had ${had}`;
}

function turnsOf(rate, { trained }) {
  const turns = (trained * rate) / (2 * Math.PI);
  return thousands(turns, turns < 0.1 ? 4 : 2);
}

function planeSaid(i, at, { at: numbers, q, k }, rate) {
  const where = ([a, b]) => `${fixed(a, 2)}, ${fixed(b, 2)}`;
  const met = isFull(rate, at) ? "Training went round the whole circle."
    : isStrange(rate, at) ? "A text of this length has angles outside the arc that training covered."
      : "Training had a part of the circle, and this text stays in it.";
  return `Pair ${i}, numbers ${numbers.join(" and ")}: query at ${where(q)}, key at ` +
    `${where(k)}. ${met}`;
}

// Angles between query and key, from the right and counter-clockwise: seen in training, and new.
function ring(at, rate) {
  const turn = 2 * Math.PI;
  const had = Math.min(turn, at.trained * rate);
  const read = Math.min(turn, (readOf(at) / at.factor) * rate);
  const parts = [["ring", 0, turn], ["ring had", 0, had]];
  if (read > had) parts.push(["ring new", had, read]);
  const arcs = parts.map(([names, from, to]) => svg("path", { d: arcOf(from, to), class: names }));
  if (at.pairs === "mixed") return arcs; // no one angle lies between them
  const [x, y] = tip(((at.t - at.s) / at.factor) * rate, RING);
  return [...arcs, svg("circle", { cx: x, cy: y, r: 0.085, class: "now" })];
}

function tip(angle, radius) {
  return [radius * Math.cos(angle), -radius * Math.sin(angle)];
}

function arcOf(from, to) {
  const steps = Math.max(2, Math.ceil((to - from) * 16));
  const all = Array.from({ length: steps + 1 }, (_, i) => from + ((to - from) * i) / steps);
  return all.map((angle, i) =>
    `${i ? "L" : "M"}${tip(angle, RING).map((value) => value.toFixed(3)).join(" ")}`).join("");
}

// Arrows from the middle: a round end for the query, a square one for the key; pale before turning.
function points({ q, k }, start, most) {
  const place = ([a, b]) => [a / most, -b / most];
  const line = (at, name) => svg("path", { d: `M0 0L${place(at).join(" ")}`, class: name });
  const spot = (at, name) => {
    const [x, y] = place(at);
    const round = name.startsWith("query");
    return round ? svg("circle", { cx: x, cy: y, r: 0.09, class: name })
      : svg("rect", { x: x - 0.08, y: y - 0.08, width: 0.16, height: 0.16, class: name });
  };
  return [
    spot(start.q, "query before"), spot(start.k, "key before"),
    line(q, "query"), line(k, "key"), spot(q, "query"), spot(k, "key"),
  ];
}
