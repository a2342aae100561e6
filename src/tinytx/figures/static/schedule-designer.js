// The schedule designer: a curve to shape, its value at one step, its area, and its options.

const NAME = "A learning rate over the steps of a run";
const STEPS = [10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000];
const PEAKS = [-5, -4, -3, -2, -1].flatMap((power) =>
  [1, 1.5, 2, 3, 4, 5, 6, 8].map((digit) => Number(`${digit}e${power}`)));
const SHARES = [0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1]; // of the peak

function figure({ plan, kinds, ask }) {
  const state = { wanted: { ...plan, step: Math.floor(plan.steps / 2) }, kept: null };
  fit(state);
  const put = (changes) => {
    Object.assign(state.wanted, changes);
    fit(state);
    draw();
  };
  const point = (step) => put({ step });
  const view = {
    read: numbers(["Step", "Rate there", "Of the peak", "Area, in steps at the peak"]),
    place: el("div"), kept: el("p", { className: "muted kept" }),
    options: el("textarea", { readOnly: true, rows: 2, className: "options" }),
    status: el("p", { className: "unseen status", "aria-live": "polite" }),
    sliders: sliders(state, put, point),
  };
  view.options.addEventListener("focus", () => view.options.select());
  const keep = el("button", { type: "button", className: "push", textContent: "Keep this curve" });
  keep.addEventListener("click", () => {
    state.kept = { ...state.plan };
    draw();
  });
  const draw = () => show(state, view, point);
  const names = kinds.map((kind) => [kind, kind]);
  const falls = choice("After the warm-up", names, plan.schedule, (schedule) => put({ schedule }));
  draw();
  return el("div", { className: "card schedule", role: "group", "aria-label": NAME }, [
    falls.box, el("p", { className: "ask", textContent: ask }),
    el("div", { className: "sliders controls" }, view.sliders.boxes), view.read.list, view.place,
    el("div", { className: "row controls" }, [keep, view.kept]),
    el("label", { className: "told" }, [
      el("span", { className: "label", textContent: "The same on the command line" }), view.options,
    ]),
    view.status,
  ]);
}

function show(state, view, point) {
  const { plan, step } = state;
  const rate = rateAt(step, plan);
  const share = `${fixed((100 * rate) / plan.lr, 1)} %`;
  const texts = [step, scientific(rate), share, fixed(areaOf(plan), 1)].map(String);
  view.sliders.set(state);
  view.place.replaceChildren(curve(state, point));
  view.read.show(texts);
  view.options.value = `tinytx train tales ${optionsOf(plan)}`;
  view.kept.textContent = comparison(state);
  view.status.textContent = `${plan.schedule}: rate ${texts[1]} at step ${texts[0]}, ` +
    `${texts[2]} of the peak; area ${texts[3]} steps at the peak.`;
}

// What the other numbers allow: a warm-up and a fall that fit into the run, a step inside it. What
// was wanted comes back once there is room for it.
function fit(state) {
  const { step, ...plan } = state.wanted;
  plan.warmup_steps = Math.min(plan.warmup_steps, plan.steps);
  plan.min_lr = Math.min(plan.min_lr, plan.lr);
  const most = Math.max(1, plan.steps - plan.warmup_steps);
  plan.decay_steps = Math.max(1, Math.min(plan.decay_steps, most));
  if (plan.schedule === "trapezoidal" && plan.warmup_steps === plan.steps)
    plan.warmup_steps = plan.steps - 1;
  Object.assign(state, { plan, step: Math.max(0, Math.min(step, plan.steps - 1)) });
}

function sliders(state, put, point) {
  const { plan } = state;
  const whole = (label, key, low) =>
    slider(label, { min: low, max: plan.steps, step: 1, value: plan[key] },
      (value) => put({ [key]: value }));
  const [warm, fall] = [whole("Warm-up", "warmup_steps", 0), whole("Fall", "decay_steps", 1)];
  const at = slider("Step", { min: 0, max: plan.steps - 1, step: 1, value: state.step }, point);
  const low = (share) => put({ min_lr: rounded(share * state.plan.lr) });
  // The lowest rate is a share of the peak: it follows when the peak moves.
  const peak = (lr) =>
    put({ lr, min_lr: rounded((state.plan.min_lr / state.plan.lr) * lr) });
  const lowest = stopSlider("Lowest rate", SHARES, rounded(plan.min_lr / plan.lr), low,
    (share) => `${plainNumber(Number((100 * share).toPrecision(3)))} %`);
  const made = [
    stopSlider("Peak", PEAKS, plan.lr, peak, scientific), lowest,
    stopSlider("Steps in all", STEPS, plan.steps, (steps) => put({ steps }), String),
    warm, fall, at,
  ];
  const set = ({ plan: { steps, warmup_steps, decay_steps, schedule }, step }) => {
    warm.input.max = steps;
    fall.input.max = Math.max(1, steps - warmup_steps);
    at.input.max = steps - 1;
    [warm, fall, at].forEach((one, i) => one.set([warmup_steps, decay_steps, step][i]));
    fall.box.hidden = schedule !== "trapezoidal";
  };
  return { boxes: made.map(({ box }) => box), set };
}

function comparison({ plan, kept }) {
  if (!kept) return "Keep a curve to lay another over it.";
  const [mine, other] = [plan, kept].map((one) => areaOf(one) * one.lr);
  return `Area of this curve: ${fixed((100 * mine) / other, 1)} % of the kept one ` +
    `(${kept.schedule}).`;
}

function rounded(rate) {
  return Number(rate.toPrecision(6));
}
