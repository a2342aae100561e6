// The attention of one block: a small map for each head, one of them chosen.

// headMaps({n_layer, n_head}, host, change): change({block, head, off}) hears what was chosen.
// show(reading, at): the maps of what was read, with the row of one query marked.
function headMaps({ n_layer, n_head }, host, change) {
  const state = { block: n_layer - 1, head: 0, off: new Set(), reading: null, at: 0 };
  const maps = Array.from({ length: n_head }, (_, h) => headMap(h, () => put({ head: h })));
  const blocks = Array.from({ length: n_layer }, (_, i) => [String(i), String(i)]);
  const pick = choice("Block", blocks, String(state.block), (i) => put({ block: Number(i) }));
  const cut = toggle("Switch this head off", false, (on) => {
    state.off[on ? "add" : "delete"](nameOfHead(state));
    put({});
  });
  const box = el("fieldset", { className: "maps" }, [
    el("legend", { className: "unseen", textContent: "Head" }), ...maps.map((map) => map.box),
  ]);
  const draw = () => {
    maps.forEach((map, h) => map.show(state, h));
    cut.firstChild.checked = state.off.has(nameOfHead(state));
  };
  const put = (changes) => {
    Object.assign(state, changes);
    draw();
    change(state);
  };
  const show = (reading, at) => {
    Object.assign(state, { reading, at });
    draw();
  };
  new MutationObserver(draw).observe(host, { attributeFilter: ["data-theme"] });
  const top = el("div", { className: "row" }, [pick.box, cut]);
  return { box: el("div", {}, [top, box]), show, state };
}

function nameOfHead({ block, head }) {
  return `${block}.${head}`;
}

function headMap(h, choose) {
  const input = el("input", { type: "radio", name: "head", value: String(h), checked: !h });
  input.addEventListener("change", choose);
  const canvas = el("canvas", { width: 1, height: 1, "aria-hidden": "true" });
  const mark = el("span", { className: "mark" });
  const name = el("span", { textContent: `head ${h}` });
  const picture = el("span", { className: "picture" }, [canvas, mark]);
  const show = (state, head) => {
    const { reading, at, block } = state;
    const off = state.off.has(`${block}.${head}`);
    name.textContent = `head ${head}${off ? ", off" : ""}`;
    input.checked = state.head === head;
    canvas.classList.toggle("off", off);
    mark.hidden = !reading;
    if (!reading) return;
    const T = reading.weights.length;
    mark.style.top = `${(100 * at) / T}%`;
    mark.style.height = `${100 / T}%`;
    paintMap(canvas, reading.weights.map((layers) => layers[block][head]));
  };
  return { box: el("label", { className: "map" }, [input, picture, name]), show };
}

// One pixel for a weight: rows are queries, and a row has one key more than the row above.
function paintMap(canvas, rows) {
  const T = rows.length;
  const context = canvas.getContext("2d");
  Object.assign(canvas, { width: T, height: T });
  const [color, ground] = ["--accent", "--raised"].map((name) => rgb(canvas, name));
  const image = context.createImageData(T, T);
  rows.forEach((row, i) => row.forEach((weight, j) => {
    const share = weight ** 0.6;
    const pixel = color.map((value, c) => ground[c] + (value - ground[c]) * share);
    image.data.set([...pixel, 255], 4 * (i * T + j));
  }));
  context.putImageData(image, 0, 0);
}

// A colour of the theme, #rrggbb, as three numbers.
function rgb(box, name) {
  const text = getComputedStyle(box).getPropertyValue(name).trim();
  return [1, 3, 5].map((i) => parseInt(text.slice(i, i + 2), 16));
}
