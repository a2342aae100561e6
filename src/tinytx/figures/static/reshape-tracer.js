// The reshape tracer: the steps as tables of named entries, one entry lit in all of them.

const LABELS = { T: "T, positions", H: "H, heads", Dh: "Dh, numbers a head" };
const HINT = "Colour is the position. Point at an entry, or walk with the arrow keys.";

function figure(data) {
  const state = { sizes: { ...data.sizes }, path: data.path, entry: 0, cards: [] };
  const view = {
    steps: el("ol", { className: "steps" }),
    verdict: el("p", { className: "verdict" }),
    status: el("p", { className: "status", "aria-live": "polite" }),
  };
  const rebuild = () => {
    const { B, T, H, Dh } = state.sizes;
    state.entry = Math.min(state.entry, B * T * H * Dh - 1);
    build(state, view);
    light(state, view, state.entry);
  };
  const path = choice("Way", [["right", "split and merge"], ["wrong", "plain reshape (wrong)"]],
    state.path, (chosen) => {
      state.path = chosen;
      rebuild();
    });
  const sliders = Object.entries(LABELS).map(([name, label]) => {
    const [min, max] = data.limits[name];
    return slider(label, { min, max, step: 1, value: state.sizes[name] }, (size) => {
      state.sizes[name] = size;
      rebuild();
    }).box;
  });
  state.entry = Math.min(data.sizes.H * data.sizes.Dh + data.sizes.Dh - 1, 99);
  rebuild();
  const root = el("div", { className: "card", role: "group" }, [
    path.box, el("div", { className: "row sizes" }, sliders),
    el("p", { className: "muted", textContent: HINT }),
    view.status, view.verdict, view.steps,
  ]);
  root.setAttribute("aria-label", "A tensor on its way into heads and back");
  return root;
}

function build(state, view) {
  const pick = (entry) => light(state, view, entry);
  state.cards = pathOf(state.sizes, state.path).map((step) => card(step, state.sizes, pick));
  view.steps.replaceChildren(...state.cards.map((one) => one.box));
  const total = state.cards[0].step.value.memory.length;
  const strays = state.cards[state.path === "wrong" ? 1 : 2].strays;
  view.verdict.classList.toggle("bad", strays > 0);
  view.verdict.textContent = strays
    ? `The shape is right, and ${strays} of ${total} entries are not where their name says ` +
      "(dashed): heads mix positions. Reshaped back, all are in place again: a round trip does " +
      "not find it."
    : "Every row of a head holds one position, and its own part of it. The merge had to copy: " +
      "out lies in memory head by head.";
}

// One step: its code, its layout, and the entries by rows of the last axis.
function card(step, sizes, pick) {
  const made = entriesOf(step, sizes, pick);
  const found = el("p", { className: "found" });
  // Memory is drawn where it is made; a view looks at that of the step before.
  const places = step.kind === "view" ? [] : step.value.memory.map((entry) =>
    el("span", { className: nameClass(entry, sizes) }));
  const memory = el("div", { className: "memory", "aria-hidden": "true" }, places);
  const box = el("li", {}, [
    el("p", { className: "code", textContent: step.code }),
    note(`${step.axes} = (${step.value.shape.join(", ")})`),
    note(`strides (${step.value.strides.join(", ")})`),
    el("p", { className: "kind", textContent: layout(step) }),
    made.grid.box, ...(places.length ? [note("its memory:"), memory] : []), found,
  ]);
  return { box, step, found, places, ...made };
}

// The entries as a table, and where in it each of them is.
function entriesOf(step, sizes, pick) {
  const { value, axes } = step;
  const signs = SIGNS[axes];
  const last = value.shape.length - 1;
  const width = value.shape[last];
  const all = indices(value.shape);
  const rows = Array.from({ length: all.length / width }, (_, i) =>
    all.slice(i * width, (i + 1) * width));
  // With one sequence b is left out.
  const label = (index) =>
    signs.map((sign, i) => sign + index[i]).slice(sizes.B > 1 ? 0 : 1, last).join(" ");
  const columns = Array.from({ length: width }, (_, i) => signs[last] + i);
  const entries = rows.map((row) => row.map((index) => value.memory[offset(value, index)]));
  const made = grid(`${step.code}, ${axes}`, rows.map((row) => label(row[0])), columns, {
    pick: (i, j) => pick(entries[i][j]),
  });
  const cells = new Map();
  let strays = 0;
  made.show(entries.map((row, i) => row.map((entry, j) => {
    const wrong = astray(step, rows[i][j], entry, sizes);
    strays += wrong;
    cells.set(entry, [i, j]);
    const said = `${nameOf(entry, sizes)}${wrong ? ", out of place" : ""}`;
    return { text: "", said, names: nameClass(entry, sizes, wrong) };
  })));
  entries.forEach((row, i) => {
    // A gap where the first axes go on: head by head, or position by position.
    const starts = last === 3 && i && rows[i][0][last - 1] === 0;
    if (starts) made.cells[i][0].parentNode.before(gap(width));
    row.forEach((entry, j) => made.cells[i][j].append(...written(entry, sizes)));
  });
  return { grid: made, cells, strays };
}

function gap(width) {
  const cell = el("td", { colSpan: width + 1 });
  return el("tr", { className: "gap", "aria-hidden": "true" }, [cell]);
}

function note(text) {
  return el("p", { className: "muted", textContent: text });
}

function nameClass(entry, sizes, wrong = false) {
  const many = sizes.B > 1 ? " many" : "";
  return `tint${coordinates(entry, sizes).i}${many}${wrong ? " astray" : ""}`;
}

function written(entry, sizes) {
  const { b, i, h, d } = coordinates(entry, sizes);
  const first = `${sizes.B > 1 ? `b${b}·` : ""}i${i}`;
  return [el("b", { textContent: first }), el("span", { textContent: `·h${h}·d${d}` })];
}

function light(state, view, entry) {
  for (const one of state.cards) {
    const before = one.cells.get(state.entry);
    if (before) one.grid.cells[before[0]][before[1]].classList.remove("on");
    const [i, j] = one.cells.get(entry);
    one.grid.cells[i][j].classList.add("on");
    one.grid.hold(i, j);
    const place = offset(one.step.value, whereIs(one.step, entry));
    one.places.forEach((cell, at) => cell.classList.toggle("on", at === place));
    one.found.textContent = lookup(one.step, whereIs(one.step, entry));
  }
  state.entry = entry;
  const places = state.cards.map(({ step }) => `[${whereIs(step, entry).join(", ")}]`);
  const says = `${nameOf(entry, state.sizes)} stands at ${places.join(" → ")}.`;
  if (view.status.textContent !== says) view.status.textContent = says;
}
