// The parameter explorer: sliders for the sizes of a model, and what they cost.

function figure(data) {
  const state = { config: { ...data.config }, factor: factorOf(data.config) };
  // F is rounded to a whole number: the factor that it came from is kept.
  const put = ({ factor = state.factor, ...changes }) => {
    Object.assign(state.config, changes);
    state.factor = factor;
    draw();
  };
  const controls = sizeSliders(data, state, put);
  const known = knownModels(data.models, put);
  const tie = toggle(TIED, state.config.tie_weights, (on) => put({ tie_weights: on }));
  const count = el("p", { className: "total" });
  const views = [scaleStrip(data.models), partBar(), partTable(), memoryTable(), flopTable()];
  const [strip, bar, parts, bytes, work] = views;
  const status = el("p", { className: "unseen status", "aria-live": "polite" });
  const draw = () => {
    const { config } = state;
    const found = parametersOf(config);
    controls.set(config);
    known.show(config);
    tie.firstChild.checked = config.tie_weights;
    count.replaceChildren(el("strong", { textContent: whole(total(found)) }), " parameters");
    strip.show(total(found));
    bar.show(found);
    [parts, bytes, work].forEach((view) => view.show(config, found));
    status.textContent = sentence(config, found);
  };
  draw();
  const hint = el("p", { className: "muted", textContent: HEADS });
  const note = el("p", { className: "muted", textContent: NOTE });
  return el("div", { className: "card sizes", role: "group", "aria-label": "The sizes of a GPT" }, [
    known.box, controls.box, tie, hint, count, strip.box, bar.box, parts.box,
    el("div", { className: "pair-of-tables" }, [bytes.box, work.box]), note, status,
  ]);
}

const TIED = "The head uses the embedding’s weight (tied)";
const HEADS = "Heads share the width out among themselves: their number changes no count.";
const NOTE =
  "A FLOP is one multiplication or addition: 2 for each weight of a matrix that a token meets, " +
  "and 4 · T · L · D to compare it with T keys and add up their values. Training in bfloat16 " +
  "keeps Adam’s two means and a copy of the weights in float32. Not counted: the activations of " +
  "training.";

function sentence(config, parts) {
  const all = total(parts);
  const most = Math.max(...PARTS.map((part) => parts[part]));
  const largest = PARTS.filter((part) => parts[part] === most).map((part) => SHOWN[part] || part);
  const share = `${fixed((most / all) * 100, 1)} %`;
  const where = largest.length > 1
    ? `the largest shares in ${largest.join(" and ")} (${share} each)`
    : `the largest share in ${largest[0]} (${share})`;
  const memory = amount(memoryOf(config).weights[0], "B");
  const work = amount(total(flopsOf(config, config.context_length)), "FLOP");
  return `${whole(all)} parameters, ${where}; ${memory} in float32; ${work} for a token.`;
}

function knownModels(models, put) {
  const buttons = models.map(({ name, config }) => {
    const button = el("button", { type: "button", className: "known", textContent: name });
    button.addEventListener("click", () => put({ ...config, factor: factorOf(config) }));
    return button;
  });
  const same = (one, other) => Object.keys(one).every((key) => one[key] === other[key]);
  const label = el("span", { className: "label", textContent: "Start from" });
  const box = el("div", { className: "row controls models", role: "group" }, [label, ...buttons]);
  box.setAttribute("aria-label", "Known models");
  const show = (config) => buttons.forEach((button, i) =>
    button.setAttribute("aria-pressed", String(same(models[i].config, config))));
  return { box, show };
}

// The stops of each slider; those of the known models and of the reader's own are added.
const STOPS = {
  n_layer: [1, 2, 3, 4, 6, 8, 10, 12, 16, 20, 24, 32, 40, 48, 64, 80, 96],
  d_model: [
    6, 16, 32, 48, 64, 96, 128, 192, 256, 384, 512, 640, 768, 1024, 1280, 1536, 2048, 2560, 3072,
    4096, 5120, 6144, 8192, 12288,
  ],
  vocab_size: [8, 20, 64, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768, 65536, 131072, 262144],
  context_length: [7, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768, 131072],
  factor: [1, 2, 3, 4, 5, 6, 8],
};

function sizeSliders(data, state, put) {
  const all = [data.config, ...data.models.map(({ config }) => config)];
  const stops = (key, value = (config) => config[key]) =>
    [...new Set([...STOPS[key], ...all.map(value)])].sort((a, b) => a - b);
  const widen = (d_model, factor) => ({ d_model, factor, d_ff: Math.round(factor * d_model) });
  const made = [
    stopSlider("Blocks, L", stops("n_layer"), (c) => c.n_layer, (n_layer) => put({ n_layer })),
    stopSlider("Width, D", stops("d_model"), (c) => c.d_model, (D) => {
      const n_head = closestStop(divisors(D), state.config.n_head);
      put({ ...widen(D, state.factor), n_head });
    }),
    stopSlider("Heads, H", (c) => divisors(c.d_model), (c) => c.n_head, (n_head) => put({ n_head }),
      (n_head) => `${n_head} × ${whole(state.config.d_model / n_head)}`),
    stopSlider("MLP, F", stops("factor", factorOf), () => state.factor,
      (factor) => put(widen(state.config.d_model, factor)),
      (factor) => `${trimZeros(factor)} D = ${whole(Math.round(factor * state.config.d_model))}`),
    stopSlider("Vocabulary, V", stops("vocab_size"), (c) => c.vocab_size,
      (vocab_size) => put({ vocab_size })),
    stopSlider("Context", stops("context_length"), (c) => c.context_length,
      (context_length) => put({ context_length })),
  ];
  const box = el("div", { className: "controls sliders" }, made.map(({ box: one }) => one));
  return { box, set: (config) => made.forEach(({ set }) => set(config)) };
}

// A slider over a list of stops, which may depend on the configuration.
function stopSlider(label, stops, value, change, format = whole) {
  let list = typeof stops === "function" ? [1] : stops;
  const made = slider(label, {
    min: 0, max: list.length - 1, step: 1, value: 0,
    format: (i) => format(list[Math.min(i, list.length - 1)]),
  }, (i) => change(list[i]));
  const set = (config) => {
    if (typeof stops === "function") list = stops(config);
    made.input.max = list.length - 1;
    made.set(list.indexOf(closestStop(list, value(config))));
  };
  return { box: made.box, set };
}

function closestStop(list, value) {
  return list.reduce((one, other) =>
    Math.abs(other - value) < Math.abs(one - value) ? other : one);
}

// All numbers of heads among which a width can be shared out.
function divisors(width) {
  return Array.from({ length: width }, (_, i) => i + 1).filter((n) => width % n === 0);
}

function factorOf({ d_ff, d_model }) {
  return d_ff / d_model;
}

function trimZeros(value) {
  return String(Math.round(value * 100) / 100);
}
