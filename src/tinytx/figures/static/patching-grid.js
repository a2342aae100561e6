// The patching grid: what each patch of a clean value into the corrupted run brought back.

const NAME = "What each patch brings back of the clean answer";
const WIDE = 12; // columns with room for two decimals and a token written across
const REST = "Point at a cell to read it; choose it by a click, or by the arrow keys.";
const WHAT = "A cell is one run of the corrupted text in which one value of the clean run was put " +
  "in. 0: the corrupted answer stays. 1: the clean answer is back.";

function figure(data) {
  const state = { grid: 0, at: [0, 0] };
  const status = el("p", { className: "status", "aria-live": "polite" });
  const texts = textLines(data);
  const peek = el("p", { className: "muted peek" });
  const place = el("div", { className: "place" });
  const next = data.names.length ? nextTable() : null;
  const choose = (i, j) => {
    state.at = [i, j];
    const one = data.grids[state.grid];
    draw(one);
    const told = `${replaced(data, one, i, j)} ${cameOut(one, i, j)}`;
    if (status.textContent !== told) status.textContent = told;
    peek.textContent = REST;
    texts.show(one.places ? one.places[j] : null);
    if (next) next.show(data, one.after[i][j]);
  };
  let table = null;
  const draw = (one) => {
    table.show(cellsOf(one, state.at));
    markDiffering(table, one, data.differ);
  };
  const build = () => {
    const one = data.grids[state.grid];
    table = grid(`${one.name || "Patches"}: share of the clean answer`, one.rows, one.columns, {
      pick: choose,
      press: choose,
      hover: (i, j) => (peek.textContent = cellSaid(one, i, j)),
      corner: "patched",
    });
    table.table.classList.toggle("dense", one.columns.length > WIDE);
    table.table.addEventListener("pointerleave", () =>
      (peek.textContent = REST));
    place.replaceChildren(table.box);
    const first = strongest(one.effects);
    table.hold(...first);
    choose(...first);
    queueMicrotask(() => intoView(table, first));
  };
  const pick = picker("Patched", data.grids, (at) => {
    state.grid = at;
    build();
  });
  build();
  return el("div", { className: "card patching", role: "group", "aria-label": NAME }, [
    ...(data.ask ? [el("p", { className: "ask", textContent: data.ask })] : []),
    ...(data.texts.length ? [texts.box] : []),
    el("div", { className: "row controls" }, [...(data.grids.length > 1 ? [pick] : []), legend()]),
    place, peek, status, ...(next ? [next.box] : []),
    el("p", { className: "muted", textContent: WHAT }),
  ]);
}

// The chosen column is scrolled to the middle, without moving the page.
function intoView({ box, cells }, [i, j]) {
  const cell = cells[i][j];
  box.scrollLeft = cell.offsetLeft - box.clientWidth / 2 + cell.offsetWidth / 2;
}

function legend() {
  const stops = [-1, -0.5, 0, 0.5, 1].map((value) => {
    const box = el("span", { className: "swatch", textContent: plainEffect(value) });
    heat(box, value);
    return box;
  });
  return el("span", { className: "legend", "aria-hidden": "true" }, stops);
}

function plainEffect(value) {
  return fixed(value, Number.isInteger(value) ? 0 : 1);
}

function strongest(effects) {
  let best = [0, 0];
  effects.forEach((row, i) => row.forEach((value, j) => {
    if (value > effects[best[0]][best[1]]) best = [i, j];
  }));
  return best;
}

function cellsOf(one, [row, column]) {
  const dense = one.columns.length > WIDE;
  return one.effects.map((line, i) => line.map((effect, j) => {
    const value = effect / 1000;
    const text = dense ? shortest(value) : fixed(value, 2);
    const names = i === row && j === column ? "on" : "";
    const level = Math.abs(value) < 0.02 ? 0 : value;
    return { text, said: fixed(value, 2), level, names };
  }));
}

// ".8", "−.3", "1": what there is room for; nothing where it would read as zero.
function shortest(value) {
  const text = fixed(value, 1);
  return text === "0.0" ? "" : text.replace(/^(−?)0\./, "$1.").replace(/\.0$/, "");
}

function markDiffering({ table }, { places }, differ) {
  if (!places) return;
  const heads = [...table.tHead.rows[0].cells].slice(1);
  heads.forEach((head, j) => head.classList.toggle("differs", differ.includes(places[j])));
}

function cellSaid({ rows, columns, effects }, i, j) {
  return `${rows[i]}, ${columns[j]}: ${fixed(effects[i][j] / 1000, 2)}`;
}

function replaced({ texts, differ }, { name, rows, columns, places }, i, j) {
  const where = places ? `at ${columns[j]}` : columns[j];
  const what = [name, rows[i], where].filter(Boolean).join(", ");
  const first = `Replaced: ${what}, by its value in the clean run.`;
  if (!places) return first;
  const [clean, corrupted] = texts.map((text) => text[places[j]]);
  return differ.includes(places[j])
    ? `${first} Here the texts differ: ${clean} in the clean one, ${corrupted} in the corrupted.`
    : first;
}

function cameOut({ effects }, i, j) {
  const text = fixed(effects[i][j] / 1000, 2);
  const value = Number(text.replace("−", "-"));
  const said = value < 0 ? "moves the answer further from the clean one"
    : value === 0 ? "changes nothing to be seen"
      : value < 1 ? "so much of the clean answer is back"
        : value === 1 ? "the clean answer is back, whole" : "goes beyond the clean answer";
  return `What came out: ${text}; ${said}.`;
}
