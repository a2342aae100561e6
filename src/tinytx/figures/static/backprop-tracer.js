// The backprop tracer: the model as a graph, and one station of it with its value and gradient.

const HINT =
  "Values go down, gradients come up. A station in amber has its gradient; the number in it is " +
  "the gradient’s norm. Where ways meet the arrays add up, their norms do not.";
const START =
  "Every station has its value, and there is one loss. How much would it change with each of " +
  "these numbers? The answer goes from the end to the beginning.";
const DENSE = 7; // with more columns the cells are narrow
const POINT = "Point at a number: its gradient stands in the same place.";

function figure(data) {
  const last = data.stations.length - 1;
  const state = { at: 0, came: false, head: 0 };
  const view = { status: el("p", { className: "status", "aria-live": "polite" }) };
  const go = (at, came = true) => {
    Object.assign(state, { at: Math.max(0, Math.min(at, last)), came });
    update();
  };
  const heads = Array.from({ length: data.heads }, (_, i) => [i, String(i)]);
  view.heads = choice("Head", heads, 0, (head) => {
    state.head = head;
    update();
  }).box;
  view.graph = graph(data, (at) => go(at));
  view.detail = el("div", { className: "detail" });
  const step = buttons(state, last, go);
  const update = () => {
    view.graph.show(state.at, state.came);
    step.show();
    detail(data, state, view);
    const says = sentence(data, state);
    if (view.status.textContent !== says) view.status.textContent = says;
  };
  update();
  const root = el("div", { className: "card tracer", role: "group" }, [
    step.box, view.status, el("div", { className: "both" }, [view.graph.box, view.detail]),
    el("p", { className: "muted", textContent: HINT }),
  ]);
  root.setAttribute("aria-label", "Backpropagation through one block, station by station");
  // In the page at last, it has a height.
  requestAnimationFrame(() => view.graph.show(state.at, state.came));
  return root;
}

function sentence(data, { at, came }) {
  const all = data.stations.length;
  if (!came)
    return `The forward pass is done: the loss is ${data.stations[0].norms[0]}. ` +
      "No gradient yet: step back.";
  const { title, norms } = data.stations[at];
  return `${at + 1} of ${all}: ${title} has its gradient, of norm ${norms[1]}.`;
}

function buttons(state, last, go) {
  const make = (sign, name, act) => {
    const made = el("button", { type: "button", className: "step" }, [
      el("span", { textContent: sign, "aria-hidden": "true" }), name,
    ]);
    // aria-disabled keeps the focus where it is; a disabled button would lose it.
    made.addEventListener("click", () => made.ariaDisabled === "true" || act());
    return made;
  };
  const first = make("⤓", "Forward", () => go(0, false));
  const undo = make("↓", "Step forward", () => go(state.at - 1, state.at > 0));
  const back = make("↑", "Step back", () => go(state.came ? state.at + 1 : 0));
  const all = make("⤒", "All the way back", () => go(last));
  const show = () => {
    first.ariaDisabled = undo.ariaDisabled = String(!state.came);
    back.ariaDisabled = all.ariaDisabled = String(state.at === last);
  };
  const box = el("div", { className: "controls steps" }, [first, undo, back, all]);
  return { box, show };
}

function detail(data, state, { detail: box, heads }) {
  const station = data.stations[state.at];
  const { rule, why, title, shape } = station;
  box.dataset.of = station.key;
  const name = el("p", { className: "name" }, [
    el("b", { textContent: title }), el("span", { className: "muted", textContent: ` ${shape}` }),
  ]);
  const top = el("div", { className: "top" }, [
    name, el("p", { className: "rule", textContent: state.came ? rule : "loss = mean of −log p" }),
    el("p", { textContent: state.came ? why : START }),
  ]);
  const bottom = el("div", { className: "bottom" }, [
    grids(data, state), ...station.meetings.map(meeting), ...parameters(station.parameters),
  ]);
  heads.hidden = !station.heads || data.heads === 1;
  // The choice of the head stays where it is: one that is taken out would lose the focus.
  if (!heads.parentNode) box.append(el("div"), heads, el("div"));
  box.firstChild.replaceWith(top);
  box.lastChild.replaceWith(bottom);
}

// Value and gradient, the same shape, with one entry marked in both.
function grids(data, state) {
  const { heads, title, columns, corner, norms, ...station } = data.stations[state.at];
  const rows = station.key === "loss" ? ["loss"] : data.tokens;
  const head = heads ? state.head : 0;
  const reading = el("p", { className: "entry", textContent: POINT });
  const arrays = [station.value[head], station.gradient[head]];
  const made = [];
  const pick = (i, j) => {
    for (const one of made) {
      one.table.querySelector(".on")?.classList.remove("on");
      one.cells[i][j].classList.add("on");
      one.hold(i, j);
    }
    reading.textContent = entry(rows[i], columns[j], arrays.map((one) => one[i][j]), state.came);
  };
  const boxes = ["value", "gradient"].map((what, which) => {
    const unit = scale(arrays[which]);
    const hidden = which === 1 && !state.came;
    const one = grid(`${what} of ${title}`, rows, columns, { pick, corner });
    one.show(arrays[which].map((row) => row.map((v) => look(v, unit, hidden))));
    made.push(one);
    const times = unit.power ? `, × 10${raised(unit.power)}` : "";
    const name = el("p", { className: `label ${what}` }, [
      el("b", { textContent: what }), hidden ? " not yet" : ` norm ${norms[which]}${times}`,
    ]);
    const names = columns.length > DENSE ? "array dense" : "array";
    return el("div", { className: names }, [name, one.box]);
  });
  return el("div", {}, [el("div", { className: "pair" }, boxes), reading]);
}

function entry(row, column, [value, back], came) {
  const start = `[${row}, ${column}]: `;
  if (value === null) return `${start}masked, so its gradient is 0.`;
  if (!came) return `${start}value ${exact(value)}, no gradient yet.`;
  return `${start}value ${exact(value)}, gradient ${sense(back)}.`;
}

// A gradient, and what its sign says.
function sense(back) {
  const says = back === 0 ? "the loss does not mind it"
    : `a little more of it ${back < 0 ? "lowers" : "raises"} the loss`;
  return `${exact(back)}: ${says}`;
}

// How the numbers of one array are written: three digits of the largest, two where there are many
// columns; below 1 by a power of ten before them all. What is "0" is zero, "0.0" is only small.
function scale(array) {
  const largest = Math.max(...array.flat().map((v) => Math.abs(v ?? 0)));
  const found = largest ? Math.floor(Math.log10(largest)) : 0;
  const columns = array[0].length;
  if (columns === 1 && array.length === 1) return { largest, power: 0, digits: 4 };
  const dense = columns > DENSE;
  const power = found < -2 || found > 3 || (dense && found < 0) ? found : found < 0 ? -2 : 0;
  const digits = (dense ? 1 : 2) - (found - power);
  return { largest, power, digits: Math.max(0, digits) };
}

function look(v, { largest, power, digits }, hidden) {
  if (hidden) return { text: "", said: "not yet", names: "off" };
  if (v === null) return { text: "−∞", said: "masked", names: "off" };
  const text = v === 0 ? "0" : digits > 3 ? exact(v) : fixed(v / 10 ** power, digits);
  return { text, said: exact(v), level: largest ? v / largest : 0 };
}

// Four significant digits, as the data have them; BackpropTracer writes by the same rule.
function exact(v) {
  const size = Math.abs(v);
  const [digits, power] = size.toExponential().split("e");
  const plain = size === 0 || (size >= 1e-4 && size < 1e4);
  const text = plain ? String(size) : `${digits}·10${raised(Number(power))}`;
  return v < 0 ? `−${text}` : text;
}

function raised(power) {
  const digits = [...String(Math.abs(power))].map((digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[digit]).join("");
  return power < 0 ? `⁻${digits}` : digits;
}

// Parts that are added, and their sum, in norms.
function meeting({ what, parts, total }) {
  const part = (before, name, size, names = "") => el("span", { className: "term" }, [
    before, el("span", { className: `part ${names}` }, [
      el("b", { textContent: size }), el("span", { textContent: name }),
    ]),
  ]);
  const all = parts.map(([name, size], i) => part(i ? "+" : "", name, size));
  return el("div", { className: "meeting" }, [
    el("p", { className: "label", textContent: `${what}: ${parts.length} ways meet, in norms` }),
    el("div", { className: "sum" }, [...all, part("→", `|${what}|`, total, "total")]),
  ]);
}

// The gradients that were left in the parameters, as arrays.
function parameters(list) {
  if (!list.length) return [];
  const reading = el("p", { className: "noted", textContent: "Point at a number to read it." });
  const made = list.map((one) => parameter(one, (text) => {
    for (const { box } of made) box.querySelector(".on")?.classList.remove("on");
    reading.textContent = text;
  }));
  const label = el("p", { className: "label", textContent: "Left in the parameters" });
  return [el("div", { className: "left" }, [label, ...made.map(({ box }) => box), reading])];
}

function parameter({ name, label, norm, rows, columns, corner, gradient }, tell) {
  const size = numbers([label]);
  size.show([norm]);
  const unit = scale(gradient);
  const times = unit.power ? `× 10${raised(unit.power)}` : "";
  const pick = (i, j) => {
    // A vector is one row, and its entries have one name.
    const row = rows.length > 1 ? `${rows[i]}, ` : "";
    tell(`${name}[${row}${columns[j]}]: gradient ${sense(gradient[i][j])}.`);
    shown.cells[i][j].classList.add("on");
    shown.hold(i, j);
  };
  const shown = grid(`gradient of ${name}`, rows, columns, { pick, corner });
  shown.show(gradient.map((row) => row.map((v) => look(v, unit, false))));
  const head = el("div", { className: "size" }, [
    size.list, el("span", { className: "label", textContent: times }),
  ]);
  const names = columns.length > DENSE ? "array dense" : "array";
  return { box: el("div", { className: names }, [head, shown.box]) };
}
