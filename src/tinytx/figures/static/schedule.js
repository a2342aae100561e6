// The learning rate at each step, as tinytx.training.schedules.get_lr has it.

function rateAt(step, { lr, steps, warmup_steps, min_lr, schedule, decay_steps }) {
  if (step < warmup_steps) return (lr * (step + 1)) / warmup_steps;
  if (schedule === "constant") return lr;
  if (step >= steps) return min_lr;
  const fall = schedule === "trapezoidal" ? decay_steps : steps - warmup_steps;
  const done = Math.max(0, (step - (steps - fall)) / fall);
  const left = schedule === "cosine" ? 0.5 * (1 + Math.cos(Math.PI * done)) : 1 - done;
  return min_lr + (lr - min_lr) * left;
}

function ratesOf(plan) {
  return Array.from({ length: plan.steps }, (_, step) => rateAt(step, plan));
}

// The sum of all rates, in steps at the peak. What each addition rounds off is added at the end
// (a compensated sum): one digit after the point must be the one that math.fsum leads to.
function areaOf(plan) {
  let [sum, lost] = [0, 0];
  for (const rate of ratesOf(plan)) {
    const next = sum + rate;
    lost += Math.abs(sum) >= Math.abs(rate) ? sum - next + rate : rate - next + sum;
    sum = next;
  }
  return (sum + lost) / plan.lr;
}

// What tinytx train is told. A fall of its own length is the trapezoid's alone.
function optionsOf(plan) {
  const { lr, steps, warmup_steps, min_lr, schedule, decay_steps } = plan;
  const all = { steps, lr, "min-lr": min_lr, "warmup-steps": warmup_steps, schedule };
  if (schedule === "trapezoidal") all["decay-steps"] = decay_steps;
  const text = (value) => (typeof value === "number" ? plainNumber(value) : value);
  return Object.entries(all).map(([name, value]) => `--${name} ${text(value)}`).join(" ");
}
