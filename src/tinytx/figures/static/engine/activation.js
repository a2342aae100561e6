// Activations: what makes the MLP more than one linear layer.

const C = Math.sqrt(2 / Math.PI);
const A = 0.044715;

function relu_forward(x) {
  return map(x, (value) => Math.max(value, 0));
}

function relu2_forward(x) {
  return map(x, (value) => Math.max(value, 0) ** 2);
}

// 0.5 x (1 + tanh(C (x + A x³))), GPT-2's form of GELU.
function gelu_forward(x) {
  return map(x, (value) => 0.5 * value * (1 + Math.tanh(C * (value + A * value ** 3))));
}

const ACTIVATIONS = { gelu: gelu_forward, relu: relu_forward, relu2: relu2_forward };

class Activation {
  constructor(kind, name) {
    this.name = name;
    this.apply = ACTIVATIONS[kind];
  }

  forward(x, watch) {
    return watch.at(this.name, this.apply(x));
  }
}
