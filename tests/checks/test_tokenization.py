"""The checks of chapter 01: right answers pass, each mistake is named, no answer is given away."""

from __future__ import annotations

import io
import itertools
import re
import unicodedata
from collections import Counter
from typing import ClassVar

import pytest

from tinytx import tokenizers
from tinytx.checks import tokenization
from tinytx.tokenizers.patterns import compile_pattern
from tinytx.tokenizers.stream import Splitter
from tinytx.tokenizers.training import learn_merges

from .contract import Contract
from .tokenization_designs import (
    RIGHT,
    count_counter,
    decode_sum,
    encode_by_rank,
    merge_with_pops,
    split_by_finditer,
    train_by_max,
)


class TestTokenization(Contract):
    chapter = tokenization.chapter
    right = RIGHT
    unknown: ClassVar[dict[str, list]] = {
        "decode": [
            lambda ids, vocab: "x",
            lambda ids, vocab: decode_sum(ids, vocab).upper(),
            lambda ids, vocab: decode_sum(ids, vocab).lower(),
            lambda ids, vocab: decode_sum(ids, vocab)[::-1],
        ],
        "count_pairs": [
            lambda ids: {},
            lambda ids: {p: 3 * n for p, n in count_counter(ids).items()},
            lambda ids: {p: n for n, p in enumerate(itertools.pairwise(ids), 1)},
        ],
        "merge_pair": [
            lambda ids, pair, new_id: [],
            lambda ids, pair, new_id: merge_with_pops(ids, pair, new_id)[::-1],
            lambda ids, pair, new_id: [*merge_with_pops(ids, pair, new_id), new_id],
        ],
        "split_special": [
            lambda text, specials: [text],
            lambda text, specials: split_by_finditer(text, specials)[::-1],
            lambda text, specials: list(text),
        ],
        "encode_word": [
            lambda word, merges: [word],
            lambda word, merges: encode_by_rank(word[::-1], merges),
            lambda word, merges: encode_by_rank(word, merges)[::-1],
        ],
        "train_bpe": [
            lambda words, n: [],
            lambda words, n: train_by_max(words, n)[::-1],
            lambda words, n: [(b, a) for a, b in train_by_max(words, n)],
            lambda words, n: train_by_max(words, n + 2),
        ],
    }


def decode_is(ids, vocab):
    return decode_sum([k for i in ids for k in vocab if k is i], vocab)


def decode_file(ids, vocab):
    file = io.BytesIO(b"".join(vocab[i] for i in ids))
    return io.TextIOWrapper(file, "utf-8", errors="replace").read()


def decode_one_mark(ids, vocab):
    return re.sub("\ufffd+", "\ufffd", decode_sum(ids, vocab))


def count_is(ids):
    pairs = list(itertools.pairwise(ids))
    return {(a, b): sum(a is c and b is d for c, d in pairs) for a, b in pairs}


def merge_truthy(ids, pair, new_id):
    found, out, i = {pair: new_id}, [], 0
    while i < len(ids):
        new = found.get(tuple(ids[i : i + 2]))
        out.append(new or ids[i])
        i += 2 if new else 1
    return out


def split_escaped_by_hand(text, specials):
    longest_first = sorted(specials, key=len, reverse=True)
    pattern = "|".join(re.sub(r"([.*|\[\]])", r"\\\1", special) for special in longest_first)
    return [piece for piece in re.split(f"({pattern})", text) if piece]


def split_by_lines(text, specials):
    lines = text.splitlines(keepends=True)
    return [piece for line in lines for piece in split_by_finditer(line, specials)]


def train_is(words, n_merges):
    """Take the last pair whose count is the same object as the highest, not all that are equal."""
    merges = train_by_max(words, n_merges)
    counts = Counter()
    for word, times in words.items():
        for a, b in itertools.pairwise(word):
            counts[bytes([a]), bytes([b])] += times
    top = max(counts.values(), default=None)
    first = [pair for pair, n in counts.items() if n is top]
    return [max(first), *merges[1:]] if first else merges


# Each ignores one promise of the task, and only that.
BROKEN = {
    "decode: ids are compared by value": decode_is,
    "decode: line ends stay as they are": decode_file,
    "decode: a mark for each sequence": decode_one_mark,
    "decode: capitals": lambda ids, vocab: decode_sum(ids, vocab).lower(),
    "decode: signs that cannot be seen": lambda ids, vocab: decode_sum(ids, vocab).strip(
        "\0\ufeff"
    ),
    "decode: a sign of GPT-2's files": lambda ids, vocab: decode_sum(ids, vocab).replace("Ġ", " "),
    "decode: tabs": lambda ids, vocab: decode_sum(ids, vocab).expandtabs(2),
    "decode: the ids stay as they were": lambda ids, vocab: decode_sum(
        [ids.pop(0) for _ in range(len(ids))], vocab
    ),
    "count_pairs: tokens are compared by value": count_is,
    "count_pairs: any integer": lambda ids: count_counter([i % 256 for i in ids]),
    "count_pairs: ids of any size": lambda ids: {
        divmod(key, 1000): n
        for key, n in Counter(a * 1000 + b for a, b in itertools.pairwise(ids)).items()
    },
    "count_pairs: all pairs": lambda ids: dict(count_counter(ids).most_common(12)),
    "count_pairs: counts of any size": lambda ids: {
        pair: n % 256 for pair, n in count_counter(ids).items()
    },
    "count_pairs: nothing that does not occur": lambda ids: {
        **dict.fromkeys(itertools.product(ids, ids), 0),
        **count_counter(ids),
    },
    "merge_pair: the new id may be 0": merge_truthy,
    "merge_pair: any integer": lambda ids, pair, new: list(
        bytes(ids).replace(bytes(pair), bytes([new]))
    ),
    "split_special: one exact string": split_escaped_by_hand,
    "split_special: a line end is no border": split_by_lines,
    "split_special: characters outside ASCII": lambda text, specials: split_by_finditer(
        text.encode("ascii", "ignore").decode(), specials
    ),
    "split_special: any string": lambda text, specials: split_by_finditer(
        unicodedata.normalize("NFKC", text), specials
    ),
    "split_special: none of them empty, and white space is not": lambda text, specials: (
        split_by_finditer(text, [s for s in specials if s.strip()] or ["no such"])
    ),
    "split_special: one or more": lambda text, specials: split_by_finditer(text, specials[:2]),
    "encode_word: as long as two neighbours form a pair": lambda word, merges: encode_by_rank(
        word, merges[:8]
    ),
    "encode_word: tokens of any length": lambda word, merges: encode_by_rank(
        word, [pair for pair in merges if len(pair[0] + pair[1]) <= 8]
    ),
    "encode_word: capitals": lambda word, merges: encode_by_rank(word.lower(), merges),
    "encode_word: white space": lambda word, merges: encode_by_rank(word.strip(), merges),
    "encode_word: the merges stay as they were": lambda word, merges: [
        *encode_by_rank(word, merges),
        merges.clear(),
    ][:-1],
    "train_bpe: capitals": lambda words, n: train_by_max(
        {word.lower(): times for word, times in words.items()}, n
    ),
    "train_bpe: white space": lambda words, n: train_by_max(
        {word.strip(): times for word, times in words.items()}, n
    ),
    "train_bpe: counts of any size": lambda words, n: train_by_max(
        {word: min(times, 255) for word, times in words.items()}, n
    ),
    "train_bpe: as many merges as asked for": lambda words, n: train_by_max(words, min(n, 5)),
    "train_bpe: the words stay as they were": lambda words, n: [
        *train_by_max(words, n),
        words.clear(),
    ][:-1],
    "train_bpe: counts are compared by value": train_is,
}


@pytest.mark.usefixtures("_nameless")
@pytest.mark.parametrize("promise", BROKEN)
def test_an_answer_that_ignores_one_promise_is_refused(promise):
    check = tokenization.chapter.checks[promise.partition(":")[0]]
    result = check.run(BROKEN[promise])
    assert result.status == "wrong", str(result)
    assert result.stage != "type", str(result)


def test_there_are_forty_right_designs_and_more():
    assert sum(map(len, RIGHT.values())) >= 40


def test_every_list_of_merges_is_one_that_training_could_have_made():
    """When a pair is learned it stands somewhere: its own bytes, merged so far, are the pair."""
    for _, merges in tokenization.encode_word.cases:
        for i, (left, right) in enumerate(merges):
            assert encode_by_rank(left + right, merges[:i]) == [left, right]


def test_words_that_count_once_are_shown_by_letters():
    found = tokenization.train_bpe.run(
        lambda words, n: tokenization.train_bpe.reference(dict.fromkeys(words, 1), n)
    )
    assert found.mistake == "a word counts once, however often it occurs"
    assert "train_bpe({b'ab': 2, b'cd': 1}, 1) gives [(b'c', b'd')]" in found.message


def test_a_default_that_keeps_counting_is_told():
    def keeps(ids, counts={}):  # noqa: B006  (the mistake itself)
        for pair in itertools.pairwise(ids):
            counts[pair] = counts.get(pair, 0) + 1
        return dict(counts)

    assert tokenization.count_pairs.run(keeps).stage == "repeat"


LIST, DICT = [], {}


def refill_merge(ids, pair, new_id):
    LIST[:] = merge_with_pops(ids, pair, new_id)
    return LIST


def refill_split(text, specials):
    LIST[:] = split_by_finditer(text, specials)
    return LIST


def refill_encode(word, merges):
    LIST[:] = encode_by_rank(word, merges)
    return LIST


def refill_train(words, n_merges):
    LIST[:] = train_by_max(words, n_merges)
    return LIST


def refill_count(ids):
    DICT.clear()
    DICT.update(count_counter(ids))
    return DICT


REFILLED = {
    "count_pairs": refill_count,
    "merge_pair": refill_merge,
    "split_special": refill_split,
    "encode_word": refill_encode,
    "train_bpe": refill_train,
}


@pytest.mark.parametrize("name", REFILLED)
def test_one_list_that_every_call_fills_again_is_told(name):
    result = tokenization.chapter.checks[name].run(REFILLED[name])
    assert (result.status, result.stage) == ("wrong", "new")
    assert "a later call changes what an earlier one had given back" in result.message


def borrowed_decode(ids, vocab):
    tokens = list(dict.fromkeys([bytes([b]) for b in range(256)] + list(vocab.values())))
    return tokenizers.BPETokenizer(tokens).decode([tokens.index(vocab[i]) for i in ids])


def borrowed_count(ids):
    return tokenizers.count_pairs(ids)


def borrowed_merge(ids, pair, new_id):
    return tokenizers.merge_pair(ids, pair, new_id)


def borrowed_split(text, specials):
    pieces = []
    for ordinary, special in Splitter(compile_pattern(r"(?s).+"), specials).split(text):
        pieces += [*ordinary, special] if special else ordinary
    return pieces


def borrowed_encode(word, merges):
    ranks = {bytes([b]): b for b in range(256)}
    ranks.update({a + b: 256 + i for i, (a, b) in enumerate(merges)})
    spelled = {rank: token for token, rank in ranks.items()}
    return [spelled[i] for i in tokenizers.words.encode_word(word, ranks)]


def borrowed_train(words, n_merges):
    vocab, merges = [bytes([b]) for b in range(256)], []
    for left, right in learn_merges(words, n_merges):
        merges.append((vocab[left], vocab[right]))
        vocab.append(vocab[left] + vocab[right])
    return merges


BORROWED = {
    "decode": borrowed_decode,
    "count_pairs": borrowed_count,
    "merge_pair": borrowed_merge,
    "split_special": borrowed_split,
    "encode_word": borrowed_encode,
    "train_bpe": borrowed_train,
}


@pytest.mark.parametrize("name", BORROWED)
def test_the_package_agrees_and_an_answer_that_leaves_all_to_it_is_told(name):
    result = tokenization.chapter.checks[name].run(BORROWED[name])
    assert result.status == "borrowed", str(result)
    assert result.points == 0


def test_every_vocabulary_is_shown_in_order_and_is_no_list_of_positions():
    for _, vocab in tokenization.decode.cases:
        assert list(vocab) == sorted(vocab)
        assert list(vocab) != list(range(len(vocab)))


def test_results_hold_what_was_called(capsys):
    tokenization.count_pairs(count_counter)
    assert tokenization.results()["count_pairs"].status == "ok"
    assert capsys.readouterr().out.startswith("[ok] count_pairs: ")


def test_many_notebooks_are_graded_offline():
    right = {name: fns[0] for name, fns in RIGHT.items()}
    grades = [
        tokenization.chapter.grade({**right, "decode": ..., "encode_word": lambda w, m: None})
        for _ in range(12)
    ]
    assert {(grade.points, grade.total) for grade in grades} == {(4, 6)}
