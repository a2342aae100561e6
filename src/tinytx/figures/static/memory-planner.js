// The memory planner: a model, how it is trained, on how many ranks; what each of them holds.

const NAME = "What training holds on each rank";
const STAGES = [[0, "nothing"], [1, "1: optimizer"], [2, "2: and gradients"], [3, "3: and weights"]];
const NAMES = { sgd: "SGD", momentum: "SGD, momentum", adamw: "AdamW" };
const NOTE = "1 GB is a thousand million bytes. Not counted: buffers, fragments and the work space " +
  "of kernels: leave room for them.";

function figure(data) {
  const state = {
    model: data.start, precision: "bfloat16", optimizer: "adamw", keeps: data.moments.adamw,
    batch: 1, T: 4096, checkpointing: true, fused: true, ranks: 1, stage: 0,
  };
  const model = () => data.models[state.model];
  const bars = planBars(data.cards, data.parts);
  const parts = partTable(data.parts);
  const status = el("p", { className: "status", "aria-live": "polite" });
  const formula = el("p", { className: "formula" });
  const put = (changes) => {
    Object.assign(state, changes);
    state.T = Math.min(state.T, model().context_length);
    draw();
  };
  const controls = plannerControls(data, state, put);
  const draw = () => {
    controls.set(state);
    const plan = planOf(model(), state);
    bars.show(plan);
    parts.show(plan);
    formula.textContent = statesFormula(model(), state);
    const said = sentenceOf(data.cards, plan, model(), state);
    if (status.textContent !== said) status.textContent = said;
  };
  put({});
  return el("div", { className: "card planning", role: "group", "aria-label": NAME }, [
    ...(data.ask ? [el("p", { className: "ask", textContent: data.ask })] : []),
    ...controls.boxes, status, bars.box, formula, parts.box,
    el("p", { className: "muted", textContent: NOTE }),
  ]);
}

function sentenceOf(cards, plan, { name }, { ranks, stage }) {
  const fit = cards.filter((card) => plan.total <= card * 1e9).map((card) => `${card} GB`);
  const bytes = (value) => amount(Math.round(value), "B");
  const where = ranks === 1 ? "on 1 rank" : `on ${whole(ranks)} ranks, ${
    stage ? `stage ${stage}` : "nothing shared out"}`;
  return `${name} ${where}: states ${bytes(plan.states)}, activations ${bytes(plan.activations)}, ` +
    `in all ${bytes(plan.total)}, fits in ${
      fit.length ? fit.join(", ") : `none of ${cards.join(", ")} GB`}.`;
}

// Bytes of a parameter, term by term: which ones the ranks share.
function statesFormula({ parameters }, { precision, keeps, ranks, stage }) {
  const each = EACH[precision];
  const term = (bytes, text, from) => bytes &&
    `${bytes} ${text}${stage >= from && ranks > 1 ? ` ÷ ${whole(ranks)}` : ""}`;
  const terms = [term(each, "weight", 3), term(each, "gradient", 2),
    term(each < 4 ? 4 : 0, "copy", 1), term(4 * keeps, "remembered", 1)].filter(Boolean);
  return `Bytes for each of ${amount(parameters, "")} parameters: ${terms.join(" + ")}`;
}

function plannerControls(data, state, put) {
  const stops = (label, list, key, format = whole) =>
    stopSlider(label, list, list[0], (value) => put({ [key]: value }), format);
  const made = {
    ranks: stops("Ranks", data.ranks, "ranks"), batch: stops("Texts a rank", data.batches, "batch"),
    T: stops("Tokens, T", [...data.contexts, ...data.models.map((m) => m.context_length)], "T"),
  };
  const optimizers = Object.keys(data.moments).map((key) => [key, NAMES[key] ?? key]);
  const boxes = [
    el("div", { className: "row controls" }, [
      picker("Model", data.models, (model) => put({ model }), data.start),
      toggle("Checkpoint blocks", state.checkpointing, (checkpointing) => put({ checkpointing })),
      toggle("Fused attention", state.fused, (fused) => put({ fused })),
    ]),
    el("div", { className: "row controls" }, [
      choice("Optimizer", optimizers, state.optimizer, (optimizer) =>
        put({ optimizer, keeps: data.moments[optimizer] })).box,
      choice("Numbers", data.precisions.map((name) => [name, name]), state.precision,
        (precision) => put({ precision })).box,
    ]),
    el("div", { className: "controls sliders" }, Object.values(made).map(({ box }) => box)),
    el("div", { className: "controls" }, [
      choice("The ranks share out", STAGES, state.stage, (stage) => put({ stage })).box,
    ]),
  ];
  const set = (now) => {
    for (const [key, one] of Object.entries(made)) one.set(now[key]);
  };
  return { boxes, set };
}
