// Rows are queries, columns are keys: the table in their colours, and its corner names both.
function reads(grid, query = "q↓", key = "k→", between = " ") {
  const name = (text, kind) => el("span", { className: `${kind}-name`, textContent: text });
  const corner = grid.table.querySelector("thead th");
  corner.classList.add("corner");
  corner.replaceChildren(name(query, "query"), between, name(key, "key"));
  grid.table.classList.add("reads");
  return grid;
}
