// The likeliest next tokens as bars; a click takes one.

const SHOWN = 8;

// nextBars(bytesOf, take): show({raw, probs, came}) with the shares before and after temperature and
// cuts; `came` is the id that the text has there, if it goes on.
function nextBars(bytesOf, take) {
  const rows = Array.from({ length: SHOWN }, () => barRow());
  const rest = el("p", { className: "muted rest" });
  const list = el("div", { className: "bars", role: "group", "aria-label": "Next token" },
    rows.map(({ button }) => button));
  let ids = [];
  rows.forEach(({ button }, i) => button.addEventListener("click", () => {
    if (button.getAttribute("aria-disabled") !== "true") take(ids[i]);
  }));
  walk(list, rows.map(({ button }) => button), (i) => {
    rows.forEach(({ button }, j) => (button.tabIndex = i === j ? 0 : -1));
    rows[i].button.focus();
  });
  rows.forEach(({ button }, i) => (button.tabIndex = i ? -1 : 0));
  const show = ({ raw, probs, came = null, live = true }) => {
    ids = likeliest(raw, SHOWN);
    rows.forEach((row, i) =>
      fillRow(row, bytesOf(ids[i]), raw[ids[i]], probs[ids[i]], ids[i] === came, live));
    const left = 1 - ids.reduce((sum, id) => sum + probs[id], 0);
    const kept = probs.filter((share) => share > 0).length;
    rest.textContent = `The other ${raw.length - SHOWN} share ${percent(Math.max(0, left))}. ` +
      `${kept === raw.length ? `All ${kept} tokens` : `${kept} of ${raw.length} tokens`} can be drawn.`;
  };
  return { box: el("div", {}, [list, rest]), show };
}

function barRow() {
  const token = el("span", { className: "token" });
  const fill = el("span", { className: "fill" });
  const mark = el("span", { className: "mark" });
  const share = el("span", { className: "percent" });
  const track = el("span", { className: "track" }, [fill, mark]);
  const button = el("button", { type: "button", className: "bar" }, [token, track, share]);
  return { button, token, fill, mark, share };
}

function fillRow({ button, token, fill, mark, share }, bytes, before, after, came, live) {
  token.replaceChildren(...spell(bytes));
  fill.style.width = `${100 * after}%`;
  mark.style.left = `${100 * before}%`;
  mark.hidden = before < 0.005;
  share.textContent = after ? percent(after) : "cut";
  button.classList.toggle("cut", !after);
  button.classList.toggle("came", came);
  button.setAttribute("aria-disabled", String(!live));
  const more = `${after ? percent(after) : "cut"}${came ? ", came next" : ""}`;
  button.setAttribute("aria-label", `${said(bytes)}: ${more}; take it`);
}

// The ids of the n largest; of equals the first.
function likeliest(values, n) {
  return [...values.keys()].sort((a, b) => values[b] - values[a]).slice(0, n);
}

function percent(share) {
  return `${fixed(100 * share, 1)} %`;
}
