// The linear layer: every output is a weighted sum of the inputs, plus a bias.

// x (..., in), weight (out, in), bias (out,) or undefined; returns (..., out).
function linear_forward(x, weight, bias, saved) {
  const y = matmul(as_rows(x), swapped(weight)); // (N, out)
  if (bias)
    for (let start = 0; start < y.data.length; start += last(y))
      add_scaled(y.data, start, 1, bias.data, 0, last(y));
  if (saved) Object.assign(saved, { x, weight, has_bias: !!bias });
  return { shape: [...x.shape.slice(0, -1), last(y)], data: y.data };
}

// dy (..., out); returns [dx, dweight, dbias], the last null without a bias.
function linear_backward(dy, { x, weight, has_bias }) {
  check_shape("dy", dy, [...x.shape.slice(0, -1), weight.shape[0]]);
  // y += bias: every row received the same bias, so the rows' gradients add up
  const dbias = has_bias ? column_sum(dy) : null;
  // y = x @ weight.T
  const dweight = matmul(swapped(as_rows(dy)), as_rows(x)); // (out, N) @ (N, in)
  const { data } = matmul(as_rows(dy), weight);
  return [{ shape: x.shape, data }, dweight, dbias];
}

class Linear extends Layer {
  forward(x, watch) {
    return watch.at(this.name, linear_forward(x, this.weight, this.bias, this.keep()));
  }

  backward(dy) {
    return this.accumulate(linear_backward(dy, this.take()));
  }
}
