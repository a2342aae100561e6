// The embedding: an id picks a row of a table.

// ids (B, T), weight (V, D); returns (B, T, D).
function embedding_forward(ids, weight) {
  const D = last(weight);
  const x = zeros([...ids.shape, D], weight);
  ids.data.forEach((id, row) => x.data.set(weight.data.subarray(id * D, (id + 1) * D), row * D));
  return x;
}

class Embedding {
  constructor(state, name) {
    this.name = name;
    this.weight = parameter(state, `${name}.weight`);
  }

  forward(ids, watch) {
    return watch.at(this.name, embedding_forward(ids, this.weight));
  }
}
