// A picture with its title above and the name of its axis below.
function titled(title, picture, axis) {
  return [
    el("p", { className: "title", textContent: title }), picture,
    el("p", { className: "muted axis", textContent: axis }),
  ];
}
