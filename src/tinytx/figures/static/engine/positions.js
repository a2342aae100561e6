// Learned positions: row t of a table is added to the vector at position t.

// x (B, T, D), weight (context_length, D); position `start` is the first one of x.
function positions_forward(x, weight, start = 0) {
  const [, T, D] = x.shape;
  const y = zeros(x.shape, x);
  for (let i = 0; i < y.data.length; i++)
    y.data[i] = x.data[i] + weight.data[start * D + (i % (T * D))];
  return y;
}

class LearnedPositions {
  constructor(state, name) {
    this.name = name;
    this.weight = parameter(state, `${name}.weight`);
  }

  forward(x, start, watch) {
    return watch.at(this.name, positions_forward(x, this.weight, start));
  }
}
