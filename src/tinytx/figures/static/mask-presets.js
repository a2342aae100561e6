// Masks by rule, each with the NumPy expression that makes it.

const PRESETS = [
  ["none", "nothing hidden"], ["causal", "causal"], ["padding", "padding"],
  ["both", "causal + padding"], ["window", "window"],
];

// amount: how many keys at the end are padding, or how many keys a window holds.
function preset(kind, T, S, amount) {
  const past = causal(T, S);
  const rule = {
    none: () => true,
    causal: (i, j) => past[i][j],
    padding: (i, j) => j < S - amount,
    both: (i, j) => past[i][j] && j < S - amount,
    window: (i, j) => past[i][j] && j > i + S - T - amount,
  }[kind];
  return past.map((row, i) => row.map((_, j) => rule(i, j)));
}

function expression(kind, T, S, amount, mask) {
  const tri = (k) => {
    const size = T === S ? (k ? `${T}, k=${k}` : T) : `${T}, ${S}, ${k}`;
    return `np.tri(${size}, dtype=bool)`;
  };
  const real = `np.arange(${S}) < ${S - amount}`;
  const all = mask.map((row) => `[${row.map(Number).join(", ")}]`).join(", ");
  return {
    none: `np.ones((${T}, ${S}), dtype=bool)`,
    causal: tri(S - T),
    padding: `np.tile(${real}, (${T}, 1))`,
    both: `${tri(S - T)} & (${real})`,
    window: `${tri(S - T)} & ~${tri(S - T - amount)}`,
    own: `np.array([${all}], dtype=bool)`,
  }[kind];
}

// The preset that makes this mask, or "own": [kind, amount]. Where two make it, the preferred one.
function recognize(mask, preferred) {
  const [T, S] = [mask.length, mask[0].length];
  const wanted = String(mask);
  for (const kind of [preferred, ...PRESETS.map(([name]) => name)]) {
    const amounts = !kind || kind === "own" ? 0 : kind === "none" || kind === "causal" ? 1 : S - 1;
    for (let amount = 1; amount <= amounts; amount += 1)
      if (String(preset(kind, T, S, amount)) === wanted) return [kind, amount];
  }
  return ["own", null];
}
