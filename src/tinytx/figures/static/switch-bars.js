// Two bars for each of the likeliest next tokens: of the whole model, and with some parts off.

// switchBars(bytesOf, shown): show({whole, now, came}); `now` null leaves the second bars out.
function switchBars(bytesOf, shown) {
  const body = el("tbody");
  const heads = ["next token", "all on", "as switched"].map((textContent) =>
    el("th", { scope: "col", textContent }));
  const box = el("table", { className: "pairs", "aria-label": "Next tokens" }, [
    el("thead", {}, [el("tr", {}, heads)]), body,
  ]);
  const show = ({ whole, now, came }) => {
    const [before, after] = [whole, now].map((one) => new Map(one ? one.top : []));
    const ids = rowsOf(whole, now, came, shown);
    body.replaceChildren(...ids.map((id) => {
      const name = el("th", { scope: "row" }, [el("span", { className: "token" }, spell(bytesOf(id)))]);
      if (id === came) name.append(el("span", { className: "unseen", textContent: ", came" }));
      const cells = [pairCell(before.get(id), true), pairCell(after.get(id), !!now)];
      return el("tr", { className: id === came ? "came" : "" }, [name, ...cells]);
    }));
  };
  return { box, show };
}

// The one that came first, then the likeliest of now; what the whole model had first stays in view.
function rowsOf(whole, now, came, shown) {
  const first = (one) => (one ? one.top.map(([id]) => id) : []);
  return [...new Set([came, ...first(now).slice(0, 5), ...first(whole)])].slice(0, shown);
}

function pairCell(share, known) {
  if (!known) return el("td", { className: "low", textContent: "?" });
  if (share === undefined) return el("td", { className: "low", textContent: "small" });
  const fill = el("span", { className: "fill" });
  fill.style.width = `${100 * share}%`;
  const track = el("span", { className: "track", "aria-hidden": "true" }, [fill]);
  return el("td", {}, [track, el("span", { className: "percent", textContent: percent(share) })]);
}

function percent(share) {
  return `${fixed(100 * share, 1)} %`;
}
