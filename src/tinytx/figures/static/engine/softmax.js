// Softmax: any numbers become positive ones that sum to one, larger for larger.

// x (..., T, S), mask (T, S) with 1 where an entry counts; others get exactly zero. A row with
// nothing that counts is all zero. The largest entry is subtracted first: exp never overflows.
function softmax_forward(x, mask) {
  const S = last(x);
  const y = zeros(x.shape, x);
  for (let row = 0; row < rows_of(x); row++) {
    const counts = (s) => mask.data[(row % mask.shape[0]) * S + s];
    const at = row * S;
    let largest = -Infinity;
    let total = 0;
    for (let s = 0; s < S; s++) if (counts(s)) largest = Math.max(largest, x.data[at + s]);
    for (let s = 0; s < S; s++)
      if (counts(s)) total += y.data[at + s] = Math.exp(x.data[at + s] - largest);
    for (let s = 0; s < S; s++) y.data[at + s] /= total || 1;
  }
  return y;
}
