// The model as a graph: the stream on the left, attention and MLP beside it. The values go down,
// the gradients up. Stations are buttons over a drawing of the lines.

const HALF = 14; // of a station's height
// Where each station stands: [x of its centre, y, width].
const PLACES = {
  tok: [56, 54, 108], x: [56, 96, 108], ln_1: [211, 134, 118],
  q: [152, 178, 56], k: [211, 178, 56], v: [270, 178, 56],
  scores: [181, 222, 116], weights: [181, 262, 116], out: [211, 306, 174], o: [211, 346, 118],
  x_attn: [56, 386, 108], ln_2: [211, 424, 118], up: [211, 464, 118], act: [211, 504, 118],
  down: [211, 544, 118], x_mlp: [56, 584, 108], ln_f: [56, 626, 108], logits: [56, 668, 108],
  loss: [56, 710, 108],
};
// From a station to the next: straight down, or by way of corners.
const LINES = [
  ["tok", "x"], ["x", "x_attn"], ["x_attn", "x_mlp"], ["x_mlp", "ln_f"], ["ln_f", "logits"],
  ["logits", "loss"],
  ["x", "ln_1", [[110, 100], [211, 100], [211, 120]]],
  ["ln_1", "q", [[211, 148], [211, 154], [152, 154], [152, 164]]], ["ln_1", "k"],
  ["ln_1", "v", [[211, 148], [211, 154], [270, 154], [270, 164]]],
  ["q", "scores", [[152, 192], [152, 208]]], ["k", "scores", [[211, 192], [211, 208]]],
  ["v", "out", [[270, 192], [270, 292]]],
  ["scores", "weights"], ["weights", "out", [[181, 276], [181, 292]]], ["out", "o"],
  ["o", "x_attn", [[211, 360], [211, 380], [110, 380]]],
  ["x_attn", "ln_2", [[110, 392], [211, 392], [211, 410]]],
  ["ln_2", "up"], ["up", "act"], ["act", "down"],
  ["down", "x_mlp", [[211, 558], [211, 584], [110, 584]]],
];

// graph(data, pick): {box, show(at)}; at is the current station, those up to it are lit, and
// "came" says whether the gradient is there.
function graph(data, pick) {
  const order = data.stations.map(({ key }) => key);
  const lines = svg("svg", { viewBox: "0 0 300 736", width: 300, height: 736 });
  lines.setAttribute("aria-hidden", "true");
  const stops = data.stations.map((station, i) => {
    const made = stop(station);
    made.box.addEventListener("click", () => pick(i));
    return made;
  });
  const map = el("div", { className: "map" }, [
    lines, note("ids", data.ids, { left: "2px", top: "3px" }),
    note("targets", data.targets, { left: "136px", bottom: "18px" }),
    ...stops.map(({ box }) => box),
  ]);
  const box = el("div", { className: "graph", role: "group" }, [map]);
  box.setAttribute("aria-label", "The model. The up arrow key goes one station back.");
  box.addEventListener("keydown", (event) => {
    const at = stops.findIndex((one) => one.box === event.target);
    const to = { ArrowUp: at + 1, ArrowDown: at - 1, Home: order.length - 1, End: 0 }[event.key];
    if (to === undefined || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    event.stopPropagation();
    if (!stops[to]) return;
    pick(to);
    stops[to].box.focus();
  });
  const show = (at, came) => {
    const lit = (key) => came && order.indexOf(key) <= at;
    lines.replaceChildren(...LINES.toSorted((a, b) => lit(a[0]) - lit(b[0])).map((line) =>
      arrow(points(line), lit(line[0]))), arrow([[56, 24], [56, 40]], false));
    stops.forEach((one, i) => one.show(i === at, lit(order[i])));
    keepInView(box, PLACES[order[at]][1]);
  };
  return { box, show };
}

function stop({ key, title, norms }) {
  const [x, y, width] = PLACES[key];
  const norm = el("span", { className: "norm" });
  const box = el("button", { type: "button", className: "stop" }, [
    el("span", { textContent: title }), norm,
  ]);
  Object.assign(box.style, { left: `${x - width / 2}px`, top: `${y - HALF}px` });
  box.style.width = `${width}px`;
  box.dataset.key = key;
  const show = (current, lit) => {
    box.classList.toggle("lit", lit);
    box.tabIndex = current ? 0 : -1;
    if (current) box.setAttribute("aria-current", "step");
    else box.removeAttribute("aria-current");
    norm.textContent = lit ? brief(norms[1], width) : "";
    box.setAttribute("aria-label", `${title}, ${lit ? `gradient ${norms[1]}` : "no gradient yet"}`);
  };
  return { box, show };
}

// A norm in the room of a station: two digits, or the power of ten alone.
function brief(text, width) {
  if (text.includes("·")) return width < 60 ? text.split("·")[1] : text.replace(/\.\d+/, "");
  const short = String(Number(Number(text).toPrecision(2)));
  return width < 60 ? short.replace(/^0\./, ".") : short;
}

// Many targets need more than a line: they have the room above it.
function note(name, text, place) {
  const made = el("p", { className: "ends" }, [el("b", { textContent: `${name} ` }), text]);
  Object.assign(made.style, place);
  return made;
}

function points([from, to, way]) {
  if (way) return way;
  const [x] = PLACES[to];
  return [[x, PLACES[from][1] + HALF], [x, PLACES[to][1] - HALF]];
}

function arrow(way, lit) {
  const line = lit ? way.toReversed() : way;
  const [[x, y], [a, b]] = [line[line.length - 1], line[line.length - 2]];
  const [dx, dy] = [Math.sign(x - a), Math.sign(y - b)];
  const corner = (side) => `${x - 7 * dx + side * 5 * dy},${y - 7 * dy + side * 5 * dx}`;
  return svg("g", { class: lit ? "way back" : "way" }, [
    svg("path", { d: line.map(([p, q], i) => `${i ? "L" : "M"}${p} ${q}`).join("") }),
    svg("polygon", { points: `${x},${y} ${corner(1)} ${corner(-1)}` }),
  ]);
}

// Only the graph scrolls, where it has less room than it needs; the page never does.
function keepInView(box, y) {
  box.scrollTop = y - box.clientHeight / 2;
}
