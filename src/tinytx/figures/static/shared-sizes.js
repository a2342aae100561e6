// What heads of keys and values cost: tinytx.figures.shared_shapes has the same.

// Parameters of the projections to keys and values, of all blocks.
function kvParametersOf({ n_layer, n_kv_head, d_head, d_model, bias }) {
  return 2 * n_layer * n_kv_head * d_head * (d_model + bias);
}

function allParametersOf(shape) {
  const { n_layer, n_head, d_head, d_model, fixed: outside, block, bias, qk_norm } = shape;
  const qAndOut = n_head * d_head * (2 * d_model + bias);
  return outside + n_layer * (qAndOut + block + 2 * d_head * qk_norm) + kvParametersOf(shape);
}

// Bytes of the cache of `batch` texts of T tokens.
function cacheOf({ n_layer, n_kv_head, d_head }, { T, bytes }, batch = 1) {
  return 2 * n_layer * n_kv_head * d_head * T * bytes * batch;
}

// How many texts have their cache in so many bytes beside the weights.
function textsOf(shape, sizes, room) {
  const left = room - sizes.bytes * allParametersOf(shape);
  return Math.max(0, Math.floor(left / cacheOf(shape, sizes)));
}

// Which head of keys and values each query head reads.
function servedOf(n_head, n_kv_head, wrong) {
  const group = n_head / n_kv_head;
  return Array.from({ length: n_head }, (_, i) =>
    (wrong ? i % n_kv_head : Math.floor(i / group)));
}

function divisorsOf(n) {
  return Array.from({ length: n }, (_, i) => i + 1).filter((k) => n % k === 0);
}
