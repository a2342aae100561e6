// A model from the script that tinytx.figures.engine writes: int8 weights become numbers again.

// { config, tokenizer, tensors } to { model, tokenizer }. dtype is "float32" or "float64": what
// the engine computes in; the weights are the same.
function load_model(packed, dtype = "float32") {
  if (!KINDS[dtype]) throw new Error(`dtype is ${dtype} and must be float32 or float64`);
  const state = {};
  for (const [name, tensor] of Object.entries(packed.tensors))
    state[name] = unpacked(tensor, KINDS[dtype]);
  return {
    model: new GPT(packed.config, state),
    tokenizer: new BPETokenizer(packed.tokenizer),
  };
}

// A matrix is int8 with a scale for each row, a vector is float32.
function unpacked({ shape, int8, scale, float32 }, Kind) {
  if (float32) return { shape, data: Kind.from(new Float32Array(bytes_from(float32))) };
  const integers = new Int8Array(bytes_from(int8));
  return dequantize(integers, new Float32Array(bytes_from(scale)), shape, Kind);
}

// Each row of integers times its scale, rounded to float32 as in Python.
function dequantize(integers, scale, shape, Kind) {
  const data = new Kind(integers.length);
  for (let i = 0; i < data.length; i++)
    data[i] = Math.fround(integers[i] * scale[Math.floor(i / shape[1])]);
  return { shape, data };
}

function bytes_from(base64) {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes.buffer;
}
