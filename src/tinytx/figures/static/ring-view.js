// The ring as a circle with arrows, and the table of what every rank holds.

const RADIUS = 76; // of a view box of 220 by 220, around its middle

function onCircle(turn, radius) {
  const angle = 2 * Math.PI * turn - Math.PI / 2;
  return [radius * Math.cos(angle), radius * Math.sin(angle)].map((x) => x.toFixed(2));
}

// ringPicture(n): {box, show(state)}: who sends which chunk to whom.
function ringPicture(n) {
  const gap = 0.062; // of a turn, for the node itself
  const arrows = Array.from({ length: n }, (_, rank) => {
    const [from, to] = [rank / n + gap, (rank + 1) / n - gap];
    const [a, b] = [onCircle(from, RADIUS), onCircle(to, RADIUS)];
    const path = svg("path", {
      d: `M${a} A${RADIUS} ${RADIUS} 0 0 1 ${b}`, "marker-end": "url(#tip)", class: "arc",
    });
    const [x, y] = onCircle((rank + 0.5) / n, RADIUS + 22);
    const text = svg("text", { x, y, class: "carried" });
    return { path, text };
  });
  const nodes = Array.from({ length: n }, (_, rank) => {
    const [x, y] = onCircle(rank / n, RADIUS);
    const name = svg("text", { x, y, class: "rank" });
    name.textContent = rank;
    return svg("g", {}, [svg("circle", { cx: x, cy: y, r: 17 }), name]);
  });
  const tip = svg("marker", {
    id: "tip", viewBox: "0 0 8 8", refX: 6, refY: 4, markerWidth: 7, markerHeight: 7, orient: "auto",
  }, [svg("path", { d: "M0 0L8 4L0 8z", class: "tip" })]);
  const middle = svg("text", { x: 0, y: 0, class: "middle" });
  const box = svg("svg", { viewBox: "-110 -110 220 220", role: "img", class: "ring" }, [
    svg("defs", {}, [tip]), ...arrows.map(({ path }) => path), ...nodes,
    ...arrows.map(({ text }) => text), middle,
  ]);
  const show = ({ messages, phase }) => {
    box.setAttribute("class", `ring ${phase || "before"}`);
    for (const { text } of arrows) text.textContent = "";
    for (const { source, chunk } of messages) arrows[source].text.textContent = `c${chunk}`;
    middle.textContent = { "reduce-scatter": "+", "all-gather": "copy" }[phase] ?? "";
    const said = messages.map(({ source, target, chunk }) =>
      `rank ${source} sends chunk ${chunk} to rank ${target}`);
    box.setAttribute("aria-label", said.length ? said.join(", ") : "Nothing is sent yet");
  };
  return { box, show };
}

// As all_reduce.shown writes a number.
function shownNumber(value) {
  if (Number.isInteger(value)) return String(value).replace("-", "−");
  const text = value.toFixed(3).replace(/\.?0+$/, "");
  return text === "-0" ? "0" : text.replace("-", "−");
}

// heldTable(n): {box, show(state)}: a row for each rank, a column for each chunk.
function heldTable(n) {
  const cells = Array.from({ length: n }, () => Array.from({ length: n }, () => el("td")));
  const head = el("tr", {}, [el("td"), ...cells.map((_, chunk) =>
    el("th", { scope: "col", textContent: `c${chunk}` }))]);
  const rows = cells.map((line, rank) => el("tr", {}, [
    el("th", { scope: "row", textContent: `Rank ${rank}` }), ...line,
  ]));
  const table = el("table", { className: "held" }, [
    el("thead", {}, [head]), el("tbody", {}, rows),
  ]);
  table.setAttribute("aria-label", "What each rank holds, chunk by chunk");
  const show = ({ held, within, messages }) => {
    const came = new Set(messages.map(({ target, chunk }) => `${target},${chunk}`));
    const went = new Set(messages.map(({ source, chunk }) => `${source},${chunk}`));
    cells.forEach((line, rank) => line.forEach((cell, chunk) => {
      const key = `${rank},${chunk}`;
      const many = within[rank][chunk];
      cell.className = [came.has(key) && "came", went.has(key) && "went", many === n && "whole"]
        .filter(Boolean).join(" ");
      const share = (38 * (many - 1)) / (n - 1);
      cell.style.background =
        `color-mix(in srgb, var(--accent) ${share.toFixed(1)}%, var(--raised))`;
      const text = held[rank][chunk].map(shownNumber).join(" ");
      const of = many === n ? "the whole sum" : `of ${many} rank${many === 1 ? "" : "s"}`;
      const why = came.has(key) ? ", just come" : went.has(key) ? ", just sent" : "";
      cell.replaceChildren(text, el("span", { className: "unseen", textContent: `, ${of}${why}` }));
    }));
  };
  return { box: el("div", { className: "scroll" }, [table]), show };
}
