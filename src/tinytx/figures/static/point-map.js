// Points on a map, the same scale both ways, with as many labels as fit without touching.

const EDGE = 26; // pixels kept free for labels
const REACH = 30; // pixels within which a point counts as meant

// pointMap(points, labels, label, {hover, choose}): {box, show({chosen, near, hovered, found})}.
function pointMap(points, labels, label, { hover, choose }) {
  const lines = svg("svg", { class: "links" });
  const dots = points.map(() => el("span", { className: "dot" }));
  const names = el("div", { className: "names" });
  const box = el("div", { className: "map", role: "img", "aria-label": label }, [
    lines, ...dots, names,
  ]);
  const state = { spots: [], size: [0, 0], shown: null };
  const draw = () => {
    if (!state.size[0] || !state.shown) return;
    dots.forEach((dot, i) => mark(dot, i, state.spots[i], state.shown));
    lines.replaceChildren(...links(state.spots, state.shown));
    names.replaceChildren(...placed(state, labels));
  };
  const measure = () => {
    state.size = [box.clientWidth, box.clientHeight];
    state.spots = spread(points, ...state.size);
    draw();
  };
  new ResizeObserver(measure).observe(box);
  listenMap(box, state, hover, choose);
  const show = (shown) => {
    state.shown = shown;
    draw();
  };
  return { box, show };
}

function listenMap(box, state, hover, choose) {
  const at = (event) => {
    const { left, top } = box.getBoundingClientRect();
    return closest(state.spots, event.clientX - left, event.clientY - top);
  };
  box.addEventListener("pointermove", (event) => event.pointerType === "mouse" && hover(at(event)));
  box.addEventListener("pointerleave", () => hover(null));
  box.addEventListener("click", (event) => at(event) !== null && choose(at(event)));
}

// Pixels for points from −1 to 1: one scale for both directions, the middle in the middle.
function spread(points, width, height) {
  const middle = [0, 1].map((axis) => {
    const all = points.map((point) => point[axis]);
    return { low: Math.min(...all), high: Math.max(...all) };
  });
  const room = [width, height].map((side) => side - 2 * EDGE);
  const scale = Math.min(...middle.map(({ low, high }, axis) => room[axis] / (high - low || 1e-9)));
  const [x, y] = middle.map(({ low, high }) => (low + high) / 2);
  return points.map(([a, b]) => [width / 2 + (a - x) * scale, height / 2 - (b - y) * scale]);
}

function closest(spots, x, y) {
  const far = ([a, b]) => Math.hypot(a - x, b - y);
  const best = spots.reduce((i, spot, j) => (far(spot) < far(spots[i]) ? j : i), 0);
  return spots.length && far(spots[best]) <= REACH ? best : null;
}

function mark(dot, i, [x, y], { chosen, near, hovered, found }) {
  dot.style.left = `${x}px`;
  dot.style.top = `${y}px`;
  const names = { chosen: i === chosen, near: near.includes(i), hovered: i === hovered };
  names.faint = !!found && !found.has(i) && !names.chosen && !names.near;
  for (const [name, on] of Object.entries(names)) dot.classList.toggle(name, on);
}

function links(spots, { chosen, near }) {
  return near.map((i) => {
    const [[x1, y1], [x2, y2]] = [spots[chosen], spots[i]];
    return svg("line", { x1, y1, x2, y2 });
  });
}

// Labels in order of importance, each where it first fits: beside its point, above or below. What
// was chosen, what is near it and what is pointed at always gets one.
function placed({ spots, size, shown }, labels) {
  const { chosen, near, hovered, found } = shown;
  const first = [hovered, chosen, ...near].filter((i) => i !== null);
  const rest = spots.map((_, i) => i).filter((i) => !found || found.has(i));
  const dots = rest.map((i) => spots[i]).map(([x, y]) => [x - 5, y - 5, x + 5, y + 5]);
  const words = [];
  return [...new Set([...first, ...rest])].flatMap((i) => {
    const boxes = around(spots[i], textWidth(labels[i]) + 4, size);
    const clear = boxes.find((one) => ![...words, ...dots].some((other) => touch(one, other)));
    // One that must be said may cover dots, and at worst a word.
    const box = clear || (first.includes(i) && covering(boxes, words));
    if (!box) return [];
    words.push(box);
    const roles = { chosen: i === chosen, hovered: i === hovered, near: near.includes(i) };
    const role = Object.keys(roles).find((one) => roles[one]) || "";
    const made = el("span", { className: `name ${role}`, textContent: labels[i] });
    made.style.left = `${box[0]}px`;
    made.style.top = `${box[1]}px`;
    return [made];
  });
}

// The boxes for a word around a point that are inside the map: right, left, above, below, corners.
function around([x, y], w, [width, height]) {
  const h = 17;
  const [right, left, middle] = [x + 7, x - 7 - w, x - w / 2];
  const [above, level, below] = [y - h - 6, y - h / 2, y + 6];
  return [
    [right, level], [left, level], [middle, above], [middle, below],
    [right, above], [right, below], [left, above], [left, below],
  ]
    .map(([a, b]) => [a, b, a + w, b + h])
    .filter(([a, b, c, d]) => a >= 0 && b >= 0 && c <= width && d <= height);
}

function covering(boxes, words) {
  return boxes.find((one) => !words.some((other) => touch(one, other))) || boxes[0];
}

function touch([a, b, c, d], [e, f, g, h]) {
  return a < g && e < c && b < h && f < d;
}

const ruler = document.createElement("canvas").getContext("2d");

function textWidth(text) {
  ruler.font = "600 13px system-ui, sans-serif";
  return ruler.measureText(text).width;
}
