// Softmax: any numbers become positive ones that sum to one, larger for larger.

// x (..., T, S), mask (T, S) with 1 where an entry counts; others get exactly zero. A row with
// nothing that counts is all zero. The largest entry is subtracted first: exp never overflows.
function softmax_forward(x, mask, saved) {
  const S = last(x);
  const y = zeros(x.shape, x);
  const rows = rows_of(x);
  for (let row = 0; row < rows; row++) {
    const counts = (s) => mask.data[(row % mask.shape[0]) * S + s];
    const at = row * S;
    let largest = -Infinity;
    let total = 0;
    for (let s = 0; s < S; s++) if (counts(s)) largest = Math.max(largest, x.data[at + s]);
    for (let s = 0; s < S; s++)
      if (counts(s)) total += y.data[at + s] = Math.exp(x.data[at + s] - largest);
    for (let s = 0; s < S; s++) y.data[at + s] /= total || 1;
  }
  if (saved) saved.y = y;
  return y;
}

// dy (..., T, S); each entry's own gradient less the row's weighted mean, times the entry. A row's
// entries sum to one: raising one lowers the others.
function softmax_backward(dy, { y }) {
  check_shape("dy", dy, y.shape);
  const S = last(y);
  const dx = zeros(y.shape, y);
  for (let start = 0; start < y.data.length; start += S) {
    // y_i = exp(x_i) / total, so dy_i/dx_j = y_i (1[i = j] - y_j)
    let mean = 0;
    for (let i = start; i < start + S; i++) mean += dy.data[i] * y.data[i];
    for (let i = start; i < start + S; i++) dx.data[i] = (dy.data[i] - mean) * y.data[i];
  }
  return dx;
}
