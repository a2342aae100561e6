// The MLP: two linear layers with an activation between, applied to each position alone.

class MLP {
  constructor(config, state, name) {
    this.name = name;
    this.up_proj = new Linear(state, `${name}.up_proj`);
    this.act = new Activation(config.activation, `${name}.act`);
    this.down_proj = new Linear(state, `${name}.down_proj`);
  }

  forward(x, watch) {
    const inside = this.act.forward(this.up_proj.forward(x, watch), watch); // (B, T, F)
    return watch.at(this.name, this.down_proj.forward(inside, watch));
  }
}
