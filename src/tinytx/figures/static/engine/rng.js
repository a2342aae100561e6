// Random numbers that a seed decides: the same in every browser, and not those of NumPy's PCG64.

// A generator as `sample` takes it: rng() gives the next number from 0, below 1, a multiple of
// 2**-32. It is xoshiro128** (Blackman and Vigna 2021), started with four numbers of splitmix32.
function default_rng(seed) {
  check_number("seed", seed, 0, 2 ** 32 - 1, { whole: true });
  let [a, b, c, d] = [1, 2, 3, 4].map((i) => mixed(seed + Math.imul(i, 0x9e3779b9)));
  return () => {
    const result = Math.imul(rotated(Math.imul(b, 5), 7), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = rotated(d, 11);
    return result / 2 ** 32;
  };
}

function mixed(z) {
  z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
  z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
  return z ^ (z >>> 16);
}

function rotated(x, bits) {
  return (x << bits) | (x >>> (32 - bits));
}

// A draw from the standard normal distribution (Box and Muller 1958).
function normal(rng) {
  const radius = Math.sqrt(-2 * Math.log(1 - rng()));
  return radius * Math.cos(2 * Math.PI * rng());
}
