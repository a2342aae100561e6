// The difference of two arms and its interval, as tinytx.experiments.statistics has them.

function meanOf(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

// The variance of one value, estimated: the sum of squares is divided by n − 1.
function varianceOf(values) {
  const mean = meanOf(values);
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
}

// Student's t that leaves 2.5 % above it. The table goes evenly over 1/df, from `first` to 1;
// between its values the logarithm is nearly straight.
function quantileOf(df, { first, values }) {
  const last = values.length - 1;
  const place = ((1 / df - first) / (1 - first)) * last;
  const at = Math.min(Math.max(Math.floor(place), 0), last - 1);
  return values[at] ** (1 - (place - at)) * values[at + 1] ** (place - at);
}

// The seeds of which both losses are known.
function pairsOf(a, b, seeds) {
  const both = (_, i) => a[i] !== null && b[i] !== null;
  return [a, b].map((losses) => losses.slice(0, seeds).filter(both));
}

// b − a seed by seed: what a seed does to both arms falls out.
function pairedOf([a, b], t) {
  const differences = b.map((loss, i) => loss - a[i]);
  const n = differences.length;
  const error = Math.sqrt(varianceOf(differences) / n);
  return intervalOf(meanOf(differences), error, n - 1, t);
}

// The same runs as if their seeds had nothing in common (Welch 1947): the variances add.
function unpairedOf([a, b], t) {
  const variances = [a, b].map((losses) => varianceOf(losses) / losses.length);
  const total = variances[0] + variances[1];
  const below = variances.reduce((sum, v, i) => sum + v ** 2 / ([a, b][i].length - 1), 0);
  const df = below ? total ** 2 / below : a.length - 1;
  return intervalOf(meanOf(b) - meanOf(a), Math.sqrt(total), df, t);
}

function intervalOf(mean, error, df, t) {
  const half = quantileOf(df, t) * error;
  return { mean, error, df, half, low: mean - half, high: mean + half };
}
