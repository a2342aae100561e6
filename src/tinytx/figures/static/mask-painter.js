// The mask painter: a mask to paint on, and the weights that follow from it.

function figure(data) {
  const [T, S] = [data.queries.length, data.keys.length];
  const amounts = { padding: Math.min(2, S - 1), window: Math.min(2, S - 1) };
  const state = { mask: data.mask.map((row) => row.map(Boolean)), i: T - 1, j: 0 };
  const pick = (i, j) => {
    Object.assign(state, { i, j });
    show();
  };
  const paint = (i, j, on) => {
    state.mask[i][j] = on;
    pick(i, j);
  };
  const stroke = { moved: false };
  const press = (i, j) => stroke.moved || paint(i, j, !state.mask[i][j]);
  const made = (name, more) =>
    reads(grid(name, data.queries, data.keys, { pick, hover: () => {}, corner: " ", ...more }));
  const [left, right] = [made("Mask", { press }), made("Weights", {})];
  drag(left, state, paint, stroke);
  const [status, code] = [el("p", { className: "status", "aria-live": "polite" }), el("code")];
  const use = (kind) => {
    state.mask = preset(kind, T, S, amounts[kind === "both" ? "padding" : kind]);
    state.kind = kind; // two presets can make the same mask
    show();
  };
  const rules = choice("Preset", S > 1 ? PRESETS : PRESETS.slice(0, 2), null, use);
  const sizes = sliders(S, amounts, (kind) => use(state.kind === "both" ? "both" : kind));
  const show = () => {
    const [kind, amount] = recognize(state.mask, state.kind);
    state.kind = kind;
    rules.set(kind);
    sizes.show(kind, amount);
    showBoth(left, right, data, state);
    code.textContent = `mask = ${expression(kind, T, S, amount, state.mask)}`;
    const said = sentence(data, state);
    if (status.textContent !== said) status.textContent = said;
  };
  for (const one of [left, right]) one.hold(state.i, state.j);
  show();
  return painter({ rules, sizes, left, right, status, code });
}

function painter({ rules, sizes, left, right, status, code }) {
  const side = (name, part) => el("section", {}, [
    el("p", { className: "label", textContent: name }), part.box,
  ]);
  const hint = "Paint cells: click, drag, or walk with the arrow keys and press space.";
  const help = el("p", { className: "muted", textContent: hint });
  const root = el("div", { className: "card painter", role: "group" }, [
    rules.box,
    el("div", { className: "row top" }, [help, sizes.box]),
    el("div", { className: "sides" }, [
      side("Scores, −∞ where the query may not attend", left),
      side("Weights: softmax of each row", right),
    ]),
    status, el("pre", { tabIndex: 0, "aria-label": "The mask in NumPy" }, [code]),
  ]);
  root.setAttribute("aria-label", "Paint an attention mask");
  return root;
}

// How much is padding, and how wide the window is: each shown where it has a meaning.
function sliders(S, amounts, use) {
  const most = Math.max(S - 1, 1);
  const made = (kind, text) => {
    const range = { min: 1, max: most, step: 1, value: amounts[kind] };
    const one = slider(text, range, (value) => {
      amounts[kind] = value;
      use(kind);
    });
    return { ...one, kind };
  };
  const both = [made("padding", "Keys that are padding"), made("window", "Keys in the window")];
  const show = (kind, amount) => both.forEach((one) => {
    const on = one.kind === (kind === "both" ? "padding" : kind);
    one.box.hidden = !on;
    if (on) one.set((amounts[one.kind] = amount));
  });
  return { box: el("div", { className: "amounts" }, both.map((one) => one.box)), show };
}

// Dragging paints what the first cell becomes. On touch only sideways, so that the page scrolls.
function drag({ table, cells }, state, paint, stroke) {
  const at = (event) => {
    const found = table.getRootNode().elementFromPoint(event.clientX, event.clientY);
    const i = cells.findIndex((line) => line.includes(found));
    return i < 0 ? null : [i, cells[i].indexOf(found)];
  };
  table.addEventListener("pointerdown", (event) => {
    const from = event.button ? null : at(event);
    Object.assign(stroke, { from, moved: false, on: from && !state.mask[from[0]][from[1]] });
  });
  table.addEventListener("pointermove", (event) => {
    const to = event.buttons && stroke.from ? at(event) : null;
    if (!to || String(to) === String(stroke.from)) return;
    for (const [i, j] of between(stroke.from, to)) paint(i, j, stroke.on);
    Object.assign(stroke, { from: to, moved: true });
  });
  // The click that ends a drag paints nothing more; a key after it does.
  table.addEventListener("keydown", () => (stroke.moved = false), true);
}

// A fast pointer skips cells: all on the straight line between two.
function between([i, j], [a, b]) {
  const steps = Math.max(Math.abs(a - i), Math.abs(b - j));
  return Array.from({ length: steps + 1 }, (_, n) => [
    Math.round(i + ((a - i) * n) / steps), Math.round(j + ((b - j) * n) / steps),
  ]);
}
