// What every head of a recorded model reads: a picture for each, and one query's row in words.

// A picture for each head; the chosen query's row is framed, and read out as its largest weights.
function attentionMaps(data, host, pick) {
  const T = data.labels.length;
  const canvases = data.attention[0].map((_, head) => {
    const canvas = el("canvas", { width: T, height: T, role: "img" });
    const row = el("span", { className: "frame" });
    const inner = el("div", { className: "map" }, [canvas, row]);
    follow(inner, (_, down) => pick(Math.min(T - 1, Math.floor(down * T))));
    const reads = el("p", { className: "reads" });
    const name = el("p", { className: "label", textContent: `Head ${head}` });
    return { canvas, row, reads, box: el("div", { className: "head" }, [name, inner, reads]) };
  });
  const choose = slider("Query", {
    min: 0, max: T - 1, step: 1, value: T - 1, format: (i) => data.labels[i],
  }, pick);
  let shown = null;
  const show = (state) => {
    shown = state;
    choose.set(state.query);
    canvases.forEach(({ canvas, row, reads }, head) => {
      const weights = data.attention[state.at][head];
      paint(canvas, weights, T);
      row.style.top = `${(100 * state.query) / T}%`;
      row.style.height = `${100 / T}%`;
      reads.textContent = readsOf(weights[state.query], data.labels);
      canvas.setAttribute("aria-label",
        `Weights of head ${head}; ${data.labels[state.query]} reads ${reads.textContent}`);
    });
  };
  // The colours are the theme's: paint when the figure is in the page and when the theme changes.
  const again = () => shown && show(shown);
  queueMicrotask(again);
  new MutationObserver(again).observe(host, { attributeFilter: ["data-theme"] });
  const title = el("p", { className: "title", textContent: "What each head reads then" });
  const hint = el("p", { className: "muted", textContent: HINT });
  const heads = el("div", { className: "heads" }, canvases.map(({ box }) => box));
  return { box: el("div", {}, [title, choose.box, heads, hint]), show };
}

const HINT = "Rows are queries, columns the keys they read; the stronger the colour, the larger " +
  "the weight. Choose a query by the slider or in a picture.";

function readsOf(row, labels) {
  const order = row.map((weight, key) => [weight, key]).filter(([weight]) => weight > 0);
  order.sort(([one, a], [other, b]) => other - one || a - b);
  const largest = order.slice(0, 3);
  if (!largest.length) return "nothing";
  return largest.map(([weight, key]) => `${labels[key]}\u00a0${weight}\u00a0%`).join(", ");
}

// One pixel for a weight; small ones are lifted, or a head that reads widely would seem empty.
function paint(canvas, weights, T) {
  const context = canvas.getContext("2d");
  const style = getComputedStyle(canvas);
  const [color, ground] = ["--accent", "--raised"].map((name) => style.getPropertyValue(name));
  context.clearRect(0, 0, T, T);
  weights.forEach((row, i) => row.forEach((weight, j) => {
    for (const [fill, alpha] of [[ground, 1], [color, (weight / 100) ** 0.7]]) {
      context.fillStyle = fill;
      context.globalAlpha = alpha;
      context.fillRect(j, i, 1, 1);
    }
  }));
}
