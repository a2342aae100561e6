// A text learned letter by letter: what the worker computes. It has no clock and no messages.

const MOST_WORK = 1e7; // multiplications of a step's forward; The Raven's are 1.6 million
const MEAN_OF = 100; // losses
const STEADY = 1000; // steps before the rate falls
const TEMPERATURE = 0.6;
const CHARACTERS = 200; // written at a time

class Training {
  // text: what is learned. config: what is to be other than in The Raven's shape. seed: of weights,
  // batches and what is written.
  constructor({
    text, config = {}, batch_size = 12, learning_rate = 0.006, seed = 0, ...unknown
  }) {
    for (const name in unknown) throw new Error(`${name} is no option: leave it out`);
    check_number("learning_rate", learning_rate, 1e-6, 1);
    check_number("batch_size", batch_size, 1, 1000, { whole: true });
    this.tokenizer = CharTokenizer.train(text);
    this.ids = this.tokenizer.encode(text);
    const { vocab_size } = this.tokenizer;
    this.config = make_config({ ...RAVEN, ...config, vocab_size });
    const least = this.config.context_length + 1;
    const part = { way_out: ": give more of it, or a part" };
    check_number("text's number of characters", this.ids.length, least, 200000, part);
    check_number("text's number of different characters", vocab_size, 2, 500, part);
    check_work(this.config, batch_size);
    this.rng = default_rng(seed);
    const model = new GPT(this.config, fresh_state(this.config, this.rng)).train();
    this.learner = new Learner(model, new Adam(model.parameters(), { lr: learning_rate }));
    Object.assign(this, { batch_size, learning_rate, seed, losses: [] });
    this.floor = context_floor(this.ids, this.config.context_length);
    // Of a batch before any step.
    this.losses.push(this.learner.loss_and_gradients(this.batch()));
  }

  get steps() {
    return this.learner.optimizer.steps;
  }

  batch() {
    return get_batch(this.ids, this.batch_size, this.config.context_length, this.rng);
  }

  // After the first thousand steps the rate falls as one over the root of the step (Vaswani et al.
  // 2017, section 5.3). Measured after 16,000 steps on The Raven: a loss of 1.19, and of 1.28 at
  // the best steady rate that was tried, 0.003.
  step() {
    const { optimizer } = this.learner;
    optimizer.lr = this.learning_rate * Math.min(1, Math.sqrt(STEADY / (optimizer.steps + 1)));
    if (this.losses.push(this.learner.step(this.batch())) > MEAN_OF) this.losses.shift();
  }

  // In nats per character, before their steps: of the last batch, and of the last hundred.
  report() {
    const { steps: step, losses, floor } = this;
    return { step, loss: losses.at(-1), mean_loss: sum_of(losses) / losses.length, floor };
  }

  // What the model would write now, from the text's first character on. It depends on the seed and
  // on the step alone: not on what was written before.
  write() {
    const { model } = this.learner;
    const rng = default_rng((this.seed + this.steps) % 2 ** 32);
    const options = { temperature: TEMPERATURE, rng };
    const ids = generate(model.train(false), this.ids.slice(0, 1), CHARACTERS, options);
    model.train();
    return this.tokenizer.decode(ids);
  }
}

// A pause waits for the end of a step: none may be long.
function check_work(config, batch_size) {
  const { context_length: T, n_layer, n_head, d_head } = config;
  const weights = Object.values(shapes_of(config)).reduce((sum, one) => sum + size_of(one), 0);
  const work = batch_size * T * (weights + 2 * n_layer * n_head * d_head * T);
  const way_out = ": make config or batch_size smaller";
  check_number("multiplications of a step", work, 1, MOST_WORK, { way_out });
}
