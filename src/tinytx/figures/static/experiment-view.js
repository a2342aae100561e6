// Two arms drawn: their curves, and the differences of their paired seeds.

const ROOM = 0.06; // of a picture's range, left free at its ends
const WIDEST = 3; // an interval is cut off where it goes further, in spans of the dots
const ROW = 31; // pixels of a seed

// Curves of the seeds that count, thin; the mean of those that have an end, thick; the floor where
// it can be drawn.
function curveChart({ setting, a, b, seeds, log }) {
  const { steps, floor } = setting;
  const height = (loss) => {
    if (loss === null) return null;
    return log ? (loss > floor ? Math.log10(loss - floor) : null) : loss;
  };
  const arms = (a === b ? [a] : [a, b]).map(({ name, curves, losses }, color) => {
    const own = curves.slice(0, seeds);
    const whole = own.filter((curve, i) => losses[i] !== null && !curve.includes(null));
    const mean = whole.length ? steps.map((_, i) => meanOf(whole.map((curve) => curve[i]))) : [];
    return { name, color, thin: own.map((c) => c.map(height)), mean: mean.map(height) };
  });
  const x = [0, steps.at(-1)];
  const y = rangeOf(arms.flatMap(({ thin }) => thin.flat()), setting, log);
  const floorLine = { points: [[0, floor], [x[1], floor]], name: "floor: exact entropy", color: 3 };
  const made = chart({
    label: curveLabel(setting, arms, log), x, y, height: 250,
    lines: [
      ...arms.map(({ name, mean, color }) =>
        ({ points: pointsOf(steps, mean), name: `${"AB"[color]}: ${name}`, color })),
      ...(log ? [] : [floorLine]),
    ],
    ticks: { x: niceTicks(...x, 4), y: log ? logTicks(...y) : niceTicks(...y, 5) },
    format: { x: String, y: log ? logPlain : plainNumber },
  });
  const place = ([at, value]) =>
    [(100 * at) / x[1], 100 - (100 * (value - y[0])) / (y[1] - y[0])];
  made.plot.querySelector("g").prepend(...arms.flatMap(({ thin, color }) => thin.map((values) =>
    chartStroke(pointsOf(steps, values).map(place), `chart-line thin color${color}`))));
  tuckLast(made);
  return made.box;
}

// A curve ends where it has no number.
function pointsOf(steps, values) {
  const end = values.indexOf(null);
  return values.slice(0, end < 0 ? values.length : end).map((value, i) => [steps[i], value]);
}

// No higher than a little above where the arms begin: a run that diverges leaves the picture.
function rangeOf(heights, { start, floor }, log) {
  const all = heights.filter((height) => height !== null);
  const top = log ? Math.log10(Math.max(start - floor, 1e-4)) : start;
  const [low, high] = [Math.min(...all, log ? top : floor), Math.min(Math.max(...all), top)];
  const room = ROOM * (high - low || 1);
  return [low - room, high + room];
}

function curveLabel({ steps }, arms, log) {
  const ends = arms.map(({ mean, color }) => {
    const end = mean.at(-1) ?? null;
    return `${"AB"[color]} ends at ${end === null ? "no number" : fixed(log ? 10 ** end : end, 3)}`;
  });
  const what = log ? "Loss above the floor, on a logarithmic scale" : "Loss";
  return `${what}, up to step ${steps.at(-1)}, mean of the seeds: ${ends.join(", ")}`;
}

// One dot a seed, and below them the mean with both intervals.
function differenceChart({ a, b, seeds }, found, t) {
  const rows = a.losses.length;
  const all = b.losses.map((loss, i) =>
    (loss === null || a.losses[i] === null ? null : loss - a.losses[i]));
  const x = differenceRange(all, compared({ a, b, seeds: rows }, t));
  const names = [...all.map((_, i) => `seed ${i + 1}`), "paired", "unpaired"];
  const at = (row) => -row;
  const upright = (end, row) => [[end, at(row) - 0.25], [end, at(row) + 0.25]];
  const bar = ({ low, high }, row, color) => [
    { points: [[low, at(row)], [high, at(row)]], color },
    ...[low, high].map((end) => ({ points: upright(end, row), color })),
  ];
  const made = chart({
    label: differenceLabel(all.slice(0, seeds)), x, y: [at(rows + 1.7), 0.7],
    height: ROW * (rows + 2), ticks: { x: niceTicks(...x, 5), y: names.map((_, row) => at(row)) },
    format: { x: plainNumber, y: (value) => names[-value] },
    lines: found ? [...bar(found.paired, rows, 2), ...bar(found.unpaired, rows + 1, 3)] : [],
  });
  const dots = all.flatMap((value, row) =>
    (value === null ? [] : [{ x: value, y: at(row), color: 2 }]));
  const means = found ? [
    { x: found.paired.mean, y: at(rows), color: 2 },
    { x: found.unpaired.mean, y: at(rows + 1), color: 3 },
  ] : [];
  made.mark({ rules: [{ x: 0, color: 3 }], dots: [...dots, ...means] });
  made.plot.querySelectorAll(".chart-dot").forEach((dot, i) => {
    const row = i < dots.length ? -dots[i].y : -1;
    dot.classList.toggle("unused", row >= seeds);
    dot.classList.toggle("mean", row < 0);
  });
  const rowNames = [...made.frame.querySelectorAll(".chart-y span")];
  rowNames.forEach((name, row) => name.classList.toggle("unused", row >= seeds && row < rows));
  all.forEach((value, row) => value === null && rowNames[row].append(" ✕"));
  made.box.classList.add("differences");
  return made.box;
}

// Wide enough for every dot, 0 and the intervals of all seeds; those of a few seeds may be cut off.
function differenceRange(all, found) {
  const known = [0, ...all.filter((value) => value !== null)];
  const [first, last] = [Math.min(...known), Math.max(...known)];
  const span = last - first || 0.01;
  const ends = found ? [found.paired, found.unpaired].flatMap(({ low, high }) => [low, high]) : [];
  const low = Math.max(Math.min(first, ...ends), first - WIDEST * span);
  const high = Math.min(Math.max(last, ...ends), last + WIDEST * span);
  const room = ROOM * (high - low || 1);
  return [low - room, high + room];
}

function differenceLabel(differences) {
  const told = differences.map((value, i) =>
    `seed ${i + 1} ${value === null ? "no number" : fixed(value, 4)}`);
  return `B less A: ${told.join(", ")}`;
}
