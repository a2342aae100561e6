// Attention: each position asks a question, compares it with every key, and reads the values.

// softmax(q k^T / sqrt(Dh)) v for all heads at once: q (B, H, T, Dh), k and v (B, H, S, Dh), mask
// (T, S); returns (B, H, T, Dh). The division keeps the scores' variance at one however wide the
// head is. `at` is told of the scores and the weights, (B, H, T, S), and of the result, and gives
// back what to go on with.
function attention_forward(q, k, v, mask, at = (_, x) => x, saved = null) {
  const scores = at("scores", scaled(matmul(q, swapped(k)), last(q))); // (B, H, T, S)
  const weights = at("weights", softmax_forward(scores, mask));
  if (saved) Object.assign(saved, { q, k, v, weights });
  return at("out", matmul(weights, v)); // (B, H, T, Dh)
}

// dout (B, H, T, Dh); returns [dq, dk, dv]. Where the mask is 0 the weight is 0, and softmax's
// backward multiplies by the weight: the mask needs no line of its own.
function attention_backward(dout, { q, k, v, weights }) {
  check_shape("dout", dout, q.shape);
  // out = weights @ v
  const dv = matmul(swapped(weights), dout); // (B, H, S, Dh)
  const dweights = matmul(dout, swapped(v)); // (B, H, T, S)
  // weights = softmax(scores)
  let dscores = softmax_backward(dweights, { y: weights });
  // scores = q @ k^T / sqrt(Dh)
  dscores = scaled(dscores, last(q));
  const dq = matmul(dscores, k); // (B, H, T, Dh)
  const dk = matmul(swapped(dscores), q); // (B, H, S, Dh)
  return [dq, dk, dv];
}

function scaled(scores, Dh) {
  return map(scores, (score) => score / Math.sqrt(Dh));
}

// (B, T, H * Dh) as (B, H, T, Dh): each head's part of every vector. Its backward is merge_heads.
function split_heads({ shape: [B, T, D], data }, n_head) {
  return swapaxes({ shape: [B, T, n_head, D / n_head], data });
}

// (B, H, T, Dh) as (B, T, H * Dh): the way back. Its backward is split_heads.
function merge_heads(x) {
  const { shape: [B, T, H, Dh], data } = swapaxes(x);
  return { shape: [B, T, H * Dh], data };
}

// (B, I, J, Dh) to (B, J, I, Dh).
function swapaxes(x) {
  const [B, I, J, Dh] = x.shape;
  const y = zeros([B, J, I, Dh], x);
  for (let b = 0, from = 0; b < B; b++)
    for (let i = 0; i < I; i++)
      for (let j = 0; j < J; j++, from += Dh)
        y.data.set(x.data.subarray(from, from + Dh), ((b * J + j) * I + i) * Dh);
  return y;
}

// Multi-head self-attention with its four projections.
class Attention extends Module {
  constructor(config, state, name) {
    super(name);
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
    const out = attention_forward(q, k, v, mask, at, this.keep());
    return watch.at(this.name, this.o_proj.forward(merge_heads(out), watch));
  }

  // The gradient of the input: what comes through q, through k and through v.
  backward(dy) {
    const dout = split_heads(this.o_proj.backward(dy), this.n_head);
    const [dq, dk, dv] = attention_backward(dout, this.take());
    const dx = this.q_proj.backward(merge_heads(dq));
    add_to(dx.data, this.k_proj.backward(merge_heads(dk)).data);
    add_to(dx.data, this.v_proj.backward(merge_heads(dv)).data);
    return dx;
  }
}
