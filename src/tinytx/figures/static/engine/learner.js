// A model and its optimizer, as tinytx.training.learner: what one step of training is.

class Learner {
  constructor(model, optimizer) {
    Object.assign(this, { model: model.train(), optimizer });
  }

  // The mean loss of a batch, rows of ids and of targets; its gradients are left in the parameters.
  loss_and_gradients({ ids, targets }) {
    this.optimizer.zero_grad();
    const saved = {};
    const logits = this.model.forward(ids);
    const loss = cross_entropy_forward(logits, as_ids(targets, last(logits)), saved);
    this.model.backward(cross_entropy_backward(1, saved));
    return loss;
  }

  // The loss before the step. If it is no number the weights stay as they are.
  step(batch) {
    const loss = this.loss_and_gradients(batch);
    if (!Number.isFinite(loss))
      throw new Error(
        `the loss is ${loss} at step ${this.optimizer.steps}: lower the learning rate ` +
          this.optimizer.lr,
      );
    this.optimizer.step();
    return loss;
  }
}
