// Learned positions: row t of a table is added to the vector at position t.

// x (B, T, D), weight (context_length, D); position `start` is the first one of x. There is a
// backward of start 0 alone: later ones come from a cache.
function positions_forward(x, weight, start = 0, saved = null) {
  const [, T, D] = x.shape;
  const y = zeros(x.shape, x);
  for (let i = 0; i < y.data.length; i++)
    y.data[i] = x.data[i] + weight.data[start * D + (i % (T * D))];
  if (saved) Object.assign(saved, { shape: x.shape, context_length: weight.shape[0] });
  return y;
}

// dy (B, T, D); returns [dx, dweight]: dy itself, and the sum over the batch, zero where unused.
function positions_backward(dy, { shape, context_length }) {
  check_shape("dy", dy, shape);
  const [, T, D] = shape;
  const dweight = zeros([context_length, D], dy);
  // y = x + weight[:T]
  for (let i = 0; i < dy.data.length; i++) dweight.data[i % (T * D)] += dy.data[i];
  return [dy, dweight];
}

class LearnedPositions extends Layer {
  forward(x, start, watch) {
    return watch.at(this.name, positions_forward(x, this.weight, start, this.keep()));
  }

  backward(dy) {
    return this.accumulate(positions_backward(dy, this.take()));
  }
}
