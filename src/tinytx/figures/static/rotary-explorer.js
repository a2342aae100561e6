// The rotary explorer: two positions, the pairs in their planes, and the score over the distance.

const NAME = "Rotary positions";
const BASES = [2, 3, 4, 5].flatMap((power) => [1, 2, 3, 5].map((digit) => digit * 10 ** power));
const TRAINED = [16, 32, 64, 128, 256, 512, 1024];
const CONVENTIONS = [["halves", "halves"], ["neighbours", "neighbours"], ["mixed", "mixed"]];
const MEANS = {
  halves: "Query and key by halves: i goes with i + Dh / 2.",
  neighbours: "Query and key by neighbours: 2i goes with 2i + 1.",
  mixed: "The query by halves, the key by neighbours. The planes are the query’s pairs: in them " +
    "the key’s numbers were turned with others.",
};
const HINT = "A round end is the query, a square one the key; the pale ones stand where the two " +
  "are before they are turned. On the ring is what distance turns: teal are the angles that the " +
  "texts of training had, amber those that only a longer text has";
const DOT = ", the dot is the distance now.";
const NO_DOT = "; no dot, for no one angle lies between numbers of different pairs.";
const BRIEF = " Below: after how many positions the pair has turned once, amber if angles are new.";

function figure(data) {
  const state = { ...data.start, before: null };
  const planes = planesView(data);
  const curve = el("div");
  const meaning = el("p", { className: "muted" });
  const brief = data.query.length > 2 * LONGEST ? BRIEF : "";
  const hint = el("p", { className: "muted" });
  const sum = el("p", { className: "sum" });
  const status = el("p", { className: "status", "aria-live": "polite" });
  const put = (changes) => {
    Object.assign(state, { before: null }, changes);
    inside(state, changes);
    draw();
  };
  const controls = controlsOf(state, put, (by) => put({
    t: state.t + by, s: state.s + by, before: scoreOf(data, state),
  }));
  const draw = () => {
    controls.set();
    planes.show(state);
    const text = told(data, state) + moved(state);
    if (status.textContent !== text) status.textContent = text;
    meaning.textContent = MEANS[state.pairs];
    hint.textContent = HINT + (state.pairs === "mixed" ? NO_DOT : DOT) + brief;
    const shares = planesOf(data, state).map(({ share }) => share);
    sum.textContent = `q·k = ${shares.length > LONGEST
      ? `the sum of ${shares.length} shares = ${fixed(scoreOf(data, state), 4)}` : sumOf(shares)}`;
    curve.replaceChildren(
      ...titled("The score over the distance", scoreChart(data, state, put), "distance t − s"));
  };
  draw();
  return el("div", { className: "card rotary", role: "group", "aria-label": NAME }, [
    ...(data.ask ? [el("p", { className: "ask", textContent: data.ask })] : []),
    ...controls.boxes, status, meaning, planes.box, sum, curve, hint,
  ]);
}

// Both positions stay in the text, and a key is never behind its query.
function inside(state, changes) {
  const last = readOf(state) - 1;
  state.t = Math.min(state.t, last);
  state.s = Math.min(state.s, last);
  if (state.s <= state.t) return;
  if ("t" in changes) state.s = state.t;
  else state.t = state.s;
}

function moved({ before }) {
  return before === null ? "" : ` Before both moved by one it was ${fixed(before, 4)}.`;
}

function controlsOf(state, put, step) {
  const place = (label, key) => slider(label, { min: 0, max: 1, step: 1, value: 0 },
    (value) => put({ [key]: value }));
  const made = {
    t: place("Query at t", "t"), s: place("Key at s", "s"),
    base: stopSlider("Base", [...BASES, 1e6], state.base, (base) => put({ base }), thousands),
    trained: stopSlider("Trained to", TRAINED, state.trained, (trained) => put({ trained }),
      thousands),
    times: stopSlider("Read at", [1, 2, 4], 1, (times) => put({ times }),
      (times) => thousands(times * state.trained)),
  };
  const [back, on] = [[-1, "Both one back"], [1, "Both one further"]].map(([by, textContent]) => {
    const button = el("button", { type: "button", className: "push", textContent });
    button.addEventListener("click", () => isOn(button) && step(by));
    return button;
  });
  const isOn = (button) => button.getAttribute("aria-disabled") !== "true";
  const set = () => {
    for (const key of ["t", "s"]) made[key].input.max = readOf(state) - 1;
    for (const [key, one] of Object.entries(made)) one.set(state[key]);
    back.setAttribute("aria-disabled", String(state.s === 0));
    on.setAttribute("aria-disabled", String(state.t === readOf(state) - 1));
  };
  const factors = [[1, "1"], [2, "2"], [4, "4"]];
  const boxes = [
    el("div", { className: "row controls" }, [
      choice("Pairs", CONVENTIONS, state.pairs, (pairs) => put({ pairs })).box, back, on,
    ]),
    el("div", { className: "controls sliders" }, [
      ...Object.values(made).map(({ box }) => box),
      choice("Divide positions by", factors, state.factor, (factor) => put({ factor })).box,
    ]),
  ];
  return { boxes, set };
}

// With the key where it is and with the key at 0: one line on the other if the distance is all.
function scoreChart(data, state, put) {
  const lines = [
    { points: scoresFrom(data, state, 0), name: "key at 0", color: 0 },
    { points: scoresFrom(data, state, state.s), name: `key at ${state.s}`, color: 1 },
  ];
  const values = lines.flatMap(({ points }) => points.map(([, value]) => value));
  const [low, high] = [Math.min(0, ...values), Math.max(0, ...values)];
  const room = 0.08 * (high - low || 1);
  const [x, y] = [[0, readOf(state) - 1], [low - room, high + room]];
  const [d, now] = [state.t - state.s, scoreOf(data, state)];
  const made = chart({
    label: `The score over the distance, from ${fixed(low, 2)} to ${fixed(high, 2)}; now ` +
      `${fixed(now, 4)} at ${d}`,
    x, y, height: 170, lines, ticks: { x: niceTicks(...x, 6), y: niceTicks(...y, 4) },
    format: plainNumber, pick: (at) => {
      const apart = Math.round(at);
      const s = Math.min(state.s, readOf(state) - 1 - apart);
      put({ s, t: s + apart });
    },
  });
  made.mark({
    rules: [{ x: d, color: 3 }], dots: [{ x: d, y: now, color: 2, text: fixed(now, 4) }],
  });
  const from = state.factor * state.trained;
  if (from < readOf(state)) {
    const shade = el("span", { className: "longer" }, [el("span", { textContent: "not trained" })]);
    shade.style.left = `${(100 * from) / x[1]}%`;
    made.plot.prepend(shade);
  }
  return made.box;
}
