// The bars of the sampling explorer: what is left, what was cut and by whom, what was drawn.

const FULL = [0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1]; // what a whole track may stand for
const HEADS = ["token", "", "now", "drawn", "expected"];

// One line for each of the likeliest ids, and one for the rest.
function barTable(most) {
  const body = el("tbody");
  const head = el("tr", {}, HEADS.map((text) =>
    text ? el("th", { scope: "col", textContent: text }) : el("td")));
  const parts = [el("thead", {}, [head]), body];
  const table = el("table", { className: "bars", "aria-label": "The likeliest ids" }, parts);
  const note = el("p", { className: "muted" });
  let lines = [];
  const show = (one, { now, drawn, counts }) => {
    const [shown, rest] = [one.order.slice(0, most), one.order.slice(most)];
    const rows = shown.map((id) => single(one, now, id));
    if (rest.length) rows.push(others(one, now, rest));
    while (lines.length < rows.length) lines.push(line());
    lines = lines.slice(0, rows.length);
    body.replaceChildren(...lines.map(({ row }) => row));
    const observed = (ids) => ids.reduce((sum, id) => sum + (counts.get(id) || 0), 0);
    const seen = rows.map(({ ids }) => observed(ids));
    const full = fullOf(rows.slice(0, shown.length), seen.map((n) => (drawn ? n / drawn : 0)));
    rows.forEach((row, i) => lines[i].show(row, full, drawn, seen[i]));
    note.textContent = `A whole track is ${plainNumber(100 * full)} %. Filled: what can be drawn ` +
      "now. Outlined: cut. Thin line: the model’s own, at temperature 1, nothing cut. " +
      "Dot: its share of the draws.";
  };
  return { box: el("div", {}, [table, note]), show };
}

function single({ tokens, own }, { before, after, cutter }, id) {
  const by = cutter[id] ? FILTERS[cutter[id]] : "";
  const lost = by ? before[id] : 0;
  return { ids: [id], name: tokens[id], own: own[id], now: after[id], lost, by };
}

function others({ own }, { before, after, cutter }, rest) {
  const kept = together(rest, after, (id) => after[id] > 0);
  const cut = together(rest, before, (id) => cutter[id]);
  const all = together(rest, own, () => true).share;
  const name = rest.length === 1 ? "1 other" : `${rest.length} others`;
  const by = cut.count ? `${cut.count} id${cut.count > 1 ? "s" : ""}` : "";
  return { ids: rest, name, own: all, now: kept.share, lost: cut.share, by };
}

// The smallest round number that no bar of a single id is beyond.
function fullOf(rows, shares) {
  const top = Math.max(...rows.map(({ own, now, lost }, i) => Math.max(own, now, lost, shares[i])));
  return FULL.find((full) => full >= top - 1e-9);
}

function line() {
  const name = el("span", { className: "name" });
  const head = el("th", { scope: "row" }, [name]);
  const marks = ["lost", "left", "own", "dot"].map((className) => el("span", { className }));
  const track = el("div", { className: "track" }, marks);
  const cells = HEADS.slice(1).map(() => el("td"));
  cells[0].append(track);
  cells[0].setAttribute("aria-hidden", "true");
  const [lost, left, own, dot] = marks;
  const show = (row, full, drawn, seen) => {
    const across = (p) => `${Math.min(100, (100 * p) / full)}%`;
    name.textContent = row.name;
    left.style.width = across(row.now);
    // In the line of the others, what is cut stands behind what is left.
    [lost.style.left, lost.style.width] = [across(row.now), across(row.lost)];
    lost.hidden = !row.lost;
    own.style.left = across(row.own);
    dot.hidden = !drawn || (!seen && !row.now);
    dot.style.left = across(drawn ? seen / drawn : 0);
    track.classList.toggle("over", Math.max(row.now + row.lost, row.own) > full + 1e-9);
    cells[1].replaceChildren(...reading(row));
    cells[2].textContent = drawn ? seen : "–";
    cells[3].textContent = drawn ? fixed(drawn * row.now, 1) : "–";
  };
  return { row: el("tr", {}, [head, ...cells]), show };
}

function reading({ now, by }) {
  const cut = el("span", { className: "cut" }, [
    el("span", { className: "unseen", textContent: "cut: " }),
    el("span", { "aria-hidden": "true", textContent: "✕ " }), by,
  ]);
  const share = el("span", { textContent: fixed(now, 4) });
  if (!by) return [share];
  return now ? [share, " ", cut] : [cut];
}
