// Attention in plain numbers: the mask, the softmax of one row, the sum of the values.

// The queries are the last of the keys, as in tinytx.manual.causal_mask.
function causal(T, S) {
  return Array.from({ length: T }, (_, i) =>
    Array.from({ length: S }, (_, j) => j <= i + S - T),
  );
}

// Softmax over what may be attended to; where that is nothing, zeros. The largest is subtracted
// first, so that exp cannot overflow.
function softmax(scores, allowed = scores.map(() => true)) {
  const top = Math.max(...scores.filter((_, j) => allowed[j]));
  const terms = scores.map((score, j) => (allowed[j] ? Math.exp(score - top) : 0));
  const total = terms.reduce((sum, term) => sum + term, 0);
  return { top, terms, total, weights: terms.map((term) => (total ? term / total : 0)) };
}

function dot(one, other) {
  return one.reduce((sum, value, d) => sum + value * other[d], 0);
}

// One query on all keys: every number from its scores to its output.
function attend(q, k, v, allowed) {
  const scores = k.map((key) => dot(q, key));
  const scaled = scores.map((score) => score / Math.sqrt(q.length));
  const masked = scaled.map((score, j) => (allowed[j] ? score : -Infinity));
  const { top, terms, total, weights } = softmax(scaled, allowed);
  const out = v[0].map((_, d) => dot(weights, v.map((value) => value[d])));
  return { scores, scaled, allowed, masked, top, terms, total, weights, out };
}

// The largest size among all numbers, to tint them by; 1 where all are zero.
function largest(rows) {
  return Math.max(...rows.flat().filter(Number.isFinite).map(Math.abs)) || 1;
}

// At most four decimals, as short as it can be written: 4, −0.25, 0.6667.
function trimmed(value, digits = 4) {
  const text = fixed(value, digits);
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}

// A factor in a product: a negative one in brackets.
function factor(value) {
  return value < 0 ? `(${trimmed(value)})` : trimmed(value);
}

// "2·2 + 0·0 + 2·1.5": the products that are added, no more than the first so many.
function products(one, other, most, form = trimmed) {
  const shown = one.slice(0, most).map((value, d) => {
    const first = d && value < 0 ? `(${form(value)})` : form(value);
    return `${first}·${factor(other[d])}`;
  });
  const rest = one.length - most;
  return shown.join(" + ") + (rest > 0 ? ` + … (${rest} more)` : "");
}
