// A line chart whose text keeps its size at every width: the lines are stretched, the words not.
// chart({label, x: [0, 63], y: [-1, 1], lines, ticks: {x, y}, height, format, pick}) gives
// {box, plot, show(lines), mark({dots, rules})}. A line is {points: [[x, y], …], name, color},
// color 0 to 3, a dot {x, y, color, text, side}, a rule {x, color}. pick(x, y) hears of the
// pointer; format writes the ticks, both or as {x, y}.

// The namespace is asked of the browser: its name looks like an address, and figures have none.
const SVG = new DOMParser().parseFromString("<svg>", "text/html").querySelector("svg").namespaceURI;

// svg("path", {d: "M0 0"}): kit's el() for elements that are not HTML.
function svg(tag, settings = {}, children = []) {
  const made = document.createElementNS(SVG, tag);
  for (const [key, value] of Object.entries(settings)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

function chart({ label, x, y, lines = [], ticks = {}, height = 150, format = String, pick }) {
  const share = ([low, high], value) => ((value - low) / (high - low)) * 100;
  const across = (value) => share(x, value);
  const down = (value) => 100 - share(y, value);
  const marks = { x: ticks.x || x, y: ticks.y || y };
  const drawn = svg("g");
  const above = el("div", { className: "chart-marks" });
  const picture = svg("svg", { viewBox: "0 0 100 100", preserveAspectRatio: "none" }, [
    ...marks.y.map((at) => chartStroke([[0, down(at)], [100, down(at)]], "chart-grid")),
    drawn,
  ]);
  const plot = el("div", { className: "chart-plot" }, [picture, above]);
  plot.style.height = `${height}px`;
  if (pick)
    follow(plot, (right, low) => pick(x[0] + right * (x[1] - x[0]), y[1] - low * (y[1] - y[0])));
  const names = (side, place, values) =>
    el("div", { className: `chart-${side}` }, values.map((value) => {
      const made = el("span", { textContent: (format[side] || format)(value) });
      made.style[side === "x" ? "left" : "top"] = `${place(value)}%`;
      return made;
    }));
  const frame = el("div", { className: "chart-frame", role: "img", "aria-label": label }, [
    names("y", down, marks.y), plot, names("x", across, marks.x),
  ]);
  const key = el("p", { className: "chart-key" });
  const show = (all) => {
    drawn.replaceChildren(...all.map(({ points, color = 0 }) =>
      chartStroke(points.map(([a, b]) => [across(a), down(b)]), `chart-line color${color}`)));
    const named = all.filter((line) => line.name);
    key.replaceChildren(...named.map(({ name, color = 0 }) => chartKey(name, color)));
    key.hidden = !named.length;
  };
  const mark = ({ dots = [], rules = [] }) =>
    above.replaceChildren(
      ...rules.map((rule) => chartMark("chart-rule", across(rule.x), null, rule)),
      ...dots.map((dot) => chartMark("chart-dot", across(dot.x), down(dot.y), dot)),
    );
  show(lines);
  return { box: el("div", { className: "chart" }, [key, frame]), plot, frame, show, mark };
}

function chartStroke(points, names) {
  const path = points.map(([a, b], i) => `${i ? "L" : "M"}${a.toFixed(2)} ${b.toFixed(2)}`);
  return svg("path", { d: path.join(""), class: names, "vector-effect": "non-scaling-stroke" });
}

function chartKey(name, color) {
  const line = chartStroke([[0, 6], [26, 6]], `chart-line color${color}`);
  const sample = svg("svg", { viewBox: "0 0 26 12", "aria-hidden": "true" }, [line]);
  return el("span", {}, [sample, name]);
}

// On the right half a text stands to the left of its dot, so that it stays inside; a side of
// "before" or "after" decides otherwise.
function chartMark(name, left, top, { color = 0, text = "", side }) {
  const made = el("span", { className: `${name} color${color}` });
  made.style.left = `${left}%`;
  if (top !== null) made.style.top = `${top}%`;
  const names = `chart-text ${side || (left > 50 ? "before" : "after")}`;
  if (text) made.append(el("span", { className: names, textContent: text }));
  return made;
}

// Tell pick(right, low), both from 0 to 1, where a pressed pointer is; sideways only on touch, so
// that the page can still be scrolled. A pick may draw the box anew: its place is followed on.
function follow(box, pick) {
  const clip = (value) => Math.min(1, Math.max(0, value));
  let place;
  const tell = (event) => {
    if (box.isConnected) place = box.getBoundingClientRect();
    const { left, top, width, height } = place;
    pick(clip((event.clientX - left) / width), clip((event.clientY - top) / height));
  };
  box.classList.add("follows");
  box.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    const ending = new AbortController();
    const heard = (other) => {
      if (other.pointerId !== event.pointerId) return;
      if (other.type === "pointermove" && other.buttons) tell(other);
      else ending.abort();
    };
    for (const name of ["pointermove", "pointerup", "pointercancel"])
      addEventListener(name, heard, { signal: ending.signal });
    tell(event);
  });
}
