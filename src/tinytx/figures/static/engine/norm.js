// Layer normalization: each token's vector is brought to mean 0 and variance 1, then rescaled.

const EPS = 1e-5; // keeps a constant vector from a division by zero; GPT-2's and PyTorch's value

// x (..., D), weight (D,), bias (D,) or undefined. The variance divides by D, not D - 1.
function layernorm_forward(x, weight, bias, saved, eps = EPS) {
  const D = last(x);
  const y = zeros(x.shape, x);
  const xhat = saved && zeros(x.shape, x);
  const rstds = saved && zeros([...x.shape.slice(0, -1), 1], x);
  for (let start = 0; start < x.data.length; start += D) {
    let [mean, variance] = [0, 0];
    for (let i = start; i < start + D; i++) mean += x.data[i] / D;
    for (let i = start; i < start + D; i++) variance += (x.data[i] - mean) ** 2 / D;
    const rstd = 1 / Math.sqrt(variance + eps);
    for (let i = 0; i < D; i++) {
      const normal = (x.data[start + i] - mean) * rstd;
      y.data[start + i] = normal * weight.data[i] + (bias ? bias.data[i] : 0);
      if (saved) xhat.data[start + i] = normal;
    }
    if (saved) rstds.data[start / D] = rstd;
  }
  if (saved) Object.assign(saved, { xhat, rstd: rstds, weight, has_bias: !!bias });
  return y;
}

// dy (..., D); returns [dx, dweight, dbias], the last null without a bias. Two directions are taken
// out of dx: the row's mean and xhat itself. Moving x along either changes nothing in y.
function layernorm_backward(dy, { xhat, rstd, weight, has_bias }) {
  check_shape("dy", dy, xhat.shape);
  const D = last(dy);
  const [dx, dweight] = [zeros(dy.shape, dy), zeros([D], dy)];
  // y += bias
  const dbias = has_bias ? column_sum(dy) : null;
  for (let start = 0; start < dy.data.length; start += D) {
    let [mean, along_xhat] = [0, 0];
    for (let i = 0; i < D; i++) {
      // y = xhat * weight
      dweight.data[i] += dy.data[start + i] * xhat.data[start + i];
      const dxhat = dy.data[start + i] * weight.data[i];
      mean += dxhat / D;
      along_xhat += (dxhat * xhat.data[start + i]) / D;
    }
    // xhat = (x - mean) * rstd, where mean and rstd depend on every entry of the row
    for (let i = 0; i < D; i++) {
      const dxhat = dy.data[start + i] * weight.data[i];
      const left = dxhat - mean - xhat.data[start + i] * along_xhat;
      dx.data[start + i] = left * rstd.data[start / D];
    }
  }
  return [dx, dweight, dbias];
}

class LayerNorm extends Layer {
  forward(x, watch) {
    return watch.at(this.name, layernorm_forward(x, this.weight, this.bias, this.keep()));
  }

  backward(dy) {
    return this.accumulate(layernorm_backward(dy, this.take()));
  }
}
