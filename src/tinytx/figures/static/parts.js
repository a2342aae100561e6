// What the figures with numbers share: a slider, a choice among a few, a grid of numbers.

// A number with a minus that is as wide as a plus, and no "-0.00".
function fixed(value, digits = 2) {
  if (value === -Infinity) return "−∞";
  const text = Math.abs(value).toFixed(digits);
  return value < 0 && Number(text) !== 0 ? `−${text}` : text;
}

// slider("Scale", {min: 0, max: 4, step: 0.1, value: 1}, change): {box, input, set(value)}.
function slider(label, { format = String, ...range }, change) {
  // The value is not part of the name: it is read by aria-valuetext.
  const input = el("input", { type: "range", "aria-label": label });
  // min and max before value: a value outside of 0 to 100 would be clipped.
  for (const name of ["min", "max", "step", "value"]) input[name] = range[name];
  const shown = el("output", { className: "reading" });
  const update = () => {
    shown.textContent = format(Number(input.value));
    input.setAttribute("aria-valuetext", shown.textContent);
  };
  const set = (value) => {
    input.value = value;
    update();
  };
  input.addEventListener("input", () => {
    update();
    change(Number(input.value));
  });
  update();
  const name = el("span", { className: "label", textContent: label });
  return { box: el("label", { className: "slider" }, [name, input, shown]), input, set };
}

let groups = 0; // a name for each group of radio buttons; shadow roots keep them apart

// choice("Norm", [["pre", "pre-norm"], ["post", "post-norm"]], "pre", change): {box, set(value)}.
function choice(label, options, chosen, change) {
  const name = `choice-${(groups += 1)}`;
  const buttons = options.map(([value, text]) => {
    const input = el("input", { type: "radio", name, value, checked: value === chosen });
    input.addEventListener("change", () => change(value));
    return el("label", {}, [input, el("span", { textContent: text })]);
  });
  const legend = el("legend", { className: "label", textContent: label });
  const set = (value) => {
    for (const button of buttons) button.firstChild.checked = button.firstChild.value === value;
  };
  return { box: el("fieldset", { className: "choice" }, [legend, ...buttons]), set };
}

// grid("Weights", rows, columns, {pick, press}): a table of cells, one of them in the tab order;
// the arrow keys move, pick(i, j) hears of focus, press(i, j) of click and Enter, hover(i, j) of
// the pointer; those not given are pick.
// hold(i, j) says which cell is in the tab order.
// show(cells) takes cells[i][j] = {text, said, level from -1 to 1, names: CSS classes}.
function grid(label, rows, columns, listeners = {}) {
  const { pick = () => {}, press = pick, hover = pick, corner = "" } = listeners;
  const cells = rows.map(() => columns.map(() => el("td", { tabIndex: -1, role: "gridcell" })));
  const header = (text, scope) => el("th", { scope, textContent: text });
  const head = el("tr", {}, [
    corner ? header(corner, "col") : el("td"),
    ...columns.map((text) => header(text, "col")),
  ]);
  const lines = rows.map((text, i) => el("tr", {}, [header(text, "row"), ...cells[i]]));
  const body = [el("thead", {}, [head]), el("tbody", {}, lines)];
  const table = el("table", { className: "grid", role: "grid", "aria-label": label }, body);
  const place = (target) => {
    const cell = target.closest("td[role]");
    const i = cells.findIndex((line) => line.includes(cell));
    return i < 0 ? null : [i, cells[i].indexOf(cell)];
  };
  let held = [0, 0];
  const hold = (i, j) => {
    cells[held[0]][held[1]].tabIndex = -1;
    cells[i][j].tabIndex = 0;
    held = [i, j];
  };
  const go = (i, j) => {
    hold(i, j);
    cells[i][j].focus();
  };
  hold(0, 0);
  table.addEventListener("focusin", (event) => place(event.target) && pick(...place(event.target)));
  table.addEventListener("pointerover", (event) => {
    if (event.pointerType === "mouse" && place(event.target)) hover(...place(event.target));
  });
  table.addEventListener("click", (event) => {
    const at = place(event.target);
    if (!at) return;
    go(...at);
    press(...at);
  });
  table.addEventListener("keydown", (event) => {
    const at = place(event.target);
    if (!at || event.ctrlKey || event.altKey || event.metaKey) return;
    const [i, j] = at;
    const last = [rows.length - 1, columns.length - 1];
    const to = {
      ArrowUp: [Math.max(i - 1, 0), j],
      ArrowDown: [Math.min(i + 1, last[0]), j],
      ArrowLeft: [i, Math.max(j - 1, 0)],
      ArrowRight: [i, Math.min(j + 1, last[1])],
      Home: [i, 0],
      End: [i, last[1]],
    }[event.key];
    if (to) go(...to);
    else if (event.key === "Enter" || event.key === " ") press(i, j);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  const show = (content) =>
    cells.forEach((line, i) =>
      line.forEach((cell, j) => {
        const { text, said, level = 0, names = "" } = content[i][j];
        cell.textContent = text;
        cell.className = names;
        cell.setAttribute("aria-label", said || text);
        heat(cell, level);
      }),
    );
  return { box: el("div", { className: "scroll" }, [table]), table, cells, show, hold, focus: go };
}

// Tint a cell: teal for positive, amber for negative, never so strong that its text cannot be read.
function heat(cell, level) {
  const share = Math.min(Math.abs(level), 1) * 45;
  const color = level < 0 ? "var(--warm)" : "var(--accent)";
  cell.style.background = share
    ? `color-mix(in srgb, ${color} ${share.toFixed(1)}%, var(--surface))`
    : "";
}
