// The part that all figures share: finding the host, following the page's theme, small builders.
// Text is written through textContent only, so that no text is ever read as HTML.

// currentScript is null when a notebook runs the script later, so the host is found by its name;
// hosts that are live already (the same figure earlier in the page) are left alone.
function hosts(name) {
  const all = [...document.querySelectorAll(`[data-figure="${name}"]`)];
  return all.filter((host) => !host.shadowRoot);
}

function mount(host, sheet, draw, data) {
  const root = host.attachShadow({ mode: "open" });
  root.append(el("style", { textContent: sheet }));
  followTheme(host);
  root.append(draw(data, host));
}

function pageTheme() {
  const book = document.documentElement.dataset.theme;
  if (book === "dark" || book === "light") return book;
  const lab = document.body.dataset.jpThemeLight;
  if (lab === "true" || lab === "false") return lab === "true" ? "light" : "dark";
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

// A weak reference, so that a host that a re-run notebook threw away does not live on here.
function followTheme(host) {
  const ref = new WeakRef(host);
  const media = matchMedia("(prefers-color-scheme: dark)");
  const update = () => {
    const live = ref.deref();
    if (live) return void (live.dataset.theme = pageTheme());
    watch.disconnect();
    media.removeEventListener("change", update);
  };
  const watch = new MutationObserver(update);
  watch.observe(document.documentElement, { attributeFilter: ["data-theme"] });
  watch.observe(document.body, { attributeFilter: ["data-jp-theme-light"] });
  media.addEventListener("change", update);
  update();
}

// el("button", {type: "button", "aria-label": "Next"}, [child, "text"]): properties that the
// element has are set as such, all others become attributes.
function el(tag, settings = {}, children = []) {
  const made = document.createElement(tag);
  for (const [key, value] of Object.entries(settings)) {
    if (key in made && key !== "list") made[key] = value;
    else made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

function toggle(label, checked, change) {
  const box = el("input", { type: "checkbox", checked, role: "switch" });
  box.addEventListener("change", () => change(box.checked));
  return el("label", { className: "switch" }, [box, el("span", { textContent: label })]);
}

// A row of named numbers: show() takes their texts in the same order.
function numbers(names) {
  const list = el("dl", { className: "numbers" });
  const values = names.map((name) => {
    const value = el("dd");
    list.append(el("div", {}, [el("dt", { textContent: name }), value]));
    return value;
  });
  return { list, show: (texts) => texts.forEach((text, i) => (values[i].textContent = text)) };
}

const GLYPHS = { " ": "␣", "\n": "⏎", "\r": "␍", "\t": "⇥" };
const SAID = { " ": "space", "\n": "new line", "\r": "carriage return", "\t": "tab" };
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

// Bytes as characters and stray bytes: [{text, said, kind}], kind one of char, space, byte.
function parts(bytes) {
  const found = [];
  for (let start = 0; start < bytes.length; ) {
    const lead = bytes[start];
    const size = lead < 0xc0 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    try {
      found.push(sign(utf8.decode(bytes.subarray(start, start + size))));
      start += size;
    } catch {
      const text = hex([lead]);
      found.push({ text, said: `byte ${text}`, kind: "byte" });
      start += 1;
    }
  }
  return found;
}

function sign(character) {
  const glyph = GLYPHS[character];
  if (glyph) return { text: glyph, said: SAID[character], kind: "space" };
  if (!/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Z}]/u.test(character))
    return { text: character, said: character, kind: "char" };
  const text = "U+" + character.codePointAt(0).toString(16).toUpperCase().padStart(4, "0");
  return { text, said: text, kind: "space" };
}

function hex(bytes) {
  return [...bytes].map((b) => b.toString(16).toUpperCase().padStart(2, "0")).join(" ");
}

// The spans that show a token's bytes: letters plain, white space and stray bytes marked.
function spell(bytes) {
  const runs = [];
  for (const part of parts(bytes)) {
    const last = runs[runs.length - 1];
    if (last && last.kind === part.kind && part.kind === "char") last.text += part.text;
    else runs.push({ ...part });
  }
  return runs.map(({ text, kind }) => {
    // A combining mark needs a letter to sit on: the dotted circle is the usual stand-in.
    const shown = kind === "char" && /^\p{M}/u.test(text) ? "\u25cc" + text : text;
    return el("span", { className: kind, textContent: shown });
  });
}

function visible(bytes) {
  return parts(bytes).map((p) => (p.kind === "byte" ? `<${p.text}>` : p.text)).join("");
}

// What a screen reader should say: white space and stray bytes by name, letters as they are.
function said(bytes) {
  const runs = [];
  for (const { said: name, kind } of parts(bytes)) {
    if (kind === "char" && runs.length && runs[runs.length - 1].kind === kind)
      runs[runs.length - 1].name += name;
    else runs.push({ name, kind });
  }
  return runs.map((run) => run.name).join(", ");
}
