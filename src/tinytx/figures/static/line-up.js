// The line-up: curves without names, some of broken models. Mark them, then see.

const [ANSWERS, AGAIN] = ["Show the answers", "Start again"];
const NAME = "A line-up of loss curves";

function figure({ curves, steps, unit, ask }) {
  const state = { step: steps.length - 1, marked: curves.map(() => false), shown: false };
  const y = range(curves);
  const mark = (i, on) => {
    state.marked[i] = on;
    draw();
  };
  const move = (step) => {
    state.step = step;
    scrub.set(step);
    draw();
  };
  const point = (x) => move(nearest(steps, x));
  const cards = curves.map((_, i) =>
    suspect(curves, i, { steps, y }, { mark: (on) => mark(i, on), point }));
  const scrub = slider("Step", {
    min: 0, max: steps.length - 1, step: 1, value: state.step, format: (i) => count(steps[i]),
  }, move);
  const reveal = el("button", { type: "button", className: "push main" });
  reveal.addEventListener("click", () => {
    if (state.shown) state.marked = curves.map(() => false);
    state.shown = !state.shown;
    draw();
  });
  const status = el("p", { className: "status", "aria-live": "polite" });
  const draw = () => {
    cards.forEach((card) => card.show(state));
    reveal.textContent = state.shown ? AGAIN : ANSWERS;
    const said = state.shown ? score(curves, state.marked) : marks(state.marked);
    if (status.textContent !== said) status.textContent = said;
  };
  draw();
  return el("div", { className: "card lineup", role: "group", "aria-label": NAME }, [
    el("p", { className: "ask", textContent: ask }),
    el("div", { className: "row controls" }, [scrub.box]),
    el("ul", { className: "suspects" }, cards.map(({ box }) => box)),
    el("p", { className: "muted", textContent: axes(unit) }),
    el("div", { className: "row controls" }, [reveal, status]),
  ]);
}

function axes(unit) {
  return `Steps across, loss upwards (${unit}), for all the same. Pale: the others.`;
}

function count(number) {
  return number.toLocaleString("en-GB");
}

function range(curves) {
  const all = curves.flatMap(({ loss }) => loss);
  const [low, high] = [Math.min(...all), Math.max(...all)];
  const room = (high - low || 1) * 0.06;
  return [low - room, high + room];
}

function letter(i) {
  return String.fromCharCode(65 + i);
}

// One curve before the others: {box, show(state)}.
function suspect(curves, i, { steps, y }, { mark, point }) {
  const pointsOf = ({ loss }) => loss.map((value, k) => [steps[k], value]);
  const others = curves.filter((_, k) => k !== i).map((one) => ({
    points: pointsOf(one), color: 3,
  }));
  const picture = chart({
    label: `Curve ${letter(i)}, before the others`, x: [steps[0], steps.at(-1)], y, height: 116,
    lines: [...others, { points: pointsOf(curves[i]), color: 0 }],
    ticks: { x: [steps[0], steps.at(-1)], y: niceTicks(...y, 4) },
    format: { x: count, y: (value) => plainNumber(value) }, pick: point,
  });
  const ends = picture.frame.querySelectorAll(".chart-x span");
  ends.forEach((end, k) => (end.style.transform = `translateX(${k ? -100 : 0}%)`));
  const box = el("input", { type: "checkbox" });
  box.addEventListener("change", () => mark(box.checked));
  const read = el("span", { className: "loss" });
  const name = el("span", { className: "letter", textContent: letter(i) });
  const spoken = el("span", { className: "unseen", textContent: "Curve " });
  const head = el("p", { className: "name" }, [spoken, name, read]);
  const label = el("label", {}, [box, el("span", { textContent: "broken" })]);
  label.append(el("span", { className: "unseen", textContent: `: curve ${letter(i)}` }));
  const verdict = el("p", { className: "verdict" });
  const card = el("li", { className: "suspect" }, [head, picture.box, label, verdict]);
  const show = ({ step, marked, shown }) => {
    const value = curves[i].loss[step];
    read.textContent = ` ${fixed(value, 3)} at step ${count(steps[step])}`;
    picture.mark({
      rules: [{ x: steps[step], color: 3 }], dots: [{ x: steps[step], y: value, color: 0 }],
    });
    box.checked = marked[i];
    box.disabled = shown;
    card.classList.toggle("right", shown && marked[i] === curves[i].broken);
    card.classList.toggle("wrong", shown && marked[i] !== curves[i].broken);
    verdict.replaceChildren(...(shown ? answer(curves[i], marked[i]) : []));
  };
  return { box: card, show };
}

function answer({ name, broken, reveal }, marked) {
  const verdict = marked === broken ? "✓ " : "✗ ";
  const what = broken ? `broken: ${name}` : `not broken: ${name}`;
  const said = marked === broken ? "You were right. " : "You were wrong. ";
  return [
    el("span", { "aria-hidden": "true", textContent: verdict }),
    el("span", { className: "unseen", textContent: said }),
    el("strong", { textContent: what }),
    ...(reveal ? [`. ${reveal}`] : []),
  ];
}

function marks(marked) {
  const letters = marked.flatMap((on, i) => (on ? [letter(i)] : []));
  if (!letters.length) return "None is marked as broken yet.";
  return `You say broken: ${letters.join(", ")}.`;
}

function score(curves, marked) {
  const right = curves.filter(({ broken }, i) => broken === marked[i]).length;
  const broken = curves.filter((curve) => curve.broken).length;
  const caught = curves.filter((curve, i) => curve.broken && marked[i]).length;
  const accused = curves.filter((curve, i) => !curve.broken && marked[i]).length;
  return `${right} of ${curves.length} right: ${caught} of ${broken} broken ones caught, ` +
    `${accused} of ${curves.length - broken} sound ones accused.`;
}
