// Paths on a surface seen from above, and how high each stands at each step.

const LOWEST = -4; // powers of ten below which the chart of heights does not go

// The picture from above. A path that leaves it is told where it goes out for the first time.
function mapOf(surface, pick) {
  const size = { x: [-surface.x, surface.x], y: [-surface.y, surface.y] };
  const made = chart({
    label: `The ${surface.name} from above, with the paths`, ...size, height: 330,
    ticks: { x: niceTicks(...size.x, 8), y: niceTicks(...size.y, 4) },
    format: (value) => fixed(value, Number.isInteger(value) ? 0 : 1),
    pick: (x, y) => pick([x, y].map((value) => Math.round(value * FINE) / FINE)),
  });
  const top = lossAt(surface, [surface.x, surface.y]) - surface.floor;
  const levels = Array.from({ length: 11 }, (_, i) => surface.floor + top * (0.03 + i / 11) ** 2);
  const d = contours((point) => lossAt(surface, point), size, levels);
  const picture = made.plot.firstChild;
  picture.prepend(svg("path", { d, class: "contour", "vector-effect": "non-scaling-stroke" }));
  const show = (found, { start }) => {
    made.show(found.map(({ name, points }, color) => ({ points, name, color })));
    picture.querySelectorAll(".stops").forEach((old) => old.remove());
    found.forEach(({ points }, color) => picture.append(stopsOf(points, size, color)));
    const ends = found.flatMap((one, color) => exits(one, size, color));
    made.mark({ dots: [{ x: start[0], y: start[1], color: 3, text: "start" }, ...ends] });
  };
  return { box: made.box, show };
}

// A round spot for each step: lines of no length with round ends, which no stretching deforms.
function stopsOf(points, { x, y }, color) {
  const part = (value, [low, high]) => (((value - low) / (high - low)) * 100).toFixed(2);
  const d = points.map(([a, b]) => `M${part(a, x)} ${(100 - part(b, y)).toFixed(2)}h0`).join("");
  return svg("path", { d, class: `stops color${color}`, "vector-effect": "non-scaling-stroke" });
}

function exits({ name, points, diverged }, { x: [, x], y: [, y] }, color) {
  const out = points.findIndex(([a, b]) => Math.abs(a) > x || Math.abs(b) > y);
  if (!diverged || out < 1) return [];
  const [[a, b], [c, d]] = [points[out - 1], points[out]];
  const parts = [[a, c, x], [b, d, y]].map(([from, to, edge]) =>
    (Math.abs(to) > edge ? (Math.sign(to) * edge - from) / (to - from) : 1));
  const part = Math.min(...parts);
  const text = `${name} diverges`;
  const at = { x: a + (c - a) * part, y: b + (d - b) * part };
  // At the upper edge the words stand below the spot, or they would cover the key.
  const side = `${at.x > 0 ? "before" : "after"}${at.y > 0.8 * y ? " under" : ""}`;
  return [{ ...at, color, text, side }];
}

function heightChart(found, { steps }) {
  const log = (value) => Math.max(LOWEST, Math.log10(Math.max(value, 1e-9)));
  const highest = Math.ceil(Math.max(...found.map(({ heights }) => log(heights[0])), 0)) + 1;
  const lines = found.map(({ name, heights }, color) => ({
    points: heights.map((value, i) => [i, log(value)]), name, color,
  }));
  const powers = Array.from({ length: highest - LOWEST + 1 }, (_, i) => LOWEST + i);
  const made = chart({
    label: "Height above the lowest loss, step by step, on a logarithmic scale", lines,
    x: [0, steps], y: [LOWEST, highest], height: 170,
    ticks: { x: niceTicks(0, steps, 6), y: powers.filter((power) => power % 2 === 0) },
    format: {
      x: String, y: (power) => (power < -2 ? `10${raised(power)}` : plainNumber(10 ** power)),
    },
  });
  tuckLast(made);
  const title = el("p", { className: "title", textContent: "Height at each step" });
  const axis = el("p", { className: "muted axis", textContent: "steps" });
  return el("div", {}, [title, made.box, axis]);
}
