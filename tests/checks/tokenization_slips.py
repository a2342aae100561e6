"""Wrong answers to the exercises of chapter 01, as learners type them."""

from __future__ import annotations

import codecs
import io
import itertools
import re
import unicodedata
from collections import Counter, defaultdict

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


def decode_or_nothing(ids, vocab):
    try:
        return b"".join([vocab[i] for i in ids]).decode()
    except UnicodeDecodeError:
        return ""


def decode_up_to(ids, vocab):
    data = b"".join(map(vocab.get, ids))
    try:
        return data.decode()
    except UnicodeDecodeError as e:
        return data[: e.start].decode()


def decode_set(ids, vocab):
    return b"".join(vocab[i] for i in set(ids)).decode("utf-8", errors="replace")


def decode_walk(ids, vocab):
    found = [token for i, token in vocab.items() if i in ids]
    return b"".join(found).decode("utf-8", "replace")


def decode_unique(ids, vocab):
    data, seen = b"", []
    for i in ids:
        if i not in seen:
            seen.append(i)
            data += vocab[i]
    return data.decode("utf-8", "replace")


def decode_ordered(ids, vocab):
    ids = sorted(ids)
    return b"".join([vocab[i] for i in ids]).decode("utf-8", "replace")


def decode_truthy(ids, vocab):
    return b"".join(vocab[i] for i in filter(None, ids)).decode("utf-8", "replace")


def decode_growing(ids, vocab):
    text = ""
    for i in ids:
        text += vocab[i].decode("utf-8", "replace")
    return text


def decode_words(ids, vocab):
    words = []
    for i in ids:
        words.append(vocab[i].decode())
    return "".join(words)


def decode_chr(ids, vocab):
    return "".join(chr(b) for i in ids for b in vocab[i])


def decode_bytewise(ids, vocab):
    text = ""
    for b in b"".join(vocab[i] for i in ids):
        try:
            text += bytes([b]).decode()
        except UnicodeDecodeError:
            text += "\ufffd"
    return text


def decode_blank(ids, vocab):
    data = b""
    for i in ids:
        data += vocab[i] + b" "
    return data.decode("utf-8", "replace")


def decode_spaced(ids, vocab):
    return " ".join(vocab[i].decode("utf-8", errors="replace") for i in ids)


def decode_str(ids, vocab):
    text = ""
    for i in ids:
        text += str(vocab[i])
    return text


def decode_repr(ids, vocab):
    return repr(b"".join(vocab[i] for i in ids))[2:-1]


def decode_trimmed(ids, vocab):
    data = b""
    for i in ids:
        data += vocab[i].strip()
    return data.decode("utf-8", "replace")


def decode_cleaned(ids, vocab):
    text = b"".join(vocab[i] for i in ids).decode("utf-8", errors="replace")
    return text.replace("�", "")


def decode_question(ids, vocab):
    text = b"".join(vocab[i] for i in ids).decode("utf-8", errors="replace")
    return text.replace("�", "?")


def decode_short(ids, vocab):
    data = bytearray()
    for k in range(len(ids) - 1):
        data += vocab[ids[k]]
    return data.decode("utf-8", errors="replace")


def decode_early(ids, vocab):
    data = b""
    for i in ids:
        data += vocab[i]
        return data.decode("utf-8", errors="replace")


def decode_bytes(ids, vocab):
    data = b""
    for i in ids:
        data += vocab[i]
    return data


def decode_list(ids, vocab):
    tokens = list(vocab.values())
    return b"".join(tokens[i] for i in ids).decode(errors="replace")


def decode_walk_stripped(ids, vocab):
    return b"".join(v for k, v in vocab.items() if k in ids).decode("utf-8", "replace").strip()


def decode_sorted_ignoring(ids, vocab):
    return b"".join(vocab[i] for i in sorted(ids)).decode("utf-8", errors="ignore")


def decode_set_spaced(ids, vocab):
    return b" ".join(vocab[i] for i in set(ids)).decode("utf-8", errors="replace")


def decode_short_latin(ids, vocab):
    text = ""
    for i in ids[:-1]:
        text += vocab[i].decode("latin-1")
    return text


def decode_ascii_ignoring(ids, vocab):
    return b"".join(vocab[i] for i in ids).decode("ascii", errors="ignore")


def decode_plus(ids, vocab):
    text = ""
    for i in ids:
        text += vocab[i]
    return text


def decode_each_byte(ids, vocab):
    return "".join(b.decode() for i in ids for b in vocab[i])


def decode_places(ids, vocab):
    return b"".join(vocab[k] for k in range(len(ids))).decode("utf-8", "replace")


def count_skipping(ids):
    counts, i = {}, 0
    while i < len(ids) - 1:
        pair = ids[i], ids[i + 1]
        counts[pair] = counts.get(pair, 0) + 1
        if ids[i] == ids[i + 1]:
            i += 1
        i += 1
    return counts


def count_in_text(ids):
    text = " ".join(map(str, ids))
    return {(a, b): text.count(f"{a} {b}") for a, b in itertools.pairwise(ids)}


def count_round(ids):
    counts = {}
    for i in range(len(ids)):
        pair = (ids[i - 1], ids[i])
        counts[pair] = counts.get(pair, 0) + 1
    return counts


def count_characters(ids):
    text = "".join(map(chr, ids))
    return {(ord(a), ord(b)): n for (a, b), n in Counter(itertools.pairwise(text)).items()}


def merge_characters(ids, pair, new_id):
    text = "".join(map(chr, ids))
    return [ord(c) for c in text.replace(chr(pair[0]) + chr(pair[1]), chr(new_id))]


def count_short(ids):
    counts = {}
    for i in range(len(ids) - 2):
        pair = (ids[i], ids[i + 1])
        if pair in counts:
            counts[pair] += 1
        else:
            counts[pair] = 1
    return counts


def count_late(ids):
    counts = {}
    for i in range(1, len(ids) - 1):
        pair = (ids[i], ids[i + 1])
        counts[pair] = counts.setdefault(pair, 0) + 1
    return counts


def count_from_zero(ids):
    counts = {}
    for a, b in itertools.pairwise(ids):
        if (a, b) in counts:
            counts[a, b] += 1
        else:
            counts[a, b] = 0
    return counts


def count_truthy(ids):
    counts = defaultdict(int)
    previous = None
    for token in ids:
        if previous:
            counts[previous, token] += 1
        previous = token
    return dict(counts)


def count_list_count(ids):
    return {pair: ids.count(pair) for pair in itertools.pairwise(ids)}


def count_never(ids):
    counts = {}
    for pair in itertools.pairwise(ids):
        counts[pair] = counts.get(pair, 0)
    return counts


def count_twos(ids):
    counts, i = {}, 0
    while i < len(ids) - 1:
        pair = (ids[i], ids[i + 1])
        counts[pair] = counts.get(pair, 0) + 1
        i += 2
    return counts


def count_nested(ids):
    counts = Counter()
    for a in range(len(ids)):
        for b in range(a + 1, len(ids)):
            counts[ids[a], ids[b]] += 1
    return counts


def count_product(ids):
    return Counter((a, b) for a in ids for b in ids)


def count_squared(ids):
    counts = {}
    for pair in itertools.pairwise(ids):
        for other in itertools.pairwise(ids):
            if pair == other:
                counts[pair] = counts.get(pair, 0) + 1
    return counts


def count_sorted(ids):
    return Counter(tuple(sorted(pair)) for pair in itertools.pairwise(ids))


def count_both(ids):
    counts = Counter()
    for a, b in itertools.pairwise(ids):
        counts[a, b] += 1
        counts[b, a] += 1
    return counts


def count_unequal(ids):
    return Counter((a, b) for a, b in itertools.pairwise(ids) if a != b)


def count_singles(ids):
    return Counter(ids)


def count_once(ids):
    return dict.fromkeys(itertools.pairwise(ids), 1)


def count_reset(ids):
    counts = {}
    for pair in itertools.pairwise(ids):
        if pair in counts:
            counts[pair] += 1
        counts[pair] = 1
    return counts


def count_early(ids):
    counts = {}
    for pair in itertools.pairwise(ids):
        counts[pair] = counts.get(pair, 0) + 1
        return counts


def count_frequent(ids):
    return {pair: n for pair, n in Counter(itertools.pairwise(ids)).items() if n >= 2}


def count_places(ids):
    return Counter((i, i + 1) for i in range(len(ids) - 1))


def count_backwards_from_two(ids):
    counts = {}
    for i in range(len(ids) - 1):
        pair = ids[i + 1], ids[i]
        counts[pair] = counts.get(pair, 1) + 1
    return counts


def count_twos_sorted(ids):
    counts = Counter()
    for i in range(0, len(ids) - 1, 2):
        counts[tuple(sorted(ids[i : i + 2]))] += 1
    return counts


def count_short_backwards(ids):
    counts = Counter()
    for i in range(len(ids) - 2):
        counts[ids[i + 1], ids[i]] += 1
    return counts


def count_round_from_zero(ids):
    counts = {}
    for i in range(len(ids)):
        pair = (ids[i - 1], ids[i])
        counts[pair] = counts[pair] + 1 if pair in counts else 0
    return counts


def count_gap_once(ids):
    return dict.fromkeys(zip(ids, ids[2:], strict=False), 1)


def count_too_far(ids):
    counts = {}
    for i in range(len(ids)):
        pair = (ids[i], ids[i + 1])
        counts[pair] = counts.get(pair, 0) + 1
    return counts


def count_no_entry(ids):
    counts = {}
    for pair in itertools.pairwise(ids):
        counts[pair] += 1
    return counts


def count_lists(ids):
    counts = {}
    for i in range(len(ids) - 1):
        counts[ids[i : i + 2]] = counts.get(ids[i : i + 2], 0) + 1
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


def merge_for(ids, pair, new_id):
    out = []
    for i in range(len(ids)):
        if i + 1 < len(ids) and (ids[i], ids[i + 1]) == pair:
            out.append(new_id)
        else:
            out.append(ids[i])
    return out


def merge_flag(ids, pair, new_id):
    out, skip = [], False
    for a, b in itertools.pairwise(ids):
        if skip:
            skip = False
        elif (a, b) == pair:
            out.append(new_id)
            skip = True
        else:
            out.append(a)
    return out


def merge_last_always(ids, pair, new_id):
    out, i = [], 0
    while i < len(ids) - 1:
        if (ids[i], ids[i + 1]) == pair:
            out.append(new_id)
            i += 2
        else:
            out.append(ids[i])
            i += 1
    out.append(ids[-1])
    return out


def merge_in_place(ids, pair, new_id):
    i = 0
    while i < len(ids) - 1:
        if (ids[i], ids[i + 1]) == pair:
            ids[i : i + 2] = [new_id]
        i += 1
    return ids


def merge_singly(ids, pair, new_id):
    return [new_id if token in pair else token for token in ids]


def merge_is(ids, pair, new_id):
    out, i = [], 0
    while i < len(ids):
        if i < len(ids) - 1 and ids[i] is pair[0] and ids[i + 1] is pair[1]:
            out.append(new_id)
            i += 2
        else:
            out.append(ids[i])
            i += 1
    return out


def merge_from_the_end(ids, pair, new_id):
    out = list(ids)
    i = len(out) - 2
    while i >= 0:
        if out[i : i + 2] == list(pair):
            out[i : i + 2] = [new_id]
            i -= 1
        i -= 1
    return out


def merge_first(ids, pair, new_id):
    out = list(ids)
    for i in range(len(out) - 1):
        if (out[i], out[i + 1]) == pair:
            out[i : i + 2] = [new_id]
            break
    return out


def merge_set(ids, pair, new_id):
    out, i = [], 0
    while i < len(ids):
        if set(ids[i : i + 2]) == set(pair):
            out.append(new_id)
            i += 2
        else:
            out.append(ids[i])
            i += 1
    return out


def merge_truthy(ids, pair, new_id):
    out = []
    for token in ids:
        if out and out[-1] and (out[-1], token) == pair:
            out[-1] = new_id
        else:
            out.append(token)
    return out


def merge_half(ids, pair, new_id):
    out, i = [], 0
    while i < len(ids):
        if ids[i] == pair[0]:
            out.append(new_id)
            i += 2
        else:
            out.append(ids[i])
            i += 1
    return out


def merge_twos(ids, pair, new_id):
    out = []
    for i in range(0, len(ids), 2):
        if tuple(ids[i : i + 2]) == pair:
            out.append(new_id)
        else:
            out.append(ids[i])
    return out


def merge_no_else(ids, pair, new_id):
    out, i = [], 0
    while i < len(ids):
        if tuple(ids[i : i + 2]) == pair:
            out.append(new_id)
            i += 2
        out.append(ids[i])
        i += 1
    return out


def merge_news_only(ids, pair, new_id):
    out, i = [], 0
    while i < len(ids):
        if tuple(ids[i : i + 2]) == pair:
            out.append(new_id)
            i += 1
        i += 1
    return out


def merge_same_list(ids, pair, new_id):
    if pair not in itertools.pairwise(ids):
        return ids
    return merge_pair(ids, pair, new_id)


def merge_early_short(ids, pair, new_id):
    out, i = [], 0
    while i < len(ids) - 1:
        if (ids[i], ids[i + 1]) == pair:
            out.append(new_id)
            i += 1
        else:
            out.append(ids[i])
        i += 1
        return out


def merge_for_short(ids, pair, new_id):
    return [new_id if two == pair else two[0] for two in itertools.pairwise(ids)]


def merge_set_short(ids, pair, new_id):
    out, i = [], 0
    while i < len(ids) - 1:
        if {ids[i], ids[i + 1]} == set(pair):
            out.append(new_id)
            i += 2
        else:
            out.append(ids[i])
            i += 1
    return out


def merge_twice_short(ids, pair, new_id):
    out, i = [], 0
    while i < len(ids) - 1:
        found = (ids[i], ids[i + 1]) == pair
        out += [new_id, new_id] if found else [ids[i]]
        i += 2 if found else 1
    return out


def merge_is_singly(ids, pair, new_id):
    out = []
    for i in range(len(ids)):
        if i + 1 < len(ids) and ids[i] is pair[0] and ids[i + 1] is pair[1]:
            out.append(new_id)
        else:
            out.append(ids[i])
    return out


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


def _pattern(specials):
    return "|".join(re.escape(s) for s in sorted(specials, key=len, reverse=True))


def special_escape(text, specials):
    longest_first = sorted(specials, key=len, reverse=True)
    return [p for p in re.split("(" + "|".join(longest_first) + ")", text) if p]


def special_order(text, specials):
    out, plain, i = [], "", 0
    while i < len(text):
        for s in specials:
            if text.startswith(s, i):
                out += [plain, s]
                plain = ""
                i += len(s)
                break
        else:
            plain += text[i]
            i += 1
    return [p for p in [*out, plain] if p]


def special_buffer(text, specials):
    out, plain = [], ""
    for char in text:
        plain += char
        for s in specials:
            if plain.endswith(s):
                out += [plain[: -len(s)], s]
                plain = ""
                break
    return [p for p in [*out, plain] if p]


def special_buffer_kept(text, specials):
    out, plain, i = [], "", 0
    while i < len(text):
        hits = [s for s in specials if text.startswith(s, i)]
        if hits:
            out += [plain, max(hits, key=len)]
            plain, i = "", i + len(out[-1])
        else:
            plain, i = plain + text[i], i + 1
    if plain:
        out.append(plain)
    return out


def special_buffer_lost(text, specials):
    out, plain, i = [], "", 0
    while i < len(text):
        hits = [s for s in specials if text.startswith(s, i)]
        if hits:
            if plain:
                out.append(plain)
            out.append(max(hits, key=len))
            plain, i = "", i + len(out[-1])
        else:
            plain, i = plain + text[i], i + 1
    return out


def special_sort(text, specials):
    specials.sort(key=len, reverse=True)
    return [p for p in re.split("(" + "|".join(map(re.escape, specials)) + ")", text) if p]


def special_findall(text, specials):
    return re.findall(_pattern(specials), text)


def special_unprotected(text, specials):
    pieces = [text]
    for s in sorted(specials, key=len, reverse=True):
        new = []
        for p in pieces:
            new += re.split(f"({re.escape(s)})", p)
        pieces = [p for p in new if p]
    return pieces


def special_again(text, specials):
    pieces = [text]
    for s in specials:
        new = []
        for p in pieces:
            first, *rest = p.split(s)
            new.append(first)
            for part in rest:
                new += [s, part]
        pieces = [p for p in new if p]
    return pieces


def special_in_lines(text, specials):
    text = re.sub(_pattern(specials), lambda found: "\n" + found[0] + "\n", text)
    return [p for p in text.split("\n") if p]


def special_marked(text, specials):
    text = re.sub(_pattern(specials), lambda found: "|" + found[0] + "|", text)
    return [p for p in text.split("|") if p]


def special_ahead(text, specials):
    return [p for p in re.split(f"(?={_pattern(specials)})", text) if p]


def special_with_it(text, specials):
    out, plain, i = [], "", 0
    while i < len(text):
        hits = [s for s in specials if text.startswith(s, i)]
        step = len(max(hits, key=len)) if hits else 1
        plain += text[i : i + step]
        i += step
        if hits:
            out.append(plain)
            plain = ""
    return [*out, plain] if plain else out


def special_lines(text, specials):
    p = _pattern(specials)
    return [found[0] for found in re.finditer(f"{p}|(?:(?!{p}).)+", text)]


def special_earliest(text, specials):
    out, at = [], 0
    while hits := [(text.find(s, at), s) for s in specials if text.find(s, at) >= 0]:
        i, s = min(hits)
        out += [text[at:i], s]
        at = i + len(s)
    return [p for p in [*out, text[at:]] if p]


def special_dropped(text, specials):
    return [p for p in re.split(_pattern(specials), text) if p]


def special_unfiltered(text, specials):
    return re.split(f"({_pattern(specials)})", text)


def special_plain(text, specials):
    return [p for p in re.split("(" + "|".join(specials) + ")", text) if p]


def special_short_trimmed(text, specials):
    pattern = "|".join(map(re.escape, sorted(specials, key=len)))
    return [p.strip() for p in re.split(f"({pattern})", text) if p.strip()]


def special_dropped_unfiltered(text, specials):
    return re.split(_pattern(specials), text)


def special_first_dropped(text, specials):
    return [p for p in text.split(specials[0]) if p]


def special_tail_unfiltered(text, specials):
    out, at = [], 0
    for found in re.finditer(_pattern(specials), text):
        out += [text[at : found.start()], found.group()]
        at = found.end()
    return out


def special_tail_order(text, specials):
    out, at = [], 0
    for found in re.finditer("|".join(map(re.escape, specials)), text):
        out += [text[at : found.start()], found.group()]
        at = found.end()
    return [p for p in out if p]


def special_case_blank(text, specials):
    return [p for p in re.split(f"({_pattern(specials)})", text, flags=re.I) if p.strip()]


def special_turns_unfiltered(text, specials):
    pieces = [text]
    for s in specials:
        new = []
        for p in pieces:
            if p in specials:
                new.append(p)
                continue
            parts = p.split(s)
            for k, part in enumerate(parts):
                new += [part, s] if k < len(parts) - 1 else [part]
        pieces = new
    return pieces


def special_parts(text, specials):
    out = []
    for part in text.split(specials[0])[:-1]:
        if part:
            out.append(part)
        out.append(specials[0])
    return out


def special_three(text, specials):
    return re.split("(" + "|".join(specials) + ")", text)


def _single(word):
    return [bytes([b]) for b in word]


def _encode(word, merges, choose):
    tokens = _single(word)
    while pairs := [p for p in itertools.pairwise(tokens) if p in merges]:
        a, b = choose(pairs)
        tokens = merge_pair(tokens, (a, b), a + b)
    return tokens


def encode_min(word, merges):
    return _encode(word, merges, min)


def encode_alphabet(word, merges):
    tokens = _single(word)
    for a, b in sorted(merges):
        tokens = merge_pair(tokens, (a, b), a + b)
    return tokens


def encode_last(word, merges):
    return _encode(word, merges, lambda pairs: max(pairs, key=merges.index))


def encode_reversed(word, merges):
    tokens = _single(word)
    for a, b in reversed(merges):
        tokens = merge_pair(tokens, (a, b), a + b)
    return tokens


def encode_longest(word, merges):
    return _encode(word, merges, lambda pairs: max(pairs, key=lambda p: len(p[0]) + len(p[1])))


def encode_frequent(word, merges):
    return _encode(word, merges, lambda pairs: Counter(pairs).most_common(1)[0][0])


def encode_leftmost(word, merges):
    return _encode(word, merges, lambda pairs: pairs[0])


def encode_break(word, merges):
    tokens = _single(word)
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
    tokens = _single(word)
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


def encode_not_kept(word, merges):
    tokens = _single(word)
    for a, b in merges:
        merge_pair(tokens, (a, b), a + b)
    return tokens


def encode_first_place(word, merges):
    tokens = _single(word)
    for a, b in merges:
        for i in range(len(tokens) - 1):
            if (tokens[i], tokens[i + 1]) == (a, b):
                tokens = [*tokens[:i], a + b, *tokens[i + 2 :]]
                break
    return tokens


def encode_early(word, merges):
    tokens = _single(word)
    for a, b in merges:
        tokens = merge_pair(tokens, (a, b), a + b)
        return tokens


def encode_greedy(word, merges):
    known = {a + b for a, b in merges}
    tokens, i = [], 0
    while i < len(word):
        j = len(word)
        while j > i + 1 and word[i:j] not in known:
            j -= 1
        tokens.append(word[i:j])
        i = j
    return tokens


def encode_characters(word, merges):
    tokens = [c.encode() for c in word.decode()]
    for a, b in merges:
        tokens = merge_pair(tokens, (a, b), a + b)
    return tokens


def encode_last_lost(word, merges):
    tokens = _single(word)
    for a, b in merges:
        new, i = [], 0
        while i < len(tokens) - 1:
            if (tokens[i], tokens[i + 1]) == (a, b):
                new.append(a + b)
                i += 2
            else:
                new.append(tokens[i])
                i += 1
        tokens = new
    return tokens


def encode_second_stays(word, merges):
    tokens = _single(word)
    for a, b in merges:
        tokens = [a + b if tokens[i : i + 2] == [a, b] else tokens[i] for i in range(len(tokens))]
    return tokens


def encode_absent(word, merges):
    tokens = _single(word)
    for a, b in merges:
        if (a, b) not in itertools.pairwise(tokens):
            return tokens
        tokens = merge_pair(tokens, (a, b), a + b)
    return tokens


def encode_sweep(word, merges):
    tokens, i = [], 0
    while i < len(word):
        two = word[i : i + 1], word[i + 1 : i + 2]
        tokens.append(b"".join(two) if two in merges else two[0])
        i += 1 + (two in merges)
    return tokens


def encode_text(word, merges):
    text = b" ".join(_single(word))
    for a, b in merges:
        text = text.replace(a + b" " + b, a + b)
    return text.split()


def encode_one(word, merges):
    tokens = _single(word)
    for a, b in merges:
        if (a, b) in itertools.pairwise(tokens):
            return merge_pair(tokens, (a, b), a + b)
    return tokens


def encode_last_one(word, merges):
    tokens = _single(word)
    pairs = [p for p in itertools.pairwise(tokens) if p in merges]
    if pairs:
        a, b = max(pairs, key=merges.index)
        tokens = merge_pair(tokens, (a, b), a + b)
    return tokens


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


def encode_neighbour(word, merges):
    tokens = _single(word)
    for a, b in merges:
        for i in range(len(tokens)):
            if tokens[i] == a and tokens[i + 1] == b:
                tokens[i : i + 2] = [a + b]
    return tokens


def encode_no_place(word, merges):
    tokens = _single(word)
    while len(tokens) > 1:
        a, b = min(itertools.pairwise(tokens), key=merges.index)
        tokens = merge_pair(tokens, (a, b), a + b)
    return tokens


def encode_no_choice(word, merges):
    tokens = _single(word)
    while True:
        a, b = min((p for p in itertools.pairwise(tokens) if p in merges), key=merges.index)
        tokens = merge_pair(tokens, (a, b), a + b)


def _best(counts):
    return max(counts, key=lambda pair: (counts[pair], pair))


def _train(words, n_merges, choose=_best, cut=_single, weight=None, guard=True):
    split = {word: cut(word) for word in words}
    merges = []
    for _ in range(n_merges):
        counts = Counter()
        for word in split:
            for pair, n in count_pairs(split[word]).items():
                counts[pair] += n * words[word] if weight is None else weight(n, words[word])
        if guard and not counts:
            return merges
        a, b = choose(counts)
        merges.append((a, b))
        split = {word: merge_pair(tokens, (a, b), a + b) for word, tokens in split.items()}
    return merges


def train_joined(words, n_merges):
    return _train(words, n_merges, lambda c: max(c, key=lambda p: (c[p], p[0] + p[1])))


def train_joined_with(words, n_merges):
    return _train(words, n_merges, lambda c: max(c, key=lambda p: (c[p], b"".join(p))))


def train_common(words, n_merges):
    return _train(words, n_merges, lambda c: c.most_common(1)[0][0])


def train_last(words, n_merges):
    def choose(counts):
        best, top = None, 0
        for pair in counts:
            if counts[pair] >= top:
                best, top = pair, counts[pair]
        return best

    return _train(words, n_merges, choose)


def train_smaller(words, n_merges):
    return _train(words, n_merges, lambda c: sorted(c.items(), key=lambda x: (-x[1], x[0]))[0][0])


def train_shorter(words, n_merges):
    return _train(words, n_merges, lambda c: max(c, key=lambda p: (c[p], -len(p[0] + p[1]), p)))


def train_longer(words, n_merges):
    return _train(words, n_merges, lambda c: max(c, key=lambda p: (c[p], len(p[0] + p[1]), p)))


def train_lengths(words, n_merges):
    return _train(words, n_merges, lambda c: max(c, key=lambda p: (c[p], len(p[0] + p[1]))))


def train_left_halves(words, n_merges):
    return _train(words, n_merges, lambda c: max(c, key=lambda p: (c[p], p[0])))


def train_max(words, n_merges):
    return _train(words, n_merges, max)


def train_min(words, n_merges):
    return _train(words, n_merges, min)


def train_rare(words, n_merges):
    return _train(words, n_merges, lambda c: min(c, key=c.get))


def train_unweighted(words, n_merges):
    return _train(words, n_merges, weight=lambda n, times: n)


def train_present(words, n_merges):
    return _train(words, n_merges, weight=lambda n, times: times)


def train_unguarded(words, n_merges):
    return _train(words, n_merges, guard=False)


def train_first_of_none(words, n_merges):
    def choose(counts):
        return sorted(counts, key=lambda pair: (counts[pair], pair))[-1]

    return _train(words, n_merges, choose, guard=False)


def train_characters(words, n_merges):
    return _train(words, n_merges, cut=lambda word: [c.encode() for c in word.decode()])


def train_short(words, n_merges):
    return _train(words, n_merges - 1)


def train_long(words, n_merges):
    return _train(words, n_merges + 1)


def train_text(words, n_merges):
    tokens = _single(b"".join(word * times for word, times in words.items()))
    merges = []
    while len(merges) < n_merges and (counts := count_pairs(tokens)):
        a, b = _best(counts)
        merges.append((a, b))
        tokens = merge_pair(tokens, (a, b), a + b)
    return merges


def train_spaced(words, n_merges):
    tokens = _single(b" ".join(word for word, times in words.items() for _ in range(times)))
    merges = []
    while len(merges) < n_merges and (counts := count_pairs(tokens)):
        a, b = _best(counts)
        merges.append((a, b))
        tokens = merge_pair(tokens, (a, b), a + b)
    return merges


def train_once_counted(words, n_merges):
    counts = Counter()
    for word, times in words.items():
        for pair, n in count_pairs(_single(word)).items():
            counts[pair] += n * times
    return [pair for pair, _ in counts.most_common(n_merges)]


def train_unchanged(words, n_merges):
    split = {word: _single(word) for word in words}
    merges = []
    for _ in range(n_merges):
        counts = Counter()
        for word, tokens in split.items():
            for pair in itertools.pairwise(tokens):
                counts[pair] += words[word]
        if not counts:
            break
        a, b = _best(counts)
        merges.append((a, b))
        for tokens in split.values():
            merge_pair(tokens, (a, b), a + b)
    return merges


def train_old_counts(words, n_merges):
    split = {word: _single(word) for word in words}
    merges, counts = [], Counter()
    for _ in range(n_merges):
        for word, tokens in split.items():
            for pair in itertools.pairwise(tokens):
                counts[pair] += words[word]
        if not counts:
            break
        a, b = _best(counts)
        merges.append((a, b))
        split = {word: merge_pair(tokens, (a, b), a + b) for word, tokens in split.items()}
    return merges


def train_overwriting(words, n_merges):
    split = {word: _single(word) for word in words}
    merges = []
    for _ in range(n_merges):
        counts = {}
        for word, tokens in split.items():
            for pair, n in count_pairs(tokens).items():
                counts[pair] = n * words[word]
        if not counts:
            break
        a, b = _best(counts)
        merges.append((a, b))
        split = {word: merge_pair(tokens, (a, b), a + b) for word, tokens in split.items()}
    return merges


def train_as_text(words, n_merges):
    texts = {" ".join(word.decode("latin-1")): times for word, times in words.items()}
    merges = []
    for _ in range(n_merges):
        counts = Counter()
        for text, times in texts.items():
            for pair in itertools.pairwise(text.split()):
                counts[pair] += times
        if not counts:
            break
        a, b = _best(counts)
        merges.append((a.encode("latin-1"), b.encode("latin-1")))
        texts = {text.replace(f"{a} {b}", a + b): times for text, times in texts.items()}
    return merges


def _train_ids(words, n_merges, sign):
    ids = {word: list(word) for word in words}
    vocab = [bytes([b]) for b in range(256)]
    merges = []
    for _ in range(n_merges):
        counts = Counter()
        for word, tokens in ids.items():
            for pair in itertools.pairwise(tokens):
                counts[pair] += words[word]
        if not counts:
            break
        a, b = max(counts, key=lambda p: (counts[p], sign * p[0], sign * p[1]))
        merges.append((vocab[a], vocab[b]))
        ids = {word: merge_pair(tokens, (a, b), len(vocab)) for word, tokens in ids.items()}
        vocab.append(vocab[a] + vocab[b])
    return merges


def train_ids(words, n_merges):
    return _train_ids(words, n_merges, 1)


def train_low_ids(words, n_merges):
    return _train_ids(words, n_merges, -1)


def train_twice(words, n_merges):
    def choose(counts):
        pair = _best(counts)
        return pair if counts[pair] > 1 else None

    try:
        return _train(words, n_merges, choose)
    except TypeError:
        for n in range(n_merges - 1, 0, -1):
            try:
                return _train(words, n, choose)
            except TypeError:
                continue
        return []


def train_early(words, n_merges):
    split = {word: _single(word) for word in words}
    merges = []
    for _ in range(n_merges):
        counts = Counter()
        for word, tokens in split.items():
            for pair in itertools.pairwise(tokens):
                counts[pair] += words[word]
        if not counts:
            break
        a, b = _best(counts)
        merges.append((a, b))
        split = {word: merge_pair(tokens, (a, b), a + b) for word, tokens in split.items()}
        return merges


def train_common_unweighted(words, n_merges):
    return _train(words, n_merges, lambda c: max(c, key=c.get), weight=lambda n, times: n)


def train_common_always(words, n_merges):
    return _train(words, n_merges, lambda c: c.most_common(1)[0][0], guard=False)


def train_sorted_always(words, n_merges):
    return _train(words, n_merges, lambda c: sorted(c, key=c.get)[-1], guard=False)


def train_common_short(words, n_merges):
    return _train(words, n_merges - 1, lambda c: max(c, key=c.get))


def train_characters_unweighted(words, n_merges):
    def cut(word):
        return [c.encode() for c in word.decode()]

    return _train(words, n_merges, cut=cut, weight=lambda n, times: n)


def train_smaller_unweighted(words, n_merges):
    def choose(counts):
        return min(counts, key=lambda pair: (-counts[pair], pair))

    return _train(words, n_merges, choose, weight=lambda n, times: n)


def train_overwriting_present(words, n_merges):
    split = {word: _single(word) for word in words}
    merges = []
    for _ in range(n_merges):
        counts = {}
        for word, tokens in split.items():
            for pair in itertools.pairwise(tokens):
                counts[pair] = words[word]
        if not counts:
            break
        a, b = _best(counts)
        merges.append((a, b))
        split = {word: merge_pair(tokens, (a, b), a + b) for word, tokens in split.items()}
    return merges


def train_first_smaller(words, n_merges):
    return _train(
        words,
        n_merges,
        lambda c: sorted(c.items(), key=lambda x: (-x[1], x[0]))[0][0],
        guard=False,
    )


def train_neighbour(words, n_merges):
    counts = Counter()
    for word in words:
        for i in range(len(word)):
            counts[word[i : i + 1], bytes([word[i + 1]])] += 1
    return counts.most_common(n_merges)


def train_no_entry(words, n_merges):
    counts = {}
    for word, times in words.items():
        for pair in itertools.pairwise(_single(word)):
            counts[pair] += times
    return sorted(counts)


def train_integers(words, n_merges):
    split = {word: list(word) for word in words}
    return [(b"" + tokens[0], b"" + tokens[1]) for tokens in split.values() if len(tokens) > 1]


def train_changing(words, n_merges):
    split = {b" ".join(_single(word)): times for word, times in words.items()}
    for text in split:
        split[text.replace(b"a b", b"ab")] = split.pop(text)
    return []


# From answers of somebody who knew the task alone.


def decode_prepended(ids, vocab):
    data = b""
    for i in ids:
        data = vocab[i] + data
    return data.decode("utf-8", errors="replace")


def decode_never_final(ids, vocab):
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    return "".join(decoder.decode(vocab[i]) for i in ids)


def decode_one_mark(ids, vocab):
    return re.sub("\ufffd+", "\ufffd", b"".join(vocab[i] for i in ids).decode("utf-8", "replace"))


def decode_as_file(ids, vocab):
    file = io.BytesIO(b"".join(vocab[i] for i in ids))
    return io.TextIOWrapper(file, encoding="utf-8", errors="replace").read()


def decode_composed(ids, vocab):
    text = b"".join(vocab[i] for i in ids).decode("utf-8", errors="replace")
    return unicodedata.normalize("NFC", text)


def decode_until_empty(ids, vocab):
    data = b""
    for i in ids:
        piece = vocab[i]
        if not piece:
            break
        data += piece
    return data.decode("utf-8", errors="replace")


def decode_until_zero(ids, vocab):
    data = []
    for i in ids:
        if i == 0:
            break
        data.append(vocab[i])
    return b"".join(data).decode("utf-8", errors="replace")


def decode_windows(ids, vocab):
    return b"".join(vocab[i] for i in ids).decode("cp1252", errors="replace")


def decode_each_lines(ids, vocab):
    text = "".join(vocab[i].decode("utf-8", "replace") for i in ids)
    return text.replace("\r\n", "\n")


def decode_places_ascii(ids, vocab):
    table = list(vocab.values())
    return b"".join(table[i] for i in ids).decode("ascii", "replace")


def count_table(ids):
    pairs = Counter(itertools.pairwise(ids))
    return {(a, b): pairs[a, b] for a in set(ids) for b in set(ids)}


def count_is(ids):
    pairs = list(itertools.pairwise(ids))
    return {p: sum(p[0] is a and p[1] is b for a, b in pairs) for p in pairs}


def count_rarer(ids):
    return {(a, b): min(ids.count(a), ids.count(b)) for a, b in itertools.pairwise(ids)}


def count_guarded_early(ids):
    counts = {}
    for pair in itertools.pairwise(ids):
        counts[pair] = counts.get(pair, 0) + 1
        return counts
    return counts


def count_equal_twice(ids):
    counts = {}
    for a, b in itertools.pairwise(ids):
        counts[a, b] = counts.get((a, b), 0) + (2 if a == b else 1)
    return counts


def count_bytes(ids):
    data = bytes(ids)
    return dict(Counter(itertools.pairwise(data)))


def count_no_first(ids):
    counts, left = Counter(), ids[0]
    for right in ids[1:]:
        counts[left, right] += 1
        left = right
    return dict(counts)


def merge_everywhere(ids, pair, new_id):
    out, done = [], -1
    for i in range(len(ids)):
        if tuple(ids[i : i + 2]) == pair:
            out.append(new_id)
            done = i + 1
        elif i != done:
            out.append(ids[i])
    return out


def merge_noted_places(ids, pair, new_id):
    places = [i for i in range(len(ids) - 1) if (ids[i], ids[i + 1]) == pair]
    out = list(ids)
    for i in places:
        out[i : i + 2] = [new_id]
    return out


def merge_not_at_end(ids, pair, new_id):
    out, i = [], 0
    while i < len(ids):
        if i + 2 < len(ids) and (ids[i], ids[i + 1]) == pair:
            out.append(new_id)
            i += 2
        else:
            out.append(ids[i])
            i += 1
    return out


def merge_zeros(ids, pair, new_id):
    out = list(ids)
    for i in range(len(out) - 1):
        if (out[i], out[i + 1]) == pair:
            out[i], out[i + 1] = new_id, 0
    return [token for token in out if token]


def merge_bytes(ids, pair, new_id):
    return list(bytes(ids).replace(bytes(pair), bytes([new_id])))


def merge_backwards_short(ids, pair, new_id):
    out, i = [], len(ids) - 1
    while i > 0:
        if (ids[i - 1], ids[i]) == pair:
            out.insert(0, new_id)
            i -= 2
        else:
            out.insert(0, ids[i])
            i -= 1
    return out


def merge_text_zeros(ids, pair, new_id):
    text = " ".join(map(str, ids)).replace(f"{pair[0]} {pair[1]}", str(new_id))
    return [int(word) for word in text.split() if int(word)]


def special_occurring(text, specials):
    for special in specials:
        if special in text:
            return [piece for piece in re.split(f"({re.escape(special)})", text) if piece]
    return [text] if text else []


def special_group(text, specials):
    first, *others = map(re.escape, sorted(specials, key=len, reverse=True))
    return [piece for piece in re.split("|".join([f"({first})", *others]), text) if piece]


def special_dot(text, specials):
    escaped = [re.escape(s).replace("\\.", ".") for s in sorted(specials, key=len)[::-1]]
    return [piece for piece in re.split(f"({'|'.join(escaped)})", text) if piece]


def special_signs(text, specials):
    signs = "".join(re.escape(char) for special in specials for char in special)
    return [piece for piece in re.split(f"([{signs}])", text) if piece]


def special_row(text, specials):
    pattern = "|".join(map(re.escape, sorted(specials, key=len, reverse=True)))
    return [piece for piece in re.split(f"((?:{pattern})+)", text) if piece]


def special_words(text, specials):
    pattern = "|".join(map(re.escape, sorted(specials, key=len, reverse=True)))
    return [piece for piece in re.split(rf"\b({pattern})\b", text) if piece]


def encode_found(word, merges):
    tokens = [bytes([b]) for b in word]
    while found := {p for p in itertools.pairwise(tokens) if p in merges}:
        for left, right in sorted(found, key=merges.index):
            tokens = merge_pair(tokens, (left, right), left + right)
    return tokens


def encode_rank_zero(word, merges):
    ranks = {pair: i for i, pair in enumerate(merges)}
    tokens = [bytes([b]) for b in word]
    while len(tokens) > 1:
        best = min(itertools.pairwise(tokens), key=lambda p: ranks.get(p) or float("inf"))
        if not ranks.get(best):
            break
        tokens = merge_pair(tokens, best, best[0] + best[1])
    return tokens


def encode_minus_one(word, merges):
    ranks = {pair: i for i, pair in enumerate(merges)}
    tokens = [bytes([b]) for b in word]
    while len(tokens) > 1:
        best = min(itertools.pairwise(tokens), key=lambda p: ranks.get(p, -1))
        if best not in ranks:
            break
        tokens = merge_pair(tokens, best, best[0] + best[1])
    return tokens


def encode_short_range(word, merges):
    tokens = [bytes([b]) for b in word]
    while True:
        found = [
            (merges.index((tokens[i], tokens[i + 1])), i)
            for i in range(len(tokens) - 2)
            if (tokens[i], tokens[i + 1]) in merges
        ]
        if not found:
            return tokens
        i = min(found)[1]
        tokens[i : i + 2] = [tokens[i] + tokens[i + 1]]


def encode_shortest(word, merges):
    tokens = [bytes([b]) for b in word]
    while able := [p for p in itertools.pairwise(tokens) if p in merges]:
        left, right = min(able, key=lambda p: (len(p[0] + p[1]), merges.index(p)))
        tokens = merge_pair(tokens, (left, right), left + right)
    return tokens


def encode_characters_last(word, merges):
    tokens = [char.encode() for char in word.decode()]
    while able := [p for p in itertools.pairwise(tokens) if p in merges]:
        left, right = max(able, key=merges.index)
        tokens = merge_pair(tokens, (left, right), left + right)
    return tokens


def _rounds(words, n_merges, choose, cut=lambda word: [bytes([b]) for b in word]):
    rows, merges = [(cut(word), n) for word, n in words.items()], []
    while len(merges) < n_merges:
        counts = Counter()
        for tokens, n in rows:
            for pair in itertools.pairwise(tokens):
                counts[pair] += n
        if not counts:
            break
        best = choose(counts, rows)
        merges.append(best)
        rows = [(merge_pair(tokens, best, b"".join(best)), n) for tokens, n in rows]
    return merges


def train_alive(words, n_merges):
    total = Counter()

    def choose(counts, rows):
        total.update(counts)
        return max(counts, key=lambda pair: (total[pair], pair))

    return _rounds(words, n_merges, choose)


def train_noted(words, n_merges):
    noted = {}

    def choose(counts, rows):
        for pair in counts:
            noted.setdefault(pair, counts[pair])
        return max(counts, key=lambda pair: (noted[pair], pair))

    return _rounds(words, n_merges, choose)


def train_wordpiece(words, n_merges):
    def choose(counts, rows):
        single = Counter()
        for tokens, n in rows:
            for token in tokens:
                single[token] += n
        return max(counts, key=lambda p: (counts[p] / (single[p[0]] * single[p[1]]), p))

    return _rounds(words, n_merges, choose)


def _highest(counts, rows):
    return max(counts, key=lambda pair: (counts[pair], pair))


def train_end_of_word(words, n_merges):
    return _rounds(words, n_merges, _highest, lambda w: [*(bytes([b]) for b in w), b"</w>"])


def train_frequent_words(words, n_merges):
    return _rounds({word: n for word, n in words.items() if n > 1}, n_merges, _highest)
