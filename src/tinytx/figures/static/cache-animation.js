// The cache animation: a text written token by token, without and with a KV cache.

const NAME = "Writing without and with a KV cache";
const MISTAKE = "Position mistake: start_pos = 0";
const SIDES = [["Without a cache", false], ["With a KV cache", true]];

function figure(data) {
  const state = { P: data.n_prompt, at: 0, mistake: false, shape: 0, size: data.numbers.float32 };
  const sides = SIDES.map(([title, cached]) => sideOf(title, cached));
  const text = strip(data.tokens);
  const sums = sumTable();
  const memory = memoryRow(data, state, () => draw());
  const status = el("p", { className: "status", "aria-live": "polite" });
  const last = () => data.tokens.length - state.P - 1;
  const put = (changes) => {
    Object.assign(state, changes);
    draw();
  };
  const steps = player("Step", (at) => put({ at }));
  const prompt = promptSlider(data, state.P, (P) => {
    steps.stop();
    state.P = P;
    state.at = Math.min(state.at, last());
    build();
  });
  const mistake = toggle(MISTAKE, false, (on) => put({ mistake: on }));
  const build = () => {
    for (const side of sides) side.build(state.P, last());
    draw();
  };
  const draw = () => {
    steps.set(state.at, last());
    text.show(state);
    for (const side of sides) side.show(state.at);
    sums.show(state);
    memory.show();
    const said = sentence(data.tokens, state);
    if (status.textContent !== said) status.textContent = said;
  };
  build();
  const pictures = el("div", { className: "sides" }, sides.map(({ box }) => box));
  const root = el("div", { className: "card caching", role: "group", "aria-label": NAME }, [
    ...(data.ask ? [el("p", { className: "ask", textContent: data.ask })] : []),
    steps.box, el("div", { className: "row controls" }, [prompt.box, mistake]),
    text.box, status, sums.box, pictures, legend(), memory.box,
  ]);
  root.addEventListener("keydown", steps.keys);
  return root;
}

function promptSlider({ tokens }, value, change) {
  const format = (P) => many(P, "token");
  return slider("Prompt", { min: 1, max: tokens.length - 1, step: 1, value, format }, change);
}

function many(n, what) {
  return `${whole(n)} ${what}${n === 1 ? "" : "s"}`;
}

function sentence(tokens, { P, at, mistake }) {
  const [one, other] = SIDES.map(([, cached]) => stepOf(P, at, cached));
  const again = one.again ? `, ${one.again} of them again` : "";
  const read = other.read ? `, ${other.read} read` : "";
  const start = `Step ${at + 1} writes ${tokens[P + at]}. Without a cache it computes ` +
    `${many(one.rows, "key")}${again}; with one ${many(other.rows, "key")}${read}.`;
  if (!mistake) return start;
  return `${start} ${at ? `${many(at, "new token")} stand${at === 1 ? "s" : ""} at position 0: ` +
    "each was read alone, and counting began at 0." : "No new token was read yet: all is right."}`;
}

// What was computed, this step and in all, on both sides; and how many times as much.
function sumTable() {
  const names = ["Keys in this step", "Keys so far", "Of these, again", "Scores in this step",
    "Scores so far"];
  const heads = ["one head of one block", ...SIDES.map(([title]) => title), "times"];
  const lines = names.map((name) => {
    const cells = [0, 1, 2].map(() => el("td"));
    const head = el("th", { scope: "row", textContent: name });
    return { cells, row: el("tr", {}, [head, ...cells]) };
  });
  const top = el("tr", {}, heads.map((text) => el("th", { scope: "col", textContent: text })));
  const box = el("table", { className: "results" }, [
    el("thead", {}, [top]), el("tbody", {}, lines.map(({ row }) => row)),
  ]);
  box.setAttribute("aria-label", "What was computed");
  const show = ({ P, at }) => {
    const [one, other] = SIDES.map(([, cached]) => {
      const [now, all] = [stepOf(P, at, cached), soFar(P, at, cached)];
      return [now.rows, all.keys, all.again, now.scores, all.scores];
    });
    lines.forEach(({ cells }, i) => {
      const times = other[i] ? `${fixed(one[i] / other[i], 2)} ×` : "–";
      [whole(one[i]), whole(other[i]), times].forEach((said, j) => (cells[j].textContent = said));
    });
  };
  return { box, show };
}

// 2 · blocks · heads · d_head · tokens · bytes, for a model to choose.
function memoryRow({ shapes, numbers: sizes }, state, change) {
  const choose = (label, names, chosen, put) => {
    const options = names.map((name, value) => el("option", { value, textContent: name }));
    const select = el("select", { "aria-label": label }, options);
    select.selectedIndex = chosen;
    select.addEventListener("change", () => {
      put(Number(select.value));
      change();
    });
    return select;
  };
  const names = Object.keys(sizes);
  const at = names.findIndex((name) => sizes[name] === state.size);
  const said = el("p", { className: "memory" });
  const box = el("div", { className: "held" }, [
    el("div", { className: "row controls" }, [
      el("span", { className: "label", textContent: "The cache holds, in" }),
      choose("Model", shapes.map(({ name }) => name), 0, (i) => (state.shape = i)),
      choose("Numbers", names, at, (i) => (state.size = sizes[names[i]])),
    ]), said,
  ]);
  const show = () => {
    const one = shapes[state.shape];
    const full = one.context_length;
    const T = Math.min(state.P + state.at, full);
    const bytes = (n) => amount(state.size * held(one, n), "B");
    said.textContent = `2 · ${many(one.n_layer, "block")} · ${many(one.n_head, "head")} · ` +
      `${one.d_head} numbers · ${many(T, "token")} = ${whole(held(one, T))} numbers, ` +
      `of ${state.size} bytes: ${bytes(T)}. Of ${whole(full)} tokens, its context: ${bytes(full)}.`;
  };
  return { box, show };
}
