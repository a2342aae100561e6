// What the operations of a step have to do at any size, and how fast a machine does it at most.
// Counts come as polynomials of the package's own: terms [power of B, of T, of D, factor].

function valueOf(terms, { B, T, D }) {
  return terms.reduce((sum, [b, t, d, factor]) => sum + factor * B ** b * T ** t * D ** d, 0);
}

// An update is done in float32 whatever the rest is.
function worksOf(step, sizes, machine) {
  return step.map((one) => {
    const flops = valueOf(one.flops, sizes);
    const share = one.name === "update" ? 1 : machine.number / 4;
    const bytes = share * valueOf(one.bytes, sizes);
    const seconds = Math.max(flops / machine.gflops, bytes / machine.gbytes) / 1e9;
    const intensity = flops / bytes;
    return { ...one, flops, bytes, seconds, intensity, slope: intensity < ridgeOf(machine) };
  });
}

function ridgeOf({ gflops, gbytes }) {
  return gflops / gbytes;
}

function attainableOf({ gflops, gbytes }, intensity) {
  return Math.min(gflops, intensity * gbytes);
}

function secondsOf(works) {
  return works.reduce((sum, { seconds }) => sum + seconds, 0);
}

// Three digits, and all those before the point; Python writes by the same rule.
function three(value) {
  if (value === 0) return "0";
  const digits = Math.max(0, 2 - Math.floor(Math.log10(value) + 1e-12));
  const shown = Math.floor(value * 10 ** digits + 0.5) / 10 ** digits;
  const options = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return shown.toLocaleString("en-GB", options);
}

const UNITS = [[1e9, "ns"], [1e6, "µs"], [1e3, "ms"], [1, "s"]];

function duration(seconds) {
  const [scale, unit] = UNITS.find(([one]) => seconds * one < 999.5) || UNITS.at(-1);
  return `${three(seconds * scale)} ${unit}`;
}

function counted(value) {
  return value.toLocaleString("en-GB");
}

function told(name, works, { B, T, D }) {
  const slope = works.filter((one) => one.slope);
  const share = Math.floor((100 * secondsOf(slope)) / secondsOf(works) + 0.5);
  return `${name[0].toUpperCase()}${name.slice(1)}, batch ${counted(B)}, ${counted(T)} tokens, ` +
    `width ${counted(D)}: ${slope.length} of ${works.length} operations are on the slope, ` +
    "bounded by memory. At the machine’s limits the step takes " +
    `${duration(secondsOf(works))}, ${share} % of it on the slope.`;
}

// What is said of the operation that is looked at.
function toldOne({ name, direction, intensity, slope, seconds }, works, machine) {
  const share = (100 * seconds) / secondsOf(works);
  const rate = three(attainableOf(machine, intensity));
  return `${name}, ${direction}: ${three(intensity)} operations a byte, so at most ${rate} ` +
    `GFLOP/s, bounded by ${slope ? "memory" : "arithmetic"}; ${fixed(share, 1)} % of the least ` +
    "time.";
}
