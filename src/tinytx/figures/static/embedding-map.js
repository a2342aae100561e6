// The embedding map: points, the list of tokens for the keyboard, and the neighbours of one.

function figure(data) {
  const { labels, points, neighbours } = data;
  const state = { chosen: data.chosen, hovered: null, found: null };
  const put = (changes) => {
    if (Object.entries(changes).every(([key, value]) => state[key] === value)) return;
    Object.assign(state, changes);
    draw();
  };
  const choose = (chosen) => put({ chosen, hovered: null });
  // Lines go to what points in a similar direction, and not to more than the eye can follow.
  const alike = (i) => neighbours[i].filter(([, cosine]) => cosine > 0).slice(0, LINES);
  const map = pointMap(points, labels, NAME, { hover: (hovered) => put({ hovered }), choose });
  const list = tokenList(labels, choose);
  const search = searchField(labels, (found) => put({ found }), choose);
  const panel = neighbourPanel(data, choose);
  const status = el("p", { className: "unseen status", "aria-live": "polite" });
  const draw = () => {
    map.show({ ...state, near: alike(state.chosen).map(([i]) => i) });
    list.show(state);
    panel.show(state.chosen);
    const said = sentence(data, state.chosen);
    if (status.textContent !== said) status.textContent = said;
  };
  draw();
  const title = data.title ? [el("p", { className: "title", textContent: data.title })] : [];
  return el("div", { className: "card embedding", role: "group", "aria-label": NAME }, [
    ...title, ...shares(data),
    el("div", { className: "sides" }, [map.box, panel.box]),
    search.box, list.box, status,
  ]);
}

const LINES = 5;
const NAME = "A map of the embedding";

function percent(value) {
  return `${value.toFixed(1)} %`;
}

function shares({ shares: [across, up], d_model: D, labels }) {
  const shown = across + up;
  const share = numbers(["Rows", "Dimensions", "Variance on the map"]);
  share.show([String(labels.length), String(D), percent(shown)]);
  const hidden = shown > 99.9
    ? "The two directions of the map hold all of it."
    : `The other ${percent(100 - shown)} is in directions that the map does not have: points that ` +
      `look close may be far apart. The neighbours are found in all ${D} dimensions.`;
  const text = `Across ${percent(across)}, upwards ${percent(up)}. ${hidden}`;
  return [share.list, el("p", { className: "muted", textContent: text })];
}

function sentence({ labels, neighbours }, chosen) {
  const all = neighbours[chosen].slice(0, 3);
  const near = all.map(([i, cosine]) => `“${labels[i]}” ${fixed(cosine, 3)}`).join(", ");
  return `“${labels[chosen]}”, nearest: ${near}`;
}

// Every token once, for the keyboard: arrow keys choose.
function tokenList(labels, choose) {
  const box = el("div", { className: "list", role: "listbox", "aria-label": "All tokens" });
  const options = labels.map((text) =>
    el("span", { className: "token", role: "option", tabIndex: -1, textContent: text }));
  box.append(...options);
  const go = (i) => {
    choose(i);
    options[i].focus();
  };
  box.addEventListener("click", (event) => {
    const i = options.indexOf(event.target);
    if (i >= 0) go(i);
  });
  box.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const open = options.map((_, i) => i).filter((i) => !options[i].hidden);
    const to = step(open, options.indexOf(event.target), event.key);
    if (to === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    go(to);
  });
  const show = ({ chosen, found }) => {
    options.forEach((made, i) => {
      made.hidden = !!found && !found.has(i);
      made.setAttribute("aria-selected", String(i === chosen));
      made.tabIndex = -1;
    });
    const stop = options[chosen].hidden ? options.find((made) => !made.hidden) : options[chosen];
    if (stop) stop.tabIndex = 0;
  };
  return { box, show };
}

// Where a key leads from `here` in a list of open places; undefined for any other key.
function step(open, here, key) {
  const place = open.indexOf(here);
  const last = open.length - 1;
  const moves = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1, Home: -last, End: last };
  if (moves[key] === undefined || place < 0) return undefined;
  return open[Math.max(0, Math.min(last, place + moves[key]))];
}

// Type to find: the map and the list keep what matches, Enter takes the first.
function searchField(labels, give, choose) {
  const input = el("input", { type: "search", className: "find", autocomplete: "off" });
  const note = el("span", { className: "muted", role: "status" });
  const find = () => {
    const wanted = input.value.toLowerCase().replaceAll(" ", "␣");
    const all = labels.map((_, i) => i).filter((i) => labels[i].toLowerCase().includes(wanted));
    note.textContent = wanted ? `${all.length} of ${labels.length} match` : "";
    give(wanted ? new Set(all) : null);
    return wanted ? all : [];
  };
  input.addEventListener("input", find);
  input.addEventListener("keydown", (event) => {
    const all = event.key === "Enter" ? find() : [];
    if (all.length) choose(all[0]);
    if (event.key !== "Tab") event.stopPropagation();
  });
  const name = el("span", { className: "label", textContent: "Find a token" });
  const box = el("div", { className: "row controls" }, [
    el("label", { className: "row" }, [name, input]), note,
  ]);
  return { box };
}

function neighbourPanel({ labels, neighbours }, choose) {
  const title = el("p", { className: "title" });
  const list = el("ol", { className: "near-list" });
  const item = ([i, cosine]) => {
    const bar = el("span", { className: "bar" }, [el("span")]);
    bar.firstChild.style.width = `${Math.max(0, cosine) * 100}%`;
    const button = el("button", { type: "button" }, [
      el("span", { className: "token", textContent: labels[i] }), bar,
      el("span", { className: "cosine", textContent: fixed(cosine, 3) }),
    ]);
    button.addEventListener("click", () => choose(i));
    return el("li", {}, [button]);
  };
  let shown = null;
  // Made anew for another token only: the focus stays, at the same place of the list.
  const show = (chosen) => {
    if (chosen === shown) return;
    shown = chosen;
    const token = el("span", { className: "token", textContent: labels[chosen] });
    title.replaceChildren("Nearest to ", token);
    const buttons = () => [...list.querySelectorAll("button")];
    const at = buttons().indexOf(list.getRootNode().activeElement);
    list.replaceChildren(...neighbours[chosen].map(item));
    if (at >= 0) buttons()[at].focus();
  };
  const note = el("p", { className: "muted", textContent: COSINE });
  return { box: el("div", { className: "nearest" }, [title, list, note]), show };
}

const COSINE =
  "By cosine: 1 is the same direction, 0 a right angle. Choose a point, a neighbour, or a token " +
  "of the list below.";
