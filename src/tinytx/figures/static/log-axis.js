// Ticks of a logarithmic axis, whose places are logarithms to base ten.

// Logarithms of these digits times the powers of ten, where they lie between low and high.
function logTicks(low, high, digits = [1, 2, 5]) {
  const first = Math.floor(low);
  const powers = Array.from({ length: Math.ceil(high) - first + 1 }, (_, i) => first + i);
  const all = powers.flatMap((power) => digits.map((digit) => power + Math.log10(digit)));
  return all.filter((value) => value >= low && value <= high);
}

// The number that such a tick stands for: 0.02, 500.
function logPlain(place) {
  return plainNumber(Number((10 ** place).toPrecision(1)));
}

// The same with a power of ten: 10⁶, 2·10⁶.
function logPower(place) {
  const power = Math.floor(place + 1e-9);
  const digit = Math.round(10 ** (place - power));
  return `${digit === 1 ? "" : `${digit}·`}10${raised(power)}`;
}
