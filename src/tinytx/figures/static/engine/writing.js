// Text from a model, token by token, as tinytx.generation does it for one row.

// Reads a growing list of ids, each of them once as long as all fit into the context. When it is
// full the `slide` oldest drop out of view, and the rest is read anew: each has another position
// then. Without a cache everything is read anew for every token.
class Reader {
  constructor(model, ids, { cache = true, slide = 1, watched = {} } = {}) {
    const { context_length } = model.config;
    if (!(Number.isInteger(slide) && slide >= 1 && slide <= context_length))
      throw new Error(`slide is ${slide} and must be from 1 to context_length ${context_length}`);
    Object.assign(this, { model, ids: [...ids], slide, watched });
    this.cached = cache;
    this.start = -1; // of the window that the cache holds: none yet
  }

  // The logits (V,) of what comes after the ids.
  read() {
    const over = this.ids.length - this.model.config.context_length;
    const start = Math.max(0, Math.ceil(over / this.slide) * this.slide);
    if (!this.cached || start !== this.start) this.cache = this.cached ? new KVCache() : null;
    this.start = start;
    const fresh = this.ids.slice(start + (this.cache ? this.cache.length : 0));
    const logits = this.model.forward([fresh], { cache: this.cache, ...this.watched });
    return logits.data.slice(-last(logits));
  }
}

// Yield { id, logits } for each new token: its id, and the logits (V,) that it was chosen from.
// temperature, rng, top_k, top_p and min_p are those of `sample`, cache and slide those of Reader;
// `stop` lists ids that end the text; seen, replace and off are those of Watch, at every forward.
function* stream(model, ids, max_new_tokens, options = {}) {
  const { temperature, rng, top_k, top_p, min_p, cache, slide, stop = [], ...watched } = options;
  const reader = new Reader(model, ids, { cache, slide, watched });
  for (let n = 0; n < max_new_tokens; n++) {
    const logits = reader.read();
    const id = sample(logits, temperature, rng, { top_k, top_p, min_p });
    yield { id, logits };
    if (stop.includes(id)) return;
    reader.ids.push(id);
  }
}

// The ids with up to max_new_tokens more; options are those of `stream`.
function generate(model, ids, max_new_tokens, options = {}) {
  return [...ids, ...Array.from(stream(model, ids, max_new_tokens, options), ({ id }) => id)];
}
