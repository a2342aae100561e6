// The token viewer: one text cut by up to three tokenizers, side by side.

function figure(data) {
  const state = { panels: [], held: null };
  const details = el("p", { className: "details" });
  const point = (panel, index) => light(state, details, panel, index);
  state.panels = data.tokenizers.map((one) => tokenPanel(data, one, state, point));
  const root = el("div", { className: "card viewer", role: "group" });
  root.setAttribute("aria-label", "The text, cut into tokens");
  const counts = numbers(["Characters", "Bytes"]);
  counts.show([String(data.characters), String(data.bytes)]);
  const ids = toggle("Show ids", false, (on) => root.classList.toggle("ids", on));
  root.append(
    el("div", { className: "row top" }, [counts.list, ids]),
    el("div", { className: "panels" }, state.panels.map((panel) => panel.box)),
    details,
  );
  point(null);
  return root;
}

function tokenPanel(data, { name, tokens }, state, point) {
  const most = Math.max(...data.tokenizers.map((one) => one.tokens.length));
  const bar = el("span", { className: "share" });
  bar.style.width = `${(tokens.length / most) * 100}%`;
  const list = el("div", { className: "tokens", role: "listbox" });
  list.setAttribute("aria-label", `Tokens of ${name}`);
  const panel = { name, list, tokens: tokens.map(([id, code, start]) => token(id, code, start)) };
  panel.options = panel.tokens.map((one, index) => option(panel, one, index));
  panel.options.forEach((made, index) => {
    list.append(made);
    // The page breaks the line where the text does.
    if (panel.tokens[index].bytes.includes(10)) list.append(el("br"));
  });
  panel.options[0].tabIndex = 0;
  listen(panel, state, point);
  const count = el("p", { className: "count" }, [
    el("strong", { textContent: String(tokens.length) }),
    tokens.length === 1 ? " token, " : " tokens, ",
    `${(data.bytes / tokens.length).toFixed(2)} bytes per token`,
  ]);
  const title = el("p", { className: "name", textContent: name });
  panel.box = el("section", { "aria-label": name }, [title, count, el("div", {}, [bar]), list]);
  return panel;
}

function token(id, code, start) {
  const bytes = Uint8Array.from(code.match(/../g) || [], (pair) => parseInt(pair, 16));
  return { id, bytes, start, end: start === null ? null : start + bytes.length };
}

function option(panel, one, index) {
  const text = el("span", { className: "text" }, spell(one.bytes));
  const id = el("span", { className: "id", textContent: String(one.id) });
  const made = el("span", { className: `token tint${index % 8}`, role: "option", tabIndex: -1 });
  if (parts(one.bytes).some((part) => part.kind === "byte")) made.classList.add("partial");
  made.setAttribute("aria-selected", "false");
  made.setAttribute("aria-label", `${said(one.bytes)}; id ${one.id}`);
  made.append(text, id);
  return made;
}

function listen(panel, state, point) {
  const { list, options } = panel;
  const at = (event) => options.indexOf(event.target.closest(".token"));
  list.addEventListener("pointerover", (event) => at(event) >= 0 && point(panel, at(event)));
  list.addEventListener("pointerleave", () => point(...(state.held || [null])));
  list.addEventListener("focusin", (event) => point(panel, at(event)));
  list.addEventListener("focusout", () => point(...(state.held || [null])));
  list.addEventListener("click", (event) => {
    if (at(event) < 0) return;
    hold(state, panel, at(event));
    focusOn(panel, at(event));
  });
  list.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || at(event) < 0) return;
    if (event.key === "Escape") {
      hold(state, null);
      point(null);
    } else if (event.key === "Enter" || event.key === " ") hold(state, panel, at(event));
    else if (!move(panel, at(event), event.key)) return;
    event.preventDefault();
    event.stopPropagation();
  });
}

// Click, Enter or space holds a token: it stays lit when the pointer leaves. Again lets it go.
function hold(state, panel, index) {
  const same = state.held && state.held[0] === panel && state.held[1] === index;
  state.held = panel && !same ? [panel, index] : null;
  for (const one of state.panels)
    one.options.forEach((made, i) =>
      made.setAttribute("aria-selected", String(one === (state.held || [])[0] && i === index)),
    );
}

function move(panel, index, key) {
  const last = panel.options.length - 1;
  const to = { ArrowLeft: index - 1, ArrowRight: index + 1, Home: 0, End: last }[key];
  if (to !== undefined) focusOn(panel, Math.max(0, Math.min(last, to)));
  else if (key === "ArrowUp") focusOn(panel, line(panel.options, index, -1));
  else if (key === "ArrowDown") focusOn(panel, line(panel.options, index, 1));
  else return false;
  return true;
}

// The token on the line above or below that is nearest to where this one stands.
function line(options, index, step) {
  const here = options[index].getBoundingClientRect();
  const middle = (box) => (box.left + box.right) / 2;
  let best = index;
  let top = null;
  for (let i = index + step; i >= 0 && i < options.length; i += step) {
    const box = options[i].getBoundingClientRect();
    if ((box.top - here.top) * step < 4) continue;
    top ??= box.top;
    if (Math.abs(box.top - top) > 4) break;
    const far = (j) => Math.abs(middle(options[j].getBoundingClientRect()) - middle(here));
    if (best === index || far(i) < far(best)) best = i;
  }
  return best;
}

// One token of a list takes part in the tab order: the one that had the focus last.
function focusOn(panel, index) {
  for (const made of panel.options) made.tabIndex = -1;
  panel.options[index].tabIndex = 0;
  panel.options[index].focus();
}

// Light up one token, and in the other panels all tokens that share a byte of the text with it.
function light(state, details, panel, index) {
  const one = panel && panel.tokens[index];
  for (const other of state.panels)
    other.options.forEach((made, i) => {
      made.classList.toggle("on", other === panel && i === index);
      made.classList.toggle("lit", !!one && other !== panel && shares(one, other.tokens[i]));
    });
  details.classList.toggle("live", !!one);
  details.replaceChildren(...(one ? describe(state, panel, index) : [HINT]));
}

const HINT = "Point at a token, or tab to one and use the arrow keys. Enter holds it, Escape lets go.";

function shares(one, other) {
  if (one.start === null || other.start === null) return false;
  return one.start < other.end && other.start < one.end;
}

function describe(state, panel, index) {
  const one = panel.tokens[index];
  const text = `“${visible(one.bytes)}”`;
  const lines = [
    el("strong", { textContent: text }),
    ` · id ${one.id} · bytes ${hex(one.bytes)} · token ${index + 1} of ${panel.tokens.length}`,
  ];
  for (const other of state.panels.filter((each) => each !== panel)) {
    const same = other.tokens.filter((each) => shares(one, each));
    const texts = same.map((each) => `“${visible(each.bytes)}”`).join(" ");
    if (same.length) lines.push(el("br"), `${other.name}: ${texts}`);
  }
  return lines;
}
