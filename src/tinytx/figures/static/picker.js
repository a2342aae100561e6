// A choice of one from a list, with its label before it.

// picker("Case", [{name}, …], change, at): change hears of the place of the chosen one.
function picker(label, list, change, at = 0) {
  const options = list.map(({ name }, value) => el("option", { value, textContent: name }));
  const select = el("select", { "aria-label": label }, options);
  select.selectedIndex = at;
  select.addEventListener("change", () => change(select.selectedIndex));
  return el("label", { className: "pick" }, [
    el("span", { className: "label", textContent: label }), select,
  ]);
}
