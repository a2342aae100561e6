// Batches of text for training, as tinytx.data.batches draws them.

// { ids, targets }: batch_size random windows of ids, and the token that follows each token; rows
// of context_length each, as a model's forward takes them. Every window is equally likely.
function get_batch(ids, batch_size, context_length, rng) {
  check_length(ids, context_length);
  const draw = () => Math.floor(rng() * (ids.length - context_length));
  const starts = Array.from({ length: batch_size }, draw);
  return {
    ids: starts.map((start) => ids.slice(start, start + context_length)),
    targets: starts.map((start) => ids.slice(start + 1, start + context_length + 1)),
  };
}

// Tokens for one window, and the token after it.
function check_length(ids, context_length) {
  const way_out = ": give a longer text or a shorter context";
  check_number("length of ids", ids.length, context_length + 1, 2 ** 32, { whole: true, way_out });
}
