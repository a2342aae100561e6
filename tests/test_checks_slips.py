"""Wrong answers as learners type them, each with what the check of chapter 01 has to say to it.

The catalogues hold the same mistakes in the authors' words; here nothing is shared with them.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter

import pytest

from tinytx.checks import tokenization
from tinytx.tokenizers import count_pairs, merge_pair


def decode_caught(ids, vocab):
    text = ""
    for i in ids:
        try:
            text = text + vocab[i].decode()
        except UnicodeDecodeError:
            text = text + "�"
    return text


def decode_or_mark(ids, vocab):
    try:
        return b"".join([vocab[i] for i in ids]).decode()
    except UnicodeDecodeError:
        return "�"


def decode_set(ids, vocab):
    return b"".join(vocab[i] for i in set(ids)).decode("utf-8", errors="replace")


def decode_walk(ids, vocab):
    found = [token for i, token in vocab.items() if i in ids]
    return b"".join(found).decode("utf-8", "replace")


def decode_plus(ids, vocab):
    text = ""
    for i in ids:
        text += vocab[i]
    return text


def count_skipping(ids):
    counts, i = {}, 0
    while i < len(ids) - 1:
        pair = ids[i], ids[i + 1]
        counts[pair] = counts.get(pair, 0) + 1
        if ids[i] == ids[i + 1]:
            i += 1
        i += 1
    return counts


def count_too_far(ids):
    counts = {}
    for i in range(len(ids)):
        pair = (ids[i], ids[i + 1])
        counts[pair] = counts.get(pair, 0) + 1
    return counts


def merge_slice(ids, pair, new_id):
    out, i = [], 0
    while i < len(ids):
        if ids[i : i + 2] == pair:
            out.append(new_id)
            i += 2
        else:
            out.append(ids[i])
            i += 1
    return out


def merge_text(ids, pair, new_id):
    text = " ".join(map(str, ids))
    return [int(x) for x in text.replace(" ".join(map(str, pair)), str(new_id)).split()]


def merge_too_far(ids, pair, new_id):
    out, i = [], 0
    while i < len(ids):
        if ids[i] == pair[0] and ids[i + 1] == pair[1]:
            out.append(new_id)
            i += 2
        else:
            out.append(ids[i])
            i += 1
    return out


def special_strip(text, specials):
    pattern = "|".join(re.escape(s) for s in sorted(specials, key=len, reverse=True))
    return [p for p in re.split(f"({pattern})", text) if p.strip()]


def special_longest(text, specials):
    pieces = [text]
    for s in sorted(specials, key=lambda s: -len(s)):
        out = []
        for piece in pieces:
            if piece in specials:
                out.append(piece)
                continue
            first, *rest = piece.split(s)
            out.append(first)
            for part in rest:
                out += [s, part]
        pieces = [p for p in out if p]
    return pieces


def special_tail(text, specials):
    pattern = "|".join(re.escape(s) for s in sorted(specials, key=len, reverse=True))
    out, at = [], 0
    for found in re.finditer(pattern, text):
        if text[at : found.start()]:
            out.append(text[at : found.start()])
        out.append(found.group())
        at = found.end()
    return out


def special_parts(text, specials):
    out = []
    for part in text.split(specials[0])[:-1]:
        if part:
            out.append(part)
        out.append(specials[0])
    return out


def _encode(word, merges, choose):
    tokens = [bytes([b]) for b in word]
    while pairs := [p for p in itertools.pairwise(tokens) if p in merges]:
        a, b = choose(pairs)
        tokens = merge_pair(tokens, (a, b), a + b)
    return tokens


def encode_min(word, merges):
    return _encode(word, merges, min)


def encode_break(word, merges):
    tokens = [bytes([b]) for b in word]
    changed = True
    while changed:
        changed = False
        for i in range(len(tokens) - 1):
            if (tokens[i], tokens[i + 1]) in merges:
                tokens[i : i + 2] = [tokens[i] + tokens[i + 1]]
                changed = True
                break
    return tokens


def encode_right(word, merges):
    tokens = [bytes([b]) for b in word]
    for a, b in merges:
        i = len(tokens) - 2
        while i >= 0:
            if tokens[i : i + 2] == [a, b]:
                tokens[i : i + 2] = [a + b]
            i -= 1
    return tokens


def encode_slice(word, merges):
    tokens = [word[i : i + 1] for i in range(len(word))]
    while True:
        able = [tokens[i : i + 2] for i in range(len(tokens)) if tokens[i : i + 2] in merges]
        if not able:
            return tokens
        left, right = min(able, key=merges.index)
        tokens = merge_pair(tokens, (left, right), left + right)


def encode_integers(word, merges):
    tokens = list(word)
    for a, b in merges:
        tokens = merge_pair(tokens, (a, b), a + b)
    return tokens


def encode_ids(word, merges):
    ids = list(word)
    for number, (a, b) in enumerate(merges, 256):
        ids = merge_pair(ids, (a[0], b[0]), number)
    return ids


def encode_adding(word, merges):
    return [b"" + token for token in word]


def _train(words, n_merges, key):
    split = {word: [bytes([b]) for b in word] for word in words}
    merges = []
    for _ in range(n_merges):
        counts = Counter()
        for word in split:
            for pair, n in count_pairs(split[word]).items():
                counts[pair] += n * words[word]
        if not counts:
            return merges
        a, b = max(counts, key=lambda pair: (counts[pair], key(pair)))
        merges.append((a, b))
        split = {word: merge_pair(tokens, (a, b), a + b) for word, tokens in split.items()}
    return merges


def train_joined(words, n_merges):
    return _train(words, n_merges, lambda p: p[0] + p[1])


def train_joined_with(words, n_merges):
    return _train(words, n_merges, b"".join)


NAMED = {
    decode_caught: "each token is decoded on its own",
    decode_or_mark: "valid characters do not survive beside a broken one",
    decode_set: "the order or the repetition of the ids is lost",
    decode_walk: "the order or the repetition of the ids is lost",
    count_skipping: "pairs that overlap are counted once",
    merge_slice: "nothing is ever merged",
    merge_text: "the ids are replaced as text",
    special_strip: "pieces of white space are thrown away",
    special_longest: "one special token is looked for everywhere before the next is tried",
    special_tail: "the text after the last special token is lost",
    encode_min: "the pairs are compared as bytes, not by their place in the list",
    encode_break: "the leftmost pair that can be merged goes first",
    encode_right: "runs are merged from the right",
    encode_slice: "nothing is merged",
    train_joined: "in a tie the pairs are compared by their joined bytes",
    train_joined_with: "in a tie the pairs are compared by their joined bytes",
}
CHECKS = {
    "decode": tokenization.decode,
    "count": tokenization.count_pairs,
    "merge": tokenization.merge_pair,
    "special": tokenization.split_special,
    "encode": tokenization.encode_word,
    "train": tokenization.train_bpe,
}


def verdict(fn):
    return CHECKS[fn.__name__.split("_")[0]].run(fn)


def message(fn):
    return " ".join(str(verdict(fn)).split())


@pytest.mark.parametrize("fn", NAMED, ids=lambda fn: fn.__name__)
def test_a_slip_is_refused_and_named(fn):
    result = verdict(fn)
    assert (result.status, result.mistake) == ("wrong", NAMED[fn]), str(result)


SAYS = {
    decode_plus: "The entries of the vocabulary are bytes: put them together as bytes first.",
    count_too_far: "The last token has no right neighbour: where may the loop stop?",
    merge_too_far: "The last token has no right neighbour: what is read there?",
    merge_slice: "a list never equals a tuple, so `[6, 7] == (6, 7)` is false",
    encode_slice: "is a list, and never equals a tuple",
    encode_integers: "entry 0 is an int and bytes are asked for: going through bytes gives int",
    encode_ids: "entry 0 is an int and bytes are asked for: going through bytes gives integers",
    encode_adding: 'Going through bytes gives integers: `bytes([97])` is b"a".',
    special_parts: "is missing at the end",
}


@pytest.mark.parametrize("fn", SAYS, ids=lambda fn: fn.__name__)
def test_a_slip_is_answered_with_words_that_help(fn):
    assert verdict(fn).status == "wrong"
    assert SAYS[fn] in message(fn)


SMALLEST = {
    special_strip: """split_special('<s> <s>', ['<s>']) gives ['<s>', '<s>']; it is 1 entry""",
    merge_text: "merge_pair([16, 7], (6, 7), 50) gives [150]; it is 1 entry too short",
    special_longest: "gives ['ca', 'bb']; it is 1 entry too short",
    train_joined: "(b'a', b'z'), (b'ab', b'a')]; entry 1 is wrong: (b'a', b'z')",
    encode_min: "entry 0 is wrong: b'",
}


@pytest.mark.parametrize("fn", SMALLEST, ids=lambda fn: fn.__name__)
def test_the_smallest_example_shows_the_slip(fn):
    assert SMALLEST[fn] in message(fn)


def test_pieces_that_do_not_give_the_text_are_told_where():
    check = tokenization.split_special
    assert "is missing at the end" in str(check.run(lambda text, specials: [text[:-1]]))
    doubled = str(check.run(lambda text, specials: [text, text]))
    assert "after 'a b' yours have 'a b', the text has ended" in " ".join(doubled.split())
    other = str(check.run(lambda text, specials: ["#", text]))
    assert "at the start yours have '#" in other


def test_every_vocabulary_is_shown_in_order_and_is_no_list_of_positions():
    for _, vocab in tokenization.decode.cases:
        assert list(vocab) == sorted(vocab)
        assert list(vocab) != list(range(len(vocab)))
