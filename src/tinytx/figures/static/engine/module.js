// Modules, as tinytx.manual.module has them: forward keeps what backward will need, and backward
// takes it away again. In the package a fresh module is in training mode; here, where most models
// only write, none is before train(): until then it keeps nothing and has no gradients.

class Module {
  training = false;
  #saved = null;
  #pending = 0; // forwards whose backward has not come yet
  #midway = false; // between the start of a whole model's forward and the end of its backward

  // Every module has the name by which its weights stand in the state dict.
  constructor(name) {
    this.name = name;
  }

  // An object for an operation's forward to fill with what its backward needs; null outside
  // training. Every op_forward takes one, and fills none if there is none.
  keep() {
    if (!this.training) return null;
    this.#pending++;
    return (this.#saved = {});
  }

  // What forward has kept, once. A backward that could belong to either of two forwards is refused.
  take() {
    const [saved, pending] = [this.#saved, this.#pending];
    this.#saved = null;
    this.#pending = 0;
    if (pending === 1) return saved;
    this.clear_saved();
    const where = this.training ? "" : " outside training, where nothing is kept: call train()";
    throw new Error(
      `${this.name}.backward: forward ran ${pending} times before it and must run once${where}`,
    );
  }

  // Drop whatever forwards have kept, here and in every module within.
  clear_saved() {
    for (const module of this.modules()) {
      module.#saved = null;
      module.#pending = 0;
      module.#midway = false;
    }
  }

  // Start a forward of a whole model: drop what one that was broken off has left behind.
  begin() {
    if (this.#midway && !this.#pending) this.clear_saved();
    this.#midway = this.training;
  }

  // End the backward of a whole model.
  finish() {
    this.#midway = false;
  }

  // Switch training on (or off), here and within. Gradients are there from the first time on.
  train(training = true) {
    this.clear_saved();
    for (const module of this.modules()) module.training = training;
    for (const p of training ? this.parameters() : []) p.grad ??= zeros(p.shape, p).data;
    return this;
  }

  // This module and all within it.
  modules() {
    const within = Object.values(this).flat().filter((value) => value instanceof Module);
    return [this, ...within.flatMap((module) => module.modules())];
  }

  // { name: parameter }: each once, under its first name, so that a tied head adds nothing. A
  // parameter is an array, with its gradient's numbers in `grad`.
  named_parameters() {
    const named = {};
    for (const module of this.modules())
      for (const part of ["weight", "bias"]) {
        const p = module[part];
        if (p && !Object.values(named).includes(p)) named[`${module.name}.${part}`] = p;
      }
    return named;
  }

  parameters() {
    return Object.values(this.named_parameters());
  }
}

// A module of one operation with a weight, and perhaps a bias. `watch` sees what every module puts
// out, under its name, and may put another in its place.
class Layer extends Module {
  constructor(state, name) {
    super(name);
    this.weight = parameter(state, `${name}.weight`);
    this.bias = state[`${name}.bias`];
  }

  // Add to the parameters' gradients, and hand on that of the input.
  accumulate([dx, dweight, dbias]) {
    add_to(this.weight.grad, dweight.data);
    if (dbias) add_to(this.bias.grad, dbias.data);
    return dx;
  }
}
