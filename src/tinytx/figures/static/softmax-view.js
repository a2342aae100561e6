// What the softmax explorer shows: bars, the gradient over the scale, the Jacobian.

// One line a score: what goes in, the weight as a bar, and what the naive formula would give.
function barTable({ scores, labels }) {
  const heads = ["", "score", "z", "", "w = softmax(z)", "e^z", "e^z / sum"];
  const lines = labels.map((text) => {
    const bar = el("span", { className: "bar" });
    const before = el("span", { className: "before" });
    const cells = heads.slice(1).map(() => el("td"));
    cells[2].append(el("div", { className: "track" }, [bar, before]));
    cells[2].setAttribute("aria-hidden", "true");
    const head = el("th", { scope: "row", textContent: text });
    return { bar, before, cells, row: el("tr", {}, [head, ...cells]) };
  });
  const head = el("tr", {}, heads.map((text) =>
    text ? el("th", { scope: "col", textContent: text }) : el("td")));
  const table = el("table", { className: "bars", "aria-label": "Scores and weights" }, [
    el("thead", {}, [head]), el("tbody", {}, lines.map((line) => line.row)),
  ]);
  const note = el("p", { className: "muted naive" });
  const scroll = el("div", { className: "scroll", role: "group", tabIndex: 0 }, [table]);
  scroll.setAttribute("aria-label", "Scores and weights");
  const show = ({ scale, shift }, now, start) => {
    const inputs = scores.map((score) => score * scale + shift);
    const powers = inputs.map(Math.exp);
    const total = powers.reduce((sum, one) => sum + one, 0);
    lines.forEach(({ bar, before, cells }, i) => {
      bar.style.width = `${now.weights[i] * 100}%`;
      before.style.left = `${start.weights[i] * 100}%`;
      const naive = powers[i] / total;
      const texts = [trimmed(scores[i]), trimmed(inputs[i]), null, fixed(now.weights[i], 4),
        power(powers[i]), Number.isNaN(naive) ? "nan" : fixed(naive, 4)];
      texts.forEach((text, n) => text === null || (cells[n].textContent = text));
      cells[5].classList.toggle("broken", Number.isNaN(naive));
    });
    note.textContent = advice(inputs, powers, total, start.scale);
  };
  return { box: el("div", {}, [scroll, note]), show };
}

function power(value) {
  if (value === Infinity) return "∞";
  if (value !== 0 && (value >= 1e4 || value < 1e-3))
    return value.toExponential(1).replace("e+", "e").replace("-", "−");
  return fixed(value, value < 100 ? 4 : 1);
}

function advice(inputs, powers, total, begun) {
  const top = trimmed(Math.max(...inputs), 1);
  if (total === Infinity && !powers.includes(Infinity))
    return "Naive: every e^z is a float64, but their sum is above the largest, and divided by ∞ " +
      "all are 0. Less the largest first, every e^ is at most 1.";
  if (total === Infinity)
    return `Naive: e^${top} is above the largest float64, and ∞/∞ is not a number. ` +
      "Less the largest first, every e^ is at most 1.";
  if (total === 0)
    return `Naive: even e^${top} is below the smallest float64, and 0/0 is not a number. ` +
      "Less the largest first, one e^ is exactly 1.";
  const line = `The thin line: the weight at × ${trimmed(begun)}. `;
  return "z is the score × scale, plus what is added. " + line +
    "Right, the naive formula: in float64 it breaks past z = 709 and loses digits below −708, in " +
    "float32 past 88 and below −87.";
}

// How large the gradient can be, over all scales: it grows, and dies.
function slopePanel(data, own, pick) {
  const points = Array.from({ length: 161 }, (_, n) => {
    const scale = SCALE[0] + (n / 160) * (SCALE[1] - SCALE[0]);
    return [scale, measure(data.scores, scale).slope];
  });
  const drawn = chart({
    label: "The largest entry of the gradient dw/dz, over the scale", x: SCALE, y: [0, 0.25],
    lines: [{ points }], ticks: { x: [0, 1, 2, 3, 4], y: [0, 0.125, 0.25] }, height: 150,
    format: (value) => trimmed(value, 3), pick,
  });
  const marked = own === null || own > SCALE[1] ? "" : `; the line: ÷ √${data.d_head}`;
  const text = `Largest gradient, over the scale${marked}`;
  const title = el("p", { className: "label", textContent: text });
  const show = ({ scale }, { slope }) => drawn.mark({
    rules: marked ? [{ x: own, color: 3 }] : [],
    dots: [{ x: scale, y: slope, color: 1, text: tiny(slope) }],
  });
  return { box: el("section", {}, [title, drawn.box]), show };
}

// diag(w) − w wᵀ: how much weight i moves when score j does.
function jacobianPanel({ labels }, pick) {
  const text = "Gradient dw / dz: how w moves with z";
  const title = el("p", { className: "label", textContent: text });
  const cells = grid(text, labels, labels, { pick, hover: pick, corner: "w↓ z→" });
  const said = el("p", { className: "muted" });
  const show = ({ i, j }, { weights }) => {
    const entry = (a, b) => weights[a] * ((a === b ? 1 : 0) - weights[b]);
    cells.hold(i, j);
    cells.show(labels.map((_, a) => labels.map((_, b) => ({
      text: tiny(entry(a, b)),
      said: `w of ${labels[a]} by z of ${labels[b]}: ${tiny(entry(a, b))}`,
      level: entry(a, b) * 4,
      names: a === i && b === j ? "on" : "",
    }))));
    const sum = i === j ? "w(1 − w)" : "−w·w′";
    const factors = i === j ? [weights[i], 1 - weights[i]] : [-weights[i], weights[j]];
    said.textContent =
      `w of ${labels[i]} by z of ${labels[j]}: ${sum} = ` +
      `${factors.map((n) => fixed(n, 4)).join(" · ")} = ${tiny(entry(i, j))}`;
  };
  const box = el("section", {}, [title, cells.box, said]);
  return { box, show };
}
