// The softmax explorer: scale and shift of one row of scores.

const SCALE = [0, 4];

function figure(data) {
  const own = data.d_head ? 1 / Math.sqrt(data.d_head) : null;
  const start = own === null ? 1 : Math.min(own, SCALE[1]);
  const top = data.scores.indexOf(Math.max(...data.scores));
  const state = { scale: start, shift: 0, i: top, j: top };
  const status = el("p", { className: "status", "aria-live": "polite" });
  const counts = numbers([
    "Largest weight", "Entropy H, nats", "Effective keys, e^H", "Largest gradient",
  ]);
  const before = measure(data.scores, start);
  const bars = barTable(data);
  const slope = slopePanel(data, own, (scale) => set({ scale }));
  const jacobian = jacobianPanel(data, (i, j) => set({ i, j }));
  const set = (change) => {
    Object.assign(state, change);
    const now = measure(data.scores, state.scale, state.shift);
    dials.show(state);
    bars.show(state, now, before);
    const { largest: most, entropy, keys } = now;
    counts.show([fixed(most, 4), fixed(entropy, 4), fixed(keys, 2), tiny(now.slope)]);
    slope.show(state, now);
    jacobian.show(state, now);
    const said = sentence(data, state, now);
    if (status.textContent !== said) status.textContent = said;
  };
  const dials = controls(data, start, set);
  set({});
  const root = el("div", { className: "card softmax", role: "group" }, [
    ...dials.rows, status, counts.list, bars.box,
    el("div", { className: "panels" }, [slope.box, jacobian.box]),
  ]);
  root.setAttribute("aria-label", "Softmax: scale, shift and gradient");
  return root;
}

function controls(data, start, set) {
  const scale = slider("Scale", {
    min: SCALE[0], max: SCALE[1], step: 0.01, value: start, format: (n) => `× ${fixed(n, 2)}`,
  }, (value) => set({ scale: value }));
  const shift = slider("Add to all", {
    min: -1000, max: 1000, step: 20, value: 0, format: (n) => `${n > 0 ? "+" : ""}${fixed(n, 0)}`,
  }, (value) => set({ shift: value }));
  const button = (text, change) => {
    const made = el("button", { type: "button", className: "preset", textContent: text });
    made.addEventListener("click", () => set(change));
    return made;
  };
  const buttons = [0, 1, 4].map((value) => button(`× ${value}`, { scale: value }));
  if (data.d_head) buttons.splice(1, 0, button(`÷ √${data.d_head}`, { scale: start }));
  const rows = [
    [scale.box, el("div", { className: "presets" }, buttons)],
    [shift.box, button("back to 0", { shift: 0 })],
  ].map((parts) => el("div", { className: "row" }, parts));
  const show = (state) => {
    scale.set(state.scale);
    shift.set(state.shift);
  };
  return { rows, show };
}

// Entropy in nats; its exponential is the number of equal weights that would have the same.
function measure(scores, scale, shift = 0) {
  const { weights } = softmax(scores.map((score) => score * scale + shift));
  const entropy = -weights.reduce((sum, w) => sum + (w ? w * Math.log(w) : 0), 0);
  return {
    scale, weights, entropy, keys: Math.exp(entropy), largest: Math.max(...weights),
    slope: Math.max(...weights.map((w) => w * (1 - w))),
  };
}

function sentence({ labels }, { scale, shift }, { weights, largest, keys, slope }) {
  const who = labels.filter((_, i) => weights[i] === largest);
  const equal = Math.min(...weights) === largest;
  const first = who.length > 1
    ? `${who.slice(0, -1).join(", ")} and ${who.at(-1)} have the largest weight, ` +
      `${fixed(largest, 4)} each`
    : `${who[0]} has the largest weight, ${fixed(largest, 4)}`;
  const most = equal ? "all weights are equal" : first;
  const shared = `as if ${fixed(keys, 2)} of ${labels.length} shared it equally`;
  const moved = shift ? ` Adding ${fixed(shift, 0)} to every z changes no weight.` : "";
  const dead = slope < 0.01 ? " Saturated: next to nothing flows back through these weights." : "";
  return `Scale ${trimmed(scale)}: ${most}; ${shared}.${dead}${moved}`;
}

// Four decimals, or one digit and a power of ten where these would be zeros.
function tiny(value) {
  if (value === 0 || Math.abs(value) >= 0.00005) return fixed(value, 4);
  return value.toExponential(1).replace(/-/g, "−");
}
