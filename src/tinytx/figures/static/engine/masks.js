// Who may attend to whom: 1 means may attend.

// (T, S): a position sees itself and what came before. With more keys than queries, the queries
// are the last T of S positions.
function causal_mask(T, S = T) {
  const mask = { shape: [T, S], data: new Uint8Array(T * S) };
  for (let t = 0; t < T; t++) mask.data.fill(1, t * S, t * S + S - T + t + 1);
  return mask;
}
