// What happens at the writing desk: reading a beginning, drawing tokens, looking at one of them.

const END = "\n\n"; // a story is over at an empty line

// The weights have come: read what stands there, and let the visitor begin.
async function wake(desk, model, tokenizer) {
  const { state, view } = desk;
  Object.assign(state, { model, tokenizer, reading: new Reading(model) });
  for (const button of Object.values(view.buttons)) button.disabled = false;
  view.begin.input.disabled = false;
  await read(desk);
  view.told.textContent = "";
}

// Another beginning, that of the field: what was written is gone. False if it cannot be read, which
// the page then says, or if a newer one came in between.
async function begin(desk) {
  const { state, view } = desk;
  if (!state.reading) return false;
  clearTimeout(state.typing);
  Object.assign(state, { run: null, taken: false });
  const text = view.begin.input.value.toWellFormed();
  const ids = state.tokenizer.encode(text, { allowed_special: [] });
  view.told.textContent = refusal(ids);
  if (view.told.textContent) return false;
  ids.unshift(...state.data.before);
  Object.assign(state, { ids, start: ids.length, held: ids.length - 1, point: null, taken: true });
  return read(desk);
}

function refusal({ length }) {
  if (!length) return "Type at least one letter.";
  if (length <= LONGEST) return "";
  return `The beginning has ${length} tokens and the limit is ${LONGEST}: shorten it.`;
}

// The model goes on from what stands in the field: what was not taken from there is read first.
async function takeField(desk) {
  const { state, view } = desk;
  if (state.taken || (await begin(desk))) return true;
  if (!state.taken) state.say(view.told.textContent);
  return false;
}

async function read(desk) {
  const { state } = desk;
  const done = await state.reading.read(state.ids);
  if (done) show(desk);
  return done;
}

async function startOrStop(desk) {
  const { state } = desk;
  if (!state.reading) return;
  if (state.run) return void (state.run = null);
  if (!(await takeField(desk))) return;
  if (ended(desk)) Object.assign(state, { ids: state.ids.slice(0, state.start) });
  return write(desk);
}

// Write until the story ends, the context is full, or someone stops it.
async function write(desk) {
  const { state, view } = desk;
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const run = (state.run = { ids: state.ids, from: state.ids.length, busy: 0 });
  state.point = null;
  view.buttons.write.textContent = "Stop";
  if (!(await readAll(desk, run))) return finish(desk, run);
  while (state.run === run && !ended(desk)) {
    const begun = performance.now();
    draw(desk);
    run.busy += performance.now() - begun;
    if (!calm) show(desk);
    await pause(calm ? 0 : Math.max(0, PACE - (performance.now() - begun)));
  }
  finish(desk, run);
}

async function readAll(desk, run) {
  const { state } = desk;
  if (state.reading.ids.length === state.ids.length) return true;
  return (await state.reading.read(state.ids)) && state.run === run;
}

// Draw one token after the last one, and read it.
function draw(desk) {
  const { state } = desk;
  const { temperature, top_k, top_p } = state.options;
  const logits = state.reading.logits[state.ids.length - 1];
  const id = tinytx.sample(logits, temperature, Math.random, { top_k, top_p });
  state.ids.push(id);
  state.reading.extend([id]);
  state.held = state.ids.length - 1;
}

function finish(desk, run) {
  const { state, view } = desk;
  if (state.run && state.run !== run) return;
  state.run = null;
  view.buttons.write.textContent = "Write";
  const n = run.ids.length - run.from;
  if (state.ids !== run.ids || n <= 0) return show(desk); // another beginning came in between
  const speed = Math.round((1000 * n) / run.busy);
  view.told.textContent = `${n === 1 ? "1 token; computing it" : `${n} tokens; computing them`} ` +
    `took ${fixed(run.busy / 1000, 1)} s, ` +
    `${speed} a second.${full(desk) ? " The context is full." : ""}`;
  show(desk);
  state.say(`The model wrote: ${state.tokenizer.decode(state.ids.slice(run.from)).trim()}`);
}

function full({ state }) {
  return state.ids.length >= state.model.config.context_length;
}

function ended(desk) {
  const { ids, start, tokenizer } = desk.state;
  return full(desk) || tokenizer.decode(ids.slice(Math.max(start, ids.length - 2))).endsWith(END);
}

async function one(desk) {
  const { state } = desk;
  state.run = null;
  if (!(await takeField(desk)) || ended(desk)) return;
  if (!(await state.reading.read(state.ids))) return;
  draw(desk);
  show(desk);
  state.say(`Drawn: ${said(desk.view.bytesOf(state.ids.at(-1)))}.`);
}

// A bar was taken: the text goes on with it from the token that is held.
async function take(desk, id) {
  const { state } = desk;
  if (!state.reading || state.held + 1 >= state.model.config.context_length) return;
  state.run = null;
  state.ids = [...state.ids.slice(0, state.held + 1), id];
  Object.assign(state, { start: Math.min(state.start, state.ids.length - 1), point: null });
  state.held = state.ids.length - 1;
  if (await read(desk)) state.say(`Taken: ${said(desk.view.bytesOf(id))}.`);
}

function pointAt(desk, i) {
  const { state } = desk;
  if (state.run || state.point === i) return;
  state.point = i;
  show(desk);
}

// A token is held; who asked for it is told what it reads.
function holdAt(desk, i, asked) {
  const { state } = desk;
  if (state.run) return;
  state.held = i;
  show(desk);
  if (asked) state.say(`${desk.view.after.textContent} ${desk.view.reads.textContent}`);
}

// Other heads are on or off: then all is read anew.
async function headChanged(desk, { off }) {
  const { state } = desk;
  const chosen = {};
  for (const name of off) {
    const [block, head] = name.split(".");
    (chosen[`blocks.${block}.attn`] ??= []).push(Number(head));
  }
  if (state.reading && JSON.stringify(chosen) !== JSON.stringify(state.reading.off)) {
    state.run = null;
    state.reading = new Reading(state.model, chosen);
    await read(desk);
  } else show(desk);
}

function show(desk) {
  const { state, view } = desk;
  const at = state.point ?? state.held;
  const { block, head } = view.maps.state;
  const known = state.reading && at < state.reading.ids.length;
  const weights = known && !state.run ? state.reading.weights[at][block][head] : null;
  view.text.show(state.ids, { at, weights });
  if (state.run) view.text.follow();
  view.box.classList.toggle("running", !!state.run);
  view.after.textContent = `What may follow “${visible(view.bytesOf(state.ids[at]))}”`;
  showBars(desk, at, known);
  if (!known || state.run) return;
  view.maps.show(state.reading, at);
  view.reads.textContent = readsMost(desk, at, weights);
}

function showBars({ state, view }, at, known) {
  const came = state.ids[at + 1] ?? null;
  if (!known) {
    if (!state.reading) view.bars.show({ ...spread(state), came, live: false });
    return;
  }
  const logits = state.reading.logits[at];
  const { temperature, top_k, top_p } = state.options;
  const raw = tinytx.distribution(logits);
  const probs = tinytx.distribution(logits, temperature, { top_k, top_p });
  view.bars.show({ raw, probs, came, live: !state.run });
}

// The recorded shares of a few ids, and the rest of the probability shared among the others.
function spread({ shares, data }) {
  const left = 1 - Object.values(shares).reduce((sum, share) => sum + share, 0);
  const others = data.vocab.length - Object.keys(shares).length;
  const raw = data.vocab.map((_, id) => shares[id] ?? left / others);
  return { raw, probs: raw };
}

function readsMost({ state, view }, at, weights) {
  const { block, head } = view.maps.state;
  const most = likeliest(weights, 3).filter((i) => weights[i] >= 0.005);
  const names = most.map((i) =>
    `“${visible(view.bytesOf(state.ids[i]))}” ${Math.round(100 * weights[i])} %`);
  const which = names.length ? `reads most: ${names.join(", ")}` : "reads no token with 1 %";
  return `Head ${head} of block ${block}, at “${visible(view.bytesOf(state.ids[at]))}”, ${which}.`;
}
