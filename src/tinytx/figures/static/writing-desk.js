// The model writes: a beginning to type, its tokens, the bars of the next one, what each head reads,
// and a text that grows.

const PACE = 45; // milliseconds from token to token: as fast as one can read
const LONGEST = 200; // tokens of a beginning
const REST = "Point at a token, or walk through them with the arrow keys, to see what it reads and " +
  "what the model expected there. A click holds it. Every second token is underlined.";
const DRAWN = "The upright mark on a bar is the share as the model gave it. At temperature 0 the " +
  "likeliest token is always taken; top-k keeps that many, top-p the fewest that together have " +
  "this share.";

function writingDesk(data, host, say) {
  const { beginning, written, shares } = data.recorded;
  const start = data.before.length + beginning.length;
  const state = {
    ids: [...data.before, ...beginning, ...written], start, held: start - 1, point: null,
    reading: null, run: null, taken: true, typing: 0,
    options: { temperature: 1, top_k: null, top_p: null },
    shares, data, say,
  };
  const desk = { state, view: null };
  desk.view = deskView(desk, host);
  show(desk);
  desk.wake = ({ model, tokenizer }) => wake(desk, model, tokenizer);
  desk.stop = () => (state.run = null);
  desk.fail = () => (desk.view.told.textContent = FAILED);
  return desk;
}

const FAILED = "The model did not load. What stands here was written when the page was made.";

function deskView(desk, host) {
  const { data } = desk.state;
  const bytesOf = (id) => fromHex(data.vocab[id]);
  const text = tokenText(bytesOf, {
    point: (i) => pointAt(desk, i),
    hold: (i, asked) => holdAt(desk, i, asked),
  });
  const bars = nextBars(bytesOf, (id) => take(desk, id));
  const maps = headMaps(data.sizes, host, (chosen) => headChanged(desk, chosen));
  const begin = beginningField(desk);
  const buttons = deskButtons(desk);
  const controls = samplingSliders(desk);
  const told = el("p", { className: "muted told", textContent: "The model is loading." });
  const after = el("p", { className: "title" });
  const reads = el("p", { className: "reads" });
  const box = el("div", { className: "desk" }, [
    el("p", { className: "muted", textContent: data.facts }), begin.box,
    el("div", { className: "row controls" }, [...Object.values(buttons), told]),
    text.box, el("p", { className: "muted hint", textContent: REST }),
    el("div", { className: "both" }, [
      el("div", {}, [after, bars.box]), el("div", { className: "choose controls" }, [
        el("p", { className: "title", textContent: "How the next token is drawn" }), ...controls,
        el("p", { className: "muted", textContent: DRAWN }),
      ]),
    ]),
    el("div", {}, [reads, maps.box]),
    ...(data.ask.length ? [fold(data.ask)] : []),
  ]);
  return { box, text, bars, maps, begin, buttons, told, after, reads, bytesOf };
}

function fold([question, ...answer]) {
  return el("details", { className: "ask" }, [
    el("summary", {}, [el("span", { textContent: question })]),
    ...answer.map((line) => el("p", { textContent: line })),
  ]);
}

function beginningField(desk) {
  const { beginnings, vocab, recorded } = desk.state.data;
  const first = recorded.beginning.map((id) => vocab[id]).join("");
  const input = el("input", {
    type: "text", className: "beginning", maxLength: 500, autocomplete: "off", spellcheck: false,
    value: new TextDecoder().decode(fromHex(first)), disabled: true,
  });
  input.addEventListener("input", () => {
    clearTimeout(desk.state.typing);
    desk.state.taken = false;
    desk.state.typing = setTimeout(() => begin(desk), 120);
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter") startOrStop(desk);
    event.stopPropagation();
  });
  const tries = beginnings.map(([name, text]) => {
    const button = push(name, () => {
      input.value = text;
      begin(desk);
    });
    button.classList.add("try");
    return button;
  });
  const name = el("span", { className: "label", textContent: "A beginning" });
  const or = el("span", { className: "label", textContent: "or" });
  const box = el("div", {}, [
    el("label", { className: "field" }, [name, input]),
    ...(tries.length ? [el("div", { className: "tries controls" }, [or, ...tries])] : []),
  ]);
  return { box, input, tries };
}

function deskButtons(desk) {
  const write = push("Write", () => startOrStop(desk));
  write.classList.add("main");
  const buttons = {
    write,
    one: push("One token", () => one(desk)),
    over: push("Start over", () => begin(desk)),
  };
  for (const button of Object.values(buttons)) button.disabled = true;
  return buttons;
}

function push(text, press) {
  const made = el("button", { type: "button", className: "push", textContent: text });
  made.addEventListener("click", press);
  return made;
}

const COUNTS = [1, 2, 3, 5, 8, 12, 20, 50, 100];

function samplingSliders(desk) {
  const { data } = desk.state;
  const V = data.vocab.length;
  const set = (name, value) => {
    desk.state.options[name] = value;
    show(desk);
  };
  const share = (value) => (value === 1 ? "off" : fixed(value, 2));
  const stops = [...COUNTS.filter((k) => k < V), V];
  return [
    slider("Temperature", {
      min: 0, max: 2, step: 0.05, value: 1, format: (value) => fixed(value, 2),
    }, (value) => set("temperature", value)),
    stopSlider("Top-k", stops, V, (k) => set("top_k", k === V ? null : k),
      (k) => (k === V ? "off" : String(k))),
    slider("Top-p", { min: 0.05, max: 1, step: 0.05, value: 1, format: share },
      (value) => set("top_p", value === 1 ? null : value)),
  ].map(({ box }) => box);
}

function fromHex(code) {
  return Uint8Array.from(code.match(/../g) || [], (pair) => parseInt(pair, 16));
}
