// Layer normalization: each token's vector is brought to mean 0 and variance 1, then rescaled.

const EPS = 1e-5; // keeps a constant vector from a division by zero; GPT-2's and PyTorch's value

// x (..., D), weight (D,), bias (D,) or undefined. The variance divides by D, not D - 1.
function layernorm_forward(x, weight, bias, eps = EPS) {
  const D = last(x);
  const y = zeros(x.shape, x);
  for (let start = 0; start < x.data.length; start += D) {
    const row = x.data.subarray(start, start + D);
    const mean = row.reduce((sum, value) => sum + value, 0) / D;
    const variance = row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / D;
    const rstd = 1 / Math.sqrt(variance + eps);
    for (let i = 0; i < D; i++) {
      const xhat = (row[i] - mean) * rstd;
      y.data[start + i] = xhat * weight.data[i] + (bias ? bias.data[i] : 0);
    }
  }
  return y;
}

class LayerNorm {
  constructor(state, name) {
    this.name = name;
    this.weight = parameter(state, `${name}.weight`);
    this.bias = state[`${name}.bias`];
  }

  forward(x, watch) {
    return watch.at(this.name, layernorm_forward(x, this.weight, this.bias));
  }
}
