// Optimizers: from gradients to new weights, as tinytx.manual.optim.

// Adam with decoupled weight decay: each weight is first shrunk by lr * weight_decay, apart from
// the gradient (Loshchilov and Hutter 2019, algorithm 2). params: a model's parameters(), in
// training.
class AdamW {
  constructor(
    params, { lr = 1e-3, betas = [0.9, 0.999], eps = 1e-8, weight_decay = 0.01 } = {},
  ) {
    if (!params.every((p) => p.grad))
      throw new Error("params has no gradients: call train() before");
    Object.assign(this, { params, lr, betas, eps, weight_decay, steps: 0 });
    this.state = params.map((p) => ({ m: zeros(p.shape, p).data, v: zeros(p.shape, p).data }));
  }

  zero_grad() {
    for (const p of this.params) p.grad.fill(0);
  }

  // Change every parameter once, by its gradient.
  step() {
    this.steps++;
    this.params.forEach((p, i) => this.update(p.data, p.grad, this.state[i]));
  }

  update(data, grad, { m, v }) {
    const { lr, eps, steps, weight_decay } = this;
    const [beta_1, beta_2] = this.betas;
    // Both start at zero and are too small at first; these factors undo it.
    const rate = lr / (1 - beta_1 ** steps);
    const scale = 1 / Math.sqrt(1 - beta_2 ** steps);
    for (let i = 0; i < data.length; i++) {
      m[i] += (1 - beta_1) * (grad[i] - m[i]); // the mean gradient
      v[i] = beta_2 * v[i] + (1 - beta_2) * grad[i] * grad[i]; // its mean square
      data[i] = data[i] * (1 - lr * weight_decay) - (rate * m[i]) / (Math.sqrt(v[i]) * scale + eps);
    }
  }
}

// Each weight's step is its mean gradient over the root of its mean square (Kingma and Ba 2015,
// algorithm 1). It has no weight decay: use AdamW.
class Adam extends AdamW {
  constructor(params, options = {}) {
    super(params, { ...options, weight_decay: 0 });
  }
}
