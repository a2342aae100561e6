// Byte-pair encoding, trained in the page: the same algorithm as tinytx.tokenizers, which a
// browser test compares merge by merge. A text of a few hundred characters needs no index.

// JavaScript's \s has U+FEFF and lacks U+0085; White_Space is what Python's regex means by \s.
const PATTERNS = {
  gpt2: new RegExp(
    "'(?:[sdmt]|ll|ve|re)| ?\\p{L}+| ?\\p{N}+| ?[^\\p{White_Space}\\p{L}\\p{N}]+" +
      "|\\p{White_Space}+(?!\\P{White_Space})|\\p{White_Space}+",
    "gu",
  ),
  // The letters of 's and the like match in any case, and the long s folds to s.
  cl100k: new RegExp(
    "'(?:[sSſdDmMtT]|[lL][lL]|[vV][eE]|[rR][eE])|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}" +
      "| ?[^\\p{White_Space}\\p{L}\\p{N}]+[\\r\\n]*|\\p{White_Space}+$|\\p{White_Space}*[\\r\\n]" +
      "|\\p{White_Space}+(?!\\P{White_Space})|\\p{White_Space}",
    "gu",
  ),
};

function pretokens(text, pattern) {
  if (!text) return [];
  return pattern ? text.match(PATTERNS[pattern]) : [text];
}

// Every step of the training, from bytes to the last merge: {words, pairs, total, merge}.
// vocab[id] is a token's bytes as a string of one character a byte, so that < compares bytes.
function train(text, pattern, limit) {
  const encoder = new TextEncoder();
  const vocab = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte));
  let words = pretokens(text, pattern).map((word) => [...encoder.encode(word)]);
  let ranked = ranking(words, vocab);
  const steps = [{ words, pairs: ranked, merge: null }];
  // A pair that occurs once saves nothing anywhere else: the figure stops there.
  while (steps.length <= limit && ranked.length && ranked[0].count > 1) {
    const { a, b, count } = ranked[0];
    const id = vocab.push(vocab[a] + vocab[b]) - 1;
    words = words.map((word) => merged(word, a, b, id));
    ranked = ranking(words, vocab);
    steps.push({ words, pairs: ranked, merge: { a, b, count, id } });
  }
  return { steps, vocab };
}

// All pairs of neighbours inside words, the most frequent first; of equal counts the greatest
// pair first, compared as Python compares tuples of bytes.
function ranking(words, vocab) {
  const counts = new Map();
  for (const word of words)
    for (let i = 0; i + 1 < word.length; i++) {
      const key = word[i] * 65536 + word[i + 1];
      counts.set(key, (counts.get(key) || 0) + 1);
    }
  const pairs = [...counts].map(([key, count]) => {
    const [a, b] = [Math.floor(key / 65536), key % 65536];
    return { a, b, count };
  });
  const greater = (x, y) => (x === y ? 0 : x < y ? 1 : -1);
  return pairs.sort(
    (p, q) =>
      q.count - p.count || greater(vocab[p.a], vocab[q.a]) || greater(vocab[p.b], vocab[q.b]),
  );
}

// Where the pair (a, b) starts in a word, from the left, without overlaps.
function places(word, a, b) {
  const found = [];
  for (let i = 0; i + 1 < word.length; i++)
    if (word[i] === a && word[i + 1] === b) found.push(i++);
  return found;
}

function merged(word, a, b, id) {
  const starts = new Set(places(word, a, b));
  const out = [];
  for (let i = 0; i < word.length; i++) out.push(starts.has(i) ? (i++, id) : word[i]);
  return out;
}

function bytesOf(vocab, id) {
  return Uint8Array.from(vocab[id], (c) => c.charCodeAt(0));
}
