// Tabs: one panel at a time, chosen by a click or by the arrow keys, Home and End.

// tabs("Views", [["Write", box], ["Train", box]], changed): a box; changed(i) hears which one is on.
function tabs(label, panels, changed = () => {}) {
  const list = el("div", { className: "tabs", role: "tablist", "aria-label": label });
  const names = panels.map(([name, box], i) => {
    const id = `tab-${i}`;
    Object.assign(box, { id: `panel-${i}`, hidden: i > 0 });
    box.setAttribute("role", "tabpanel");
    box.setAttribute("aria-labelledby", id);
    const settings = { type: "button", role: "tab", id, "aria-controls": box.id };
    return el("button", { ...settings, className: "tab", textContent: name });
  });
  const choose = (at) => {
    names.forEach((tab, i) => {
      tab.setAttribute("aria-selected", String(i === at));
      tab.tabIndex = i === at ? 0 : -1;
      panels[i][1].hidden = i !== at;
    });
    changed(at);
  };
  names.forEach((tab, i) => tab.addEventListener("click", () => choose(i)));
  walk(list, names, (at) => {
    choose(at);
    names[at].focus();
  });
  names.forEach((tab, i) => {
    tab.setAttribute("aria-selected", String(!i));
    tab.tabIndex = i ? -1 : 0;
  });
  list.append(...names);
  return el("div", {}, [list, ...panels.map(([, box]) => box)]);
}

// The arrow keys, Home and End lead from one to the next of a row or column; `go` hears which.
function walk(box, items, go) {
  box.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const list = typeof items === "function" ? items() : items;
    const at = list.indexOf(event.target.closest("[role], button"));
    const last = list.length - 1;
    const to = {
      ArrowLeft: at - 1, ArrowUp: at - 1, ArrowRight: at + 1, ArrowDown: at + 1, Home: 0, End: last,
    }[event.key];
    if (at < 0 || to === undefined) return;
    go(Math.max(0, Math.min(last, to)));
    event.preventDefault();
    event.stopPropagation();
  });
}
