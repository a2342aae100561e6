"""Right answers to the exercises of chapter 01 in many styles, none of them the solution's."""

from __future__ import annotations

import codecs
import collections
import functools
import heapq
import io
import itertools
import operator
import re
from collections import Counter, defaultdict

import numpy as np
import torch

from tinytx.tokenizers import count_pairs as package_count_pairs
from tinytx.tokenizers import merge_pair as package_merge_pair


def decode_bytearray(ids, vocab):
    data = bytearray()
    for i in ids:
        data.extend(vocab[i])
    return data.decode(errors="replace")


def decode_sum(ids, vocab):
    return str(functools.reduce(operator.add, (vocab[i] for i in ids), b""), "utf-8", "replace")


def decode_iterator(ids, vocab):
    return bytes(itertools.chain.from_iterable(map(vocab.get, ids))).decode("utf8", "replace")


def decode_incremental(ids, vocab):
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    return "".join([decoder.decode(vocab[i]) for i in ids] + [decoder.decode(b"", final=True)])


def decode_file(ids, vocab):
    file = io.BytesIO()
    for i in ids:
        file.write(vocab[i])
    file.seek(0)
    return io.TextIOWrapper(file, "utf-8", errors="replace", newline="").read()


def decode_recursively(ids, vocab, data=b""):
    if not ids:
        return codecs.decode(data, "utf-8", "replace")
    return decode_recursively(ids[1:], vocab, data + vocab[ids[0]])


def decode_numpy(ids, vocab):
    parts = [np.frombuffer(vocab[i], np.uint8) for i in ids]
    return np.concatenate([np.empty(0, np.uint8), *parts]).tobytes().decode("utf-8", "replace")


def decode_with_a_guard(ids, vocab):
    data = b""
    for i in ids:
        if i not in vocab:
            raise ValueError(f"unknown id {i}")
        data = data + vocab[i]
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8")
        return before + "\ufffd" + decode_with_a_guard([0], {0: data[error.end :]})


def count_counter(ids):
    return Counter(itertools.pairwise(ids))


def count_default(ids):
    counts = defaultdict(int)
    for i in range(1, len(ids)):
        counts[ids[i - 1], ids[i]] += 1
    return counts


def count_dict(ids):
    pairs = list(itertools.pairwise(ids))
    return {pair: pairs.count(pair) for pair in set(pairs)}


def count_numpy(ids):
    if len(ids) < 2:
        return {}
    pairs, counts = np.unique(np.array([ids[:-1], ids[1:]]), axis=1, return_counts=True)
    return {(a, b): n for a, b, n in zip(*pairs, counts, strict=True)}


def count_torch(ids):
    if len(ids) < 2:
        return {}
    pairs, counts = torch.tensor(ids).unfold(0, 2, 1).unique(dim=0, return_counts=True)
    return {tuple(p): n for p, n in zip(pairs.tolist(), counts.tolist(), strict=True)}


def count_grouped(ids):
    pairs = sorted(itertools.pairwise(ids))
    return {pair: len(list(group)) for pair, group in itertools.groupby(pairs)}


def count_recursively(ids):
    if len(ids) < 2:
        return {}
    counts = count_recursively(ids[1:])
    counts[ids[0], ids[1]] = counts.get((ids[0], ids[1]), 0) + 1
    return counts


def count_previous(ids):
    counts, previous = {}, None
    for token in ids:
        if previous is not None:
            counts.setdefault((previous, token), []).append(1)
        previous = token
    return {pair: sum(ones) for pair, ones in counts.items()}


class Counting(dict):
    def __missing__(self, pair):
        return 0


def count_class(ids):
    counts = Counting()
    i = 0
    while i + 1 < len(ids):
        counts[tuple(ids[i : i + 2])] += 1
        i += 1
    return counts


def merge_with_pops(ids, pair, new_id):
    rest = collections.deque(ids)
    out = []
    while rest:
        token = rest.popleft()
        if rest and (token, rest[0]) == pair:
            rest.popleft()
            token = new_id
        out.append(token)
    return out


def merge_looking_back(ids, pair, new_id):
    out = []
    for token in ids:
        if out and (out[-1], token) == pair:
            out[-1] = new_id
        else:
            out.append(token)
    return out


def merge_by_regex(ids, pair, new_id):
    known = [*dict.fromkeys([*ids, *pair, new_id])]  # an id may be too large for a character
    text = "".join(chr(known.index(i)) for i in ids)
    left, right, new = (chr(known.index(i)) for i in (*pair, new_id))
    return [known[ord(c)] for c in re.sub(re.escape(left + right), lambda _: new, text)]


def merge_recursively(ids, pair, new_id):
    if len(ids) < 2:
        return list(ids)
    if (ids[0], ids[1]) == pair:
        return [new_id, *merge_recursively(ids[2:], pair, new_id)]
    return [ids[0], *merge_recursively(ids[1:], pair, new_id)]


def merge_generator(ids, pair, new_id):
    def tokens():
        skip = False
        for left, right in itertools.zip_longest(ids, ids[1:]):
            if skip:
                skip = False
            elif (left, right) == pair:
                skip = True
                yield new_id
            else:
                yield left

    return list(tokens())


def merge_in_a_copy(ids, pair, new_id):
    out = ids.copy()
    i = 0
    while i < len(out) - 1:
        if [out[i], out[i + 1]] == list(pair):
            del out[i + 1]
            out[i] = new_id
        i += 1
    return out


def merge_by_places(ids, pair, new_id):
    starts = []
    for i in range(len(ids) - 1):
        if (ids[i], ids[i + 1]) == pair and (not starts or starts[-1] < i - 1):
            starts.append(i)
    seconds = {i + 1 for i in starts}
    return [new_id if i in starts else t for i, t in enumerate(ids) if i not in seconds]


def merge_numpy(ids, pair, new_id):
    array = np.array(ids, dtype=np.int64)
    hits = np.flatnonzero((array[:-1] == pair[0]) & (array[1:] == pair[1]))
    kept = []
    for hit in hits.tolist():
        if not kept or hit > kept[-1] + 1:
            kept.append(hit)
    array[kept] = new_id
    return np.delete(array, [hit + 1 for hit in kept]).tolist()


def merge_text_with_borders(ids, pair, new_id):
    text = "," + ",,".join(map(str, ids)) + ","
    text = text.replace(f",{pair[0]},,{pair[1]},", f",{new_id},")
    return [int(word) for word in text.split(",") if word]


def split_by_finditer(text, specials):
    pattern = "|".join(re.escape(s) for s in sorted(specials, key=lambda s: (-len(s), s)))
    out, at = [], 0
    for found in re.finditer(pattern, text):
        out += [text[at : found.start()], found.group()]
        at = found.end()
    return [piece for piece in [*out, text[at:]] if piece]


def split_by_scanning(text, specials):
    out, plain, at = [], "", 0
    while at < len(text):
        hits = [s for s in specials if text.startswith(s, at)]
        if hits:
            out += [plain, max(hits, key=len)]
            plain, at = "", at + len(out[-1])
        else:
            plain, at = plain + text[at], at + 1
    return [piece for piece in [*out, plain] if piece]


def split_by_partition(text, specials):
    starts = [(text.find(s), -len(s), s) for s in specials if s in text]
    if not starts:
        return [text] * bool(text)
    before, special, after = text.partition(min(starts)[2])
    return [before] * bool(before) + [special] + split_by_partition(after, specials)


def split_by_findall(text, specials):
    pattern = "|".join(map(re.escape, sorted(specials, key=len)[::-1]))
    return [m[0] for m in re.finditer(f"{pattern}|(?:(?!{pattern}).)+", text, re.S)]


def split_alphabetically(text, specials):
    """Backwards in the alphabet, a token stands before its own beginnings."""
    pattern = "(" + "|".join(map(re.escape, sorted(specials, reverse=True))) + ")"
    return list(filter(None, re.compile(pattern).split(text)))


def split_by_sub(text, specials):
    """Let `sub` call back at each special token, and look at nothing that it gives."""
    pieces, start = [], 0

    def note(found):
        nonlocal start
        pieces.extend([text[start : found.start()], found.group()])
        start = found.end()
        return ""

    re.sub("|".join(map(re.escape, sorted(specials, key=len, reverse=True))), note, text)
    return [piece for piece in [*pieces, text[start:]] if piece]


def split_by_trie(text, specials):
    trie = {}
    for special in specials:
        node = trie
        for char in special:
            node = node.setdefault(char, {})
        node["end"] = True

    def longest(at):
        node, best = trie, at
        for i in range(at, len(text)):
            if text[i] not in node:
                break
            node = node[text[i]]
            if "end" in node:
                best = i + 1
        return best

    out, start, at = [], 0, 0
    while at < len(text):
        end = longest(at)
        if end > at:
            out += [text[start:at], text[at:end]]
            start = at = end
        else:
            at += 1
    out.append(text[start:])
    return [piece for piece in out if piece]


def split_pieces_of_pieces(text, specials):
    if not text:
        return []
    for at in range(len(text)):
        for special in sorted(specials, key=len, reverse=True):
            if text[at:].startswith(special):
                rest = split_pieces_of_pieces(text[at + len(special) :], specials)
                return ([text[:at]] if at else []) + [special, *rest]
    return [text]


def encode_by_rank(word, merges):
    tokens = [word[i : i + 1] for i in range(len(word))]
    ranks = {pair: rank for rank, pair in enumerate(merges)}
    while len(tokens) > 1:
        at = min(range(len(tokens) - 1), key=lambda i: ranks.get(tuple(tokens[i : i + 2]), 1e9))
        if tuple(tokens[at : at + 2]) not in ranks:
            break
        tokens[at : at + 2] = [tokens[at] + tokens[at + 1]]
    return tokens


def encode_by_replay(word, merges):
    tokens = [bytes([b]) for b in word]
    for a, b in merges:
        tokens = package_merge_pair(tokens, (a, b), a + b)
    return tokens


def encode_recursively(word, merges):
    return _encode_tokens([bytes([b]) for b in word], merges)


def _encode_tokens(tokens, merges):
    if not merges:
        return tokens
    (a, b), *rest = merges
    out = []
    for token in tokens:
        if out[-1:] == [a] and token == b:
            out[-1] = a + b
        else:
            out.append(token)
    return _encode_tokens(out, rest)


def encode_by_joined_bytes(word, merges):
    """Know a pair by what it spells, as tiktoken does: the same, if the merges were learned."""
    ranks = {a + b: rank for rank, (a, b) in enumerate(merges)}
    parts = [bytes([b]) for b in word]
    while True:
        able = [
            (ranks[a + b], i)
            for i, (a, b) in enumerate(itertools.pairwise(parts))
            if a + b in ranks
        ]
        if not able:
            return parts
        i = min(able)[1]
        parts = [*parts[:i], parts[i] + parts[i + 1], *parts[i + 2 :]]


def encode_first_fit(word, merges):
    tokens = [bytes([b]) for b in word]
    again = True
    while again:
        again = False
        for a, b in merges:
            if (a, b) in set(itertools.pairwise(tokens)):
                tokens = package_merge_pair(tokens, (a, b), a + b)
                again = True
                break
    return tokens


def encode_with_a_heap(word, merges):
    ranks = {pair: rank for rank, pair in enumerate(merges)}
    tokens = {i: word[i : i + 1] for i in range(len(word))}
    heap = []

    def offer(left, right):
        rank = ranks.get((tokens[left], tokens[right]))
        if rank is not None:
            heapq.heappush(heap, (rank, left, right, tokens[left], tokens[right]))

    for left, right in itertools.pairwise(tokens):
        offer(left, right)
    while heap:
        _, left, right, a, b = heapq.heappop(heap)
        if tokens.get(left) != a or tokens.get(right) != b:
            continue
        tokens[left] += tokens.pop(right)
        keys = sorted(tokens)
        place = keys.index(left)
        for i, j in itertools.pairwise(keys[max(place - 1, 0) : place + 2]):
            offer(i, j)
    return [tokens[key] for key in sorted(tokens)]


def encode_by_ids(word, merges):
    vocab = [bytes([b]) for b in range(256)]
    ids = list(word)
    for a, b in merges:
        ids = package_merge_pair(ids, (vocab.index(a), vocab.index(b)), len(vocab))
        vocab.append(a + b)
    return [vocab[i] for i in ids]


def encode_by_cuts(word, merges):
    """Keep the places of the cuts, and take one out at each merge."""
    cuts = list(range(len(word) + 1))
    for left, right in merges:
        i = 1
        while i < len(cuts) - 1:
            if (word[cuts[i - 1] : cuts[i]], word[cuts[i] : cuts[i + 1]]) == (left, right):
                cuts.pop(i)
            else:
                i += 1
    return [word[i:j] for i, j in itertools.pairwise(cuts)]


def _train(words, n_merges, choose):
    split = [([bytes([b]) for b in word], times) for word, times in words.items()]
    merges = []
    for _ in range(n_merges):
        counts = Counter()
        for tokens, times in split:
            for pair in itertools.pairwise(tokens):
                counts[pair] += times
        if not counts:
            break
        a, b = choose(counts)
        merges.append((a, b))
        split = [(package_merge_pair(tokens, (a, b), a + b), times) for tokens, times in split]
    return merges


def train_by_max(words, n_merges):
    return _train(words, n_merges, lambda c: max(c, key=lambda pair: (c[pair], pair)))


def train_by_sort(words, n_merges):
    return _train(words, n_merges, lambda c: sorted((n, pair) for pair, n in c.items())[-1][1])


def train_by_two_steps(words, n_merges):
    def choose(counts):
        highest = max(counts.values())
        return max(pair for pair, n in counts.items() if n == highest)

    return _train(words, n_merges, choose)


def train_by_stable_sorts(words, n_merges):
    return _train(words, n_merges, lambda c: sorted(sorted(c), key=c.get)[-1])


def train_by_comparing(words, n_merges):
    def choose(counts):
        best = None
        for pair, n in counts.items():
            if best is None or n > counts[best] or (n == counts[best] and pair > best):
                best = pair
        return best

    return _train(words, n_merges, choose)


def train_on_text_of_ids(words, n_merges):
    """Keep ids for tokens and one long list with -1 between the words."""
    vocab = [bytes([b]) for b in range(256)]
    ids = [i for word, times in words.items() for _ in range(times) for i in (*word, -1)]
    merges = []
    while len(merges) < n_merges:
        counts = Counter(pair for pair in itertools.pairwise(ids) if -1 not in pair)
        if not counts:
            break
        spelled = {pair: (vocab[pair[0]], vocab[pair[1]]) for pair in counts}
        pair = max(counts, key=lambda p: (counts[p], *spelled[p]))
        merges.append(spelled[pair])
        ids = package_merge_pair(ids, pair, len(vocab))
        vocab.append(b"".join(spelled[pair]))
    return merges


def train_recursively(words, n_merges, split=None):
    if split is None:
        split = {word: [word[i : i + 1] for i in range(len(word))] for word in words}
    counts = Counter()
    for word, tokens in split.items():
        for pair, n in package_count_pairs(tokens).items():
            counts.update({pair: n * words[word]})
    if not counts or n_merges == 0:
        return []
    pair = max(counts, key=lambda pair: (counts[pair], pair))
    split = {w: package_merge_pair(t, pair, b"".join(pair)) for w, t in split.items()}
    return [pair, *train_recursively(words, n_merges - 1, split)]


class Trainer:
    """Count all pairs once, and at each merge mend only the words that hold the pair."""

    def __init__(self, words):
        self.words = [([bytes([b]) for b in word], times) for word, times in words.items()]
        self.counts, self.where = Counter(), defaultdict(set)
        for index in range(len(self.words)):
            self.add(index, 1)

    def add(self, index, sign):
        tokens, times = self.words[index]
        for pair in itertools.pairwise(tokens):
            self.counts[pair] += sign * times
            self.where[pair].add(index)

    def step(self):
        pair = max((n, pair) for pair, n in self.counts.items() if n > 0)[1]
        for index in list(self.where[pair]):
            self.add(index, -1)
            tokens, times = self.words[index]
            self.words[index] = package_merge_pair(tokens, pair, pair[0] + pair[1]), times
            self.add(index, 1)
        return pair


def train_with_a_class(words, n_merges):
    trainer = Trainer(words)
    merges = []
    while len(merges) < n_merges and any(n > 0 for n in trainer.counts.values()):
        merges.append(trainer.step())
    return merges


RIGHT = {
    "decode": [
        decode_bytearray,
        decode_sum,
        decode_iterator,
        decode_incremental,
        decode_file,
        decode_recursively,
        decode_numpy,
        decode_with_a_guard,
    ],
    "count_pairs": [
        count_counter,
        count_default,
        count_dict,
        count_numpy,
        count_torch,
        count_grouped,
        count_recursively,
        count_previous,
        count_class,
    ],
    "merge_pair": [
        merge_with_pops,
        merge_looking_back,
        merge_by_regex,
        merge_recursively,
        merge_generator,
        merge_in_a_copy,
        merge_by_places,
        merge_numpy,
        merge_text_with_borders,
    ],
    "split_special": [
        split_by_finditer,
        split_by_scanning,
        split_by_partition,
        split_by_findall,
        split_alphabetically,
        split_by_sub,
        split_by_trie,
        split_pieces_of_pieces,
    ],
    "encode_word": [
        encode_by_rank,
        encode_by_replay,
        encode_recursively,
        encode_by_joined_bytes,
        encode_first_fit,
        encode_with_a_heap,
        encode_by_ids,
        encode_by_cuts,
    ],
    "train_bpe": [
        train_by_max,
        train_by_sort,
        train_by_two_steps,
        train_by_stable_sorts,
        train_by_comparing,
        train_on_text_of_ids,
        train_recursively,
        train_with_a_class,
    ],
}
