// Buttons to the first and last step, one step back and on, play, and a slider: by mouse and keys.

const PACE = 900; // milliseconds a step

// player(name, go): {box, keys(event), set(at, last), stop()}. go(at) is asked for; set() answers.
function player(name, go) {
  const state = { at: 0, last: 0, timer: 0 };
  const stop = () => {
    clearTimeout(state.timer);
    state.timer = 0;
    look();
  };
  const move = (to) => {
    stop();
    go(Math.max(0, Math.min(state.last, to)));
  };
  const tick = () => {
    if (!box.isConnected) return stop();
    go(state.at + 1);
    if (state.at >= state.last) return stop();
    state.timer = setTimeout(tick, PACE);
  };
  const playOrPause = () => {
    if (state.timer || !state.last) return stop();
    if (state.at >= state.last) go(0);
    state.timer = setTimeout(tick, PACE / 2);
    look();
  };
  const buttons = playerButtons(state, move, playOrPause);
  const { look } = buttons;
  const scrub = slider(name, { min: 0, max: 1, step: 1, value: 0, format: (at) =>
    `${at + 1} of ${state.last + 1}` }, move);
  const box = el("div", { className: "player controls" }, [buttons.box, scrub.box]);
  const set = (at, end) => {
    Object.assign(state, { at, last: end });
    scrub.input.max = end;
    scrub.set(at);
    look();
  };
  const keys = (event) => moveByKey(event, state, move);
  return { box, keys, set, stop };
}

function playerButtons(state, move, playOrPause) {
  const first = iconButton("first", "First step", () => move(0));
  const back = iconButton("back", "One step back", () => move(state.at - 1));
  const play = iconButton("play", "Play", playOrPause);
  const on = iconButton("forward", "One step forward", () => move(state.at + 1));
  const last = iconButton("last", "Last step", () => move(state.last));
  const look = () => {
    play.title = state.timer ? "Pause" : "Play";
    play.setAttribute("aria-label", play.title);
    play.firstChild.className = state.timer ? "icon pause" : "icon play";
    first.ariaDisabled = back.ariaDisabled = String(state.at === 0);
    on.ariaDisabled = last.ariaDisabled = String(state.at === state.last);
  };
  return { box: el("div", { className: "buttons" }, [first, back, play, on, last]), look };
}

function iconButton(icon, label, act) {
  const button = el("button", { type: "button", title: label, "aria-label": label });
  button.append(el("span", { className: `icon ${icon}` }));
  // aria-disabled keeps the focus where it is; a disabled button would lose it.
  button.addEventListener("click", () => button.ariaDisabled === "true" || act());
  return button;
}

// Arrows, Home and End move, wherever the focus is, but for what uses them itself.
function moveByKey(event, { at, last }, move) {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.target.matches("input[type=range], select")) return;
  const moves = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: last };
  if (!(event.key in moves)) return;
  move(moves[event.key]);
  event.preventDefault();
  event.stopPropagation();
}
