// The sinusoidal explorer: table, waves, dot products and rotation, above one another, so that
// one position is one line through all of them.

function figure(data, host) {
  const { context_length: C, d_model: D } = data;
  const state = { position: data.position, pair: data.pair, shift: data.shift };
  const table = sinusoidalTable(C, D);
  const put = (changes) => {
    Object.assign(state, changes);
    draw();
  };
  const controls = sliders(data, state, put);
  const atX = (x) => put({ position: Math.min(C - 1, Math.max(0, Math.round(x))) });
  const heat = heatPanel(table, host, (x, row) => {
    state.pair = Math.min(D / 2 - 1, row >> 1);
    atX(x);
  });
  const waves = wavePanel(C, atX);
  const dots = dotPanel(table, atX);
  const turned = turnPanel();
  const status = el("p", { className: "status", "aria-live": "polite" });
  const draw = () => {
    const found = compute(table, state, D);
    controls.set(state);
    [heat, waves, dots, turned].forEach((panel) => panel.show(state, found));
    status.textContent = sentence(state, found);
  };
  draw();
  const hint = "Press anywhere in the pictures, or move the sliders.";
  return el("div", { className: "card sinusoidal", role: "group", "aria-label": NAME }, [
    el("p", { className: "muted", textContent: hint }),
    controls.box, status, heat.box, waves.box, dots.box, turned.box,
  ]);
}

const NAME = "Sinusoidal positions";

function compute(table, { position, pair, shift }, d_model) {
  const turn = turnOf(pair, d_model);
  const there = position + shift;
  return {
    turn, there, table,
    inside: there >= 0 && there < table.length,
    wavelength: wave((2 * Math.PI) / turn),
    angle: position * turn,
    turned: shift * turn,
    dots: dotsOf(table, position),
  };
}

function wave(value) {
  return value.toLocaleString("en-GB", { minimumFractionDigits: 1, maximumFractionDigits: 1 });
}

function degrees(angle) {
  const value = (angle * 180) / Math.PI;
  return `${fixed(value, Math.abs(value) < 1 ? 3 : 1)}°`;
}

function dims({ pair }) {
  return `${2 * pair} and ${2 * pair + 1}`;
}

function sentence(state, { wavelength, turned, there, inside, dots }) {
  const { position, shift } = state;
  const hand = `Dimensions ${dims(state)} turn once in ${wavelength} positions.`;
  const moved = `A shift by ${fixed(shift, 0)} turns them by ${degrees(turned)}.`;
  const apart = Math.abs(shift);
  const product = inside
    ? `Position ${position} · position ${there} = ${fixed(dots[there], 2)}, ` +
      `as for any two ${apart ? `that are ${apart} apart` : "equal ones"}.`
    : `Position ${fixed(there, 0)} is not in the table.`;
  return `${hand} ${moved} ${product}`;
}

function sliders({ context_length, d_model, most_shift: most }, state, put) {
  const one = (label, key, min, max, format = String) =>
    slider(label, { min, max, step: 1, value: state[key], format }, (v) => put({ [key]: v }));
  const made = {
    position: one("Position", "position", 0, context_length - 1),
    pair: one("Dimensions", "pair", 0, d_model / 2 - 1, (pair) => dims({ pair })),
    shift: one("Shift", "shift", -most, most, (v) => (v > 0 ? "+" : "") + fixed(v, 0)),
  };
  const set = () => Object.entries(made).forEach(([key, { set: give }]) => give(state[key]));
  const box = el("div", { className: "row controls" }, Object.values(made).map((m) => m.box));
  return { box, set };
}

function panel(content) {
  const title = el("p", { className: "title" });
  return { title, box: el("div", { className: "panel" }, [title, ...content]) };
}

function axis(count) {
  const step = 2 ** Math.max(0, Math.round(Math.log2(count / 5)));
  const all = Array.from({ length: Math.ceil(count / step) }, (_, i) => i * step);
  return all.filter((tick) => tick === 0 || tick < count - step / 2).concat(count - 1);
}

function rules({ position }, { there, inside, table }) {
  const ends = inside ? [{ x: there, color: 1 }] : [];
  return [...ends, { x: position, color: 0 }].filter(({ x }) => x < table.length);
}

// Positions from left to right, dimensions from top to bottom: teal for 1, amber for −1.
function heatPanel(table, host, pick) {
  const [C, D] = [table.length, table[0].length];
  const picture = chart({
    label: "The table: each position a column, each dimension a row, fast waves above slow ones",
    x: [-0.5, C - 0.5], y: [D - 0.5, -0.5], height: Math.min(280, Math.max(110, D * 8)),
    ticks: { x: axis(C), y: [0, D - 1] }, pick: (x, row) => pick(x, Math.round(row)),
  });
  const canvas = el("canvas", { width: C, height: D });
  const outline = el("span", { className: "pair" });
  picture.plot.firstChild.replaceWith(canvas);
  picture.plot.append(outline);
  const paint = () => paintTable(canvas, table, getComputedStyle(host));
  paint();
  new MutationObserver(paint).observe(host, { attributeFilter: ["data-theme"] });
  const scale = el("p", { className: "scale" }, ["−1", el("span", { className: "ramp" }), "1"]);
  const { title, box } = panel([picture.box, scale]);
  title.textContent = "The table: a column for each position, a row for each dimension";
  const show = (state, found) => {
    outline.style.top = `${(200 * state.pair) / D}%`;
    outline.style.height = `${200 / D}%`;
    picture.mark({ rules: rules(state, found) });
  };
  return { box, show };
}

function paintTable(canvas, table, style) {
  const [low, zero, high] = ["--warm", "--surface", "--accent"].map((name) =>
    style.getPropertyValue(name).trim().match(/[0-9a-f]{2}/gi).map((pair) => parseInt(pair, 16)));
  const context = canvas.getContext("2d");
  const image = context.createImageData(table.length, table[0].length);
  table.forEach((row, t) => row.forEach((value, d) => {
    const end = value < 0 ? low : high;
    const color = zero.map((from, c) => from + Math.abs(value) * (end[c] - from));
    image.data.set([...color, 255], 4 * (d * table.length + t));
  }));
  context.putImageData(image, 0, 0);
}

function wavePanel(C, pick) {
  const picture = chart({
    label: "Sine and cosine of the chosen pair at each position", height: 130,
    x: [-0.5, C - 0.5], y: [-1.15, 1.15], ticks: { x: axis(C), y: [-1, 0, 1] },
    format: (value) => fixed(value, 0), pick,
  });
  const { title, box } = panel([picture.box]);
  const show = (state, found) => {
    const [d, { table }] = [2 * state.pair, found];
    const smooth = (make) => Array.from({ length: 8 * (C - 1) + 1 }, (_, i) =>
      [i / 8, make((i / 8) * found.turn)]);
    title.textContent = `Dimensions ${dims(state)}: one turn in ${found.wavelength} positions`;
    picture.show([
      { points: smooth(Math.sin), name: `sine, dimension ${d}`, color: 0 },
      { points: smooth(Math.cos), name: `cosine, dimension ${d + 1}`, color: 2 },
    ]);
    const here = table[state.position];
    picture.mark({ rules: rules(state, found), dots: [
      { x: state.position, y: here[d], color: 0 }, { x: state.position, y: here[d + 1], color: 2 },
    ] });
  };
  return { box, show };
}

function dotPanel(table, pick) {
  const [C, D] = [table.length, table[0].length];
  const first = dotsOf(table, 0);
  const low = Math.min(0, ...first);
  const picture = chart({
    label: "Dot product of the chosen position with every position", height: 150,
    x: [-0.5, C - 0.5], y: [low - D / 40, D / 2 + D / 10],
    ticks: { x: axis(C), y: [0, D / 4, D / 2] }, format: (value) => String(value), pick,
  });
  const { title, box } = panel([picture.box]);
  const show = (state, found) => {
    const { position, shift } = state;
    title.textContent = `Dot product of position ${position} with every position`;
    const rest = first.slice(0, C - position).map((value, i) => [position + i, value]);
    picture.show([
      { points: found.dots.map((value, s) => [s, value]), name: `position ${position}`, color: 0 },
      { points: rest, name: `position 0, moved to ${position}`, color: 1 },
    ]);
    const ends = shift ? [position + shift, position - shift] : [position];
    const dots = ends.filter((s) => s >= 0 && s < C).map((s) => ({
      x: s, y: found.dots[s], color: s === found.there ? 1 : 0,
      text: fixed(found.dots[s], 2), side: s < position ? "before" : "after",
    }));
    picture.mark({ rules: rules(state, found), dots });
  };
  return { box, show };
}

function turnPanel() {
  const [face, numbers] = [clock(), product()];
  const note = el("p", { className: "muted", textContent: NOTE });
  const side = el("div", { className: "side" }, [numbers.box, note]);
  const { title, box } = panel([el("div", { className: "row turning" }, [face.box, side])]);
  const show = (state, { turn, angle, turned, there }) => {
    const by = fixed(state.shift, 0);
    title.textContent = `Dimensions ${dims(state)}, a shift by ${by}: a turn by ${degrees(turned)}`;
    const ends = [state.position, there].map((at) => fixed(at, 0));
    face.show(angle, turned, ends[0] === ends[1] ? ["", ends[0]] : ends);
    const name = `The hand at ${ends[0]} and, ${degrees(turned)} on, at ${ends[1]}`;
    face.box.setAttribute("aria-label", name);
    const point = (at) => [Math.sin(at * turn), Math.cos(at * turn)];
    const texts = [`turn by ${degrees(turned)}`, `position ${ends[0]}`, `position ${ends[1]}`];
    numbers.show([rotation(state.shift, turn), point(state.position), point(there)], texts);
  };
  return { box, show };
}

const NOTE =
  "Move the position: both hands move, and the four numbers of the turn stay. " +
  "So one matrix says “this many back” wherever you stand.";
