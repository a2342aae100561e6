// The way from a text to its loss: a list of stations, those of one chapter lit.

const SPOKEN = { lit: "this chapter", "in hand": "in hand", "to come": "to come" };

function figure(data) {
  const title = `From text to loss, as far as chapter ${data.number}`;
  const list = el("ol", { className: "way" }, data.stations.map(station));
  list.setAttribute("aria-label", title);
  return el("div", { className: "card" }, [
    el("p", { className: "label", textContent: title }),
    list,
  ]);
}

function station({ chapter, name, shape, numbers, state }) {
  const known = state !== "to come";
  const item = el("li", { className: `station ${state.replace(" ", "-")}` }, [
    el("span", { className: "name", textContent: name }),
    el("span", { className: "shape", textContent: known ? shape : `chapter ${chapter}` }),
    ...(known ? [el("span", { className: "numbers-here", textContent: numbers })] : []),
    el("span", { className: "unseen", textContent: `(${SPOKEN[state]})` }),
  ]);
  return item;
}
