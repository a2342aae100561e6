// What a page can use: tinytx.load_model(tinytx.models.tales) and the rest.

Object.assign((globalThis.tinytx ??= {}), {
  // loading
  load_model, dequantize,
  // the model, from its operations up
  linear_forward, embedding_forward, positions_forward, layernorm_forward, softmax_forward,
  relu_forward, relu2_forward, gelu_forward, causal_mask, split_heads, merge_heads,
  attention_forward, Linear, Embedding, LearnedPositions, LayerNorm, Activation, MLP, Attention,
  Block, GPT, KVCache,
  // text
  BPETokenizer, distribution, sample, stream, generate, Reader,
});
