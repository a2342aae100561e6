// The runs on logarithmic axes with the line, and how far they are off it for each E.

const ROOM = 0.05; // of a picture's range, left free at its ends
const PALE = "color-mix(in srgb, var(--accent) 75%, var(--surface))";
const TITLES = {
  compute: "compute, 6 · parameters · tokens", parameters: "parameters, at the most tokens",
  tokens: "tokens, at the largest model",
};

function runsChart(state, found) {
  const { axis, E } = state;
  const { shown, line, used } = found;
  const across = (run) => Math.log10(placeOf(run, axis));
  const high = (value) => Math.log10(value - E);
  const above = shown.filter(({ loss }) => loss > E);
  const x = roomy(shown.map(across));
  const y = above.length ? roomy(above.map(({ loss }) => high(loss))) : [-1, 0];
  const sizes = sizesOf(state.runs).filter(({ runs }) => runs.some((run) => shown.includes(run)));
  const points = (runs) =>
    runs.filter(({ loss }) => loss > E).map((run) => [across(run), high(run.loss)]);
  const lines = axis === "compute"
    ? sizes.map(({ runs }) => ({ points: points(runs), color: 3 })) : [];
  const drawn = above.length === 1 ? "1 run is" : `${above.length} runs are`;
  const made = chart({
    label: `${told(state, found)} ${drawn} drawn.`, x, y, height: 300, lines,
    ticks: { x: logTicks(...x, x[1] - x[0] > 2.2 ? [1] : [1, 2, 5]), y: logTicks(...y) },
    format: { x: logPower, y: logPlain },
  });
  const strokes = [...made.plot.querySelectorAll("path.chart-line")];
  strokes.forEach((stroke, i) => paint(stroke, "stroke", sizes[i].share));
  if (line) made.plot.querySelector("g").append(...straight(line, used, shown, axis, x, y));
  made.mark({ dots: above.map((run) => ({ x: across(run), y: high(run.loss) })) });
  made.plot.querySelectorAll(".chart-dot").forEach((dot, i) => {
    paint(dot, "color", sizes.find(({ runs }) => runs.includes(above[i])).share);
    dot.classList.toggle("best", [...found.best, ...found.left].includes(above[i]));
    dot.classList.toggle("held", !used.includes(above[i]));
  });
  return el("div", {}, [sizeKey(sizes), made.box]);
}

// Drawn where it was fitted, dashed where it predicts.
function straight({ runs, factor, exponent }, used, shown, axis, x, y) {
  const place = (at) => [
    (100 * (at - x[0])) / (x[1] - x[0]),
    100 - (100 * (Math.log10(factor) + exponent * at - y[0])) / (y[1] - y[0]),
  ];
  const last = Math.log10(placeOf(runs.at(-1), axis));
  const fitted = [[x[0], last, "chart-line fit"], [last, x[1], "chart-line fit beyond"]];
  return fitted.map(([from, to, names]) => chartStroke([place(from), place(to)], names));
}

function roomy(values) {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const room = ROOM * (high - low || 1);
  return [low - room, high + room];
}

// Sizes from small to large, each with its share of the way from the first colour to the last.
function sizesOf(runs) {
  const names = [...new Set(runs.map(({ name }) => name))];
  const sizes = names.map((name) => ({
    name, runs: runs.filter((run) => run.name === name).sort((a, b) => a.tokens - b.tokens),
  })).sort((a, b) => a.runs[0].parameters - b.runs[0].parameters);
  return sizes.map((size, i) => ({ ...size, share: i / Math.max(1, sizes.length - 1) }));
}

function paint(made, property, share) {
  const part = (100 * share).toFixed(0);
  made.style[property] = `color-mix(in srgb, var(--ink) ${part}%, ${PALE})`;
}

function sizeKey(sizes) {
  const entries = sizes.map(({ name, share }) => {
    const entry = el("span", { textContent: name });
    const spot = el("i", { className: "spot" });
    paint(spot, "background", share);
    entry.prepend(spot);
    return entry;
  });
  return el("p", { className: "sizes" }, entries);
}

// For each E, by how many per cent the runs are off their line; null where no E has a line.
function offChart({ stops, axis, E, floor, held, alone }, { best, line }, put) {
  const per = ({ off }) => 100 * Math.expm1(off);
  const lines = stops.map((at) => [at, lineOf(best, axis, at)]).filter(([, one]) => one);
  if (!lines.length) return null;
  const points = lines.map(([at, one]) => [at, per(one)]);
  const least = points.reduce((low, one) => (one[1] < low[1] ? one : low));
  const top = Math.max(1, 2.2 * points[0][1], 3 * least[1]);
  const x = [0, stops.at(-1)];
  const made = chart({
    label: `How far off the line, for each E: least at E = ${fixed(least[0], 4)}, ` +
      `${fixed(least[1], 1)} %; the exact entropy is ${fixed(floor, 4)}`,
    x, y: [0, top], height: 130, lines: [{ points, color: 0 }],
    ticks: { x: niceTicks(...x, 5), y: niceTicks(0, top, 3) }, format: plainNumber,
    pick: (at) => put(stops[nearest(stops, at)]),
  });
  const seeds = alone[axis][held ? 1 : 0];
  made.mark({
    rules: [
      ...seeds.map((at) => ({ x: at, color: 3 })), { x: floor, color: 1, text: "exact entropy" },
    ],
    dots: line ? [{ x: E, y: Math.min(per(line), top), color: 2 }] : [],
  });
  const rules = [...made.plot.querySelectorAll(".chart-rule")];
  rules.slice(0, seeds.length).forEach((rule) => rule.classList.add("alone"));
  made.box.classList.add("off");
  return made.box;
}
