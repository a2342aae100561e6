// The scaling explorer: E to move, an axis to choose, runs to hold out.

const NAME = "Loss above a constant against compute, parameters or tokens";
const HINT = "Large dots: what the line goes through, and what it is held against. Hollow: held " +
  "out. Short lines at the foot of the lower picture: the straightest E of each seed alone.";
const MORE = {
  compute: "", parameters: "If what parameters and tokens lack simply adds up, the constant " +
    "here is the entropy and what too few tokens leave.",
  tokens: "If what parameters and tokens lack simply adds up, the constant here is the entropy " +
    "and what too few parameters leave.",
};

function figure({ ask, ...data }) {
  const { floor, stops } = data;
  const state = { ...data, axis: "compute", E: 0, held: false };
  const view = {
    picture: el("div"), off: el("div"), more: el("p", { className: "muted" }),
    read: numbers(["E", "Exponent", "Off the line", "Runs on the line"]),
    status: el("p", { className: "status", "aria-live": "polite" }),
  };
  const put = (changes) => {
    Object.assign(state, changes);
    show(state, view, (E) => put({ E }));
  };
  const axes = ["compute", "parameters", "tokens"].map((name) => [name, name]);
  view.E = stopSlider("E", stops, 0, (E) => put({ E }), (E) => fixed(E, 4));
  view.E.box.classList.add("constant");
  marked(view.E.input, stops.indexOf(floor) / (stops.length - 1));
  const exact = el("button", { type: "button", className: "push", textContent: "Exact entropy" });
  exact.addEventListener("click", () => put({ E: floor }));
  const box = el("div", { className: "card scaling", role: "group", "aria-label": NAME }, [
    ...(ask ? [el("p", { className: "ask", textContent: ask })] : []),
    el("div", { className: "row controls" }, [
      choice("Against", axes, "compute", (axis) => put({ axis })).box,
      toggle("Hold out the largest decade", false, (held) => put({ held })),
    ]),
    el("div", { className: "row controls" }, [view.E.box, exact]),
    view.status, view.read.list, view.picture, view.more, view.off,
    el("p", { className: "muted", textContent: HINT }),
  ]);
  put({});
  return box;
}

function show(state, view, move) {
  const found = fitOf(state);
  const { line } = found;
  view.E.set(state.E);
  const text = told(state, found);
  if (view.status.textContent !== text) view.status.textContent = text;
  view.more.textContent = MORE[state.axis];
  view.more.hidden = !MORE[state.axis];
  view.read.show([fixed(state.E, 4), ...(line
    ? [fixed(line.exponent, 3), percentOff(line), String(line.runs.length)] : ["–", "–", "–"])]);
  view.picture.replaceChildren(
    ...titled("Loss above E, nats per token", runsChart(state, found), TITLES[state.axis]));
  const off = offChart(state, found, move);
  view.off.replaceChildren(
    ...titled("For each E: off the line, in per cent", off || "No line for any E.", off && "E"));
}

// A mark over a slider, at this share of its way; a thumb is 16 pixels wide.
function marked(input, share) {
  const mark = el("span", { className: "mark" });
  mark.style.left = `calc(8px + (100% - 16px) * ${share})`;
  const place = el("span", { className: "track" });
  input.replaceWith(place);
  place.append(mark, input);
}
