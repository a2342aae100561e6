// The character tokenizer: one id for each different character, as tinytx.tokenizers.char.

class CharTokenizer {
  // chars: a list of characters, each once. Their places are their ids.
  constructor(chars) {
    this.chars = [...chars];
    this.ids = new Map(this.chars.map((char, id) => [char, id]));
  }

  // The different characters of a text, by code point: JavaScript's own order is another one.
  static train(text) {
    if (!checked(text)) throw new Error("text is empty, with no characters to number; give some");
    const chars = [...new Set(text)];
    return new CharTokenizer(chars.sort((a, b) => a.codePointAt(0) - b.codePointAt(0)));
  }

  get vocab_size() {
    return this.chars.length;
  }

  encode(text) {
    return Array.from(checked(text), (char, position) => {
      const id = this.ids.get(char);
      if (id !== undefined) return id;
      throw new Error(
        `text has ${JSON.stringify(char)} at position ${position}, which is not among the ` +
          `${this.vocab_size} characters of this tokenizer; train on text that has it`,
      );
    });
  }

  decode(ids) {
    const chars = Array.from(ids, (id) => {
      check_number("one of ids", id, 0, this.vocab_size - 1, { whole: true });
      return this.chars[id];
    });
    return chars.join("");
  }
}

function checked(text) {
  if (typeof text !== "string") throw new Error(`text is a ${typeof text} and must be a string`);
  if (text.isWellFormed()) return text;
  throw new Error("text has a lone surrogate, which is not text; remove it");
}
