// The residual stream: one block as a diagram, all of them as a chart.

const FORWARD = {
  stream: "stream", added: "added",
  lines: ["the stream", "attention adds", "the MLP adds"],
  hint: "The signal goes up: each branch reads the stream and adds to it.",
};
const BACKWARD = {
  stream: "dstream", added: "dadded",
  lines: ["gradient of the stream", "back through attention", "back through the MLP"],
  hint: "The gradient goes down: at a sum it is copied, at a fork its parts are added.",
};
const BARE = "Without a residual nothing passes a branch by: what it read is gone.";
const SUPERSCRIPT = [..."⁰¹²³⁴⁵⁶⁷⁸⁹"];

// Three significant digits; ResidualStream writes its words by the same rule.
function three(value) {
  if (value === 0) return "0";
  if (value >= 1e-3 && value < 999.5) return value.toPrecision(3);
  const [digits, power] = value.toExponential(2).split("e");
  return `${digits}·10${raised(Number(power))}`;
}

function raised(power) {
  const digits = [...String(Math.abs(power))].map((digit) => SUPERSCRIPT[digit]).join("");
  return power < 0 ? `⁻${digits}` : digits;
}

function figure(data) {
  const state = { layer: data.layers.length - 1, norm: 0, init: 0, gradient: false, block: 0 };
  const view = {
    diagram: el("div", { className: "diagram" }),
    whole: el("div", { className: "whole" }),
    numbers: numbers(["Below the first block", "Above the last", "Grown", "Loss", "log V"]),
    hint: el("p", { className: "muted" }),
    status: el("p", { className: "status", "aria-live": "polite" }),
    place: el("div", { className: "place" }),
  };
  const update = () => show(data, state, view);
  const set = (changes) => {
    Object.assign(state, changes);
    state.block = Math.min(state.block, data.layers[state.layer] - 1);
    if ("layer" in changes) placeSlider(data, state, view, update);
    update();
  };
  view.pick = (block) => {
    set({ block });
    if (view.slider) view.slider.set(block);
  };
  const root = el("div", { className: "card", role: "group" }, [
    el("div", { className: "choices" }, choices(data, state, set)),
    view.numbers.list,
    el("div", { className: "both" }, [
      el("div", {}, [view.place, view.diagram]),
      el("div", {}, [view.whole, view.hint]),
    ]),
    view.status,
  ]);
  root.setAttribute("aria-label", "The residual stream, measured");
  set({ layer: state.layer });
  return root;
}

// A choice of one is none.
function choices(data, state, set) {
  const one = (label, values, name) =>
    values.length < 2 ? [] : [
      choice(label, values.map((text, i) => [String(i), text]), String(state[name]), (value) =>
        set({ [name]: Number(value) })).box,
    ];
  return [
    choice("Show", [["signal", "signal"], ["gradient", "gradient"]], "signal", (value) =>
      set({ gradient: value === "gradient" })).box,
    ...one("Blocks", data.layers.map(String), "layer"),
    ...one("Norm", data.norms.map(([, text]) => text), "norm"),
    ...one("Fresh weights", data.inits.map(({ text }) => text), "init"),
  ];
}

function placeSlider(data, state, view, update) {
  const L = data.layers[state.layer];
  view.slider = null;
  view.place.replaceChildren(el("p", { className: "label", textContent: "Block 0, the only one" }));
  if (L === 1) return;
  view.slider = slider("Block", { min: 0, max: L - 1, step: 1, value: state.block }, (block) => {
    state.block = block;
    update();
  });
  view.place.replaceChildren(view.slider.box);
}

// The range of the chart, in powers of ten, is that of all measurements: curves can be compared.
function range(data, way) {
  const runs = data.runs.flat(2);
  const all = runs.flatMap((run) => [...run[way.stream], ...run[way.added]]);
  const powers = all.filter((value) => value > 0).map(Math.log10);
  const low = Math.floor(Math.min(0, ...powers));
  return [low, Math.max(Math.ceil(Math.max(...powers)), low + 1)];
}

function show(data, state, view) {
  const run = data.runs[state.layer][state.norm][state.init];
  const norm = data.norms[state.norm][0];
  const way = state.gradient ? BACKWARD : FORWARD;
  const [stream, added] = [run[way.stream], run[way.added]];
  const L = data.layers[state.layer];
  const limits = range(data, way);
  const at = 2 * state.block;
  const thick = (value) => {
    const part = (Math.log10(value || 1e-9) - limits[0]) / (limits[1] - limits[0]);
    return 2 + 9 * Math.max(0, Math.min(1, part));
  };
  const block = { stream: stream.slice(at, at + 3), added: added.slice(at, at + 2) };
  const says = sentence(state, norm, block);
  const ends = [
    state.block ? `from block ${state.block - 1}` : "embeddings",
    state.block < L - 1 ? `to block ${state.block + 1}`
    : norm === "post" ? "to the head" : "to ln_f, head",
  ];
  const parts = { ...block, ends, label: says };
  view.diagram.replaceChildren(blockDiagram({ norm, gradient: state.gradient, thick }, parts));
  const all = { way, stream, added, bare: norm === "none" };
  view.whole.replaceChildren(wholeChart(all, L, limits, state, view));
  const [low, high] = [stream[0], stream[2 * L]];
  const grown = state.gradient ? low / high : high / low;
  const sizes = [three(low), three(high), `× ${three(grown)}`];
  view.numbers.show([...sizes, three(run.loss), three(run.uniform)]);
  view.hint.textContent = `${norm === "none" ? BARE : way.hint} Sizes are root mean squares ` +
    `(RMS). ${drawn(data.inits[state.init], L)}`;
  if (view.status.textContent !== says) view.status.textContent = says;
}

// What "scaled" means for this depth.
function drawn({ std, scaled }, L) {
  return scaled
    ? `o_proj and down_proj, which end in the stream, are drawn with ${std} ÷ √(2 · ${L}) = ` +
      `${three(std / Math.sqrt(2 * L))}, all others with ${std}.`
    : `All weights are drawn with a standard deviation of ${std}.`;
}

// The same words as a line of ResidualStream.words, block by block.
function sentence(state, norm, { stream, added }) {
  const [low, middle, high] = stream.map(three);
  const [attention, mlp] = added.map(three);
  if (state.gradient)
    return `Block ${state.block}: gradient ${high} above, ${middle} between, ${low} below; ` +
      `${attention} comes back through attention, ${mlp} through the MLP.`;
  const verb = norm === "none" ? "gives" : "adds";
  return `Block ${state.block}: stream ${low} below; attention ${verb} ${attention}: ${middle}; ` +
    `the MLP ${verb} ${mlp}: ${high}.`;
}

function wholeChart({ way, stream, added, bare }, L, [low, high], state, view) {
  const log = (value) => Math.max(low, Math.log10(value || 1e-9));
  const points = stream.map((value, i) => [i / 2, log(value)]);
  // What a branch adds belongs to the sum it ends in; its gradient, to the point where it read.
  const shift = state.gradient ? 0 : 0.5;
  const branch = (odd) =>
    added.map((value, i) => [i / 2 + shift, log(value)]).filter((_, i) => i % 2 === odd);
  const names = way.lines;
  const made = chart({
    label: `${names.join(", ")}, through all blocks, on a logarithmic scale`,
    x: [0, L],
    y: [low, high],
    ticks: {
      x: [...new Set([0, 1, 2, 3, 4].map((part) => Math.round((part * L) / 4)))],
      y: Array.from({ length: high - low + 1 }, (_, i) => low + i),
    },
    format: { x: String, y: decade },
    lines: [points, branch(0), branch(1)].map((line, color) => ({
      points: line, name: bare ? names[color].replace("adds", "gives") : names[color], color,
    })),
    height: 330,
    pick: (x) => view.pick(Math.min(L - 1, Math.floor(x))),
  });
  const here = 2 * state.block;
  made.mark({
    rules: [{ x: state.block, color: 3 }, { x: state.block + 1, color: 3 }],
    dots: [0, 1, 2].map((i) => ({ x: points[here + i][0], y: points[here + i][1], color: 0 })),
  });
  const axis = el("p", { className: "muted axis", textContent: "blocks passed" });
  return el("div", {}, [made.box, axis]);
}

function decade(power) {
  if (Math.abs(power) > 2) return `10${raised(power)}`;
  return (10 ** power).toFixed(Math.max(0, -power));
}
