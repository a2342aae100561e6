// A schedule drawn, and its numbers written.

const MOST_POINTS = 500; // of a curve

function curve({ plan, step, kept }, point) {
  const most = Math.max(plan.steps, kept ? kept.steps : 0);
  const top = Math.max(plan.lr, kept ? kept.lr : 0) * 1.08;
  const made = chart({
    label: "The learning rate at each step", x: [0, most], y: [0, top], height: 230,
    ticks: { x: niceTicks(0, most, 5), y: niceTicks(0, top, 4) },
    format: { x: String, y: plainShort },
    lines: [
      { points: pointsOf(plan), name: kept ? "this curve" : "", color: 0 },
      ...(kept ? [{ points: pointsOf(kept), name: "the one you kept", color: 1 }] : []),
    ],
    pick: (x) => point(Math.round(x)),
  });
  const rate = rateAt(step, plan);
  made.mark({
    rules: [{ x: step, color: 3 }], dots: [{ x: step, y: rate, color: 0, text: scientific(rate) }],
  });
  tuckLast(made);
  const axis = el("p", { className: "muted axis", textContent: "steps" });
  return el("div", {}, [made.box, axis]);
}

// Where a curve bends, and as many steps between as can be seen.
function pointsOf(plan) {
  const { steps, warmup_steps, decay_steps } = plan;
  const stride = Math.max(1, Math.ceil(steps / MOST_POINTS));
  const bends = [warmup_steps - 1, warmup_steps, steps - decay_steps, steps - 1];
  const even = Array.from({ length: Math.ceil(steps / stride) }, (_, i) => i * stride);
  const all = [...new Set([...even, ...bends])].filter((step) => step >= 0 && step < steps);
  return all.sort((one, other) => one - other).map((step) => [step, rateAt(step, plan)]);
}

// A rate with three digits: 0.0003, 1.23 · 10⁻⁵.
function scientific(rate) {
  if (rate === 0 || rate >= 1e-4) return plainNumber(Number(rate.toPrecision(3)));
  const [digits, power] = rate.toExponential(2).split("e");
  return `${Number(digits)} · 10${raised(Number(power))}`;
}

// The same for a narrow axis.
function plainShort(rate) {
  if (rate === 0 || rate >= 1e-3) return plainNumber(rate);
  const [digits, power] = rate.toExponential(1).split("e");
  return `${Number(digits)}·10${raised(Number(power))}`;
}
