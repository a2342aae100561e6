// The KV cache: keys and values of earlier positions, kept from call to call.

class KVCache {
  constructor() {
    this.length = 0; // how many positions are kept, and so which one comes next
    this.kept = []; // for each layer [k, v], (B, H, length, Dh) each
  }

  // Take a layer's keys and values of T new positions, (B, H, T, Dh) each; return all so far.
  update(layer, k, v) {
    const [before_k, before_v] = this.kept[layer] ?? [null, null];
    this.kept[layer] = [joined(before_k, k), joined(before_v, v)];
    return this.kept[layer];
  }

  // Count the T new positions, after every block has handed in its own.
  advance(T) {
    this.length += T;
  }
}

// (B, H, S, Dh) and (B, H, T, Dh) become (B, H, S + T, Dh).
function joined(before, x) {
  if (!before) return x;
  const [B, H, T, Dh] = x.shape;
  const S = before.shape[2];
  const all = zeros([B, H, S + T, Dh], x);
  for (let head = 0; head < B * H; head++) {
    const start = head * (S + T) * Dh;
    all.data.set(before.data.subarray(head * S * Dh, (head + 1) * S * Dh), start);
    all.data.set(x.data.subarray(head * T * Dh, (head + 1) * T * Dh), start + S * Dh);
  }
  return all;
}
