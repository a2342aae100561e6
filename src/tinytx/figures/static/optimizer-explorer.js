// The optimizer explorer: three paths on one surface, and how high each stands at each step.

const NAMES = Object.keys(METHODS);
const NAME = "Paths of three optimizers";
const BETAS = [0, 0.3, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 0.98, 0.99];
const FINE = 20; // stops of the start’s sliders from one whole number to the next
// Two digits in each power of ten from 0.001 to 0.9, and 1.
const RATES = [...[-3, -2, -1].flatMap((power) =>
  Array.from({ length: 90 }, (_, i) => Number(`${i + 10}e${power - 1}`))), 1];

function figure(data) {
  const state = { ...data.state };
  const put = (changes) => {
    Object.assign(state, changes);
    if ("surface" in changes) move();
    draw();
  };
  const view = {
    ask: el("p", { className: "ask" }),
    place: el("div"), starts: el("div", { className: "inline" }), heights: el("div"),
    results: table(["method", "where it is", "height", BELOW], NAMES),
    status: el("p", { className: "unseen status", "aria-live": "polite" }),
  };
  // Another surface has another size: the map and the sliders of the start are made anew.
  const move = () => {
    const surface = data.surfaces[state.surface];
    state.start = [...(state.starts[state.surface] || surface.start)];
    view.map = mapOf(surface, (start) => put({ start }));
    view.start = startSliders(surface, state, put);
    view.place.replaceChildren(view.map.box);
    view.starts.replaceChildren(...view.start.boxes);
    view.ask.textContent = surface.ask;
  };
  const draw = () => show(data, state, view);
  const surfaces = data.order.map((key) => [key, data.surfaces[key].name]);
  const kinds = choice("Surface", surfaces, state.surface, (surface) => put({ surface }));
  const root = el("div", { className: "card optimizers", role: "group", "aria-label": NAME }, [
    kinds.box, view.ask, sliders(state, put, view.starts), view.place,
    el("p", { className: "muted", textContent: HINT }),
    view.results.box, view.heights, view.status,
  ]);
  put({ surface: state.surface });
  return root;
}

function show(data, state, view) {
  const surface = data.surfaces[state.surface];
  state.starts[state.surface] = state.start;
  const found = NAMES.map((name) => run(surface, name, state, data));
  view.map.show(found, state);
  view.start.set(state);
  view.heights.replaceChildren(heightChart(found, state));
  view.results.show(found.map((one) => [pair(one.points.at(-1)), height(one), one.did]));
  const told = found.map(({ name, did }) => `${name} ${did}`).join(", ");
  view.status.textContent = `${BELOW}: ${told}`;
}

const BELOW = "under 1 % of the start’s height";
const HINT = "Press in the picture to start elsewhere. Lines join points of equal height, which " +
  "is the loss above the lowest there is. Momentum and Adam use β; Adam’s β₂ is 0.999 and ε 10⁻⁸.";

function sliders(state, put, start) {
  const steps = { min: 1, max: 200, step: 1, value: state.steps };
  const made = [
    stopSlider("Rate", RATES, state.lr, (lr) => put({ lr })),
    stopSlider("β", BETAS, state.beta, (beta) => put({ beta })),
    slider("Steps", steps, (value) => put({ steps: value })),
  ];
  return el("div", { className: "sliders controls" }, [...made.map(({ box }) => box), start]);
}

// The start, for the keyboard; the noise's draw, where there is noise.
function startSliders(surface, state, put) {
  const made = ["x", "y"].map((name, axis) => {
    const size = Math.round(surface[name] * FINE);
    // A stop that would read like the start has no place beside it.
    const stops = Array.from({ length: 2 * size + 1 }, (_, i) => (i - size) / FINE)
      .filter((stop) => Math.abs(stop - state.start[axis]) >= 0.005);
    const move = (value) => {
      const start = [...state.start];
      start[axis] = value;
      put({ start });
    };
    return stopSlider(`Start, ${name}`, stops, state.start[axis], move, (v) => fixed(v, 2));
  });
  const draws = surface.noise
    ? [slider("Noise, draw", { min: 0, max: 9, step: 1, value: state.draw },
      (draw) => put({ draw }))] : [];
  const set = ({ start }) => made.forEach((one, axis) => one.set(start[axis]));
  return { boxes: [...made, ...draws].map(({ box }) => box), set };
}

// One path, how high it is at each step, and what it did in a few words.
function run(surface, name, state, { far, beta_2, eps }) {
  const { points, diverged } = pathOf(surface, name, { ...state, far, beta_2, eps });
  const heights = points.map((point) => lossAt(surface, point) - surface.floor);
  const high = heights.map((one) => !(one <= heights[0] / 100));
  const below = high.lastIndexOf(true) + 1;
  const did = diverged ? `diverges, past ${far} at step ${diverged}`
    : below < heights.length ? `from step ${below}` : "not yet";
  return { name, points, heights, diverged, did };
}

function pair(point) {
  return `(${point.map((value) => fixed(value, 2)).join(", ")})`;
}

function height({ heights }) {
  const value = heights.at(-1);
  if (value < 1e-12) return "0";
  if (value >= 0.001 && value < 1e5) return String(Number(value.toPrecision(3)));
  const [digits, power] = value.toExponential(1).split("e");
  return `${digits} · 10${raised(Number(power))}`;
}

// A table of texts with a heading for each row: {box, show(rows)}.
function table(head, names) {
  const cells = names.map(() => head.slice(1).map(() => el("td")));
  const column = (text) => el("th", { scope: "col", textContent: text });
  const row = (name, i) => el("tr", {}, [
    el("th", { scope: "row" }, [chartKey(name, i)]), ...cells[i],
  ]);
  const box = el("table", { className: "results" }, [
    el("thead", {}, [el("tr", {}, head.map(column))]), el("tbody", {}, names.map(row)),
  ]);
  const show = (rows) => rows.forEach((texts, i) =>
    texts.forEach((text, j) => (cells[i][j].textContent = text)));
  return { box, show };
}
