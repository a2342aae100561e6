// Rectangles of given areas that fill another and are near to squares: the squarified layout of
// Bruls, Huizing and van Wijk 2000.

// squarify([6, 6, 4], {x, y, width, height}): a rectangle for each value, values falling. Rows are
// laid along the shorter side; a row takes another value as long as that makes its worst tile
// less oblong.
function squarify(values, { x, y, width, height }) {
  const total = values.reduce((sum, value) => sum + value, 0);
  const areas = values.map((value) => (value / total) * width * height);
  const found = [];
  for (let start = 0; start < areas.length; ) {
    const side = Math.min(width, height);
    let row = [areas[start]];
    while (start + row.length < areas.length) {
      const longer = [...row, areas[start + row.length]];
      if (worst(longer, side) > worst(row, side)) break;
      row = longer;
    }
    const sum = row.reduce((all, area) => all + area, 0);
    const depth = side ? sum / side : 0;
    const upright = width >= height; // the row is a column at the left
    let along = upright ? y : x;
    for (const area of row) {
      const long = sum ? (area / sum) * side : 0;
      found.push(upright ? { x, y: along, width: depth, height: long }
        : { x: along, y, width: long, height: depth });
      along += long;
    }
    if (upright) [x, width] = [x + depth, width - depth];
    else [y, height] = [y + depth, height - depth];
    start += row.length;
  }
  return found;
}

// The largest ratio of a tile's sides in a row of these areas along a side.
function worst(row, side) {
  const sum = row.reduce((all, area) => all + area, 0);
  const depth = sum / side;
  return Math.max(...row.map((area) => {
    const long = area / depth;
    return Math.max(long / depth, depth / long);
  }));
}

// The same twice: groups first, then the values within each. Returns rectangles as nested as given.
function squarifyGroups(groups, frame) {
  const sums = groups.map((values) => values.reduce((sum, value) => sum + value, 0));
  return squarify(sums, frame).map((box, i) => squarify(groups[i], box));
}
