// Lines of equal height of a function of two numbers, by marching squares.

// contours(height, {x: [−4, 4], y: [−2, 2]}, levels, cells): a path for a picture of 100 by 100.
function contours(height, { x, y }, levels, cells = 56) {
  const at = ([low, high], part) => low + ((high - low) * part) / cells;
  const rows = Array.from({ length: cells + 1 }, (_, i) =>
    Array.from({ length: cells + 1 }, (_, j) => height([at(x, j), at(y, cells - i)])));
  const size = 100 / cells;
  const pieces = [];
  for (const level of levels)
    for (let i = 0; i < cells; i += 1)
      for (let j = 0; j < cells; j += 1) pieces.push(...crossing(rows, i, j, level));
  return pieces.map(([[a, b], [c, d]]) =>
    `M${(a * size).toFixed(2)} ${(b * size).toFixed(2)}L${(c * size).toFixed(2)} ` +
    `${(d * size).toFixed(2)}`).join("");
}

// Where a level crosses the four sides of one cell: two points, or four at a saddle.
function crossing(rows, i, j, level) {
  const corners = [[j, i], [j + 1, i], [j + 1, i + 1], [j, i + 1]];
  const heights = corners.map(([column, row]) => rows[row][column] - level);
  const found = corners.flatMap(([a, b], k) => {
    const [from, to] = [heights[k], heights[(k + 1) % 4]];
    if (from < 0 === to < 0) return [];
    const [c, d] = corners[(k + 1) % 4];
    const part = from / (from - to);
    return [[a + (c - a) * part, b + (d - b) * part]];
  });
  return found.length < 4 ? (found.length ? [found] : []) : [found.slice(0, 2), found.slice(2)];
}
