// The head switchboard: switch heads and MLPs off, and watch what the model says next.

const NAME = "Switches for the heads of a model, and its next token";
const WAITING = "Recorded: all on, and each part off alone. For this combination load the model.";
const FAILED = "The model did not load: its files lie beside the book’s pages. In a notebook call " +
  "HeadSwitchboard(addresses=None). What was recorded is here, one part off at a time.";

function figure(data) {
  const state = { prompt: 0, off: new Set(), last: null, model: modelHere(data.name), busy: 0 };
  const bytesOf = (id) => Uint8Array.from(data.vocab[id].match(/../g) || [], (pair) =>
    parseInt(pair, 16));
  const status = el("p", { className: "status", "aria-live": "polite" });
  const text = el("p", { className: "text" });
  const read = numbers(["The one that came, all on", "as switched", "Change", "Off"]);
  const pairs = switchBars(bytesOf, data.shown);
  const board = switches(data, (part) => {
    state.last = part;
    state.off[state.off.has(part) ? "delete" : "add"](part);
    changed();
  });
  const put = (off) => {
    state.off = new Set(off);
    changed();
  };
  const all = partsOf(data);
  const heads = all.filter((part) => !part.endsWith("mlp"));
  const alone = push("", () => put([state.last]));
  const only = push("", () => put(sameKind(all, state.last).filter((part) => part !== state.last)));
  const quick = [push("All on", () => put([])), push("All heads off", () => put(heads)), alone, only];
  // The switch moves at once; the model is asked when it has been drawn.
  const changed = () => {
    board.show(state.off);
    [alone, only].forEach((button) => (button.hidden = !state.last));
    alone.textContent = `Only ${short(state.last)} off`;
    only.textContent = `Only ${short(state.last)} on`;
    clearTimeout(state.busy);
    state.busy = setTimeout(show, state.model ? 20 : 0);
  };
  const show = () => {
    const prompt = data.prompts[state.prompt];
    const whole = nextOf(prompt, new Set(), state.model, data.shown);
    const now = nextOf(prompt, state.off, state.model, data.shown);
    pairs.show({ whole, now, came: prompt.came });
    const off = `${state.off.size} of ${all.length}`;
    const shares = [Math.exp(whole.nats), now ? Math.exp(now.nats) : null];
    const change = now ? `${fixed(now.nats - whole.nats, 2)} nats` : "?";
    read.show([percent(shares[0]), now ? percent(shares[1]) : "?", change, off]);
    const said = now ? summary(prompt, state.off, now, whole, bytesOf) : WAITING;
    if (status.textContent !== said) status.textContent = said;
  };
  const choosePrompt = (at) => {
    state.prompt = at;
    showText(text, data.prompts[at], bytesOf);
    show();
  };
  const load = loader(data, state, () => show());
  board.show(state.off);
  [alone, only].forEach((button) => (button.hidden = true));
  choosePrompt(0);
  const controls = [
    ...(data.prompts.length > 1 ? [picker("Text", data.prompts, choosePrompt)] : []), ...load,
  ];
  return el("div", { className: "card switchboard", role: "group", "aria-label": NAME }, [
    ...(data.ask ? [question(data)] : []), el("div", { className: "row controls" }, controls),
    text, el("div", { className: "both" }, [
      el("div", {}, [board.box, el("div", { className: "quick controls" }, quick)]),
      el("div", {}, [pairs.box]),
    ]),
    read.list, status,
  ]);
}

function question({ ask, answer }) {
  if (!answer.length) return el("p", { className: "ask", textContent: ask });
  const found = el("span", { textContent: ask });
  return el("details", { className: "ask" }, [
    el("summary", {}, [found]), ...answer.map((textContent) => el("p", { textContent })),
  ]);
}

function push(text, press) {
  const made = el("button", { type: "button", className: "push", textContent: text });
  made.addEventListener("click", press);
  return made;
}

// The button that fetches the model, and what is said about it; nothing where it is here already.
function loader(data, state, loaded) {
  if (state.model || !data.addresses) return [];
  const told = el("span", { className: "muted told", "aria-live": "polite" });
  told.textContent = "Until then: what was recorded, one part off at a time.";
  const button = push(`Load the model, ${data.megabytes} MB`, async () => {
    if (button.getAttribute("aria-disabled")) return;
    button.setAttribute("aria-disabled", "true");
    told.textContent = "Loading.";
    state.model = await fetched(data).catch(() => null);
    told.textContent = state.model ? "Every combination can be tried." : FAILED;
    if (!state.model) return void button.removeAttribute("aria-disabled");
    button.textContent = "The model runs in this page";
    loaded();
  });
  button.classList.add("main");
  return [button, told];
}

function showText(box, { text, came }, bytesOf) {
  const next = el("strong", {}, [new TextDecoder().decode(bytesOf(came))]);
  box.replaceChildren(el("span", { textContent: text }), next);
}

function summary({ came }, off, now, whole, bytesOf) {
  const name = visible(bytesOf(came));
  const [first, share] = now.top[0];
  const which = off.size > 3 ? `${off.size} parts` : [...off].map(short).join(", ");
  const change = `${percent(Math.exp(whole.nats))} before, ${percent(Math.exp(now.nats))} now`;
  if (!off.size) return `All on. ${name} gets ${percent(Math.exp(whole.nats))}.`;
  return `Off: ${which}. ${name}: ${change}, ${fixed(now.nats - whole.nats, 2)} nats. ` +
    `Likeliest: ${visible(bytesOf(first))}, ${percent(share)}.`;
}
