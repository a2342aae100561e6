// What a model costs, as tinytx.inspect.sizes counts it; a browser test holds the two together.
// Heads share d_model out evenly here: n_head · d_head is d_model.

function parametersOf(config) {
  const { vocab_size: V, d_model: D, n_layer: L, d_ff: F, context_length, bias } = config;
  return {
    embedding: V * D,
    positions: config.positions === "learned" ? context_length * D : 0,
    attention: L * (4 * D * D + (bias ? 4 * D : 0)),
    mlp: L * (2 * D * F + (bias ? F + D : 0)),
    norms: (2 * L + (config.norm === "pre" ? 1 : 0)) * (bias ? 2 * D : D),
    head: config.tie_weights ? 0 : V * D,
  };
}

// The same in letters.
function formulasOf({ bias, norm, positions, tie_weights }) {
  return {
    embedding: "V · D",
    positions:
      positions === "learned" ? "context · D" : positions === "none" ? "none" : "none: computed",
    attention: bias ? "L · (4 · D² + 4 · D)" : "L · 4 · D²",
    mlp: bias ? "L · (2 · D · F + F + D)" : "L · 2 · D · F",
    norms: `${norm === "pre" ? "(2 · L + 1)" : "2 · L"} · ${bias ? "2 · D" : "D"}`,
    head: tie_weights ? "none: the embedding’s" : "V · D",
  };
}

// Forward, for one token among T.
function flopsOf({ vocab_size: V, d_model: D, n_layer: L, d_ff: F }, T) {
  return {
    attention: 2 * L * 4 * D * D,
    scores: 4 * T * L * D,
    mlp: 2 * L * 2 * D * F,
    head: 2 * V * D,
  };
}

const FLOP_FORMULAS = {
  attention: "2 · L · 4 · D²", scores: "4 · T · L · D", mlp: "2 · L · 2 · D · F", head: "2 · V · D",
};

// Bytes: [float32, bfloat16]. Training in bfloat16 keeps Adam's numbers and a copy in float32.
function memoryOf(config) {
  const all = total(parametersOf(config));
  const cached = 2 * config.n_layer * config.d_model * config.context_length;
  return {
    weights: [4 * all, 2 * all],
    training: [(4 + 4 + 8) * all, (2 + 2 + 12) * all],
    kv_cache: [4 * cached, 2 * cached],
  };
}

function total(parts) {
  return Object.values(parts).reduce((sum, count) => sum + count, 0);
}

// Three digits and a unit, in steps of a thousand, as parameter_explorer.amount writes it.
function amount(value, unit) {
  let [number, step] = [value, 0];
  for (; number >= 999.5 && step < 5; step += 1) number /= 1000;
  const digits = value < 1000 || number >= 99.95 ? 0 : number >= 9.995 ? 1 : 2;
  const rounded = Math.floor(number * 10 ** digits + 0.5) / 10 ** digits;
  return `${rounded.toFixed(digits)} ${["", "k", "M", "G", "T", "P"][step]}${unit}`;
}

function whole(value) {
  return value.toLocaleString("en-GB");
}
