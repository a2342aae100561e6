// Activations: what makes the MLP more than one linear layer.

const C = Math.sqrt(2 / Math.PI);
const A = 0.044715;

function relu_forward(x, saved) {
  const y = map(x, (value) => Math.max(value, 0));
  if (saved) saved.y = y;
  return y;
}

// dy where the unit was on. At exactly 0 it is 0, as in PyTorch.
function relu_backward(dy, { y }) {
  check_shape("dy", dy, y.shape);
  // y = max(x, 0)
  return map(dy, (slope, i) => (y.data[i] > 0 ? slope : 0));
}

function relu2_forward(x, saved) {
  const on = relu_forward(x);
  if (saved) saved.on = on;
  return map(on, (value) => value * value);
}

function relu2_backward(dy, { on }) {
  check_shape("dy", dy, on.shape);
  // y = on**2, and on = max(x, 0), whose slope is 1 wherever on is not 0
  return map(dy, (slope, i) => 2 * on.data[i] * slope);
}

// 0.5 x (1 + tanh(C (x + A x³))), GPT-2's form of GELU.
function gelu_forward(x, saved) {
  const tanh = saved && zeros(x.shape, x);
  if (saved) Object.assign(saved, { x, tanh });
  return map(x, (value, i) => {
    const inner = Math.tanh(C * (value + A * value ** 3));
    if (saved) tanh.data[i] = inner;
    return 0.5 * value * (1 + inner);
  });
}

function gelu_backward(dy, { x, tanh }) {
  check_shape("dy", dy, x.shape);
  return map(dy, (slope, i) => {
    const [value, t] = [x.data[i], tanh.data[i]];
    // inner = C (x + A x**3)
    const dinner = C + 3 * C * A * value * value;
    // y = 0.5 x (1 + tanh(inner)): the first factor, then the second, tanh' = 1 - tanh**2
    return slope * 0.5 * (1 + t + value * (1 - t * t) * dinner);
  });
}

const ACTIVATIONS = {
  gelu: [gelu_forward, gelu_backward],
  relu: [relu_forward, relu_backward],
  relu2: [relu2_forward, relu2_backward],
};

class Activation extends Module {
  constructor(kind, name) {
    super(name);
    [this.apply, this.apply_backward] = ACTIVATIONS[kind];
  }

  forward(x, watch) {
    return watch.at(this.name, this.apply(x, this.keep()));
  }

  backward(dy) {
    return this.apply_backward(dy, this.take());
  }
}
