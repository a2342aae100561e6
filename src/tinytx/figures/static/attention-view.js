// One query on its way: its numbers beside those of the keys, the steps, the values, the output.

const VISIBLE = 8; // numbers of a vector that are shown

// A table: one column a key. The query stands left of the keys, the output right of the values,
// so that a score is read down a column and an output number along a row.
function lane(data, names, pick) {
  const parts = laneParts(data, names);
  const { asks, heads, keys, steps, values } = parts;
  const groups = [keys, steps, values].map((group) => el("tbody", {}, group.map((one) => one.row)));
  const gives = el("th", { scope: "col", textContent: "output" });
  const body = [el("thead", {}, [el("tr", {}, [el("td"), asks, ...heads, gives])]), ...groups];
  const table = el("table", { className: "lane", "aria-label": "From query to output" }, body);
  const point = (event) => {
    const cell = event.target.closest("td, th");
    const j = cell ? cell.cellIndex - 2 : -1;
    if (j >= 0 && j < data.keys.length) pick(j);
  };
  table.addEventListener("click", point);
  table.addEventListener("pointerover", (event) => event.pointerType === "mouse" && point(event));
  const more = data.q[0].length - keys.length;
  const said = `Of each vector ${more === 1 ? "1 more number is" : `${more} more numbers are`} ` +
    "computed with and not shown.";
  const note = more ? [el("p", { className: "muted", textContent: said })] : [];
  const box = el("div", { className: "scroll", tabIndex: 0, role: "group" }, [table, ...note]);
  box.setAttribute("aria-label", "From query to output, one column for each key");
  let chosen = 0;
  const reveal = () => uncover(box, heads[chosen], keys[0].row.firstChild.offsetWidth);
  const show = (state) => {
    showLane(data, state, parts);
    chosen = state.j;
    reveal();
  };
  return { box, show, reveal };
}

function laneParts(data, names) {
  const line = (name, kind) => {
    const cells = ["", ...data.keys, ""].map(() => el("td"));
    const head = el("th", { scope: "row", textContent: name });
    return { cells, row: el("tr", { className: kind }, [head, ...cells]) };
  };
  const places = Array.from({ length: Math.min(data.q[0].length, VISIBLE) }, (_, d) => d);
  return {
    asks: el("th", { scope: "col", className: "query-name" }),
    heads: data.keys.map((text) =>
      el("th", { scope: "col", className: "key-name", textContent: text })),
    keys: places.map((d) => line(`k[${d}]`, "k")),
    steps: STAGES.map((key, n) => line(`${n + 1} ${names[key]}`, key)),
    values: places.map((d) => line(`v[${d}]`, "v")),
  };
}

// A column comes into view beside what stands at the left, and the page stays where it is.
function uncover(box, { offsetLeft, offsetWidth }, taken) {
  if (offsetLeft - taken < box.scrollLeft) box.scrollLeft = offsetLeft - taken;
  const right = offsetLeft + offsetWidth - box.clientWidth;
  if (right > box.scrollLeft) box.scrollLeft = right;
}

function showLane(data, state, { asks, heads, keys, steps, values }) {
  const { row, i, j } = state;
  const last = data.keys.length + 1;
  const tints = { k: largest([...data.q, ...data.k]), v: largest(data.v) };
  asks.textContent = `query ${data.queries[i]}`;
  keys.forEach(({ cells }, d) => {
    fill(cells[0], data.q[i][d], tints.k, "query");
    data.k.forEach((key, n) => fill(cells[n + 1], key[d], tints.k));
  });
  values.forEach(({ cells }, d) => {
    data.v.forEach((value, n) =>
      fill(cells[n + 1], value[d], tints.v, row.allowed[n] ? "" : "off"),
    );
    fill(cells[last], row.out[d], tints.v, "out", fixed(row.out[d], 4));
  });
  STAGES.forEach((stage, s) => {
    const most = stage === "weights" ? 1 : largest(state.rows.map((one) => one[stage]));
    steps[s].row.classList.toggle("chosen", stage === state.stage);
    row[stage].forEach((value, n) => {
      const text = form(stage, value, row.allowed[n]);
      const off = s > 1 && !row.allowed[n];
      fill(steps[s].cells[n + 1], value, most, off ? "off" : "", text);
    });
  });
  steps[3].cells[last].textContent = row.total ? "Σ = 1" : "Σ = 0";
  for (const one of [...keys, ...steps, ...values])
    one.cells.forEach((cell, n) => cell.classList.toggle("same", n === j + 1));
  heads.forEach((head, n) => head.classList.toggle("same", n === j));
}

function fill(cell, value, most, names = "", text = trimmed(value)) {
  cell.textContent = text;
  cell.className = names;
  heat(cell, Number.isFinite(value) ? value / most : 0);
}

// Each step of the selected key as a sum, and the output as the sum over all keys.
function working() {
  const list = el("dl", { className: "working" });
  const show = (data, state) => list.replaceChildren(...lines(data, state).flatMap(
    ([name, text]) => [el("dt", { textContent: name }), el("dd", { textContent: text })],
  ));
  return { box: list, show };
}

function lines(data, { row, i, j }) {
  const four = (value) => fixed(value, 4);
  const Dh = data.q[0].length;
  const free = row.allowed[j];
  const exact = trimmed(row.scores[j]);
  return [
    ["1 q·k", `${products(data.q[i], data.k[j], VISIBLE)} = ${exact}`],
    ["2 scale", `${exact} / √${Dh} = ${exact} / ${four(Math.sqrt(Dh))} = ${four(row.scaled[j])}`],
    ["3 mask", free ? `may attend: stays ${four(row.scaled[j])}` : "may not attend: −∞"],
    ["4 softmax", share(row, j)],
    ...row.out.slice(0, 3).map((value, d) => [
      `5 out[${d}]`,
      `${products(row.weights, data.v.map((one) => one[d]), VISIBLE, four)} = ${four(value)}`,
    ]),
    ...(Dh > 3 ? [["", `and so on to out[${Dh - 1}]`]] : []),
  ];
}

function share({ allowed, scaled, top, terms, total, weights }, j) {
  const [most, term, sum, weight] = [top, terms[j], total, weights[j]].map((n) => fixed(n, 4));
  if (!total) return "nothing to attend to: 0";
  if (!allowed[j]) return `e^−∞ / sum = 0 / ${sum} = 0`;
  const less = `less the largest, ${most}: e^${factor(scaled[j] - top)}`;
  return `${less} / sum = ${term} / ${sum} = ${weight}`;
}
