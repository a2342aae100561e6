// The views of the parameter explorer: a scale with known models, a bar of parts, tables.

const PARTS = ["embedding", "positions", "attention", "mlp", "norms", "head"];
const SHOWN = { mlp: "MLP" }; // how a part is written, where that is not its name

// A logarithmic scale from a hundred to ten trillion.
function scaleStrip(models) {
  const across = (count) => `${((Math.log10(Math.max(100, count)) - 2) / 11) * 100}%`;
  const at = (name, left, children = []) => {
    const made = el("span", { className: name }, children);
    made.style.left = left;
    return made;
  };
  const words = ["thousand", "million", "billion", "trillion"];
  const ticks = words.map((word, i) => at("tick", across(1000 ** (i + 1)), [`1 ${word}`]));
  const totals = models.map(({ name, config }) => ({ name, count: total(parametersOf(config)) }));
  const marks = totals.map(({ count }) => at("model", across(count)));
  const named = [["running example", "example"], ["GPT-2 774M", "GPT-2"], ["GPT-3 175B", "GPT-3"]];
  const names = named.map(([name, text]) =>
    at("model-name", across(totals.find((one) => one.name === name).count), [text]));
  const here = at("here", "0%");
  const box = el("div", { className: "strip", role: "img" }, [...names, ...marks, here, ...ticks]);
  const show = (count) => {
    here.style.left = across(count);
    const list = totals.map((one) => `${one.name} ${whole(one.count)}`).join(", ");
    box.setAttribute("aria-label", `Here: ${whole(count)} parameters. Known models: ${list}`);
  };
  return { box, show };
}

// One bar, as long as all of it; the table below says the numbers.
function partBar() {
  const pieces = PARTS.map((part, i) => {
    const name = el("span", { textContent: SHOWN[part] || part });
    return el("span", { className: `piece tint${i}` }, [name]);
  });
  const box = el("div", { className: "parts", "aria-hidden": "true" }, pieces);
  const show = (parts) => {
    const all = total(parts);
    PARTS.forEach((part, i) => {
      const share = parts[part] / all;
      pieces[i].style.flexGrow = share * 1000;
      pieces[i].hidden = !parts[part];
      pieces[i].firstChild.hidden = share < 0.13;
    });
  };
  return { box, show };
}

// A table whose rows have a name and a few cells; show({name: [text, …]}) fills them in.
function countTable(caption, head, names, swatches = false) {
  const rows = names.map(([key, text], i) => {
    const cells = head.slice(1).map((name) => el("td", { className: name }));
    const swatch = swatches ? [el("span", { className: `swatch tint${i}` })] : [];
    const name = el("th", { scope: "row" }, [...swatch, text]);
    return { key, cells, row: el("tr", {}, [name, ...cells]) };
  });
  const heads = head.map((text) =>
    text ? el("th", { scope: "col", className: text, textContent: text }) : el("td"));
  const table = el("table", { className: "counts" }, [
    el("caption", { textContent: caption }),
    el("thead", {}, [el("tr", {}, heads)]), el("tbody", {}, rows.map(({ row }) => row)),
  ]);
  const show = (values) => {
    for (const { key, cells } of rows)
      values[key].forEach((text, i) => (cells[i].textContent = text));
  };
  return { box: table, show };
}

function partTable() {
  const names = PARTS.map((part) => [part, SHOWN[part] || part]);
  const head = ["part", "formula", "parameters", "share"];
  const made = countTable("Parameters by part", head, names, true);
  const show = (config, parts) => {
    const [formulas, all] = [formulasOf(config), total(parts)];
    made.show(Object.fromEntries(PARTS.map((part) => [
      part, [formulas[part], whole(parts[part]), `${fixed((parts[part] / all) * 100, 1)} %`],
    ])));
  };
  return { box: made.box, show };
}

function memoryTable() {
  const names = [
    ["weights", "to use it: weights"],
    ["training", "to train it: weights, gradients, Adam"],
    ["kv_cache", "KV cache of one full context"],
  ];
  const made = countTable("Memory", ["", "float32", "bfloat16"], names);
  const show = (config) => {
    const all = Object.entries(memoryOf(config));
    const texts = all.map(([key, bytes]) => [key, bytes.map((n) => amount(n, "B"))]);
    made.show(Object.fromEntries(texts));
  };
  return { box: made.box, show };
}

function flopTable() {
  const names = Object.keys(FLOP_FORMULAS).map((part) => [part, SHOWN[part] || part]);
  names.push(["total", "together"]);
  const made = countTable("", ["part", "formula", "FLOP"], names);
  const show = (config) => {
    const T = config.context_length;
    const parts = flopsOf(config, T);
    const texts = Object.entries(parts).map(([part, count]) =>
      [part, [FLOP_FORMULAS[part], amount(count, "FLOP")]]);
    const sum = ["", amount(total(parts), "FLOP")];
    made.box.caption.textContent = `Arithmetic: forward, one token of T = ${whole(T)}`;
    made.show({ ...Object.fromEntries(texts), total: sum });
  };
  return { box: made.box, show };
}
