// The all-reduce animation: a ring, step by step, and what it sends.

const NAME = "All-reduce in a ring";

function figure(data) {
  const n = data.buffers.length;
  const states = ringStates(data.buffers);
  const size = data.buffers[0].length;
  let at = 0;
  const picture = ringPicture(n);
  const table = heldTable(n);
  const sent = sentTable(n, size, states[states.length - 1].sent);
  const status = el("p", { className: "status", "aria-live": "polite" });
  const steps = player("State", (to) => {
    at = to;
    draw();
  });
  const draw = () => {
    steps.set(at, states.length - 1);
    picture.show(states[at]);
    table.show(states[at]);
    sent.show(states[at]);
    const said = sentenceOf(states, at);
    if (status.textContent !== said) status.textContent = said;
  };
  draw();
  const root = el("div", { className: "card reducing", role: "group", "aria-label": NAME }, [
    ...(data.ask ? [el("p", { className: "ask", textContent: data.ask })] : []),
    steps.box, status, el("div", { className: "two" }, [picture.box, table.box]), legendOf(n),
    sent.box, manyRanks(data.bytes).box,
  ]);
  root.addEventListener("keydown", steps.keys);
  return root;
}

function sentenceOf(states, at) {
  const { phase, messages, held, within } = states[at];
  const n = held.length;
  if (!at) return `Before the first step: each of ${n} ranks holds its own numbers, in ${n} chunks.`;
  const { target, chunk } = messages[0];
  const [old, comes] = [states[at - 1].held[target][chunk][0], states[at - 1].held[0][chunk][0]];
  const now = shownNumber(held[target][chunk][0]);
  const start = `Step ${at} of ${states.length - 1}, ${phase}: each rank sends a chunk to the next.`;
  const whole = within.flat().filter((many) => many === n).length;
  const end = ` Whole sums: ${whole} of ${n * n}.`;
  const first = held[target][chunk].length > 1 ? "; its first number" : "";
  if (phase === "all-gather")
    return `${start} Rank 0 sends c${chunk} to rank ${target}${first}: ${now} in place of ${
      shownNumber(old)}.${end}`;
  return `${start} Rank 0 sends c${chunk} to rank ${target}, which adds it${first}: ${
    shownNumber(old)} + ${shownNumber(comes)} = ${now}.${end}`;
}

function legendOf(n) {
  const item = (names, text) => {
    const sample = el("span", { className: names });
    return el("li", {}, [sample, el("span", { textContent: text })]);
  };
  return el("ul", { className: "legend" }, [
    item("sample went", "just sent"), item("sample came", "just come"),
    item("sample whole", `sum of all ${n}`),
  ]);
}

// What every rank has sent by now, and in the other way when all is done.
function sentTable(n, size, totals) {
  const names = ["Each rank, by now", "Each rank, in all", "If one collects: rank 0, in all",
    "If one collects: each other, in all"];
  const cells = names.map(() => [el("td"), el("td")]);
  const rows = names.map((textContent, i) =>
    el("tr", {}, [el("th", { scope: "row", textContent }), ...cells[i]]));
  const head = ["numbers sent", "vectors"].map((textContent) =>
    el("th", { scope: "col", textContent }));
  const box = el("table", { className: "results" }, [
    el("thead", {}, [el("tr", {}, [el("td"), ...head])]), el("tbody", {}, rows),
  ]);
  box.setAttribute("aria-label", "What is sent");
  const put = (i, many) => {
    const [low, high] = [Math.min(...many), Math.max(...many)];
    cells[i][0].textContent = low === high ? whole(low) : `${whole(low)} to ${whole(high)}`;
    cells[i][1].textContent = fixed(total(many) / many.length / size);
  };
  const show = ({ sent }) => put(0, sent);
  put(1, totals);
  put(2, [(n - 1) * size]);
  put(3, [size]);
  return { box, show };
}

// More ranks than are shown, and what that means for the gradients of a model of known size.
function manyRanks(bytes) {
  const said = el("p", { className: "many" });
  const show = (n) => {
    const [ring, one] = [ringShare(n), collectorShare(n)];
    said.textContent = `Of ${n} ranks each sends ${fixed(ring)} vectors in a ring; the one that ` +
      `collects sends ${whole(one)}, ${fixed(one / ring, 1)} times as much. Of ${
        amount(bytes, "B")}, GPT-2’s gradients in float32: ${
        amount(Math.round(ring * bytes), "B")} against ${amount(one * bytes, "B")}.`;
  };
  const control = slider("Ranks, if there were", { min: 2, max: 64, step: 1, value: 8 }, show);
  show(8);
  return { box: el("div", {}, [el("div", { className: "controls" }, [control.box]), said]) };
}
