// The lowest loss that any model with a given context could have on a given text.

// ids (n,), more than context_length; in nats per token. After t tokens nobody can do better than
// the shares with which the text goes on after those very tokens; the mean over all windows and
// t = 1 to T is the answer, as tinytx.evaluation.context_floor has it.
function context_floor(ids, context_length) {
  check_length(ids, context_length);
  const n = ids.length - context_length;
  const width = ids.reduce((most, id) => Math.max(most, id), 0) + 1;
  let group = new Array(n).fill(0); // which windows agree so far
  let counts = [n]; // how many are in each group
  let total = 0;
  for (let t = 0; t <= context_length; t++) {
    const [before, known] = [counts, new Map()];
    counts = [];
    const shared = new Array(n); // how many windows share what came before
    for (let i = 0; i < n; i++) {
      shared[i] = before[group[i]];
      const key = group[i] * width + ids[i + t];
      if (!known.has(key)) known.set(key, counts.push(0) - 1);
      group[i] = known.get(key);
      counts[group[i]]++;
    }
    if (t) // the first token has nothing before it
      for (let i = 0; i < n; i++) total -= Math.log(counts[group[i]] / shared[i]) / n;
  }
  return total / context_length;
}
