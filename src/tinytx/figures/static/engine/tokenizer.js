// Byte-level BPE, as tinytx.tokenizers.bpe: ids of bytes first, then one id per merge, then the
// special tokens. `pretokens` and `merged` are those of the figure that trains BPE (../bpe.js).

const WORDS = 10000; // entries of a cache
const LENGTH = 32; // of a word worth keeping: longer ones hardly come again

class BPETokenizer {
  // What to_dict of the tokenizer in Python returns.
  constructor({ pattern, special_tokens, byte_order, merges }) {
    Object.assign(this, { pattern, special_tokens, merges });
    this.vocab = byte_order.map((byte) => [byte]); // the bytes of each id
    for (const [a, b] of merges) this.vocab.push([...this.vocab[a], ...this.vocab[b]]);
    for (const [token, id] of Object.entries(special_tokens))
      this.vocab[id] = [...new TextEncoder().encode(token)];
    this.ranks = new Map(merges.map(([a, b], i) => [key_of(a, b), 256 + i]));
    this.id_of_byte = new Map(byte_order.map((byte, id) => [byte, id]));
    this.words = new Map(); // ids of each pre-token seen so far
  }

  // The ids of a text. A special token in it becomes its id, unless allowed_special leaves it out:
  // for text from strangers give [].
  encode(text, { allowed_special = Object.keys(this.special_tokens) } = {}) {
    checked(text);
    check_specials(allowed_special, this.special_tokens);
    const ids = [];
    for (const part of split_specials(text, allowed_special))
      if (part.special) ids.push(this.special_tokens[part.text]);
      else
        for (const word of pretokens(part.text, this.pattern))
          for (const id of this.of_word(word)) ids.push(id);
    return ids;
  }

  of_word(word) {
    const known = this.words.get(word);
    if (known) return known;
    const ids = this.encode_word(new TextEncoder().encode(word));
    if (this.words.size >= WORDS) this.words.clear();
    if (word.length <= LENGTH) this.words.set(word, ids);
    return ids;
  }

  // Merge the pair that was learned first, everywhere in the word, to the end.
  encode_word(bytes) {
    let word = Array.from(bytes, (byte) => this.id_of_byte.get(byte));
    for (;;) {
      let first = Infinity;
      for (let i = 0; i + 1 < word.length; i++)
        first = Math.min(first, this.ranks.get(key_of(word[i], word[i + 1])) ?? Infinity);
      if (first === Infinity) return word;
      word = merged(word, ...this.merges[first - 256], first);
    }
  }

  // The text of ids; bytes that are no whole character become �.
  decode(ids) {
    return this.decoder().decode(ids, true);
  }

  // For ids that come one by one: decode(ids) holds back half a character until the rest comes, or
  // until decode(ids, true) says that this is the end.
  decoder() {
    const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });
    return { decode: (ids, end = false) => utf8.decode(this.bytes_of(ids), { stream: !end }) };
  }

  bytes_of(ids) {
    const bytes = Array.from(ids, (id) => {
      if (!this.vocab[id]) throw new Error(`ids holds ${id}, not an id of this tokenizer`);
      return this.vocab[id];
    });
    return Uint8Array.from(bytes.flat());
  }
}

// Two ids as one number, for a Map.
function key_of(a, b) {
  return a * 2 ** 24 + b;
}

function check_specials(tokens, known) {
  const wrong = tokens.find((token) => !Object.hasOwn(known, token));
  if (wrong !== undefined) throw new Error(`allowed_special names ${wrong}, no special token`);
}

// Cut a text at special tokens: at each position the longest that fits.
function split_specials(text, tokens) {
  const longest_first = [...tokens].sort((a, b) => b.length - a.length);
  if (!longest_first.length) return [{ text, special: false }];
  const escaped = longest_first.map((token) => token.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
  const parts = text.split(new RegExp(`(${escaped.join("|")})`));
  return parts.map((part, i) => ({ text: part, special: i % 2 === 1 }));
}
