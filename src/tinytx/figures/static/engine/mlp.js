// The MLP: two linear layers with an activation between, applied to each position alone.

class MLP extends Module {
  constructor(config, state, name) {
    super(name);
    this.up_proj = new Linear(state, `${name}.up_proj`);
    this.act = new Activation(config.activation, `${name}.act`);
    this.down_proj = new Linear(state, `${name}.down_proj`);
  }

  forward(x, watch) {
    const inside = this.act.forward(this.up_proj.forward(x, watch), watch); // (B, T, F)
    return watch.at(this.name, this.down_proj.forward(inside, watch));
  }

  // The same three steps in reverse order.
  backward(dy) {
    return this.up_proj.backward(this.act.backward(this.down_proj.backward(dy)));
  }
}
