// The training replay: a run that was recorded, scrubbed by hand. Loss, text and attention.

const NAME = "A training run, replayed";

function figure(data, host) {
  const state = { at: 0, query: data.labels ? data.labels.length - 1 : 0 };
  const put = (changes) => {
    Object.assign(state, changes);
    draw();
  };
  const last = data.evaluated.length - 1;
  const label = (i) => `step ${count(data.evaluated[i])}`;
  const scrub = slider("Snapshot", { min: 0, max: last, step: 1, value: 0, format: label },
    (at) => put({ at }));
  const go = (by) => put({ at: Math.max(0, Math.min(last, state.at + by)) });
  const read = numbers(["Step", "Loss", ...(data.validation ? ["Validation"] : []),
    ...(data.floor === null ? [] : [`Above ${data.floor_name}`])]);
  const losses = lossChart(data, (at) => put({ at }));
  const text = el("pre", { className: "written", tabIndex: 0, role: "region" });
  text.style.height = `${lineCount(data.text)}lh`;
  const heading = el("p", { className: "title" });
  const maps = data.attention ? attentionMaps(data, host, (query) => put({ query })) : null;
  const status = el("p", { className: "unseen status", "aria-live": "polite" });
  const draw = () => {
    scrub.set(state.at);
    read.show(numbersAt(data, state.at));
    losses.show(state.at);
    heading.textContent = `What it writes at ${label(state.at)}`;
    text.textContent = data.text[state.at];
    text.setAttribute("aria-label", heading.textContent);
    if (maps) maps.show(state);
    status.textContent = `${label(state.at)}: ${spoken(data, state.at)}`;
  };
  draw();
  return el("div", { className: "card replay", role: "group", "aria-label": NAME }, [
    ...(data.ask ? [el("p", { className: "ask", textContent: data.ask })] : []),
    el("div", { className: "scrub controls" }, [
      button("‹", "One snapshot back", () => go(-1)), scrub.box,
      button("›", "One snapshot on", () => go(1)),
    ]),
    read.list, losses.box, el("div", {}, [heading, text]), ...(maps ? [maps.box] : []), status,
  ]);
}

function button(text, name, press) {
  const settings = { type: "button", className: "push", textContent: text, "aria-label": name };
  const made = el("button", settings);
  made.addEventListener("click", press);
  return made;
}

// As many lines as the longest text needs, so that the page below does not jump; at most ten.
function lineCount(texts) {
  const needed = texts.map((text) =>
    text.split("\n").reduce((sum, line) => sum + 1 + Math.floor(line.length / 75), 0));
  return Math.min(10, Math.max(2, ...needed)) + 1.5;
}

function numbersAt(data, at) {
  const loss = data.loss[data.at[at]];
  const best = data.validation ? data.validation[at] : loss;
  return [count(data.evaluated[at]), fixed(loss, 3), ...(data.validation ? [fixed(best, 3)] : []),
    ...(data.floor === null ? [] : [fixed(best - data.floor, 3)])];
}

function spoken(data, at) {
  const [, loss, validation] = numbersAt(data, at);
  return `loss ${loss}${data.validation ? `, validation ${validation}` : ""}.`;
}
