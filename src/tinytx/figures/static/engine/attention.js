// Attention: each position asks a question, compares it with every key, and reads the values.

// softmax(q k^T / sqrt(Dh)) v for all heads at once: q (B, H, T, Dh), k and v (B, H, S, Dh), mask
// (T, S); returns (B, H, T, Dh). `at` is told of the scores and the weights, (B, H, T, S), and of
// the result, and gives back what to go on with.
function attention_forward(q, k, v, mask, at = (_, x) => x) {
  const scores = at("scores", scaled_scores(q, k)); // (B, H, T, S)
  const weights = at("weights", softmax_forward(scores, mask));
  return at("out", weighted_values(weights, v)); // (B, H, T, Dh)
}

// q k^T / sqrt(Dh). The division keeps the scores' variance at one however wide the head is.
function scaled_scores(q, k) {
  const [B, H, T, Dh] = q.shape;
  const S = k.shape[2];
  const scores = zeros([B, H, T, S], q);
  for (let head = 0; head < B * H; head++)
    for (let t = 0; t < T; t++)
      for (let s = 0; s < S; s++) {
        const product = dot(q.data, (head * T + t) * Dh, k.data, (head * S + s) * Dh, Dh);
        scores.data[(head * T + t) * S + s] = product / Math.sqrt(Dh);
      }
  return scores;
}

// weights v: each query's mean of the values, weighted.
function weighted_values(weights, v) {
  const [B, H, T, S] = weights.shape;
  const Dh = last(v);
  const out = zeros([B, H, T, Dh], v);
  for (let head = 0; head < B * H; head++)
    for (let t = 0; t < T; t++)
      for (let d = 0; d < Dh; d++) {
        let sum = 0;
        for (let s = 0; s < S; s++)
          sum += weights.data[(head * T + t) * S + s] * v.data[(head * S + s) * Dh + d];
        out.data[(head * T + t) * Dh + d] = sum;
      }
  return out;
}

// (B, T, H * Dh) as (B, H, T, Dh): each head's part of every vector.
function split_heads(x, n_head) {
  const [B, T, D] = x.shape;
  return heads_moved(x, [B, n_head, T, D / n_head], (b, h, t) => (b * T + t) * n_head + h);
}

// (B, H, T, Dh) as (B, T, H * Dh): the way back.
function merge_heads(x) {
  const [B, H, T, Dh] = x.shape;
  const y = heads_moved(x, [B, T, H, Dh], (b, t, h) => (b * H + h) * T + t);
  return { shape: [B, T, H * Dh], data: y.data };
}

// Vectors of Dh numbers in another order: `from` says which one goes to place (i, j, k).
function heads_moved(x, shape, from) {
  const [I, J, K, Dh] = shape;
  const y = zeros(shape, x);
  for (let i = 0, to = 0; i < I; i++)
    for (let j = 0; j < J; j++)
      for (let k = 0; k < K; k++, to++) {
        const start = from(i, j, k) * Dh;
        y.data.set(x.data.subarray(start, start + Dh), to * Dh);
      }
  return y;
}

// Multi-head self-attention with its four projections.
class Attention {
  constructor(config, state, name) {
    this.name = name;
    this.n_head = config.n_head;
    for (const part of ["q_proj", "k_proj", "v_proj", "o_proj"])
      this[part] = new Linear(state, `${name}.${part}`);
  }

  // (B, T, D) to (B, T, D). Without `remember` S is T; with it, a query also reads what earlier
  // calls have left.
  forward(x, watch, remember) {
    const q = split_heads(this.q_proj.forward(x, watch), this.n_head); // (B, H, T, Dh)
    let k = split_heads(this.k_proj.forward(x, watch), this.n_head);
    let v = split_heads(this.v_proj.forward(x, watch), this.n_head);
    if (remember) [k, v] = remember(k, v); // (B, H, S, Dh)
    const mask = causal_mask(q.shape[2], k.shape[2]);
    const at = (part, value) => watch.at(`${this.name}.${part}`, value);
    const out = attention_forward(q, k, v, mask, at);
    return watch.at(this.name, this.o_proj.forward(merge_heads(out), watch));
  }
}
