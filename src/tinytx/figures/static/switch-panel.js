// The switches: a button for each head and MLP, a row for each block.

function partsOf({ n_layer, n_head }) {
  const kinds = [...Array(n_head).keys(), "mlp"];
  return Array.from({ length: n_layer }, (_, i) => kinds.map((kind) => `${i}.${kind}`)).flat();
}

function sameKind(all, one) {
  return all.filter((part) => part.endsWith("mlp") === one.endsWith("mlp"));
}

function short(part) {
  if (!part) return "";
  const [block, which] = part.split(".");
  return which === "mlp" ? `MLP ${block}` : `head ${block}.${which}`;
}

// A row for each block; a pressed button is a part that is on. The arrow keys move.
function switches({ n_layer, n_head }, press) {
  const kinds = [...Array(n_head).keys(), "mlp"];
  const lines = Array.from({ length: n_layer }, (_, i) => kinds.map((kind) => {
    const part = `${i}.${kind}`;
    const label = kind === "mlp" ? `Block ${i}, MLP` : `Block ${i}, head ${kind}`;
    const made = push(kind === "mlp" ? "MLP" : `${i}.${kind}`, () => press(part));
    made.className = "part";
    made.setAttribute("aria-label", label);
    return { part, made };
  }));
  const rows = lines.map((line, i) => el("div", { className: "line" }, [
    el("span", { className: "label", textContent: `block ${i}` }), ...line.map(({ made }) => made),
  ]));
  const box = el("div", { className: "board", role: "group", "aria-label": "On or off" }, rows);
  box.addEventListener("keydown", (event) => {
    const move = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
    const i = lines.findIndex((line) => line.some(({ made }) => made === event.target));
    if (i < 0 || !move[event.key]) return;
    const [down, right] = move[event.key];
    const j = lines[i].findIndex(({ made }) => made === event.target);
    lines[i + down]?.[j + right]?.made.focus();
    event.preventDefault();
    event.stopPropagation();
  });
  const show = (off) => lines.flat().forEach(({ part, made }) =>
    made.setAttribute("aria-pressed", String(!off.has(part))));
  return { box, show };
}
