// What the rotary explorer says: the words of RotaryExplorer.told.

function told(data, at) {
  return `Query at ${at.t}, key at ${at.s}, ${at.t - at.s} apart: q·k = ` +
    `${fixed(scoreOf(data, at), 4)}. ${seen(data.query.length / 2, at)}`;
}

function seen(n, at) {
  const rates = ratesOf(n, at.base);
  const count = (test) => rates.filter((rate) => test(rate, at)).length;
  const text = `Within ${thousands(at.trained)} positions ${count(isFull)} of ` +
    `${n === 1 ? "1 pair turns" : `${n} pairs turn`} full circle.`;
  if (at.times === 1) return text;
  const by = at.factor > 1 ? `, positions divided by ${at.factor}` : "";
  const met = count(isStrange);
  const many = ["no pair meets", "1 pair meets"][met] || `${met} pairs meet`;
  return `${text} Read at ${thousands(readOf(at))}${by}, ${many} angles outside the arc ` +
    "that training covered.";
}

function thousands(value, digits = 0) {
  const both = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return value.toLocaleString("en-GB", both);
}

// 0.50 − 0.25 + 1.00 = 1.25
function sumOf(shares) {
  const terms = shares.map((share, i) => {
    const text = fixed(share, 4);
    const minus = text.startsWith("−");
    return i ? `${minus ? "−" : "+"} ${minus ? text.slice(1) : text}` : text;
  });
  return `${terms.join(" ")} = ${fixed(shares.reduce((sum, share) => sum + share, 0), 4)}`;
}
