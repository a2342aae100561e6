// The pictures of the cache animation: keys and values over the steps, the scores of one step.

const LEGEND = [
  ["entry made", "key over value: computed"], ["entry again", "computed again, the same numbers"],
  ["entry gone", "thrown away"], ["entry read now", "read from the cache"],
  ["score made", "score"], ["score again", "score computed again"],
  ["score masked", "computed, then masked"], ["query made", "query"],
];

// One side, without or with a cache: {box, build(P, last), show(at)}.
function sideOf(title, cached) {
  const entries = el("div", { className: "cells", role: "img" });
  const scores = el("div", { className: "cells", role: "img" });
  let [P, grid, heads, square] = [0, [], {}, []];
  const build = (prompt, last) => {
    P = prompt;
    const width = P + last;
    grid = Array.from({ length: last + 1 }, () => spans(width));
    square = Array.from({ length: width }, () => spans(width));
    heads = { queries: spans(width), keys: spans(width) };
    fill(entries, width, ticks(width), grid.map((row, i) => [tick(i + 1, i === 0), ...row]));
    fill(scores, width, [el("span"), ...heads.keys],
      square.map((row, i) => [heads.queries[i], ...row]));
  };
  const show = (at) => {
    paint({ grid, square, ...heads }, P, at, cached);
    const { tokens, rows, read, again } = stepOf(P, at, cached);
    const start = `${title}, step ${at + 1}:`;
    const more = cached ? `${read} read from the cache` : `${again} of them again`;
    const asked = rows === 1 ? "1 query" : `${rows} queries`;
    entries.setAttribute("aria-label",
      `${start} of ${tokens} keys and values ${rows} computed, ${more}`);
    scores.setAttribute("aria-label", `${start} scores of ${asked} on ${many(tokens, "key")}`);
  };
  const label = (text) => el("p", { className: "label", textContent: text });
  const box = el("section", {}, [
    el("p", { className: "title", textContent: title }),
    label("Keys and values: a row for each step"), entries,
    label("Scores of this step: queries down, keys across"), scores,
  ]);
  return { box, build, show };
}

// Every cell gets its state as a class: grid[step][token], square[query][key], keys, queries.
function paint({ grid, square, keys, queries }, P, at, cached) {
  grid.forEach((row, number) => row.forEach((cell, j) => {
    const state = entryState(P, number, j, at, cached);
    cell.className = `entry ${state}${number === at ? " now" : ""}`;
  }));
  square.forEach((row, i) => row.forEach((cell, j) => {
    cell.className = `score ${scoreState(P, at, i, j, cached)}`;
  }));
  keys.forEach((cell, j) => {
    const state = entryState(P, at, j, at, cached);
    cell.className = `key ${state}`;
    queries[j].className = `query ${state === "read" ? "" : state}`;
  });
}

function spans(n) {
  return Array.from({ length: n }, () => el("span"));
}

function tick(text, shown) {
  return el("span", { className: "tick", textContent: shown || text % 5 === 0 ? text : "" });
}

function ticks(width) {
  return [el("span"), ...spans(width).map((_, j) => tick(j, false))];
}

function fill(box, width, head, rows) {
  box.style.gridTemplateColumns = `18px repeat(${width}, minmax(0, 1fr))`;
  box.replaceChildren(...head, ...rows.flat());
}

function legend() {
  return el("ul", { className: "legend" }, LEGEND.map(([names, text]) =>
    el("li", {}, [el("span", { className: names, "aria-hidden": "true" }), text])));
}

// The text: what was read before, what is read now, what is written, and at which position.
function strip(tokens) {
  const made = tokens.map((text) => {
    const place = el("span", { className: "place" });
    const said = el("span", { className: "unseen" });
    const token = el("span", { className: "token", textContent: text });
    return { box: el("li", {}, [token, place, said]), place, said };
  });
  const list = el("ol", { className: "strip" }, made.map(({ box }) => box));
  const show = ({ P, at, mistake }) => made.forEach(({ box, place, said }, i) => {
    const T = P + at;
    const [mine, wrong] = [placeOf(i, P, mistake), i < T && placeOf(i, P, mistake) !== i];
    const names = [i < P ? "prompt" : "new"];
    if (i === T) names.push("next");
    if (i > T) names.push("later");
    if (at ? i === T - 1 : i < T) names.push("reading");
    if (wrong) names.push("wrong");
    box.className = names.join(" ");
    place.textContent = wrong ? `✗ ${mine}` : i;
    said.textContent = i > T ? ", not written yet" : i === T ? ", written by this step"
      : wrong ? `, and should be ${i}` : "";
  });
  return { box: list, show };
}
