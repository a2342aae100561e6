// Numbers from 0, below 1, that a seed makes the same every time: Mulberry32 (Tommy Ettinger 2017,
// public domain), 32 bits of state. For draws that are shown, not for training.

function seeded(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let n = Math.imul(state ^ (state >>> 15), state | 1);
    n ^= n + Math.imul(n ^ (n >>> 7), n | 61);
    return ((n ^ (n >>> 14)) >>> 0) / 2 ** 32;
  };
}
