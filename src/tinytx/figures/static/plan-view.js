// A bar of what each rank holds with the cards beside it, and the table of its parts.

// planBars(cards, parts): {box, show(plan)}: one bar for what is held, one for each card.
function planBars(cards, parts) {
  const pieces = parts.map(([key]) => el("span", { className: `piece ${key}` }));
  const held = barRow("Held", el("div", { className: "stack" }, pieces));
  const rooms = cards.map((card) => {
    const full = el("span", { className: "piece room" });
    const verdict = el("span", { className: "verdict" });
    const row = barRow(`${card} GB`, el("div", { className: "stack open" }, [full]), verdict);
    return { card, full, verdict, row };
  });
  const show = ({ parts: bytes, total }) => {
    const scale = Math.max(total, cards[cards.length - 1] * 1e9);
    pieces.forEach((piece, i) =>
      (piece.style.width = `${((100 * bytes[parts[i][0]]) / scale).toFixed(3)}%`));
    held.end.textContent = amount(Math.round(total), "B");
    for (const { card, full, verdict, row } of rooms) {
      full.style.width = `${((100 * card * 1e9) / scale).toFixed(3)}%`;
      const over = total - card * 1e9;
      row.box.classList.toggle("short", over > 0);
      verdict.textContent = over > 0 ? `✗ ${amount(Math.round(over), "B")} short`
        : `✓ ${amount(Math.round(-over), "B")} left`;
    }
  };
  return { box: el("div", { className: "bars" }, [held.box, ...rooms.map(({ row }) => row.box)]),
    show };
}

function barRow(name, bar, end = el("span", { className: "verdict" })) {
  const label = el("span", { className: "label", textContent: name });
  bar.setAttribute("aria-hidden", "true");
  return { box: el("div", { className: "plan-row" }, [label, bar, end]), end };
}

// The parts, each with its colour, its bytes and its share of all.
function partTable(parts) {
  const lines = parts.map(([key, text]) => {
    const cells = [el("td"), el("td")];
    const head = el("th", { scope: "row" }, [
      el("span", { className: `dot ${key}` }), el("span", { textContent: text }),
    ]);
    return { key, cells, row: el("tr", {}, [head, ...cells]) };
  });
  const heads = ["bytes", "share"].map((textContent) => el("th", { scope: "col", textContent }));
  const box = el("table", { className: "results" }, [
    el("thead", {}, [el("tr", {}, [el("td"), ...heads])]),
    el("tbody", {}, lines.map(({ row }) => row)),
  ]);
  box.setAttribute("aria-label", "What each rank holds");
  const show = ({ parts: bytes, total }) => {
    for (const { key, cells } of lines) {
      cells[0].textContent = amount(Math.round(bytes[key]), "B");
      cells[1].textContent = `${fixed((100 * bytes[key]) / total, 1)} %`;
    }
  };
  return { box, show };
}
