// The BPE stepper: a text, its tokens, the pair counts, and the merges one by one.

function figure(data) {
  const state = { split: data.pattern !== null, at: 0, timer: 0, trained: null };
  const view = { field: textField(data), stage: stageBox(), side: sidePanels() };
  view.numbers = numbers(["Step", "Tokens", "Bytes/token", "Vocabulary"]);
  view.status = el("p", { className: "status", "aria-hidden": "true" });
  view.live = el("p", { className: "unseen", "aria-live": "polite" });
  const step = (to) => {
    state.at = Math.max(0, Math.min(to, state.trained.steps.length - 1));
    show(state, view);
  };
  const retrain = () => {
    const pattern = state.split ? data.pattern || "gpt2" : null;
    state.trained = train(view.field.text, pattern, data.merges ?? Infinity);
    stop(state, view);
    view.stage.keep(state.trained);
    step(0);
  };
  view.controls = controls(state, view, step);
  view.field.changed = retrain;
  const split = toggle("Split the text into words first", state.split, (on) => {
    state.split = on;
    retrain();
  });
  const root = el("div", { className: "card stepper", role: "group" }, [
    view.field.box, split, view.controls.box, view.status, view.live,
    view.numbers.list, view.stage.box, view.side.box,
  ]);
  root.setAttribute("aria-label", "Byte-pair encoding, step by step");
  root.addEventListener("keydown", (event) => keys(event, state, view, step));
  retrain();
  return root;
}

function textField(data) {
  const area = el("textarea", { value: data.text, rows: 2, spellcheck: false, id: "text" });
  const note = el("p", { className: "muted note", id: "note" });
  note.setAttribute("aria-live", "polite");
  area.setAttribute("aria-describedby", "note");
  const label = el("label", { htmlFor: "text", className: "label", textContent: "Text" });
  const field = { text: data.text, box: el("div", { className: "field" }, [label, area, note]) };
  const update = () => {
    const length = [...area.value].length;
    const over = length - data.limit;
    area.setAttribute("aria-invalid", String(over > 0));
    note.textContent =
      over > 0
        ? `${length} characters, at most ${data.limit}: delete ${over} to go on.`
        : `${length} of at most ${data.limit} characters`;
    if (over > 0 || !field.changed) return;
    field.text = area.value;
    field.changed();
  };
  area.addEventListener("input", update);
  update();
  return field;
}

function stageBox() {
  // The ghost is the sequence at the start, unseen: it keeps the room, so that the page below
  // does not jump at each step.
  const ghost = el("div", { className: "words ghost", "aria-hidden": "true" });
  const words = el("div", { className: "words" });
  const box = el("div", { className: "stage", role: "group", tabIndex: 0 }, [ghost, words]);
  box.setAttribute("aria-label", "Tokens. Arrow keys step, space plays.");
  const keep = ({ steps, vocab }) =>
    ghost.replaceChildren(...steps[0].words.map((word) => wordBox(word, vocab)));
  return { box, words, keep };
}

function controls(state, view, step) {
  const button = (icon, name, act) => {
    const made = el("button", { type: "button", title: name, "aria-label": name });
    made.append(el("span", { className: `icon ${icon}` }));
    // aria-disabled keeps the focus where it is; a disabled button would lose it.
    made.addEventListener("click", () => made.ariaDisabled === "true" || act());
    return made;
  };
  const go = (to) => () => (stop(state, view), step(to()));
  const first = button("first", "First step", go(() => 0));
  const back = button("back", "One step back", go(() => state.at - 1));
  const play = button("play", "Play", () => playOrPause(state, view, step));
  const next = button("forward", "One step forward", go(() => state.at + 1));
  const last = button("last", "Last step", go(() => Infinity));
  const slider = el("input", { type: "range", min: 0, value: 0, "aria-label": "Step" });
  slider.addEventListener("input", () => go(() => Number(slider.value))());
  const speed = el("select", { "aria-label": "Speed" }, [
    ...[["2000", "½ ×"], ["1000", "1 ×"], ["500", "2 ×"], ["250", "4 ×"]].map(
      ([value, textContent]) => el("option", { value, textContent }),
    ),
  ]);
  speed.value = "1000";
  const buttons = el("div", { className: "buttons" }, [first, back, play, next, last]);
  const label = el("label", { className: "speed" }, [
    el("span", { className: "label", textContent: "Speed" }), speed,
  ]);
  const box = el("div", { className: "controls" }, [buttons, slider, label]);
  return { box, first, back, play, next, last, slider, speed };
}

function playOrPause(state, view, step) {
  if (state.timer) return stop(state, view);
  const end = state.trained.steps.length - 1;
  if (end === 0) return;
  const tick = () => {
    if (!view.stage.box.isConnected) return stop(state, view);
    step(state.at + 1);
    if (state.at >= end) return stop(state, view);
    state.timer = setTimeout(tick, Number(view.controls.speed.value));
  };
  if (state.at >= end) step(0);
  state.timer = setTimeout(tick, Number(view.controls.speed.value) / 2);
  playLook(view, true);
}

function stop(state, view) {
  clearTimeout(state.timer);
  state.timer = 0;
  playLook(view, false);
}

function playLook(view, playing) {
  const { play } = view.controls;
  play.title = playing ? "Pause" : "Play";
  play.setAttribute("aria-label", play.title);
  play.firstChild.className = playing ? "icon pause" : "icon play";
}

function keys(event, state, view, step) {
  const target = event.target;
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  if (target.matches("textarea, select, input[type=range]")) return;
  const last = state.trained.steps.length - 1;
  const moves = { ArrowLeft: state.at - 1, ArrowRight: state.at + 1, Home: 0, End: last };
  if (event.key in moves) {
    stop(state, view);
    step(moves[event.key]);
  } else if (event.key === " " && target === view.stage.box) playOrPause(state, view, step);
  else return;
  event.preventDefault();
  event.stopPropagation();
}
