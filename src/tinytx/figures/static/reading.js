// What a model has read, token by token: at each place the scores of what comes next, and whom each
// head read there. `tinytx` is the engine (static/engine/).

const TAKE = 16; // tokens that are read in one go: more would stop the page for a moment

class Reading {
  // off: by the name of an attention, its heads that are switched off.
  constructor(model, off = {}) {
    Object.assign(this, { model, off, ids: [], logits: [], weights: [], busy: null });
    this.cache = new tinytx.KVCache();
  }

  // Read what follows; the model is asked once, with all that it has read before in its cache.
  extend(ids) {
    const seen = {};
    const start = this.ids.length;
    const { off, cache } = this;
    const { data } = this.model.forward([ids], { off, cache, seen });
    const V = data.length / ids.length;
    ids.forEach((id, t) => {
      this.ids.push(id);
      this.logits.push(data.slice(t * V, (t + 1) * V));
      this.weights.push(this.model.blocks.map((_, i) =>
        rowsAt(seen[`blocks.${i}.attn.weights`], t, start + t + 1)));
    });
  }

  // Forget all but the first `length` tokens.
  cut(length) {
    if (length >= this.ids.length) return;
    for (const list of [this.ids, this.logits, this.weights]) list.length = length;
    const before = this.cache.kept;
    this.cache = new tinytx.KVCache();
    if (!length) return;
    this.cache.kept = before.map((pair) => pair.map((x) => firstKeys(x, length)));
    this.cache.length = length;
  }

  // Come to have read exactly these ids, a few at a time; true if nothing newer came in between.
  async read(ids) {
    const job = (this.busy = {});
    this.cut(sameStart(this.ids, ids));
    while (this.ids.length < ids.length) {
      this.extend(ids.slice(this.ids.length, this.ids.length + TAKE));
      await pause(0);
      if (this.busy !== job) return false;
    }
    return true;
  }
}

function pause(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

// How many tokens two lists have in common from their start on.
function sameStart(one, other) {
  let n = 0;
  while (n < one.length && n < other.length && one[n] === other[n]) n++;
  return n;
}

// Query t of weights (1, H, T, S): for each head what it reads of the first `length` keys.
function rowsAt({ shape: [, H, T, S], data }, t, length) {
  return Array.from({ length: H }, (_, h) =>
    data.slice((h * T + t) * S, (h * T + t) * S + length));
}

// Keys or values (1, H, S, Dh) of the first `length` positions.
function firstKeys({ shape: [, H, S, Dh], data }, length) {
  const kept = new data.constructor(H * length * Dh);
  for (let h = 0; h < H; h++)
    kept.set(data.subarray(h * S * Dh, (h * S + length) * Dh), h * length * Dh);
  return { shape: [1, H, length, Dh], data: kept };
}
