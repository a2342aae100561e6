// What happens at the training bench: a worker learns, the page shows how far it is.

// A new model with random weights, waiting.
function renew(bench) {
  const { state, view } = bench;
  state.worker?.stop();
  Object.assign(state, { worker: null, running: false, points: [], every: 1, last: null });
  view.buttons.learn.textContent = "Learn";
  for (const box of [view.told, view.text, view.first]) box.textContent = "";
  const text = (state.text = chosenText(bench));
  if (!text) {
    empty(bench);
    return void (view.told.textContent = "Give it a text first.");
  }
  state.worker = new tinytx.TrainingWorker({
    text, seed: state.data.training.seed, paused: true,
    onprogress: (progress) => hear(bench, progress),
    onerror: (message) => refuse(bench, message),
  });
  setSpeed(bench);
}

// No model: no numbers, no curve and no text of one that was there before.
function empty({ state, view }) {
  Object.assign(state, { worker: null, running: false, points: [], last: null });
  Object.assign(view, { chart: null });
  view.read.show(Array(5).fill("–"));
  for (const box of [view.place, view.text, view.first]) box.replaceChildren();
}

function chosenText({ state, view }) {
  return view.ownField.hidden ? state.data.training.text : view.own.value;
}

// Another text was chosen or typed, and the model does not know yet.
function outdated(bench) {
  return !bench.state.worker || bench.state.text !== chosenText(bench);
}

function refuse(bench, message) {
  const { state, view } = bench;
  empty(bench);
  view.buttons.learn.textContent = "Learn";
  view.told.textContent = `${message.slice(0, 300)}.`;
  state.say(view.told.textContent);
}

function learnOrPause(bench) {
  const { state, view } = bench;
  if (!state.awake) return;
  if (!state.running && outdated(bench)) renew(bench);
  if (!state.worker) return;
  state.running = !state.running;
  state.worker[state.running ? "resume" : "pause"]();
  view.buttons.learn.textContent = state.running ? "Pause" : "Go on";
  if (!state.running && state.last) state.say(`Paused. ${standing(state.last)}`);
}

function oneStep(bench) {
  const { state, view } = bench;
  if (!state.awake) return;
  if (!state.running && outdated(bench)) renew(bench);
  if (!state.worker) return;
  state.running = false;
  state.worker.step();
  state.worker.write();
  view.buttons.learn.textContent = "Go on";
}

function setSpeed({ state, view }) {
  const stops = [1, 5, 20, 100, 500, null];
  state.worker?.set_speed(stops[Number(view.speed.value)]);
}

function standing({ step, mean_loss, floor }) {
  return `Step ${step}: loss ${fixed(mean_loss, 3)}, floor ${fixed(floor, 3)}.`;
}

function later(milliseconds, act) {
  let timer = 0;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(act, milliseconds);
  };
}

function hear(bench, progress) {
  const { state, view } = bench;
  const { step, mean_loss, floor, steps_per_second, text } = progress;
  state.last = progress;
  keepPoint(state, step, mean_loss);
  view.read.show([String(step), fixed(mean_loss, 3), fixed(floor, 3), fixed(mean_loss - floor, 3),
    steps_per_second ? String(Math.round(steps_per_second)) : "–"]);
  if (view.text.textContent !== text) view.text.textContent = text;
  if (!step) view.first.textContent = `Before the first step: ${text.slice(0, 60).replace(/\s+/g, " ")}…`;
  drawCurve(bench);
}

// A point of the curve for every so many steps: twice as many when there are too many points.
function keepPoint(state, step, loss) {
  const { points } = state;
  if (points.length && step < points.at(-1)[0] + state.every) return;
  points.push([step, loss]);
  if (points.length <= POINTS) return;
  state.every = (2 * step) / POINTS;
  state.points = points.filter((_, i) => i % 2 === 0 || i === points.length - 1);
}

function drawCurve(bench) {
  const { state, view } = bench;
  const { step, mean_loss, floor } = state.last;
  const right = farEnough(step);
  const top = Math.ceil(state.points[0][1] * 2) / 2;
  if (!view.chart || view.right !== right || view.top !== top) {
    view.chart = lossOverSteps(right, top);
    Object.assign(view, { right, top });
    view.place.replaceChildren(view.chart.box);
  }
  view.chart.show([
    { points: [...state.points, [step, mean_loss]], name: "loss, mean of the last 100 steps" },
    { points: [[0, floor], [right, floor]], color: 1, name: FLOOR },
  ]);
  view.chart.mark({ dots: [{ x: step, y: mean_loss, text: fixed(mean_loss, 3) }] });
}

const FLOOR = "floor: no model with eight letters in view gets below";

function lossOverSteps(right, top) {
  const made = chart({
    label: "Loss in nats a letter over the steps, falling towards its floor", height: 170,
    x: [0, right], y: [0, top], ticks: { x: niceTicks(0, right, 4), y: niceTicks(0, top, 4) },
  });
  tuckLast(made);
  made.box.append(el("p", { className: "muted axis", textContent: "steps; loss in nats a letter" }));
  return made;
}

// The end of the axis: 100, 200, 500, 1000 and so on steps.
function farEnough(step) {
  let right = 100;
  for (let i = 0; right < step * 1.02; i++) right *= [2, 2.5, 2][i % 3];
  return right;
}
