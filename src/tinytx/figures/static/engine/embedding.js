// The embedding: an id picks a row of a table. Backwards, a row collects from all who picked it.

// ids (B, T), weight (V, D); returns (B, T, D).
function embedding_forward(ids, weight, saved) {
  const D = last(weight);
  const x = zeros([...ids.shape, D], weight);
  ids.data.forEach((id, row) => x.data.set(weight.data.subarray(id * D, (id + 1) * D), row * D));
  if (saved) Object.assign(saved, { ids, vocab_size: weight.shape[0] });
  return x;
}

// dx (B, T, D); returns dweight (V, D): row i is the sum of dx over all places where id i is.
function embedding_backward(dx, { ids, vocab_size }) {
  const D = last(dx);
  check_shape("dx", dx, [...ids.shape, D]);
  const dweight = zeros([vocab_size, D], dx);
  // x = weight[ids]; an assignment instead of a sum would count a repeated id once
  ids.data.forEach((id, row) => add_scaled(dweight.data, id * D, 1, dx.data, row * D, D));
  return dweight;
}

class Embedding extends Layer {
  forward(ids, watch) {
    return watch.at(this.name, embedding_forward(ids, this.weight, this.keep()));
  }

  // ids have no gradient.
  backward(dx) {
    this.accumulate([null, embedding_backward(dx, this.take())]);
  }
}
