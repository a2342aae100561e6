// What a page can use: tinytx.load_model(tinytx.models.tales) and the rest.

Object.assign((globalThis.tinytx ??= {}), {
  // loading
  load_model, dequantize,
  // the model, from its operations up
  linear_forward, embedding_forward, positions_forward, layernorm_forward, softmax_forward,
  relu_forward, relu2_forward, gelu_forward, causal_mask, split_heads, merge_heads,
  attention_forward, cross_entropy_forward, Linear, Embedding, LearnedPositions, LayerNorm,
  Activation, MLP, Attention, Block, GPT, KVCache,
  // backwards, and training
  linear_backward, embedding_backward, positions_backward, layernorm_backward, softmax_backward,
  relu_backward, relu2_backward, gelu_backward, attention_backward, cross_entropy_backward,
  Adam, AdamW, Learner, default_rng, get_batch, make_config, fresh_state, RAVEN, context_floor,
  Training, TrainingWorker, serve_training,
  // text
  BPETokenizer, CharTokenizer, distribution, sample, stream, generate, Reader,
});
