// The attention explorer: a grid of all queries and keys, and the way of one query to its output.

const PICK =
  "Pick a cell: its row is the query that asks, its column the key that answers. " +
  "The arrow keys walk.";
const READ =
  "Down a column: query and key meet in a score, and become a weight. " +
  "Along a row of v: weight times value, added up, is the output.";
const STAGES = ["scores", "scaled", "masked", "weights"];

function figure(data) {
  const [T, S, Dh] = [data.q.length, data.k.length, data.q[0].length];
  const state = { causal: data.causal, stage: "weights", i: T - 1, j: 0, rows: [] };
  const names = { scores: "q·k", scaled: `÷ √${Dh}`, masked: "masked", weights: "softmax" };
  const pick = (i, j) => update({ i, j });
  const cells = reads(grid("Queries and keys", data.queries, data.keys, {
    pick, hover: () => {}, corner: " ",
  }));
  const way = lane(data, names, (j) => {
    if (j === state.j) return;
    cells.hold(state.i, j);
    pick(state.i, j);
  });
  const sums = working();
  const status = el("p", { className: "status", "aria-live": "polite" });
  const update = (change) => {
    Object.assign(state, change);
    state.row = state.rows[state.i];
    showGrid(cells, data, state);
    way.show(state);
    sums.show(data, state);
    status.textContent = sentence(data, state);
  };
  state.rows = attendAll(data, state.causal);
  const last = state.rows[T - 1].weights;
  state.j = last.indexOf(Math.max(...last));
  cells.hold(state.i, state.j);
  update({});
  requestAnimationFrame(way.reveal); // nothing has a place before the figure is in the page
  const stages = STAGES.map((key, n) => [key, `${n + 1} ${names[key]}`]);
  const controls = [choice("Show", stages, state.stage, (stage) => update({ stage })).box];
  const mask = (on) => update({ rows: attendAll(data, on) });
  if (!data.mask && S >= T) controls.push(toggle("Causal mask", state.causal, mask));
  return explorer(controls, cells, [status, sums.box], way);
}

function attendAll(data, on) {
  const mask = data.mask || (on ? causal(data.q.length, data.k.length) : null);
  const all = data.k.map(() => true);
  return data.q.map((q, i) => attend(q, data.k, data.v, mask ? mask[i].map(Boolean) : all));
}

function explorer(controls, cells, told, way) {
  const hint = (text) => el("p", { className: "muted", textContent: text });
  const root = el("div", { className: "card explorer", role: "group" }, [
    el("div", { className: "row top" }, controls),
    hint(PICK),
    el("div", { className: "both" }, [cells.box, el("div", { className: "told" }, told)]),
    el("div", {}, [hint(READ), way.box]),
  ]);
  root.setAttribute("aria-label", "Attention of one head, number by number");
  return root;
}

function showGrid(cells, data, state) {
  const { stage } = state;
  const most = stage === "weights" ? 1 : largest(state.rows.map((row) => row[stage]));
  cells.show(state.rows.map((row, i) => row[stage].map((value, j) => {
    const names = [row.allowed[j] || stage === "scores" || stage === "scaled" ? "" : "off"];
    if (i === state.i) names.push("asking");
    if (i === state.i && j === state.j) names.push("on");
    const text = form(stage, value, row.allowed[j]);
    const said = `query ${data.queries[i]}, key ${data.keys[j]}: ${text}`;
    return { text, said, level: Number.isFinite(value) ? value / most : 0, names: names.join(" ") };
  })));
}

function sentence(data, { row, i, j }) {
  const who = `Query ${data.queries[i]}, key ${data.keys[j]}: q·k = ${trimmed(row.scores[j])}, `;
  const scaled = `scaled ${fixed(row.scaled[j], 4)}, `;
  if (row.allowed[j]) return `${who}${scaled}may attend, weight ${fixed(row.weights[j], 4)}.`;
  const none = row.total ? "" : " This query may attend to nothing: its output is zeros.";
  return `${who}${scaled}may not attend, so −∞ and weight 0.${none}`;
}

function form(stage, value, allowed) {
  if (stage === "scores") return trimmed(value);
  return stage === "weights" && !allowed ? "0" : fixed(value, 4);
}
