// See what a model computes inside, and change it, without a change to the model.
//
// seen     an object that is filled by name as tinytx.inspect.capture does: what each module put
//          out, "blocks.0.mlp", and the attention weights, "blocks.0.attn.weights". Here also
//          "blocks.0.attn.scores" before the mask, and "blocks.0.attn.out", what each head has
//          read. Of dropout there is nothing. The arrays are not to be written to.
// replace  by name: an array to go on with instead, or a function that makes it from what was there
// off      by the name of an attention: its heads that are switched off, { "blocks.0.attn": [1] }

class Watch {
  constructor({ seen = null, replace = {}, off = {}, ...unknown } = {}) {
    const [wrong] = Object.keys(unknown);
    if (wrong) throw new Error(`${wrong} is no option: those of a forward are seen, replace, off`);
    this.seen = seen;
    this.changes = Object.entries(replace).map(([name, by]) => ({ name, change: changed(by) }));
    for (const [name, heads] of Object.entries(off))
      this.changes.push({ name: `${name}.out`, change: (x) => without_heads(name, x, heads) });
    this.missing = new Set(this.changes.map(({ name }) => name));
  }

  // What the model goes on with where `name` has put out x.
  at(name, x) {
    for (const one of this.changes)
      if (one.name === name) {
        const y = one.change(copy(x));
        check_shape(`replace: ${name}`, y, x.shape);
        x = y;
      }
    this.missing.delete(name);
    if (this.seen) this.seen[name] = x;
    return x;
  }

  // A name that nothing has would silently change nothing.
  check() {
    if (this.missing.size)
      throw new Error(`the model has no ${[...this.missing].join(", ")}: take names from seen`);
  }
}

function changed(by) {
  return typeof by === "function" ? by : () => by;
}

// What heads (B, H, T, Dh) have read, with nothing from some of them.
function without_heads(name, x, heads) {
  const [B, H, T, Dh] = x.shape;
  for (const head of heads) {
    if (!Number.isInteger(head) || head < 0 || head >= H)
      throw new Error(`off: ${name} holds ${head} and must hold heads from 0 to ${H - 1}`);
    for (let b = 0; b < B; b++)
      x.data.fill(0, (b * H + head) * T * Dh, (b * H + head + 1) * T * Dh);
  }
  return x;
}
