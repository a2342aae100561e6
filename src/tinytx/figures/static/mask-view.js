// What the mask painter shows and says.

function showBoth(left, right, data, state) {
  showMask(left, data, state);
  showWeights(right, data, state);
}

function showMask(left, { scores, queries, keys }, { mask, i, j }) {
  const past = causal(mask.length, mask[0].length);
  left.show(mask.map((row, a) => row.map((on, b) => {
    const names = [on ? "" : "off", mark(a, b, i, j)];
    const said = `query ${queries[a]}, key ${keys[b]}: ${on ? "may attend" : "may not"}`;
    const text = on ? trimmed(scores[a][b], 2) : "−∞";
    // One colour for what may be attended to, the other for what comes later than the query.
    return { text, said, level: on ? (past[a][b] ? 0.6 : -0.6) : 0, names: names.join(" ") };
  })));
}

function showWeights(right, { scores, queries, keys }, { mask, i, j }) {
  right.show(mask.map((allowed, a) => {
    const { weights, total } = softmax(scores[a], allowed);
    return weights.map((weight, b) => {
      const names = [total ? (allowed[b] ? "" : "off") : "empty", mark(a, b, i, j)];
      const text = allowed[b] ? fixed(weight, 4) : "0";
      const said = `query ${queries[a]}, key ${keys[b]}: weight ${text}`;
      return { text, said, level: weight, names: names.join(" ") };
    });
  }));
}

function mark(a, b, i, j) {
  return a !== i ? "" : b === j ? "asking on" : "asking";
}

function sentence(data, { mask, i }) {
  return seen(data, mask, i) + leak(data, mask) + empty(data, mask);
}

function seen({ queries, keys }, mask, i) {
  const found = keys.filter((_, j) => mask[i][j]);
  const all = found.length === keys.length;
  const whom = all ? "every key" : found.join(" ") || "nothing";
  return `Query ${queries[i]} sees ${whom}. `;
}

function leak({ queries, keys }, mask) {
  const past = causal(mask.length, mask[0].length);
  const late = (i) => mask[i].findIndex((on, j) => on && !past[i][j]);
  const leaks = queries.map((_, i) => i).filter((i) => late(i) >= 0);
  if (!leaks.length) return "No query sees the future. ";
  const first = leaks[0];
  const more = `${leaks.length} queries see later keys`;
  const many = leaks.length === 1 ? "1 query sees a later key" : more;
  return `The mask leaks the future: ${many}; ${queries[first]} sees ${keys[late(first)]}. `;
}

function empty({ queries }, mask) {
  const none = queries.filter((_, i) => !mask[i].includes(true));
  return none.length ? `Nothing to attend to, so zeros: ${none.join(" ")}.` : "";
}
