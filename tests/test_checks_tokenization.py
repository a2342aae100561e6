"""The checks of chapter 01: right answers pass, each mistake is named, no answer is given away."""

from __future__ import annotations

import codecs
import collections
import functools
import itertools
import operator
import re
from collections import Counter, defaultdict

import numpy as np
import pytest

from tinytx.checks import tokenization
from tinytx.tokenizers import merge_pair as package_merge_pair

CHECKS = tokenization.chapter.checks
MISTAKES = [(c, m, wrong) for c in CHECKS.values() for m in c.mistakes for wrong in m.ways]
EACH_MISTAKE = pytest.mark.parametrize(
    ("check", "mistake", "wrong"), MISTAKES, ids=[f"{c.name}-{m.name}" for c, m, _ in MISTAKES]
)
EACH_CHECK = pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS)


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
    text = "".join(map(chr, ids))
    found = re.escape(chr(pair[0])) + re.escape(chr(pair[1]))
    return [ord(c) for c in re.sub(found, chr(new_id), text)]


def merge_recursively(ids, pair, new_id):
    if len(ids) < 2:
        return list(ids)
    if (ids[0], ids[1]) == pair:
        return [new_id, *merge_recursively(ids[2:], pair, new_id)]
    return [ids[0], *merge_recursively(ids[1:], pair, new_id)]


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


RIGHT = {
    "decode": [decode_bytearray, decode_sum, decode_iterator, decode_incremental],
    "count_pairs": [count_counter, count_default, count_dict, count_numpy],
    "merge_pair": [merge_with_pops, merge_looking_back, merge_by_regex, merge_recursively],
    "split_special": [split_by_finditer, split_by_scanning, split_by_partition, split_by_findall],
    "encode_word": [encode_by_rank, encode_by_replay, encode_recursively],
    "train_bpe": [train_by_max, train_by_sort, train_on_text_of_ids],
}


@EACH_CHECK
def test_the_reference_and_other_designs_pass(check):
    assert len(RIGHT[check.name]) >= 3
    for fn in (check.reference, *RIGHT[check.name]):
        result = check.run(fn)
        assert result.status == "ok", f"{fn.__name__}: {result}"


@EACH_CHECK
def test_there_are_at_least_six_mistakes_with_names_of_their_own(check):
    names = [mistake.name for mistake in check.mistakes]
    assert len(names) >= 6
    assert len(set(names)) == len(names)


@EACH_MISTAKE
def test_every_mistake_is_refused_and_named(check, mistake, wrong):
    result = check.run(wrong)
    assert result.status == "wrong"
    assert result.mistake == mistake.name
    assert mistake.name in str(result).splitlines()[0]


@EACH_CHECK
def test_no_two_mistakes_coincide(check):
    """Nor do two ways of making the same one: the second would add nothing."""
    for (one, a), (other, b) in itertools.combinations(check.catalogue, 2):
        assert not check.agree(a, b, inputs=True), (one.name, other.name)


@EACH_MISTAKE
def test_the_example_of_a_mistake_has_something_to_show(check, mistake, wrong):
    """An empty list or text shows nothing, and no catalogued mistake needs it."""
    example = str(check.run(wrong)).partition("Smallest example: ")[2].partition("Why: ")[0]
    assert example
    assert not re.match(r"\w+\((\[\]|\{\}|b?''|b?\"\")", example)


def given_away(check, fn):
    """Return the answers that the verdict on ``fn`` holds, of all cases, shown or not.

    What the function itself gave, and what stands in the input, is no secret.
    """
    text = " ".join(str(check.run(fn)).split())
    own = [repr(got.value) for got in check._outcomes(fn)]
    answers = [repr(want.value) for want in check.expected if want.value]
    public = [*own, *(check.show(i) for i in range(len(check.cases)))]
    secret = [a for a in answers if not any(a in shown for shown in public)]
    return [answer for answer in secret if " ".join(answer.split()) in text]


@EACH_MISTAKE
def test_no_verdict_holds_the_answer(check, mistake, wrong):
    assert given_away(check, wrong) == []


@EACH_CHECK
def test_a_verdict_that_told_the_answer_would_be_noticed(check, monkeypatch):
    tells = lambda value, model: f"it should be {model!r}"  # noqa: E731
    monkeypatch.setattr("tinytx.checks.verdict.difference", tells)
    assert any(given_away(check, mistake.wrong) for mistake in check.mistakes)


WRONG_BUT_UNKNOWN = {
    "decode": [lambda ids, vocab: "x", lambda ids, vocab: decode_sum(ids, vocab).upper()],
    "count_pairs": [lambda ids: {}, lambda ids: {p: 3 * n for p, n in count_counter(ids).items()}],
    "merge_pair": [
        lambda ids, pair, new_id: [],
        lambda ids, pair, new_id: merge_with_pops(ids, pair, new_id)[::-1],
    ],
    "split_special": [
        lambda text, specials: [text],
        lambda text, specials: split_by_finditer(text, specials)[::-1],
    ],
    "encode_word": [
        lambda word, merges: [word],
        lambda word, merges: encode_by_rank(word[::-1], merges),
    ],
    "train_bpe": [
        lambda words, n: [],
        lambda words, n: train_by_max(words, n)[::-1],
        lambda words, n: train_by_max(words, n + 1),
    ],
}


@EACH_CHECK
def test_other_wrong_answers_are_refused_and_not_named(check):
    for fn in WRONG_BUT_UNKNOWN[check.name]:
        result = check.run(fn)
        assert (result.status, result.mistake) == ("wrong", ""), str(result)
        assert result.stage in {"properties", "values"}
        assert given_away(check, fn) == []


@EACH_CHECK
def test_every_property_holds_for_the_right_answer_and_bites(check):
    """A property that no mistake of the catalogue breaks would be no check."""
    for held in check.properties:
        for want, args in zip(check.expected, check.cases, strict=True):
            assert held.test(want.value, *args), (held.says, args)
        assert any(
            got.error == "" and not _holds(held, got.value, args)
            for _, outcomes in check.catalogue
            for got, args in zip(outcomes, check.cases, strict=False)
        ) or any(
            not _holds(held, fn(*args), args)
            for fn in WRONG_BUT_UNKNOWN[check.name]
            for args in check.cases
        ), held.says


def _holds(held, value, args):
    try:
        return held.test(value, *args)
    except Exception:
        return False


def test_a_default_that_keeps_counting_is_told():
    def keeps(ids, counts={}):  # noqa: B006  (the mistake itself)
        for pair in itertools.pairwise(ids):
            counts[pair] = counts.get(pair, 0) + 1
        return dict(counts)

    assert tokenization.count_pairs.run(keeps).stage == "repeat"


def test_results_hold_what_was_called(capsys):
    tokenization.count_pairs(count_counter)
    assert tokenization.results()["count_pairs"].status == "ok"
    assert capsys.readouterr().out.startswith("[ok] count_pairs: ")


def test_two_hundred_notebooks_are_graded_offline():
    right = {name: fns[0] for name, fns in RIGHT.items()}
    grades = [
        tokenization.chapter.grade({**right, "decode": ..., "encode_word": lambda w, m: None})
        for _ in range(200)
    ]
    assert {(grade.points, grade.total) for grade in grades} == {(4, 6)}
