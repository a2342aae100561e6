// The roofline with a spot for each operation, and all of them as a table.

const LEFT = -1.5; // powers of ten of the intensity at which the picture starts
const SMALL = 4; // radius of the smallest spot, in pixels
const LARGE = 15; // and what the whole step would add to it

function roofChart({ machine, works, chosen, reached, pick }) {
  const ridge = ridgeOf(machine);
  const drawn = works.filter(({ intensity }) => intensity >= 10 ** LEFT);
  const right = Math.max(Math.log10(ridge), ...drawn.map((one) => Math.log10(one.intensity))) + 0.4;
  const x = [LEFT, Math.max(right, 2)];
  const roof = Math.log10(machine.gflops);
  const lowest = Math.log10(attainableOf(machine, 10 ** LEFT));
  const y = [Math.min(lowest, ...reached.map(({ rate }) => Math.log10(rate))) - 0.1, roof + 0.45];
  const at = (place) => Math.log10(attainableOf(machine, 10 ** place));
  const corner = Math.log10(ridge);
  const made = chart({
    label: `The roofline of ${machine.name}: the slope meets the roof at ${three(ridge)} ` +
      `operations a byte. ${drawn.length} operations are drawn.`,
    x, y, height: 320, ticks: { x: logTicks(...x, [1]), y: logTicks(...y, [1]) },
    format: { x: logPlain, y: rateOf },
    lines: [{ points: [[x[0], at(x[0])], [corner, roof], [x[1], roof]], color: 2 }],
    pick: (right_, up) => pick(nearestTo(drawn, machine, right_, up)),
  });
  const total = secondsOf(works);
  const order = [...drawn].sort((one, other) => other.seconds - one.seconds);
  made.mark({
    rules: [{ x: corner, color: 3, text: `ridge ${three(ridge)}` }],
    dots: [...order.map((one) => spotOf(one, machine, chosen)), ...reached.map(measured)],
  });
  made.plot.querySelectorAll(".chart-dot").forEach((dot, i) => {
    if (i >= order.length) return void dot.classList.add("reached");
    const size = SMALL + LARGE * Math.sqrt(order[i].seconds / total);
    dot.style.setProperty("--size", `${size.toFixed(1)}px`);
    dot.classList.toggle("on", order[i] === chosen);
  });
  return made.box;
}

// Powers of ten of GFLOP/s as they are spoken: 100 G, 1 T.
function rateOf(place) {
  const power = Math.round(place) + 9;
  const prefix = ["", "k", "M", "G", "T", "P", "E"][Math.floor(power / 3)];
  return `${10 ** (power % 3)} ${prefix}`;
}

function spotOf(one, machine, chosen) {
  const place = Math.log10(one.intensity);
  return {
    x: place, y: Math.log10(attainableOf(machine, one.intensity)), color: one.slope ? 1 : 0,
    text: one === chosen ? one.name : "",
  };
}

function measured({ intensity, rate }) {
  return { x: Math.log10(intensity), y: Math.log10(rate), color: 2 };
}

// By the distance in powers of ten; sideways counts more, for all stand on one line.
function nearestTo(works, machine, right, up) {
  const far = (one) => Math.hypot(2 * (Math.log10(one.intensity) - right),
    Math.log10(attainableOf(machine, one.intensity)) - up);
  return works.reduce((best, one) => (far(one) < far(best) ? one : best), works[0]);
}

function roofKey(hasReached) {
  const entries = [
    ["slope", "on the slope: memory is the limit"], ["roof", "at the roof: arithmetic is"],
    ...(hasReached ? [["was", "measured"]] : []),
  ];
  return el("p", { className: "roof-key" }, entries.map(([name, text]) =>
    el("span", {}, [el("i", { className: name }), text])));
}

// One row for each operation; forward and backward of one name side by side.
function workTable(works) {
  const total = secondsOf(works);
  const names = [...new Set(works.map(({ name }) => name))];
  const head = ["operation", "operations a byte", "bounded by", "least time"];
  const rows = names.map((name) => {
    const mine = works.filter((one) => one.name === name);
    const bounds = [...new Set(mine.map(({ slope }) => (slope ? "memory" : "arithmetic")))];
    return [
      name, mine.map(({ intensity }) => three(intensity)).join(", "), bounds.join(", "),
      `${fixed((100 * secondsOf(mine)) / total, 1)} %`,
    ];
  });
  const cells = (row) => row.map((text, i) =>
    el(i ? "td" : "th", { textContent: text, ...(i ? {} : { scope: "row" }) }));
  return el("table", { className: "results" }, [
    el("thead", {}, [el("tr", {}, head.map((text) => el("th", { scope: "col", textContent: text })))]),
    el("tbody", {}, rows.map((row) => el("tr", {}, cells(row)))),
  ]);
}
