// Round numbers for the axes of a chart, and a slider over a list of stops.

// About `count` round numbers from low to high: 1, 2 or 5 times a power of ten apart.
function niceTicks(low, high, count = 5) {
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((times) => times * power >= rough * 0.999);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) =>
    Number(((first + i) * step).toPrecision(12)));
}

// A number as short as it can be written, never with an exponent; Python writes by the same rule.
function plainNumber(value) {
  const text = Math.abs(value).toFixed(12).replace(/\.?0+$/, "");
  return value < 0 && Number(text) ? `−${text}` : text;
}

// A whole number in small digits above the line: 10${raised(-3)} is 10⁻³.
function raised(power) {
  const digits = [...String(Math.abs(power))].map((digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[digit]).join("");
  return power < 0 ? `⁻${digits}` : digits;
}

// A long number under the right end of a chart would stand out of it.
function tuckLast(made) {
  const last = made.frame.querySelector(".chart-x span:last-child");
  if (last && last.style.left === "100%") last.style.transform = "translateX(-75%)";
}

// stopSlider("Rate", [0.1, 0.2, 0.5], 0.2, change): a slider that stops at these values and at the
// one that it starts from; {box, input, set(value)}.
function stopSlider(label, list, value, change, format = plainNumber) {
  const stops = [...new Set([...list, value])].sort((one, other) => one - other);
  const made = slider(label, {
    min: 0, max: stops.length - 1, step: 1, value: stops.indexOf(value),
    format: (i) => format(stops[i]),
  }, (i) => change(stops[i]));
  return { ...made, set: (to) => made.set(nearest(stops, to)) };
}

// The place in a list of numbers of the one that is nearest.
function nearest(list, value) {
  return list.reduce((best, one, i) =>
    (Math.abs(one - value) < Math.abs(list[best] - value) ? i : best), 0);
}
