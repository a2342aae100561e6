// The whole model: ids to vectors, a stack of blocks, vectors to a score for every next id.

class GPT extends Module {
  // state: arrays by the names of the state dict. Tied, the head is the token embedding's weight.
  constructor(config, state) {
    super("model");
    check_config(config);
    this.config = config;
    this.tok_emb = new Embedding(state, "tok_emb");
    this.pos_emb = new LearnedPositions(state, "pos_emb");
    this.blocks = Array.from(
      { length: config.n_layer }, (_, i) => new Block(config, state, `blocks.${i}`),
    );
    this.ln_f = config.norm === "pre" ? new LayerNorm(state, "ln_f") : null;
    const head = config.tie_weights ? { "lm_head.weight": this.tok_emb.weight } : state;
    this.lm_head = new Linear(head, "lm_head");
  }

  // ids, a list of rows of equal length T, to logits (B, T, V). With a cache, ids go on from what
  // it holds. seen, replace and off are those of Watch.
  forward(ids, { cache = null, ...watched } = {}) {
    ids = as_ids(ids, this.config.vocab_size);
    const start = cache ? cache.length : 0;
    check_room(start, ids.shape[1], this.config.context_length);
    const watch = new Watch(watched);
    if (this.training && (cache || watch.changes.length))
      throw new Error("cache, replace or off has no backward: call train(false) before");
    this.begin();
    let x = this.tok_emb.forward(ids, watch); // (B, T, D)
    x = this.pos_emb.forward(x, start, watch);
    this.blocks.forEach((block, i) => {
      x = block.forward(x, watch, cache && ((k, v) => cache.update(i, k, v)));
    });
    if (this.ln_f) x = this.ln_f.forward(x, watch);
    this.keep();
    const logits = watch.at("logits", this.lm_head.forward(x, watch));
    watch.check();
    if (cache) cache.advance(ids.shape[1]);
    return logits;
  }

  // Add to every parameter's gradient, from that of the logits (B, T, V). Tied, the token
  // embedding's weight gets two parts: as the head and as the table.
  backward(dlogits) {
    this.take();
    let dx = this.lm_head.backward(dlogits);
    if (this.ln_f) dx = this.ln_f.backward(dx);
    for (const block of this.blocks.toReversed()) dx = block.backward(dx);
    this.tok_emb.backward(this.pos_emb.backward(dx));
    this.finish();
  }
}

function check_room(start, T, context_length) {
  if (start + T > context_length)
    throw new Error(
      `ids has ${T} positions after ${start} cached ones and must have at most context_length ` +
        `${context_length}: crop to the last ones`,
    );
}

// What the engine in the page does not do is refused, not passed over.
function check_config(config) {
  const able = { norm: ["pre", "post"], activation: Object.keys(ACTIVATIONS) };
  for (const name in ONLY) able[name] = [ONLY[name]];
  for (const [name, values] of Object.entries(able))
    if (!values.includes(config[name]))
      throw new Error(`config.${name} is ${config[name]} and must be ${values.join(" or ")} here`);
}
