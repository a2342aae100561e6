// A clock with two hands, before and after a shift, and the rotation that takes one to the other.

// Angles run from twelve, clockwise: a hand ends at (sine, cosine).
function clock() {
  const face = svg("circle", { r: 1, class: "face" });
  const hours = Array.from({ length: 12 }, (_, hour) => {
    const [x, y] = tip((hour * Math.PI) / 6);
    return svg("path", { d: `M${x * 0.93} ${y * 0.93}L${x} ${y}`, class: "hour" });
  });
  const drawn = svg("g");
  const settings = { viewBox: "-1.4 -1.4 2.8 2.8", class: "clock", role: "img" };
  const box = svg("svg", settings, [face, ...hours, drawn]);
  const show = (angle, turned, names) => {
    const [[a, b], [c, d]] = [tip(angle), tip(angle + turned)];
    if (names[0] && Math.hypot(a - c, b - d) < 0.3) names = ["", names.join(", ")];
    drawn.replaceChildren(
      svg("path", { d: arc(angle, turned), class: "arc" }),
      hand(angle, "from", names[0]),
      hand(angle + turned, "to", names[1]),
    );
  };
  return { box, show };
}

function tip(angle) {
  return [Math.sin(angle), -Math.cos(angle)];
}

function hand(angle, name, text) {
  const [x, y] = tip(angle);
  const middle = { "text-anchor": "middle", "dominant-baseline": "central" };
  const label = svg("text", { x: x * 1.24, y: y * 1.24, ...middle }, [text]);
  return svg("g", { class: name }, [
    svg("path", { d: `M0 0L${x} ${y}` }), svg("circle", { cx: x, cy: y, r: 0.07 }), label,
  ]);
}

// From one hand to the other; each whole turn lies a little further out than the one before.
function arc(angle, turned) {
  const steps = Math.max(2, Math.ceil(Math.abs(turned) * 12));
  const points = Array.from({ length: steps + 1 }, (_, i) => {
    const part = (turned * i) / steps;
    const radius = 0.3 + 0.07 * (Math.abs(part) / (2 * Math.PI));
    return tip(angle + part).map((value) => (value * Math.min(radius, 0.95)).toFixed(3));
  });
  return points.map(([x, y], i) => `${i ? "L" : "M"}${x} ${y}`).join("");
}

// rotation × (sine, cosine) = (sine, cosine), as three blocks of numbers.
function product() {
  const [matrix, before, after] = [block(2), block(1), block(1)];
  const named = (made, name) =>
    el("div", { className: "named" }, [made.box, el("span", { textContent: name })]);
  const names = [matrix, before, after].map((made) => named(made, ""));
  const sign = (text) => el("span", { className: "sign", textContent: text });
  const all = [names[0], sign("·"), names[1], sign("="), names[2]];
  const box = el("div", { className: "product" }, all);
  const show = (values, texts) => {
    [matrix, before, after].forEach((made, i) => made.show(values[i]));
    names.forEach((made, i) => (made.lastChild.textContent = texts[i]));
  };
  return { box, show };
}

// Two rows of numbers.
function block(columns) {
  const cells = Array.from({ length: 2 * columns }, () => el("span"));
  const box = el("div", { className: "block" }, cells);
  box.style.gridTemplateColumns = `repeat(${columns}, 1fr)`;
  const show = (values) => values.flat().forEach((v, i) => (cells[i].textContent = fixed(v, 3)));
  return { box, show };
}
