// Figures on paper: as they stand on the screen, without what one plays with. They live in shadow
// roots, where the page's style sheets do not reach.

const PAPER_WIDTH = 720; // of a table in a figure, in pixels: what fits between the margins of A4

const FIGURE_ON_PAPER = new CSSStyleSheet();
FIGURE_ON_PAPER.replaceSync(`
@media print {
  .card { max-width: none; zoom: 0.85; }
  :host([data-figure^="live-model"]) .card { zoom: 0.7; }
  .controls, .switch, .icon, .push, .step, .preset, .known, .find, .tab[aria-selected="false"],
  input, .choice label:not(:has(:checked)) { display: none !important; }
  select, textarea { appearance: none; border: 0; background: none; resize: none; }
  .on-paper table { margin-top: 8px; }
  .scroll, .chart-frame { overflow: visible; }
  th { position: static !important; }
}`);

function figureRoots() {
  const hosts = [...document.querySelectorAll(".tinytx-figure")];
  return hosts.map((host) => host.shadowRoot).filter(Boolean);
}

document.addEventListener("DOMContentLoaded", () => {
  for (const root of figureRoots()) root.adoptedStyleSheets.push(FIGURE_ON_PAPER);
});

// A table that is wider than the paper goes on below, a few columns at a time, each time with its
// first one.
function cutUp(table) {
  const rows = [...table.rows];
  const space = parseFloat(getComputedStyle(table).borderSpacing) || 0;
  // Not from place to place: the first cell may stand elsewhere while the table is scrolled.
  const widths = [...rows[0].cells].map((cell) => cell.offsetWidth + space);
  const parts = [];
  let [columns, taken] = [[], widths[0]];
  for (let i = 1; i < widths.length; i += 1) {
    if (columns.length && taken + widths[i] > PAPER_WIDTH) {
      parts.push(columns);
      [columns, taken] = [[], widths[0]];
    }
    columns.push(i);
    taken += widths[i];
  }
  const box = document.createElement("div");
  box.className = "on-paper";
  for (const keep of [...parts, columns]) {
    const copy = table.cloneNode(true);
    for (const row of copy.rows) {
      [...row.cells].forEach((cell, i) => i && !keep.includes(i) && cell.remove());
    }
    box.append(copy);
  }
  table.style.display = "none";
  table.after(box);
}

addEventListener("beforeprint", () => {
  for (const root of figureRoots()) {
    for (const table of root.querySelectorAll(".scroll > table")) {
      const even = [...table.rows].every((row) => row.cells.length === table.rows[0].cells.length);
      if (even && table.offsetWidth > PAPER_WIDTH) cutUp(table);
    }
  }
});
addEventListener("afterprint", () => {
  for (const root of figureRoots()) {
    for (const box of root.querySelectorAll(".on-paper")) {
      box.previousElementSibling.style.display = "";
      box.remove();
    }
  }
});
