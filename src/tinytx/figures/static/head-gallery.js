// The head gallery: all heads as small pictures, and the chosen one large, with its numbers.

const MEASURES =
  ["Distance", "Entropy (nats)", "On itself", "On the previous", "On the first", "Most on"];
const PALE = 0.3; // what is left of the colour of a row that had no target
const WHAT = "Choose a head by a click or the arrow keys. Rows are queries, columns the keys " +
  "they read; the stronger the colour, the more. A row sums to 1.";

function figure(data, host) {
  const [L, H] = [data.weights.length, data.weights[0].length];
  const state = { layer: 0, head: 0, causal: isCausal(data) };
  const measures = numbers(MEASURES);
  const title = el("p", { className: "name" });
  const status = el("p", { className: "status", "aria-live": "polite" });
  const say = (text) => status.textContent === text || (status.textContent = text);
  const large = reads(grid("Weights of the chosen head", data.queries, data.keys, {
    corner: " ",
    pick: (i, j) => {
      const weight = data.weights[state.layer][state.head][i][j];
      say(`${readsAs(data, i, j, weight)}.`);
    },
    press: () => {},
  }), "query ↓", "key →");
  large.table.classList.toggle("dense", data.keys.length > 12);
  if (data.trained) {
    for (const i of data.trained) large.cells[i][0].parentNode.classList.add("trained");
  }
  const choose = (layer, head) => {
    const before = small.cells[state.layer][state.head];
    before.classList.remove("on");
    before.setAttribute("aria-selected", "false");
    Object.assign(state, { layer, head });
    small.cells[layer][head].classList.add("on");
    small.cells[layer][head].setAttribute("aria-selected", "true");
    title.textContent = nameOf(data, layer, head);
    measures.show(data.habits[layer][head]);
    large.show(cellsOf(data, state));
    say(habitOf(data, layer, head));
  };
  const ignore = () => {};
  const small = grid("Heads", layers(L), heads(H), { pick: choose, press: ignore, hover: ignore });
  small.table.classList.add("heads", H > 8 ? "tiny" : H > 4 ? "middle" : "wide");
  const pictures = thumbs(data, small);
  const draw = () => pictures.forEach((picture) => paint(picture, state.causal, data));
  // The colours are the theme's: paint once the figure is in the page, and when the theme changes.
  queueMicrotask(draw);
  new MutationObserver(draw).observe(host, { attributeFilter: ["data-theme"] });
  choose(0, 0);
  const root = el("div", { className: "card", role: "group" }, [
    el("p", { className: "muted", textContent: WHAT }),
    ...(data.note ? [el("p", { textContent: `${data.note} The other rows are pale.` })] : []),
    small.box,
    title, measures.list, large.box, status,
  ]);
  root.setAttribute("aria-label", "Attention heads");
  return root;
}

function layers(L) {
  return Array.from({ length: L }, (_, i) => `block ${i}`);
}

function heads(H) {
  return Array.from({ length: H }, (_, i) => (i ? String(i) : "head 0"));
}

// Whether no head of this figure ever reads a later position: then that half is left blank.
function isCausal({ weights, queries, keys }) {
  const last = keys.length - queries.length;
  const rows = weights.flat(1);
  return rows.every((head) => head.every((row, i) => row.every((w, j) => j <= i + last || !w)));
}

function nameOf(data, layer, head) {
  const name = data.names[layer][head];
  return `Block ${layer}, head ${head}${name ? `: ${name}` : ""}`;
}

function habitOf(data, layer, head) {
  const [distance, entropy, itself, previous, first, most] = data.habits[layer][head];
  const alike = Math.exp(Number(entropy)).toFixed(1);
  return `${nameOf(data, layer, head)}. It looks ${distance} positions away on average, as ` +
    `spread as over ${alike} keys; ${itself} falls on the position itself, ${previous} on the ` +
    `previous, ${first} on the first one. Most on ${most}.`;
}

// Whether a row counts: a query that had no target does not.
function counted({ trained }, i) {
  return !trained || trained.includes(i);
}

function readsAs(data, i, j, weight) {
  const reads = `${data.queries[i]} reads ${data.keys[j]} with weight ${fixed(weight / 1000, 3)}`;
  return counted(data, i) ? reads : `${reads}, and had no target`;
}

function cellsOf(data, { layer, head, causal }) {
  const dense = data.keys.length > 12;
  const last = data.keys.length - data.queries.length;
  return data.weights[layer][head].map((row, i) =>
    row.map((weight, j) => {
      if (causal && j > i + last) return { text: "", said: "later, not read", names: "off" };
      const text = fixed(weight / 1000, 3);
      const short = weight === 1000 ? "1" : text.slice(1);
      const said = readsAs(data, i, j, weight);
      const level = Math.max(weight, 1) / 1000;
      const names = counted(data, i) ? "" : "pale";
      return { text: dense ? short : text, said, names, level: names ? level * PALE : level };
    }),
  );
}

function thumbs(data, small) {
  return data.weights.flatMap((row, layer) =>
    row.map((weights, head) => {
      const size = { width: data.keys.length, height: data.queries.length };
      const canvas = el("canvas", { ...size, "aria-hidden": "true" });
      const cell = small.cells[layer][head];
      cell.append(canvas, el("span", { textContent: data.names[layer][head] }));
      cell.setAttribute("aria-label", habitOf(data, layer, head));
      cell.setAttribute("aria-selected", "false");
      return { canvas, weights };
    }),
  );
}

// One pixel for a weight. Small ones are lifted, or a head that reads widely would seem empty.
function paint({ canvas, weights }, causal, data) {
  const context = canvas.getContext("2d");
  const style = getComputedStyle(canvas);
  const [color, ground] = ["--accent", "--raised"].map((name) => style.getPropertyValue(name));
  const last = canvas.width - canvas.height;
  context.clearRect(0, 0, canvas.width, canvas.height);
  const dot = (j, i, fill, alpha) => {
    context.fillStyle = fill;
    context.globalAlpha = alpha;
    context.fillRect(j, i, 1, 1);
  };
  weights.forEach((row, i) =>
    row.forEach((weight, j) => {
      if (causal && j > i + last) return;
      dot(j, i, ground, 1);
      dot(j, i, color, (weight / 1000) ** 0.7 * (counted(data, i) ? 1 : PALE));
    }),
  );
}
