// What a step of training holds on each rank, as tinytx.scale.memory has it; a browser test holds
// the two together.

const EACH = { float32: 4, bfloat16: 2 }; // bytes of a number

// {weights, gradients, copy, moments} in bytes; `keeps` float32 numbers an optimizer remembers.
function statesOf({ parameters }, { precision, keeps, ranks, stage }) {
  const each = EACH[precision];
  const one = (bytes, from) => (parameters * bytes) / (stage >= from ? ranks : 1);
  return {
    weights: one(each, 3), gradients: one(each, 2), copy: one(each < 4 ? 4 : 0, 1),
    moments: one(4 * keeps, 1),
  };
}

// {blocks, scores, ends} in bytes, of `batch` texts of T tokens on one rank.
function activationsOf(model, { precision, batch, T, checkpointing, fused }) {
  const { n_layer: L, d_model: D, width, kv, n_head, hidden, vocab_size } = model;
  const [each, tokens] = [EACH[precision], batch * T];
  const block = each * tokens * (2 * D + 2 * width + 2 * kv + 2 * D + hidden);
  const rows = tokens * n_head * (fused ? 4 : each * T);
  const ends = each * tokens * 2 * D + 4 * tokens * vocab_size;
  if (checkpointing) return { blocks: L * each * tokens * D + block, scores: rows, ends };
  return { blocks: L * block, scores: L * rows, ends };
}

function planOf(model, state) {
  const [states, activations] = [statesOf(model, state), activationsOf(model, state)];
  const sum = (parts) => Object.values(parts).reduce((all, part) => all + part, 0);
  return {
    parts: { ...states, ...activations }, states: sum(states), activations: sum(activations),
    total: sum(states) + sum(activations),
  };
}
