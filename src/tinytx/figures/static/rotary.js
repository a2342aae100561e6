// Rotary positions in plain numbers: tinytx.figures.rotary_turns has the same.

// Radians by which each of n pairs turns from one position to the next.
function ratesOf(n, base) {
  return Array.from({ length: n }, (_, i) => base ** (-i / n));
}

// Which two numbers of a head are pair i of n.
function pairOf(i, n, halves) {
  return halves ? [i, i + n] : [2 * i, 2 * i + 1];
}

// A vector with each of its pairs turned to a position.
function turnedTo(x, position, base, halves) {
  const n = x.length / 2;
  const y = [...x];
  ratesOf(n, base).forEach((rate, i) => {
    const [a, b] = pairOf(i, n, halves);
    const [cos, sin] = [Math.cos(position * rate), Math.sin(position * rate)];
    y[a] = x[a] * cos - x[b] * sin;
    y[b] = x[b] * cos + x[a] * sin;
  });
  return y;
}

function turnedQuery({ query }, { pairs, base, factor }, t) {
  return turnedTo(query, t / factor, base, pairs !== "neighbours");
}

function turnedKey({ key }, { pairs, base, factor }, s) {
  return turnedTo(key, s / factor, base, pairs === "halves");
}

function dot(q, k) {
  return q.reduce((sum, value, d) => sum + value * k[d], 0);
}

// Each pair as the query has it, with its share: the shares add up to the score.
function planesOf(data, at) {
  const [q, k] = [turnedQuery(data, at, at.t), turnedKey(data, at, at.s)];
  const n = q.length / 2;
  return Array.from({ length: n }, (_, i) => {
    const [a, b] = pairOf(i, n, at.pairs !== "neighbours");
    return { at: [a, b], q: [q[a], q[b]], k: [k[a], k[b]], share: q[a] * k[a] + q[b] * k[b] };
  });
}

function scoreOf(data, at) {
  return dot(turnedQuery(data, at, at.t), turnedKey(data, at, at.s));
}

// [distance, score] for a key at s and each query behind it.
function scoresFrom(data, at, s) {
  const k = turnedKey(data, at, s);
  return Array.from({ length: readOf(at) - s }, (_, d) =>
    [d, dot(turnedQuery(data, at, s + d), k)]);
}

function readOf({ times, trained }) {
  return times * trained;
}

// Whether a pair turns full circle within the length of training.
function isFull(rate, { trained }) {
  return trained * rate >= 2 * Math.PI;
}

// Whether a pair meets an angle between query and key that training did not have.
function isStrange(rate, at) {
  return readOf(at) > at.factor * at.trained && !isFull(rate, at);
}
