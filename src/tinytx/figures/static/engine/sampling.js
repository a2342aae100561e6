// Choosing the next token, as tinytx.generation.sampling does: temperature, top-k, top-p, min-p.

// Shares of 0.5 and 0.3 reach p = 0.8, although their floats may come to a little less.
const ROUNDING = 1e-6;

// One id for logits (V,): the likeliest at temperature 0, else a draw. `rng` gives numbers from 0,
// below 1: ids are laid side by side, each as wide as it is probable, and one of them is hit.
function sample(logits, temperature = 1, rng = Math.random, filters = {}) {
  const probs = distribution(logits, temperature, filters);
  const shares = cumsum(probs);
  const u = temperature === 0 ? 0 : rng() * shares.at(-1);
  return shares.findIndex((share) => share > u);
}

// The probabilities (V,) from which `sample` draws, in double precision. Of equally likely ids the
// first ones are kept, so that exactly top_k are.
function distribution(
  logits, temperature = 1, { top_k = null, top_p = null, min_p = null } = {},
) {
  check_range(temperature, top_k, top_p, min_p);
  const top = largest_of(logits);
  if (temperature === 0) {
    const best = logits.indexOf(top);
    return Float64Array.from(logits, (_, id) => (id === best ? 1 : 0));
  }
  // The difference is taken in the logits' own precision, as NumPy does.
  const below = logits.map((value) => value - top);
  const probs = Float64Array.from(below, (x) => Math.exp(x / temperature));
  if (top_k !== null && top_k < probs.length) cut_k(probs, top_k);
  if (top_p !== null && top_p < 1) cut_p(probs, top_p);
  if (min_p !== null) // the likeliest is exp(0) = 1 here
    probs.forEach((value, id) => value < min_p * (1 - ROUNDING) && (probs[id] = 0));
  const total = sum_of(probs);
  return probs.map((value) => value / total);
}

// Set all but the k largest to zero, in place.
function cut_k(probs, k) {
  keep_only(probs, likeliest_first(probs).slice(0, k));
}

// Set all to zero but the fewest that have a share p of the sum, in place.
function cut_p(probs, p) {
  const order = likeliest_first(probs);
  const shares = cumsum(order.map((id) => probs[id]));
  const reached = shares.findIndex((share) => share >= p * sum_of(probs) * (1 - ROUNDING));
  keep_only(probs, order.slice(0, reached + 1));
}

// Ids by falling probability; sorting is stable, so of equals the first one comes first.
function likeliest_first(probs) {
  return Array.from(probs.keys()).sort((a, b) => probs[b] - probs[a]);
}

function keep_only(probs, ids) {
  const kept = new Set(ids);
  probs.forEach((_, id) => kept.has(id) || (probs[id] = 0));
}

function sum_of(values) {
  return values.reduce((sum, value) => sum + value, 0);
}

function cumsum(values) {
  let sum = 0;
  return Array.from(values, (value) => (sum += value));
}

function largest_of(logits) {
  const top = logits.reduce((best, value) => (value > best || value !== value ? value : best));
  if (!Number.isFinite(top))
    throw new Error(
      top < 0 ? "logits has a row of -inf alone: no id is left to choose"
        : `logits holds ${top}: the model's weights are spoilt`,
    );
  return top;
}

function check_range(temperature, top_k, top_p, min_p) {
  if (!(temperature >= 0 && temperature < Infinity))
    throw new Error(`temperature is ${temperature} and must be at least 0 and finite`);
  if (top_k !== null && !(Number.isInteger(top_k) && top_k >= 1))
    throw new Error(`top_k is ${top_k} and must be an integer of at least 1, or null for all`);
  for (const [name, share] of Object.entries({ top_p, min_p }))
    if (share !== null && !(share >= 0 && share <= 1))
      throw new Error(`${name} is ${share} and must be a number from 0 to 1, or null for all`);
}
