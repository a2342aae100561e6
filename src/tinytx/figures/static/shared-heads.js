// Shared heads: who reads whom, the order that is wrong, and what sharing saves.

const NAME = "Which heads share keys and values";
const WRONG = "Wrong order: 0 1 0 1";
const STOPS = {
  n_layer: [1, 2, 4, 6, 8, 12, 16, 24, 32, 48, 64, 80, 96], d_head: [16, 32, 64, 96, 128, 192, 256],
  T: [256, 512, 1024, 2048, 4096, 8192, 16384, 32768, 65536, 131072],
  batch: [1, 2, 4, 8, 16, 32, 64, 128], room: [8, 16, 24, 40, 48, 80, 160, 320, 640],
};
const NOTE = "Weights and cache have the same bytes a number. 1 GB is a thousand million bytes. " +
  "Not counted: what a step needs for a moment. In the bars: weights, then a piece for each text.";

function figure(data) {
  const state = {
    shape: { ...data.shapes[0] }, model: 0, wrong: false, chosen: 1, T: data.T, batch: 1,
    room: data.room, bytes: 2,
  };
  const put = (changes) => {
    Object.assign(state, changes);
    state.chosen = Math.min(state.chosen, state.shape.n_head - 1);
    draw();
  };
  const reshape = (changes) => put({ shape: { ...state.shape, ...changes } });
  const controls = controlsOf(data, state, put, reshape);
  const lines = headLines((chosen) => put({ chosen }));
  const status = el("p", { className: "status", "aria-live": "polite" });
  const who = el("p", { className: "who" });
  const formula = el("p", { className: "formula" });
  const costs = costTable();
  const draw = () => {
    const { shape, wrong, chosen } = state;
    controls.set();
    lines.show(shape, wrong, chosen);
    const text = told(shape, wrong);
    if (status.textContent !== text) status.textContent = text;
    who.textContent = chosenSaid(state);
    formula.textContent = formulaOf(shape, state, state.batch);
    costs.show(state);
  };
  draw();
  return el("div", { className: "card shared", role: "group", "aria-label": NAME }, [
    ...(data.ask ? [el("p", { className: "ask", textContent: data.ask })] : []),
    ...controls.heads, status, lines.box, who, controls.sizes, formula, costs.box,
    el("p", { className: "muted", textContent: NOTE }),
  ]);
}

function chosenSaid({ shape: { n_head: H, n_kv_head: K }, wrong, chosen }) {
  const group = H / K;
  const right = `${chosen} ÷ ${group}, rounded down: ${Math.floor(chosen / group)}`;
  const start = `Query head ${chosen} reads key/value head `;
  return wrong ? `${start}${chosen % K}, the rest of ${chosen} ÷ ${K}; right is ${right}.`
    : `${start}${Math.floor(chosen / group)}: ${right}.`;
}

function controlsOf(data, state, put, reshape) {
  const of = (key) => state.shape[key];
  const plain = (label, key, change, format = whole) => {
    const own = data.shapes.map((shape) => shape[key]).filter(Boolean);
    return stopSlider(label, [...STOPS[key], ...own], STOPS[key][0], change, format);
  };
  const heads = slider("Key/value heads", { min: 0, max: 1, step: 1, value: 0, format: (i) =>
    `${divisorsOf(of("n_head"))[i] ?? 1} of ${of("n_head")}`,
  }, (i) => reshape({ n_kv_head: divisorsOf(of("n_head"))[i] }));
  const chosen = slider("Query head", { min: 0, max: 1, step: 1, value: 0 }, (at) =>
    put({ chosen: at }));
  const made = {
    T: plain("Tokens, T", "T", (T) => put({ T })),
    n_layer: plain("Blocks", "n_layer", (n_layer) => reshape({ n_layer })),
    d_head: plain("d_head", "d_head", (d_head) => reshape({ d_head })),
    batch: plain("Texts (batch)", "batch", (batch) => put({ batch })),
    room: plain("Memory", "room", (room) => put({ room }), (room) => `${room} GB`),
  };
  const models = picker("Model", data.shapes, (model) =>
    put({ model, shape: { ...data.shapes[model] } }));
  const kinds = data.numbers.map(([name, bytes]) => [bytes, name]);
  // With other sizes it is none of the list: each of them can be chosen again.
  const changed = el("option", { textContent: "changed", hidden: true, value: -1 });
  const list = models.querySelector("select");
  list.append(changed);
  const set = () => {
    const same = (shape) => Object.keys(shape).every((key) => shape[key] === of(key));
    const at = data.shapes.findIndex(same);
    list.selectedIndex = at < 0 ? changed.index : at;
    const all = divisorsOf(of("n_head"));
    heads.input.max = all.length - 1;
    heads.set(all.indexOf(of("n_kv_head")));
    chosen.input.max = of("n_head") - 1;
    chosen.set(state.chosen);
    for (const [key, one] of Object.entries(made)) one.set(key in state ? state[key] : of(key));
  };
  const sizes = el("div", { className: "controls sliders" }, [
    ...Object.values(made).map(({ box }) => box),
    choice("Numbers", kinds, state.bytes, (bytes) => put({ bytes })).box,
  ]);
  return { set, sizes, heads: [
    el("div", { className: "row controls" }, [
      models, toggle(WRONG, false, (wrong) => put({ wrong })),
    ]),
    el("div", { className: "controls sliders" }, [heads.box, chosen.box]),
  ] };
}

// Multi-head, as chosen, multi-query: a column each, and below a bar of the memory.
function costTable() {
  const bars = Array.from({ length: 3 }, roomBar);
  const names = Array.from({ length: 3 }, () => el("th", { scope: "col" }));
  const line = (text) => {
    const cells = names.map(() => el("td"));
    const head = el("th", { scope: "row", textContent: text });
    return { head, cells, row: el("tr", {}, [head, ...cells]) };
  };
  const lines = ["KV cache", "Parameters of k and v projections", "All weights", ""].map(line);
  const table = el("table", { className: "results" }, [
    el("thead", {}, [el("tr", {}, [el("td"), ...names])]),
    el("tbody", {}, lines.map(({ row }) => row)),
  ]);
  table.setAttribute("aria-label", "What sharing saves");
  const barRows = bars.map((bar) => {
    const name = el("span", { className: "label" });
    return { name, box: el("div", { className: "bar-row" }, [name, bar.box]) };
  });
  const show = (state) => {
    const { shape, room, batch } = state;
    const kinds = [shape.n_head, shape.n_kv_head, 1];
    const all = kinds.map((n_kv_head) => ({ ...shape, n_kv_head }));
    const titles = ["Multi-head", "Chosen", "Multi-query"].map((name, i) => `${name}: ${kinds[i]}`);
    names.forEach((name, i) => (name.textContent = titles[i]));
    lines[3].head.textContent = `Texts of ${whole(state.T)} tokens in ${room} GB`;
    all.forEach((one, i) => {
      const texts = [
        amount(cacheOf(one, state, batch), "B"), amount(kvParametersOf(one), ""),
        amount(state.bytes * allParametersOf(one), "B"), whole(textsOf(one, state, room * 1e9)),
      ];
      texts.forEach((text, n) => (lines[n].cells[i].textContent = text));
      barRows[i].name.textContent = titles[i];
      bars[i].show(one, state, room * 1e9);
    });
  };
  return { box: el("div", {}, [table, ...barRows.map(({ box }) => box)]), show };
}
