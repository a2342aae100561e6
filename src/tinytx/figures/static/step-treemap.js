// The treemap of a training step: tiles to go through by mouse or by the arrow keys.

const NAME = "Where the time of a training step goes";
const HINT = "Areas are seconds. The arrow keys go from tile to tile, from large parts to small " +
  "ones. What no operation had (masks, Python’s own work) is the rest.";
const COLORS = ["embedding", "norms", "attention", "scores", "mlp", "residual", "head", "update"];
const WIDE = 800; // pixels, until the page says how wide the figure is
const LETTER = 7.4; // pixels, about: a name is written where it has room
const LINES = [22, 42]; // the height that a name needs, and that a name with its share needs

function figure({ ask, steps }) {
  const state = { at: 0, direction: "both", name: steps[0].tiles[0].name, width: WIDE };
  const view = {
    key: el("p", { className: "tree-key" }),
    map: el("div", { className: "tree", role: "listbox", "aria-label": NAME }),
    status: el("p", { className: "status", "aria-live": "polite" }),
  };
  // A direction without time in one of the steps has no tiles to show.
  const ways = ["both", "forward", "backward"].filter((direction) =>
    steps.every(({ tiles }) => tiles.some((tile) => secondsIn(tile, direction) > 0)));
  const put = (changes, focus = false) => {
    Object.assign(state, changes);
    draw(view, steps[state.at], state, put);
    if (focus) view.map.querySelector('[tabindex="0"]').focus();
  };
  const box = el("div", { className: "card treemap", role: "group", "aria-label": NAME }, [
    ...(ask ? [el("p", { className: "ask", textContent: ask })] : []),
    el("div", { className: "row controls" }, [
      ...(steps.length > 1 ? [picker("Step", steps, (at) => put({ at }))] : []),
      ...(ways.length > 1 ? [choice("Direction", ways.map((name) => [name, name]), "both",
        (direction) => put({ direction })).box] : []),
    ]),
    view.status, view.map, view.key, el("p", { className: "muted", textContent: HINT }),
  ]);
  goThrough(view.map, put);
  new ResizeObserver(([{ contentRect }]) => {
    if (contentRect.width && Math.abs(contentRect.width - state.width) > 0.5)
      put({ width: contentRect.width }, view.map.contains(box.getRootNode().activeElement));
  }).observe(view.map);
  put({});
  return box;
}

function draw(view, step, state, put) {
  const groups = groupsOf(step.tiles, state.direction);
  const all = groups.flatMap(({ tiles }) => tiles);
  const total = all.reduce((sum, { seconds }) => sum + seconds, 0);
  if (!all.some(({ name }) => name === state.name)) state.name = all[0].name;
  const height = state.width < 500 ? 460 : 380;
  view.map.style.height = `${height}px`;
  const frame = { x: 0, y: 0, width: state.width, height };
  const boxes = squarifyGroups(groups.map(({ tiles }) => tiles.map(({ seconds }) => seconds)), frame);
  view.map.replaceChildren(...groups.flatMap(({ part, tiles }, i) => tiles.map((tile, j) => {
    const made = tileOf(tile, part, boxes[i][j], frame, total);
    made.setAttribute("aria-selected", String(tile.name === state.name));
    made.tabIndex = tile.name === state.name ? 0 : -1;
    // Not pointerenter: tiles made anew under a pointer that rests would speak in place of the keys.
    made.addEventListener("pointermove", (event) =>
      event.pointerType === "mouse" && say(view, tile, state.direction, total));
    made.addEventListener("click", () => put({ name: tile.name }, true));
    return made;
  })));
  view.map.onpointerleave = () => say(view, chosenOf(all, state), state.direction, total);
  view.key.replaceChildren(...groups.map(({ part, seconds }) =>
    el("span", {}, [el("i", { className: colorOf(part) }), `${part} ${perCent(seconds / total)}`])));
  say(view, chosenOf(all, state), state.direction, total);
}

function chosenOf(all, { name }) {
  return all.find((tile) => tile.name === name);
}

// Parts from large to small, and their tiles; a tile without time in this direction is left out.
function groupsOf(tiles, direction) {
  const timed = tiles.map((tile) => ({ ...tile, seconds: secondsIn(tile, direction) }))
    .filter(({ seconds }) => seconds > 0);
  const parts = [...new Set(timed.map(({ part }) => part))];
  return parts.map((part) => {
    const mine = timed.filter((tile) => tile.part === part).sort((a, b) => b.seconds - a.seconds);
    return { part, tiles: mine, seconds: mine.reduce((sum, { seconds }) => sum + seconds, 0) };
  }).sort((one, other) => other.seconds - one.seconds);
}

function secondsIn({ forward, backward, other }, direction) {
  return { both: forward + backward + other, forward, backward }[direction];
}

function tileOf(tile, part, { x, y, width, height }, frame, total) {
  const fits = (high) => width >= LETTER * Math.max(5, tile.name.length) + 12 && height >= high;
  const share = perCent(tile.seconds / total);
  const made = el("div", { className: "tile", role: "option" }, [
    el("div", { className: colorOf(part) }, [
      ...(fits(LINES[0]) ? [el("span", { textContent: tile.name })] : []),
      ...(fits(LINES[1]) ? [el("span", { className: "share", textContent: share })] : []),
    ]),
  ]);
  made.setAttribute("aria-label", `${tile.name}, ${part}, ${share}`);
  const place = { left: x / frame.width, top: y / frame.height, width: width / frame.width,
    height: height / frame.height };
  for (const [side, value] of Object.entries(place)) made.style[side] = `${100 * value}%`;
  made.dataset.name = tile.name;
  return made;
}

function colorOf(part) {
  const at = COLORS.indexOf(part);
  return at < 0 ? "plain" : `tint${at}`;
}

function perCent(share) {
  return `${fixed(100 * share, 1)} %`;
}

function say(view, { name, forward, backward, other, seconds }, direction, total) {
  const of = direction === "both" ? "the step" : `the ${direction} pass`;
  const each = direction !== "both" || other ? ""
    : ` (forward ${duration(forward)}, backward ${duration(backward)})`;
  const text = `${name}: ${duration(seconds)}, ${perCent(seconds / total)} of ${of}${each}`;
  if (view.status.textContent !== text) view.status.textContent = text;
}

// The arrow keys go through the tiles in their order.
function goThrough(map, put) {
  map.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const all = [...map.children];
    const at = all.findIndex((tile) => tile.tabIndex === 0);
    const last = all.length - 1;
    const to = {
      ArrowRight: Math.min(at + 1, last), ArrowDown: Math.min(at + 1, last),
      ArrowLeft: Math.max(at - 1, 0), ArrowUp: Math.max(at - 1, 0), Home: 0, End: last,
    }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    put({ name: all[to].dataset.name }, true);
  });
}
