// The steps of the two paths, and what is said of an entry in each.

const SIGNS = {
  "(B, T, D)": ["b", "i", ""], "(B, T, H, Dh)": ["b", "i", "h", "d"],
  "(B, H, T, Dh)": ["b", "h", "i", "d"],
};
const KINDS = { start: "", view: "a view, ", copy: "a copy, ", new: "new memory, " };

// The same steps as ReshapeTracer.steps, made by strides.
function pathOf({ B, T, H, Dh }, path) {
  const whole = [B, T, H * Dh];
  const x = tensor(Array.from({ length: B * T * H * Dh }, (_, i) => i), whole);
  const say = (shape) => `(${shape.join(", ")})`;
  const step = (code, axes, value, before) => {
    const kind = !before ? "new" : before.memory === value.memory ? "view" : "copy";
    return { code, axes, value, kind };
  };
  const start = { code: "x", axes: "(B, T, D)", value: x, kind: "start" };
  if (path === "wrong") {
    const mixed = reshape(x, [B, H, T, Dh]);
    const out = copied(mixed);
    return [
      start,
      step(`x.reshape${say(mixed.shape)}`, "(B, H, T, Dh)", mixed, x),
      step("out, from attention", "(B, H, T, Dh)", out),
      step(`out.reshape${say(whole)}`, "(B, T, D)", reshape(out, whole), out),
    ];
  }
  const split = reshape(x, [B, T, H, Dh]);
  const heads = swap(split);
  const out = copied(heads);
  const back = swap(out);
  return [
    start,
    step(`x.reshape${say(split.shape)}`, "(B, T, H, Dh)", split, x),
    step(".transpose(1, 2)", "(B, H, T, Dh)", heads, split),
    step("out, from attention", "(B, H, T, Dh)", out),
    step("out.transpose(1, 2)", "(B, T, H, Dh)", back, out),
    step(`.reshape${say(whole)}`, "(B, T, D)", reshape(back, whole), back),
  ];
}

// Where an entry stood in x, as its coordinates.
function coordinates(entry, { T, H, Dh }) {
  const [row, d] = [Math.floor(entry / Dh), entry % Dh];
  const [position, h] = [Math.floor(row / H), row % H];
  return { b: Math.floor(position / T), i: position % T, h, d };
}

function nameOf(entry, sizes) {
  const { b, i, h, d } = coordinates(entry, sizes);
  return `${sizes.B > 1 ? `b${b}·` : ""}i${i}·h${h}·d${d}`;
}

// Whether an entry stands at an index of the heads that is another one's.
function astray({ axes }, index, entry, sizes) {
  if (axes !== "(B, H, T, Dh)") return false;
  const { b, i, h, d } = coordinates(entry, sizes);
  return [b, h, i, d].some((place, axis) => place !== index[axis]);
}

function layout({ value, kind }) {
  return `${KINDS[kind]}${contiguous(value) ? "" : "not "}contiguous`;
}

// "[0, 1, 0, 2] → 0·18 + 1·3 + 0·6 + 2·1 = place 5"
function lookup({ value }, index) {
  const terms = index.map((place, axis) => `${place}·${value.strides[axis]}`).join(" + ");
  return `[${index.join(", ")}] → ${terms} = place ${offset(value, index)}`;
}

function whereIs({ value }, entry) {
  return indices(value.shape).find((index) => value.memory[offset(value, index)] === entry);
}
