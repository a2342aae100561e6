// What two arms' runs say, in a sentence: the words of ExperimentBrowser.told.

const UNIT = "nats per token";
const MOST_DIGITS = 6;

// Both intervals over the first so many seeds; null where fewer than two pairs are left, and of an
// arm and itself.
function compared({ a, b, seeds }, t) {
  if (a === b) return null;
  const pairs = pairsOf(a.losses, b.losses, seeds);
  const n = pairs[0].length;
  if (n < 2) return null;
  return { n, paired: pairedOf(pairs, t), unpaired: unpairedOf(pairs, t) };
}

function told(now, found) {
  if (now.a === now.b) return "A and B are the same arm: choose another.";
  const [a, b] = [`A (${now.a.name})`, `B (${now.b.name})`];
  const trouble = troubleOf(now, now.a, a) + troubleOf(now, now.b, b);
  if (!found) return `${trouble}Fewer than two pairs are left: no interval.`;
  const some = found.n === now.seeds ? "" : `In the ${found.n} pairs that are left: `;
  return trouble + some + verdict(found.paired, a, b);
}

function verdict({ mean, low, high }, a, b) {
  const n = digitsOf({ low, high });
  if (low > 0 || high < 0) {
    const ends = [low, high].map(Math.abs).sort((one, other) => one - other);
    return `${b} ends ${fixed(Math.abs(mean), n)} ${UNIT} ${mean > 0 ? "higher" : "lower"} than ` +
      `${a} [${fixed(ends[0], n)}, ${fixed(ends[1], n)}]: the interval leaves out 0.`;
  }
  const furthest = Math.max(Math.abs(low), Math.abs(high));
  return `No difference seen: ${b} less ${a} is ${signed(mean, n)} ${UNIT} ` +
    `[${signed(low, n)}, ${signed(high, n)}]; the interval holds 0, ` +
    `and differences of up to ${fixed(furthest, n)}.`;
}

function troubleOf({ setting, seeds }, arm, name) {
  const runs = arm.losses.slice(0, seeds);
  const lost = runs.filter((loss) => loss === null).length;
  const stuck = runs.filter((_, i) => isStuck(setting, arm, i)).length;
  const of = `of ${seeds} seeds`;
  const diverged = lost ? `${name} diverged in ${lost} ${of}. ` : "";
  return diverged + (stuck ? `${name} did not learn in ${stuck} ${of}. ` : "");
}

function isStuck({ stuck }, { losses, curves }, seed) {
  const end = curves[seed].at(-1);
  return losses[seed] !== null && stuck !== null && end !== null && end >= stuck;
}

// An end keeps its sign when it is rounded to nothing: it tells on which side of zero it lies.
function signed(value, digits) {
  return (value < 0 ? "−" : "+") + fixed(Math.abs(value), digits);
}

// Three decimals tell an interval, four a narrow one. One that leaves out 0 has as many as show it.
function digitsOf({ low, high }) {
  const nearer = Math.min(Math.abs(low), Math.abs(high));
  let n = high - low >= 0.01 ? 3 : 4;
  while (low * high > 0 && n < MOST_DIGITS && !Number(fixed(nearer, n))) n += 1;
  return n;
}

function readings(found) {
  if (!found) return ["–", "–", "–", "–"];
  const { paired, unpaired } = found;
  const n = digitsOf(paired);
  const times = paired.half ? `${fixed(unpaired.half / paired.half, 1)} times as wide` : "–";
  const halves = [paired, unpaired].map(({ half }) => `± ${fixed(half, n)}`);
  return [signed(paired.mean, n), ...halves, times];
}
