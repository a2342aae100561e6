// What the BPE stepper shows at one step. Nothing here changes the state.

const TOP = 10;

function sidePanels() {
  const pairs = el("tbody");
  const head = el("tr", {}, [
    el("th", { scope: "col", textContent: "Pair" }),
    el("th", { scope: "col", textContent: "Count" }),
  ]);
  const caption = el("caption", { className: "label", textContent: "Pairs of neighbours now" });
  const tie = el("p", { className: "muted tie" });
  const merges = el("ol");
  const scroll = el("div", { className: "scroll", role: "group", tabIndex: 0 }, [merges]);
  scroll.setAttribute("aria-label", "Merges so far");
  const box = el("div", { className: "side" }, [
    el("div", { className: "pairs" }, [
      el("table", {}, [caption, el("thead", {}, [head]), pairs]), tie,
    ]),
    el("div", { className: "merges" }, [
      el("p", { className: "label", textContent: "Merges so far" }), scroll,
    ]),
  ]);
  return { box, pairs, tie, merges, scroll };
}

function show(state, view) {
  const { steps, vocab } = state.trained;
  const now = steps[state.at];
  const next = state.at + 1 < steps.length ? now.pairs[0] : null;
  view.stage.words.replaceChildren(...now.words.map((word) => wordBox(word, vocab, now.merge, next)));
  showNumbers(state, view, now);
  showPairs(view.side, now.pairs, vocab, next);
  showMerges(view.side, steps, state.at, vocab);
  view.status.textContent = summary(state, visible);
  const spoken = summary(state, said);
  if (view.live.textContent !== spoken) view.live.textContent = spoken;
  const { first, back, next: forward, last, slider } = view.controls;
  for (const button of [first, back]) button.ariaDisabled = String(state.at === 0);
  for (const button of [forward, last]) button.ariaDisabled = String(!next);
  slider.max = steps.length - 1;
  slider.value = state.at;
}

function showNumbers(state, view, now) {
  const tokens = size(now);
  const bytes = size(state.trained.steps[0]);
  view.numbers.show([
    `${state.at} of ${state.trained.steps.length - 1}`,
    String(tokens),
    tokens ? (bytes / tokens).toFixed(2) : "–",
    String(256 + state.at),
  ]);
}

// The tint of a token is its merge's, so that it can be followed from step to step; where the
// neighbour on the left has the same one, the next tint is taken.
function wordBox(word, vocab, merge = null, next = null) {
  const starts = next ? new Set(places(word, next.a, next.b)) : new Set();
  let before = -1;
  const tiles = word.map((id, i) => {
    const tile = tokenBox(vocab, id, before);
    before = Number(tile.dataset.tint);
    if (merge && id === merge.id) tile.classList.add("new");
    if (starts.has(i)) tile.classList.add("left");
    if (starts.has(i - 1)) tile.classList.add("right");
    return tile;
  });
  return el("span", { className: "word" }, tiles);
}

function tokenBox(vocab, id, before = -1) {
  const tint = id < 256 ? -1 : (id - 256) % 8;
  const shown = tint >= 0 && tint === before ? (tint + 1) % 8 : tint;
  const tile = el("span", { className: "token" }, spell(bytesOf(vocab, id)));
  tile.dataset.tint = shown;
  if (shown >= 0) tile.classList.add(`tint${shown}`);
  return tile;
}

function showPairs(side, pairs, vocab, next) {
  const most = pairs.length ? pairs[0].count : 1;
  const rows = pairs.slice(0, TOP).map((pair) => {
    const bar = el("span", { className: "bar" });
    bar.style.width = `${(pair.count / most) * 60}%`;
    const cells = [
      el("td", {}, [tokenBox(vocab, pair.a), " ", tokenBox(vocab, pair.b)]),
      el("td", {}, [el("span", { className: "count" }, [String(pair.count), bar])]),
    ];
    if (pair === next) {
      cells[0].append(el("span", { className: "next", textContent: "next" }));
      return el("tr", { className: "winner" }, cells);
    }
    return el("tr", {}, cells);
  });
  side.pairs.replaceChildren(...rows);
  const equal = pairs.filter((pair) => pair.count === most).length;
  const left = pairs.length - TOP;
  const more = left > 0 ? `${left} more pair${left > 1 ? "s" : ""}. ` : "";
  side.tie.textContent =
    next && equal > 1 ? `${more}${equal} pairs share the top count: the last in byte order wins.`
    : next ? more
    : pairs.length ? `${more}No merge follows.` : "No pair is left.";
}

function showMerges(side, steps, at, vocab) {
  const items = steps.slice(1, at + 1).map(({ merge }, i) => {
    const done = replaced(steps, i + 1);
    const less = done === merge.count ? "" : ` counted, ${done} × replaced`;
    return el("li", {}, [
      tokenBox(vocab, merge.a), " + ", tokenBox(vocab, merge.b), " → ", tokenBox(vocab, merge.id),
      el("span", { className: "muted", textContent: ` ${merge.count} ×${less}` }),
    ]);
  });
  if (!items.length) items.push(el("li", { className: "none muted", textContent: "None yet." }));
  side.merges.replaceChildren(...items);
  side.scroll.scrollTop = side.scroll.scrollHeight;
}

function size(step) {
  return step.words.reduce((sum, word) => sum + word.length, 0);
}

// Each replacement makes the sequence one token shorter. Where a pair overlaps itself, as in aaa,
// there are fewer of them than were counted.
function replaced(steps, at) {
  return size(steps[at - 1]) - size(steps[at]);
}

// The words of the figure without a page, BPEStepper.words in Python, are the same.
function summary(state, spelled) {
  const { steps, vocab } = state.trained;
  const { pairs, merge } = steps[state.at];
  const tokens = size(steps[state.at]);
  if (!tokens) return "The text is empty: type some.";
  const name = (id) => `“${spelled(bytesOf(vocab, id))}”`;
  const some = tokens === 1 ? "1 token" : `${tokens} tokens`;
  const start = merge
    ? `Step ${state.at}: merged ${name(merge.a)} + ${name(merge.b)} ` +
      `(${counted(merge.count, replaced(steps, state.at))}) into ${name(merge.id)}; ${some}.`
    : `Start: each byte is a token; ${some}.`;
  return state.at + 1 < steps.length ? start : `${start} ${ending(pairs)}`;
}

function counted(count, done) {
  const times = (n) => ["never", "once", "twice"][n] || `${n} times`;
  return done === count ? times(count) : `counted ${times(count)}, replaced ${times(done)}`;
}

function ending(pairs) {
  if (!pairs.length) return "No pair is left to merge.";
  if (pairs[0].count > 1) return "These are the merges asked for.";
  return "No pair occurs twice: the figure stops here. The trainer would go on.";
}
