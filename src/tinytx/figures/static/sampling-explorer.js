// The sampling explorer: one distribution, a temperature, three filters, and draws from the rest.

const NAME = "A distribution, what is left of it, and draws";
const FILTERS = { top_k: "top-k", top_p: "top-p", min_p: "min-p" };
const KS = [...Array.from({ length: 30 }, (_, i) => i + 1), 40, 50, 75, 100, 150, 200, 300, 500];
const PS = [...Array.from({ length: 101 }, (_, i) => i / 100), 0.995, 0.999];
const MS = [0, 0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.04, 0.05, 0.07, 0.1, 0.15, 0.2, 0.25,
  0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1];

function figure(data) {
  const cases = data.cases.map((one) => caseOf(one, data.tokens));
  const most = Math.max(...cases.map(({ logits }) => logits.length));
  const off = { temperature: 1, top_k: most, top_p: 1, min_p: 0 };
  const state = { at: 0, seed: data.seed, ...off };
  const set = (changes) => {
    Object.assign(state, changes);
    state.now = stages(cases[state.at], state);
    again();
  };
  // A new distribution, or a new seed: the draws of the old one say nothing of it.
  const again = () => {
    Object.assign(state, { rng: default_rng(state.seed), drawn: 0, last: null, counts: new Map() });
    draw();
  };
  const dials = sliders(off, most, set);
  const reset = push("All off", () => {
    dials.set(off);
    set(off);
  });
  const pick = picker("Case", cases, (at) => set({ at }));
  const read = numbers(["Entropy, model", "Entropy, now", "Ids kept", "Probability cut"]);
  const bars = barTable(data.shown);
  const status = el("p", { className: "status", "aria-live": "polite" });
  const draws = drawing(state, () => draw(), again);
  const draw = () => {
    const one = cases[state.at];
    read.show(readings(one, state.now));
    bars.show(one, state);
    const said = leftSaid(state) + drawnSaid(one, state);
    if (status.textContent !== said) status.textContent = said;
  };
  set({});
  return el("div", { className: "card sampling", role: "group", "aria-label": NAME }, [
    ...(data.ask ? [el("p", { className: "ask", textContent: data.ask })] : []),
    el("div", { className: "row controls" }, [...(cases.length > 1 ? [pick] : []), reset]),
    el("div", { className: "sliders controls" }, dials.boxes),
    read.list, bars.box, draws, status,
  ]);
}

// Logits as numbers, and the ids by falling probability: no temperature changes that order.
function caseOf({ name, logits, tokens }, lists) {
  const given = logits.map((value) => (value === null ? -Infinity : value));
  const own = distribution(given);
  return { name, logits: given, tokens: lists[tokens], own, order: likeliest_first(own) };
}

// What is left after the temperature alone, and after each filter; and who cut which id.
function stages({ logits }, { temperature, top_k, top_p, min_p }) {
  const steps = [{}, { top_k }, { top_k, top_p }, { top_k, top_p, min_p }];
  const left = steps.map((filters) => distribution(logits, temperature, filters));
  const names = Object.keys(FILTERS);
  const cutter = logits.map((_, id) => {
    const stage = left.findIndex((probs) => probs[id] === 0);
    return stage < 1 ? null : names[stage - 1];
  });
  return { before: left[0], after: left[3], cutter };
}

function entropyOf(probs) {
  return -probs.reduce((sum, p) => sum + (p ? p * Math.log(p) : 0), 0) + 0;
}

// How many of these ids, and how probable together, each by the probabilities given.
function together(ids, probs, which) {
  const mine = ids.filter(which);
  return { count: mine.length, share: mine.reduce((sum, id) => sum + probs[id], 0) };
}

function readings({ own, order }, { before, after, cutter }) {
  const kept = together(order, after, (id) => after[id] > 0).count;
  const cut = together(order, before, (id) => cutter[id]).share;
  return [`${fixed(entropyOf(own), 3)} nats`, `${fixed(entropyOf(after), 3)} nats`,
    `${kept} of ${order.length}`, `${fixed(100 * cut, 1)} %`];
}

function leftSaid({ now, ...state }) {
  const told = Object.entries(FILTERS).flatMap(([key, name]) => {
    const count = now.cutter.filter((cutter) => cutter === key).length;
    return count ? [`${name} cuts ${count}`] : [];
  });
  const kept = now.after.filter((p) => p > 0).length;
  const ids = kept === 1 ? "1 id is left" : `${kept} ids are left`;
  const heat = `Temperature ${plainNumber(state.temperature)}: ${ids}`;
  return `${heat}; ${told.join(", ") || "no filter cuts any"}.`;
}

function drawnSaid({ tokens }, { drawn, last, seed }) {
  if (!drawn) return "";
  return ` ${drawn} drawn from seed ${seed}; the last one was ${tokens[last]}, id ${last}.`;
}

function sliders(off, most, set) {
  const dial = (label, key, stops, format) =>
    stopSlider(label, stops, off[key], (value) => set({ [key]: value }), format);
  const heats = Array.from({ length: 61 }, (_, i) => i / 20);
  const or = (none, format = plainNumber) => (value) => (value === none ? "off" : format(value));
  const made = {
    temperature: dial("Temperature", "temperature", heats, (value) => fixed(value, 2)),
    top_k: dial("Top-k", "top_k", KS.filter((k) => k < most), or(most)),
    top_p: dial("Top-p", "top_p", PS, or(1)),
    min_p: dial("Min-p", "min_p", MS, or(0)),
  };
  const all = Object.entries(made);
  const put = (values) => all.forEach(([key, one]) => one.set(values[key]));
  return { boxes: all.map(([, { box }]) => box), set: put };
}

function push(text, press, names = "push") {
  const made = el("button", { type: "button", className: names, textContent: text });
  made.addEventListener("click", press);
  return made;
}

// The draws are `sample`'s, from the logarithms of what is left: the filters have done their work.
function drawing(state, changed, again) {
  const take = (n) => {
    const kept = [...state.now.after.keys()].filter((id) => state.now.after[id] > 0);
    const logits = kept.map((id) => Math.log(state.now.after[id]));
    for (let i = 0; i < n; i += 1) {
      state.last = kept[sample(logits, 1, state.rng)];
      state.counts.set(state.last, (state.counts.get(state.last) || 0) + 1);
    }
    state.drawn += n;
    changed();
  };
  const seed = el("input", { type: "number", min: 0, step: 1, className: "seed" });
  seed.value = state.seed;
  seed.addEventListener("change", () => {
    state.seed = Math.min(Math.max(Math.floor(Number(seed.value)) || 0, 0), 2 ** 32 - 1);
    seed.value = state.seed;
    again();
  });
  const label = el("span", { className: "label", textContent: "Seed" });
  return el("div", { className: "row controls" }, [
    el("span", { className: "label", textContent: "Draw" }),
    el("div", { className: "draws" }, [1, 100, 1000].map((n) => {
      const made = push(String(n), () => take(n), n === 1 ? "push main" : "push");
      made.setAttribute("aria-label", `Draw ${n}`);
      return made;
    })),
    el("label", { className: "pick" }, [label, seed]), push("Start again", again),
  ]);
}
