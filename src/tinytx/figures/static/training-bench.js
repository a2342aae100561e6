// A small model learns a text in the page, letter by letter, in a worker.

const FAST = 1e6; // steps a second that no machine makes: no limit
const OWN = "Paste a text of your own, a few hundred letters or more. It is learned in this page, and " +
  "sent nowhere.";
const POINTS = 240; // of the loss curve

function trainingBench(data, host, say) {
  const state = {
    data, say, worker: null, awake: false, running: false, speed: null, points: [], every: 1,
    last: null, first: null,
  };
  const bench = { state, view: benchView() };
  const { view } = bench;
  const { learn, step, over } = view.buttons;
  learn.addEventListener("click", () => learnOrPause(bench));
  step.addEventListener("click", () => oneStep(bench));
  over.addEventListener("click", () => renew(bench));
  view.own.addEventListener("input", later(500, () => outdated(bench) && renew(bench)));
  view.own.addEventListener("keydown", (event) => event.stopPropagation());
  view.pick.querySelectorAll("input").forEach((input) => input.addEventListener("change", () => {
    view.ownField.hidden = input.value !== "own";
    renew(bench);
  }));
  view.speed.addEventListener("input", () => setSpeed(bench));
  bench.box = view.box;
  bench.wake = () => {
    state.awake = true;
    if (!view.box.hidden) enter(bench);
  };
  bench.enter = () => enter(bench);
  bench.stop = () => state.running && learnOrPause(bench);
  view.facts.textContent = data.training.facts;
  return bench;
}

// The tab is opened: show what a model writes that has learned nothing.
function enter(bench) {
  if (bench.state.awake && !bench.state.worker) renew(bench);
}

function benchView() {
  const facts = el("p", { className: "muted" });
  const pick = choice("Text", [["raven", "The Raven, by Poe"], ["own", "your own"]], "raven",
    () => {}).box;
  const own = el("textarea", { rows: 4, className: "own", spellcheck: false, "aria-label": "Your text" });
  const ownField = el("div", { hidden: true }, [
    own, el("p", { className: "muted", textContent: OWN }),
  ]);
  const buttons = { learn: push("Learn", () => {}), step: push("One step", () => {}),
    over: push("Start over", () => {}) };
  buttons.learn.classList.add("main");
  const speed = stopSlider("Steps a second", [1, 5, 20, 100, 500, FAST], FAST, () => {},
    (value) => (value === FAST ? "no limit" : String(value)));
  const told = el("p", { className: "muted told" });
  const read = numbers(["Step", "Loss", "Floor", "Still to go", "Per second"]);
  const title = el("p", { className: "title", textContent: "What it would write now" });
  const text = el("p", { className: "page", tabIndex: 0, role: "region" });
  text.setAttribute("aria-label", "What it would write now");
  const first = el("p", { className: "muted first" });
  const place = el("div", { className: "curve" });
  const box = el("div", { className: "bench" }, [
    facts, el("div", { className: "row controls" }, [pick]), ownField,
    el("div", { className: "row controls" }, [...Object.values(buttons), speed.box]), told,
    read.list, place,
    el("div", {}, [title, text, first]),
  ]);
  return { box, facts, pick, own, ownField, buttons, speed: speed.input, told, read, place, text, first };
}
