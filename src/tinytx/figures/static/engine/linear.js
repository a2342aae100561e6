// The linear layer: every output is a weighted sum of the inputs, plus a bias.

// x (..., in), weight (out, in), bias (out,) or undefined; returns (..., out).
function linear_forward(x, weight, bias) {
  const [n_out, n_in] = weight.shape;
  const y = zeros([...x.shape.slice(0, -1), n_out], x);
  for (let row = 0; row < rows_of(x); row++)
    for (let o = 0; o < n_out; o++) {
      const sum = dot(x.data, row * n_in, weight.data, o * n_in, n_in);
      y.data[row * n_out + o] = bias ? sum + bias.data[o] : sum;
    }
  return y;
}

// Every module has the name by which its weights stand in the state dict and its output in what
// was seen; `watch` sees the output, and may put another in its place.
class Linear {
  constructor(state, name) {
    this.name = name;
    this.weight = parameter(state, `${name}.weight`);
    this.bias = state[`${name}.bias`];
  }

  forward(x, watch) {
    return watch.at(this.name, linear_forward(x, this.weight, this.bias));
  }
}
