// The logit lens as a table: the first guess after each block, at every position.

const NAME = "What the model would say after each block";
const REST = "Point at a cell to read it; choose it by a click, or by the arrow keys.";
const WHAT = "Columns are positions and the tokens that stand there; a cell guesses the next one. " +
  "The stronger the colour, the surer. Bold and underlined: the guess that came true.";
const EXACT = "exact";
const MANY = ["", "one", "two", "three", "four", "five"];

function figure(data) {
  const rows = [...data.levels, ...(data.exact ? [EXACT] : [])];
  const columns = Array.from({ length: data.T }, (_, t) => `${nameAt(data, t)}\n${data.first + t}`);
  const status = el("p", { className: "status", "aria-live": "polite" });
  const peek = el("p", { className: "muted peek" });
  const detail = el("div", { className: "detail" });
  const state = { at: null };
  const choose = (i, t) => {
    if (state.at) mark(...state.at, false);
    mark(i, t, true);
    state.at = [i, t];
    const told = rows[i] === EXACT ? exactSaid(data, t) : readingSaid(data, i, t);
    if (status.textContent !== told) status.textContent = told;
    peek.textContent = REST;
    detail.replaceChildren(rows[i] === EXACT ? column(data, t) : topTable(data, i, t));
  };
  const made = grid("The first guess after each block", rows, columns, {
    pick: choose,
    press: choose,
    hover: (i, t) => (peek.textContent = cellSaid(data, i, t)),
    corner: "read",
  });
  const mark = (i, t, on) => {
    made.cells[i][t].classList.toggle("on", on);
    [...made.table.tHead.rows[0].cells][t + 1].classList.toggle("chosen", on);
  };
  made.table.addEventListener("pointerleave", () => (peek.textContent = REST));
  made.show(rows.map((row, i) => columns.map((_, t) => cellOf(data, i, t))));
  made.table.classList.add("lens");
  const start = [data.levels.length - 1, data.T - 1];
  made.hold(...start);
  choose(...start);
  const box = el("div", { className: "card lens-card", role: "group", "aria-label": NAME }, [
    ...(data.ask ? [el("p", { className: "ask", textContent: data.ask })] : []),
    el("div", {}, [made.box]), peek, status, detail,
    el("p", { className: "muted", textContent: WHAT }),
  ]);
  queueMicrotask(() => intoView(made, start));
  return box;
}

// The chosen column is scrolled to the middle, without moving the page.
function intoView({ box, cells }, [i, t]) {
  const cell = cells[i][t];
  box.scrollLeft = cell.offsetLeft - box.clientWidth / 2 + cell.offsetWidth / 2;
}

function nameAt({ names, tokens }, t) {
  return names[tokens[t]];
}

function placeOf(data, t) {
  return `${nameAt(data, t)}, position ${data.first + t}`;
}

function cameAt(data, t) {
  return t + 1 < data.tokens.length ? nameAt(data, t + 1) : null;
}

function cellOf(data, i, t) {
  if (i === data.levels.length) {
    const share = data.exact[t];
    if (share === null) return { text: "–", said: "not known", names: "off" };
    return { text: percent(share), said: `${cameAt(data, t)} ${percent(share)}`, level: share / 1e4 };
  }
  const { top, rank } = data.readings[i][t];
  const [id, share] = top[0];
  const right = rank === 1;
  const said = `${data.names[id]}, ${percent(share)}${right ? ", came true" : ""}`;
  return { text: data.names[id], said, level: share / 1e4, names: right ? "right" : "" };
}

function percent(share) {
  return `${fixed(share / 100, 1)} %`;
}

function levelSaid(data, i) {
  return i ? `After ${data.levels[i]}` : "After the embedding";
}

function cellSaid(data, i, t) {
  const where = `at ${placeOf(data, t)}`;
  if (i === data.levels.length) return `Exact, ${where}: ${cellOf(data, i, t).said}`;
  return `${levelSaid(data, i)}, ${where}: ${cellOf(data, i, t).said}`;
}

function readingSaid(data, i, t) {
  const { top, rank, share } = data.readings[i][t];
  const came = cameAt(data, t);
  const first = `${levelSaid(data, i)}, at ${placeOf(data, t)}: first guess ` +
    `${data.names[top[0][0]]}, ${percent(top[0][1])}.`;
  if (came === null) return `${first} What came is not known.`;
  return `${first} What came was ${came}: rank ${rank} of ${data.V}, ${percent(share)}.`;
}

function exactSaid(data, t) {
  const came = cameAt(data, t);
  const share = data.exact[t];
  if (came === null || share === null) return `At ${placeOf(data, t)} the truth is not known.`;
  const last = data.readings.at(-1)[t];
  return `At ${placeOf(data, t)}, ${came} truly follows with ${percent(share)}; the ` +
    `model says ${percent(last.share)} at its end.`;
}

function topTable(data, i, t) {
  const { top } = data.readings[i][t];
  const came = data.tokens[t + 1];
  const lines = top.map(([id, share]) => [data.names[id], share, id === came]);
  return bars(`The ${MANY[top.length]} likeliest`, "token", lines);
}

// What the token that came gets after each block.
function column(data, t) {
  const known = cameAt(data, t) !== null;
  const lines = data.levels.map((level, i) => [level, data.readings[i][t].share ?? 0, false]);
  return known ? bars("The token that came, after each block", "after", lines) : el("p");
}

function bars(label, corner, lines) {
  const head = el("tr", {}, [corner, "probability"].map((textContent) =>
    el("th", { scope: "col", textContent })));
  const body = lines.map(([name, share, right]) => {
    const bar = el("span", { className: "bar" });
    bar.style.width = `calc((100% - 70px) * ${share / 1e4})`;
    const text = el("span", { textContent: percent(share) });
    const title = el("th", { scope: "row", textContent: name });
    if (right) title.append(el("span", { className: "unseen", textContent: ", came" }));
    return el("tr", right ? { className: "right" } : {}, [title, el("td", {}, [bar, text])]);
  });
  const parts = [el("thead", {}, [head]), el("tbody", {}, body)];
  return el("table", { className: "top", "aria-label": label }, parts);
}
