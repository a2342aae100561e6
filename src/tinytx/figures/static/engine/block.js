// One block: positions read from each other (attention), then each thinks alone (MLP).

class Block extends Module {
  constructor(config, state, name) {
    super(name);
    this.pre_norm = config.norm === "pre";
    this.ln_1 = new LayerNorm(state, `${name}.ln_1`);
    this.attn = new Attention(config, state, `${name}.attn`);
    this.ln_2 = new LayerNorm(state, `${name}.ln_2`);
    this.mlp = new MLP(config, state, `${name}.mlp`);
  }

  // (B, T, D) to (B, T, D). Pre-norm normalizes what goes into each part, post-norm the sum.
  forward(x, watch, remember) {
    if (this.pre_norm) {
      x = add(x, this.attn.forward(this.ln_1.forward(x, watch), watch, remember));
      x = add(x, this.mlp.forward(this.ln_2.forward(x, watch), watch));
    } else {
      x = this.ln_1.forward(add(x, this.attn.forward(x, watch, remember)), watch);
      x = this.ln_2.forward(add(x, this.mlp.forward(x, watch)), watch);
    }
    return watch.at(this.name, x);
  }

  // Each sum sends the gradient down both of its branches.
  backward(dy) {
    if (this.pre_norm) {
      const dx = add(dy, this.ln_2.backward(this.mlp.backward(dy)));
      return add(dx, this.ln_1.backward(this.attn.backward(dx)));
    }
    let dx = this.ln_2.backward(dy);
    dx = this.ln_1.backward(add(dx, this.mlp.backward(dx)));
    return add(dx, this.attn.backward(dx));
  }
}
