// A model's sizes and choices with what was left open filled in, as tinytx.config does it.

// Choices of which the page can do one alone.
const ONLY = {
  norm_kind: "layer", positions: "learned", causal: true, padding_id: null, qk_norm: false,
  attention_scale: null, n_kv_head: null, window: null, sinks: 0, n_expert: null, norm_eps: 1e-5, qkv_bias: null,
};
const DEFAULTS = {
  dropout: 0, norm: "pre", activation: "gelu", bias: true, tie_weights: true, init_std: 0.02,
  ...ONLY,
};
const SIZES = "vocab_size context_length n_layer n_head d_model d_head d_ff".split(" ");

// The shape of The Raven's model, as its preset has it.
const RAVEN = {
  context_length: 8, n_layer: 1, n_head: 1, d_model: 32, norm: "post", activation: "relu",
  tie_weights: false, init_std: 0.1,
};

function make_config(choices) {
  const config = { ...DEFAULTS, ...choices };
  config.d_head ??= config.d_model / config.n_head;
  config.d_ff ??= 4 * config.d_model;
  for (const name in config)
    if (!(name in DEFAULTS || SIZES.includes(name)))
      throw new Error(`config has ${name}, which is no field: leave it out`);
  for (const name of SIZES)
    check_number(`config.${name}`, config[name], 1, 1e4, { whole: true });
  check_number("config.init_std", config.init_std, 1e-6, 1e6);
  check_number("config.dropout", config.dropout, 0, 0);
  check_config(config);
  return config;
}

// { name: shape } of every weight in the state dict; a tied head has none of its own.
function shapes_of(config) {
  const { vocab_size: V, d_model: D, d_ff: F, n_layer } = config;
  const width = config.n_head * config.d_head;
  const shapes = { "tok_emb.weight": [V, D], "pos_emb.weight": [config.context_length, D] };
  const add = (name, ...shape) => {
    shapes[`${name}.weight`] = shape;
    if (config.bias) shapes[`${name}.bias`] = [shape[0]];
  };
  for (let i = 0; i < n_layer; i++) {
    add(`blocks.${i}.ln_1`, D);
    for (const part of "qkv") add(`blocks.${i}.attn.${part}_proj`, width, D);
    add(`blocks.${i}.attn.o_proj`, D, width);
    add(`blocks.${i}.ln_2`, D);
    add(`blocks.${i}.mlp.up_proj`, F, D);
    add(`blocks.${i}.mlp.down_proj`, D, F);
  }
  if (config.norm === "pre") add("ln_f", D);
  if (!config.tie_weights) shapes["lm_head.weight"] = [V, D];
  return shapes;
}

// Fresh weights, as the package draws them: norms 1, biases 0, all else normal around 0. The
// projections that end in the residual stream are smaller: each block adds two terms to it.
function fresh_state(config, rng, dtype = "float32") {
  const { init_std, n_layer } = config;
  const state = {};
  for (const [name, shape] of Object.entries(shapes_of(config))) {
    const data = new KINDS[dtype](size_of(shape));
    const std = /\.(o|down)_proj/.test(name) ? init_std / Math.sqrt(2 * n_layer) : init_std;
    if (/ln_\w+\.weight/.test(name)) data.fill(1);
    else if (/weight/.test(name)) data.forEach((_, i) => (data[i] = std * normal(rng)));
    state[name] = { shape, data };
  }
  return state;
}
