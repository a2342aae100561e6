// Runs on an axis, the frontier among them, and a line through it: figures/scaling_runs.py again.

const ALIKE = 0.99; // as many tokens

function placeOf({ parameters, tokens }, axis) {
  return { compute: 6 * parameters * tokens, parameters, tokens }[axis];
}

// What an axis shows: all, those with the most tokens, or those of the largest model.
function chosenOf(runs, axis) {
  const most = (name) => Math.max(...runs.map((run) => run[name]));
  if (axis === "parameters") return runs.filter(({ tokens }) => tokens >= ALIKE * most("tokens"));
  if (axis === "tokens") return runs.filter((run) => run.parameters === most("parameters"));
  return runs;
}

// All but those of the largest decade.
function smallOf(runs, axis) {
  const most = Math.max(...runs.map((run) => placeOf(run, axis)));
  return runs.filter((run) => placeOf(run, axis) <= (most / 10) * (1 + 1e-9));
}

// On compute the runs that a string touches which is stretched below them; else all.
function lineRuns(runs, axis) {
  const x = (run) => Math.log(placeOf(run, axis));
  const sorted = [...runs].sort((one, other) => x(one) - x(other) || one.loss - other.loss);
  if (axis !== "compute") return sorted;
  const hull = [];
  for (const run of sorted) {
    if (hull.length && run.loss >= hull.at(-1).loss) continue; // it costs more and is no better
    while (hull.length > 1 && isAbove(hull.at(-2), hull.at(-1), run, x)) hull.pop();
    hull.push(run);
  }
  return hull;
}

// Whether the middle run is above the line between the other two.
function isAbove(left, middle, right, x) {
  const [rise, width] = [right.loss - left.loss, x(right) - x(left)];
  return (middle.loss - left.loss) * width - rise * (x(middle) - x(left)) > 1e-9;
}

// loss − E = factor · x^exponent by least squares of the logarithms; null for fewer than three
// runs, or one that is not above E. `off` is the root mean square of the residuals.
function lineOf(best, axis, E) {
  if (best.length < 3 || best.some(({ loss }) => loss <= E)) return null;
  const x = best.map((run) => Math.log(placeOf(run, axis)));
  const y = best.map(({ loss }) => Math.log(loss - E));
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [middle, level] = [mean(x), mean(y)];
  const exponent = mean(x.map((value, i) => (value - middle) * (y[i] - level))) /
    mean(x.map((value) => (value - middle) ** 2));
  const residuals = x.map((value, i) => y[i] - level - exponent * (value - middle));
  const off = Math.sqrt(mean(residuals.map((value) => value ** 2)));
  return { runs: best, factor: Math.exp(level - exponent * middle), exponent, off };
}

// All that a choice of axis, E and holding out gives.
function fitOf({ runs, axis, E, held }) {
  const shown = chosenOf(runs, axis);
  const used = held ? smallOf(shown, axis) : shown;
  const best = lineRuns(used, axis);
  const line = lineOf(best, axis, E);
  const left = lineRuns(shown, axis).filter((run) => !smallOf(shown, axis).includes(run));
  const errors = line ? left.map((run) =>
    E + line.factor * placeOf(run, axis) ** line.exponent - run.loss) : [];
  return { shown, used, best, line, left, errors };
}
