// A text as its tokens, in the order in which a model reads them: each can be pointed at.

// tokenText(bytesOf, listeners): point(i) hears of the pointer and of focus, with null when they
// leave; hold(i, true) of a click, Enter or space, hold(i, false) of a step by an arrow key.
// show(ids, {at, weights}) marks the token `at`, shades what it reads by its weights, if these are
// given, and pales what it cannot see.
function tokenText(bytesOf, { point, hold }) {
  const settings = { className: "story", role: "listbox", "aria-label": "The text, by token" };
  const box = el("div", settings);
  const made = []; // [id, span] for each token
  const at = (event) => made.findIndex(([, span]) => span === event.target.closest(".tok"));
  box.addEventListener("pointerover", (event) =>
    event.pointerType === "mouse" && at(event) >= 0 && point(at(event)));
  box.addEventListener("pointerleave", () => point(null));
  box.addEventListener("focusin", (event) => at(event) >= 0 && point(at(event)));
  box.addEventListener("focusout", () => point(null));
  box.addEventListener("click", (event) => at(event) >= 0 && hold(at(event), true));
  box.addEventListener("keydown", (event) => {
    if (at(event) < 0 || !["Enter", " "].includes(event.key)) return;
    hold(at(event), true);
    event.preventDefault();
    event.stopPropagation();
  });
  walk(box, () => made.map(([, span]) => span), (i) => {
    hold(i, false);
    made[i][1].focus();
  });
  const show = (ids, view) => {
    const same = sameStart(made.map(([id]) => id), ids);
    for (const [, span] of made.splice(same)) span.remove();
    for (const id of ids.slice(same)) {
      const span = tokenSpan(bytesOf(id));
      made.push([id, span]);
      box.append(span);
    }
    made.forEach(([, span], i) => shade(span, i, view));
  };
  const follow = () => (box.scrollTop = box.scrollHeight);
  return { box, show, follow };
}

// The letters as they are, so that the text can be read; what is no letter as a sign.
function tokenSpan(bytes) {
  const found = parts(bytes);
  const plain = found.every(({ kind, text }) => kind === "char" || text === GLYPHS[" "]);
  const settings = { className: "tok", role: "option" };
  const text = new TextDecoder().decode(bytes);
  if (plain && text.trim()) return el("span", { ...settings, textContent: text });
  if (plain) return el("span", { ...settings, textContent: text, "aria-label": said(bytes) });
  const shown = el("span", { ...settings, "aria-label": said(bytes) }, spell(bytes));
  if (bytes.includes(10)) shown.append(el("br"));
  return shown;
}

function shade(span, i, { at, weights }) {
  const unseen = weights && i > at;
  span.tabIndex = i === at ? 0 : -1;
  span.setAttribute("aria-selected", String(i === at));
  span.classList.toggle("pale", !!unseen);
  span.classList.toggle("here", i === at);
  const share = weights && !unseen ? weights[i] : 0;
  // Small weights are lifted: a head that reads widely would seem to read nothing.
  const level = `${(45 * share ** 0.6).toFixed(1)}%`;
  span.style.background = share > 0.004
    ? `color-mix(in srgb, var(--accent) ${level}, transparent)` : "";
}
