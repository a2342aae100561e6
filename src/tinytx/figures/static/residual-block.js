// One block, drawn: the stream on the left, what it reads and adds on the right, the numbers on
// their places. The signal goes up, the gradient down.

const STREAM = 76; // x of the stream
const BRANCH = 246; // x of the branches
const ROWS = [418, 220, 22]; // y of the three points of the stream, from the bottom up
const READ = 44; // above its lower point a branch leaves the stream,
const ADD = { pre: 150, post: 116, none: 150 }; // and comes back so far above it
const PARTS = ["attention", "MLP"];

// blockDiagram(view, data): view is {norm, gradient, thick(value)}, data {stream, added} of the
// block, three points and two branches, and what the ends are called.
function blockDiagram({ norm, gradient, thick }, { stream, added, ends, label }) {
  const lines = svg("g");
  const shapes = svg("g");
  PARTS.forEach((part, half) => {
    const at = { low: ROWS[half], high: ROWS[half + 1], read: ROWS[half] - READ };
    at.add = ROWS[half] - ADD[norm];
    const sizes = { low: stream[half], high: stream[half + 1], added: added[half] };
    lines.append(...streamLines(at, sizes, { norm, gradient, thick }));
    lines.append(...branchLines(at, sizes, { norm, gradient, thick }));
    shapes.append(...boxes(at, part, norm));
    if (norm !== "none") shapes.append(joint(STREAM, gradient ? at.read : at.add));
    const words = gradient ? ["sends back", at.read] : [norm === "none" ? "gives" : "adds", at.add];
    shapes.append(reading(words[0], three(sizes.added), words[1]));
  });
  const names = [ends[0], "after attention", ends[1]];
  ROWS.forEach((y, point) => shapes.append(...chip(y, three(stream[point]), names[point])));
  const picture = svg("svg", { viewBox: "0 0 340 440", role: "img", "aria-label": label });
  picture.append(lines, shapes);
  return picture;
}

// Without a residual the way from where a branch reads to where it ends is a gap, drawn dashed.
function streamLines(at, sizes, { norm, gradient, thick }) {
  const [low, high] = [thick(sizes.low), thick(sizes.high)];
  const up = (from, to, width, head) =>
    flow([[STREAM, from], [STREAM, to]], width, "stream", head && gradient ? "back" : head);
  if (norm === "none") {
    const gap = svg("path", { class: "gap", d: `M${STREAM} ${at.read}V${at.add}` });
    return [gap, up(at.low, at.read, low), up(at.add, at.high + 20, high, "on")];
  }
  // Where the size changes: at the sum, at the fork on the way back, at the norm in post-norm.
  const cut = norm === "post" ? normAt(at) : gradient ? at.read : at.add;
  return [
    up(at.low - 20, cut, low, gradient && "on"),
    up(cut, at.high + 20, high, !gradient && "on"),
  ];
}

function normAt({ add, high }) {
  return (add + high + 20) / 2;
}

function branchLines(at, { added, low }, { norm, gradient, thick }) {
  const width = thick(added);
  const points = [[STREAM, at.read], [BRANCH, at.read], [BRANCH, at.add], [STREAM, at.add]];
  if (norm === "none") return [flow(points, width, "branch")];
  const end = gradient ? points.reverse() : points;
  end[3] = [STREAM + 11, end[3][1]];
  return [flow(end, width, "branch", "on")];
}

// A line with a head at its end ("on") or at its start ("back").
function flow(points, width, name, head) {
  const made = svg("g", { class: name });
  const path = points.map(([x, y], i) => `${i ? "L" : "M"}${x} ${y}`).join("");
  made.append(svg("path", { d: path, "stroke-width": width.toFixed(1) }));
  if (!head) return made;
  const [tip, before] = head === "on" ? points.slice(-2).reverse() : points;
  const [dx, dy] = [Math.sign(tip[0] - before[0]), Math.sign(tip[1] - before[1])];
  const half = 4.5 + width * 0.6;
  const corners = [
    tip,
    [tip[0] - dx * 12 - dy * half, tip[1] - dy * 12 - dx * half],
    [tip[0] - dx * 12 + dy * half, tip[1] - dy * 12 + dx * half],
  ];
  made.append(svg("polygon", { points: corners.map((corner) => corner.join()).join(" ") }));
  return made;
}

function boxes(at, part, norm) {
  if (norm === "post")
    return [
      ...box(BRANCH, (at.read + at.add) / 2, 128, part, "part"),
      ...box(STREAM, normAt(at), 104, "LayerNorm", "norm"),
    ];
  const step = (at.read - at.add) / 3;
  return [
    ...box(BRANCH, at.read - step, 128, "LayerNorm", "norm"),
    ...box(BRANCH, at.add + step, 128, part, "part"),
  ];
}

function box(x, y, width, text, name) {
  return [
    svg("rect", { class: name, x: x - width / 2, y: y - 14, width, height: 28, rx: 7 }),
    svg("text", { x, y: y + 5, class: "name" }, [text]),
  ];
}

function chip(y, number, name) {
  return [
    svg("rect", { class: "chip", x: STREAM - 64, y: y - 20, width: 128, height: 40, rx: 9 }),
    svg("text", { x: STREAM, y: y - 1, class: "number" }, [number]),
    svg("text", { x: STREAM, y: y + 14, class: "small" }, [name]),
  ];
}

// What a branch carries, above the line that leads to the stream.
function reading(verb, number, y) {
  const text = svg("text", { x: STREAM + 20, y: y - 9, class: "carries" }, [`${verb} `]);
  text.append(svg("tspan", { class: "number" }, [number]));
  return text;
}

function joint(x, y) {
  return svg("g", { class: "joint" }, [
    svg("circle", { cx: x, cy: y, r: 11 }),
    svg("path", { d: `M${x - 6} ${y}H${x + 6}M${x} ${y - 6}V${y + 6}` }),
  ]);
}
