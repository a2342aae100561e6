"""Right answers to the exercises of chapter 14, designed in other ways than the package's."""

from __future__ import annotations

import math
from bisect import insort
from collections import Counter, defaultdict, deque
from fractions import Fraction
from itertools import chain, groupby, islice, product

import numpy as np
import torch

from tinytx.data.cleaning.minhash import jaccard
from tinytx.manual.documents import document_mask, document_places
from tinytx.scale.memory import model_states

# similarity


def similar_zip(a, b, n):
    """Shifted lists, side by side."""

    def grams(text):
        words = text.split()
        return set(zip(*(words[i:] for i in range(n)), strict=False))

    first, second = grams(a), grams(b)
    if not first and not second:
        return 1.0
    return len(first & second) / len(first | second)


def similar_joined(a, b, n):
    """An n-gram as a text, its words with a space between."""
    sets = []
    for text in (a, b):
        words = text.split()
        sets.append({" ".join(words[i : i + n]) for i in range(len(words)) if i + n <= len(words)})
    return jaccard(*sets)


def similar_lists(a, b, n):
    """Without a set: lists in which nothing comes twice."""
    found = []
    for text in (a, b):
        words, grams = text.split(), []
        for end in range(n, len(words) + 1):
            gram = words[end - n : end]
            if gram not in grams:
                grams.append(gram)
        found.append(grams)
    first, second = found
    shared = 0
    for gram in first:
        if gram in second:
            shared += 1
    either = len(first) + len(second) - shared
    return 1.0 if either == 0 else shared / either


def similar_counter(a, b, n):
    """How many of the two texts have it, each n-gram."""
    have = Counter()
    for text in (a, b):
        words = text.split()
        have.update({tuple(words[i : i + n]) for i in range(len(words) - n + 1)})
    if not have:
        return 1.0
    return sum(times == 2 for times in have.values()) / len(have)


def similar_sliding(a, b, n):
    """A window of n words that goes along the text."""

    def grams(text):
        window, found = deque(maxlen=n), set()
        for word in text.split():
            window.append(word)
            if len(window) == n:
                found.add(tuple(window))
        return found

    one, two = grams(a), grams(b)
    return 1 - len(one ^ two) / len(one | two) if one | two else 1.0


def similar_exact(a, b, n):
    """By fractions."""
    one, two = (
        {tuple(islice(text.split(), i, i + n)) for i in range(len(text.split()) - n + 1)}
        for text in (a, b)
    )
    try:
        return float(Fraction(len(one.intersection(two)), len(one.union(two))))
    except ZeroDivisionError:
        return 1.0


def similar_numpy(a, b, n):
    """Words numbered, n-grams as rows."""
    texts = [text.split() for text in (a, b)]
    number = {word: i for i, word in enumerate(dict.fromkeys(chain(*texts)))}
    rows = []
    for words in texts:
        ids = np.array([number[word] for word in words], dtype=int)
        rows.append([] if len(ids) < n else np.lib.stride_tricks.sliding_window_view(ids, n))
    if not (len(rows[0]) or len(rows[1])):
        return 1.0
    if not (len(rows[0]) and len(rows[1])):
        return 0.0
    one, two = (np.unique(part, axis=0) for part in rows)
    either = len(np.unique(np.concatenate([one, two]), axis=0))
    return (len(one) + len(two) - either) / either


def similar_recursive(a, b, n):
    """Each n-gram is a word and a shorter n-gram."""

    def runs(words):
        return {tuple(words[:n])} | runs(words[1:]) if len(words) >= n else set()

    one, two = runs(a.split()), runs(b.split())
    return len(one & two) / max(len(one | two), 1) + (not (one or two))


def similar_torch(a, b, n):
    """Columns of yes and no."""
    sets = []
    for text in (a, b):
        words = text.split()
        sets.append({tuple(words[i : i + n]) for i in range(len(words) - n + 1)})
    every = sorted(sets[0] | sets[1])
    if not every:
        return 1.0
    has = torch.tensor([[gram in grams for gram in every] for grams in sets])
    return has.all(dim=0).float().mean().item()


def similar_dictionary(a, b, n):
    seen = {}
    for bit, text in ((1, a), (2, b)):
        words = text.split()
        for i in range(len(words) - n + 1):
            key = tuple(words[i : i + n])
            seen[key] = seen.get(key, 0) | bit
    return list(seen.values()).count(3) / len(seen) if len(seen) > 0 else 1.0


# places_and_mask


def packed_looped(documents):
    T = len(documents)
    place, mask = np.zeros(T, dtype=int), np.zeros((T, T), dtype=bool)
    for t in range(T):
        mask[t, t] = True
        if t > 0 and documents[t] == documents[t - 1] and documents[t] >= 0:
            place[t] = place[t - 1] + 1
            mask[t, : t + 1] |= mask[t - 1, : t + 1]
    return place, mask


def packed_from_places(documents):
    """The mask follows from the places: a token sees as many before it as its place says."""
    place = []
    for t, number in enumerate(documents.tolist()):
        goes_on = t > 0 and number == documents[t - 1] and number >= 0
        place.append(place[-1] + 1 if goes_on else 0)
    place, t = np.array(place), np.arange(len(place))
    return place, (t <= t[:, None]) & (t >= (t - place)[:, None])


def packed_grouped(documents):
    """Runs by groupby, a block on the diagonal for each."""
    place, blocks = [], []
    for number, run in groupby(documents.tolist()):
        size = len(list(run))
        for width in [1] * size if number < 0 else [size]:
            place += range(width)
            blocks.append(np.tri(width, dtype=bool))
    mask, at = np.zeros((len(place), len(place)), dtype=bool), 0
    for block in blocks:
        mask[at : at + len(block), at : at + len(block)] = block
        at += len(block)
    return np.array(place), mask


def packed_accumulated(documents):
    """Where the document began, as a running maximum."""
    t = np.arange(len(documents))
    new = np.r_[True, (np.diff(documents) != 0) | (documents[1:] < 0)]
    first = np.maximum.accumulate(np.where(new, t, 0))
    mask = (first[:, None] == first[None, :]) & (t[:, None] >= t[None, :])
    return t - first, mask


def packed_summed(documents):
    """The places are counted in the mask."""
    begins = np.insert((documents[1:] != documents[:-1]) | (documents[1:] < 0), 0, True)
    run = begins.cumsum()
    mask = np.tril(np.equal.outer(run, run))
    return mask.sum(axis=1) - 1, mask


def packed_torch(documents):
    d = torch.from_numpy(documents)
    change = torch.ones(len(d), dtype=torch.bool)
    change[1:] = (d[1:] != d[:-1]) | (d[1:] < 0)
    run = change.cumsum(0)
    mask = torch.eq(run[:, None], run).tril()
    return mask.sum(dim=1) - 1, mask


def packed_unsigned(documents):
    place, mask = packed_torch(documents)
    return place.numpy().astype(np.uint16), mask


def packed_by_package(documents):
    """The package's, of numbers of which no two of padding are equal."""
    apart = np.where(documents < 0, -1 - np.arange(len(documents)), documents)
    return document_places(apart[None])[0], document_mask(apart[None])[0, 0]


def packed_entry_by_entry(documents):
    """Nothing but the rule."""
    T = len(documents)

    def sees(t, s):
        if s == t:
            return True
        return s < t and documents[t] >= 0 and len(set(documents[s : t + 1].tolist())) == 1

    mask = np.array([[sees(t, s) for s in range(T)] for t in range(T)])
    return np.array([sum(row[:t]) for t, row in enumerate(mask)]), mask


def packed_split(documents):
    """Cut at every change."""
    cuts = np.flatnonzero((documents[1:] != documents[:-1]) | (documents[1:] < 0)) + 1
    parts = np.split(np.arange(len(documents)), cuts)
    place = np.concatenate([part - part[0] for part in parts])
    mask = np.zeros((len(documents),) * 2, dtype=bool)
    for part in parts:
        mask[np.ix_(part, part)] = part[:, None] >= part
    return place, mask


def packed_products(documents):
    """A token sees another if nothing has changed between them."""
    T = len(documents)
    same = np.append(False, (documents[1:] == documents[:-1]) & (documents[1:] >= 0))
    mask = np.eye(T, dtype=bool)
    for s, t in product(range(T), range(T)):
        if s < t:
            mask[t, s] = same[s + 1 : t + 1].all()
    return mask.sum(1) - 1, mask


def packed_numbered(documents):
    """Where the run of each token began, token by token."""
    first, begin = [], 0
    for t, number in enumerate(documents):
        if t and (number < 0 or number != documents[t - 1]):
            begin = t
        first.append(begin)
    first = np.array(first)
    t = np.arange(first.size)
    return t - first, np.logical_and(np.equal.outer(first, first), np.less_equal.outer(t, t).T)


# mean_loss


def mean_looped(sums, counts):
    R, K = counts.shape
    everything = loss = 0.0
    for r in range(R):
        for k in range(K):
            everything += counts[r, k]
            loss += sums[r, k]
    factors = np.zeros((R, K))
    for r in range(R):
        for k in range(K):
            factors[r, k] = R * counts[r, k] / everything
    return loss / everything, factors


def mean_weighted(sums, counts):
    """The mean of means, each weighted by its share."""
    means = np.divide(sums, counts, out=np.zeros(sums.shape), where=counts > 0)
    share = counts / counts.sum()
    return np.average(means, weights=counts), share * sums.shape[0]


def mean_torch(sums, counts):
    sums, counts = torch.tensor(sums), torch.tensor(counts)
    share = counts.double() / counts.sum()
    return (sums.sum() / counts.sum()).item(), len(share) * share


def mean_single(sums, counts):
    sums, counts = sums.astype(np.float32), counts.astype(np.float32)
    return sums.sum() / counts.sum(), counts / (counts.sum() / np.float32(len(counts)))


def mean_against_the_average(sums, counts):
    """Against the tokens of an average rank."""
    each = counts.sum() / counts.shape[0]
    return sums.sum() / counts.sum(), counts / each


def mean_by_ranks(sums, counts):
    """Rank by rank: its share, and the micro-batch's share of it."""
    of_ranks = counts.sum(axis=1, keepdims=True)
    within = counts / np.maximum(of_ranks, 1)
    return math.fsum(sums.ravel()) / int(of_ranks.sum()), (within * of_ranks / of_ranks.mean())


def mean_lists(sums, counts):
    total = sum(map(sum, counts.tolist()))
    factors = [[len(counts) * n / total for n in row] for row in counts.tolist()]
    return sum(map(sum, sums.tolist())) / total, np.array(factors)


def mean_einsum(sums, counts):
    total = np.einsum("rk->", counts)
    return float(np.einsum("rk->", sums) / total), np.einsum("rk,->rk", counts, len(counts) / total)


def mean_by_gradients(sums, counts):
    """By autograd: what each mean's gradient has to be multiplied by to give the whole one's."""
    n = torch.tensor(counts).double()
    means = torch.tensor(sums) / n.clamp(min=1)
    means.requires_grad_()
    loss = (means * n).sum() / n.sum()
    loss.backward()
    return loss.item(), (means.grad * n.shape[0]).numpy()


def mean_scaled_by_density(sums, counts):
    density = counts.mean()
    return sums.mean() / density, counts / (density * counts.shape[1])


# reduce_scatter


def ring_snapshot(held):
    """What is sent in a step is set aside first."""
    n, now = len(held), held.copy()
    for step in range(n - 1):
        sent = [now[rank, (rank + 1 + step) % n].copy() for rank in range(n)]
        for rank in range(n):
            now[(rank - 1) % n, (rank + 1 + step) % n] += sent[rank]
    return now


def ring_by_chunks(held):
    """Each chunk on its way: it sets out left of its goal, and goes all the way round."""
    out, n = np.array(held), len(held)
    for chunk in range(n):
        place = (chunk - 1) % n
        for _ in range(n - 1):
            left = (place - 1) % n
            out[left, chunk] = out[left, chunk] + out[place, chunk]
            place = left
    return out


def ring_receiving(held):
    """Seen from the rank that gets it."""
    n, out = held.shape[0], held + 0
    for s in range(n - 1):
        for r in range(n):
            c = (r + 2 + s) % n
            out[r, c] += out[(r + 1) % n, c]
    return out


def ring_lists(held):
    """Lists of lists."""
    ranks = [[chunk.tolist() for chunk in rank] for rank in held]
    n = len(ranks)
    for step in range(n - 1):
        for r in range(n):
            c = (r + 1 + step) % n
            mine, theirs = ranks[r][c], ranks[r - 1][c]
            ranks[r - 1][c] = [x + y for x, y in zip(theirs, mine, strict=True)]
    return np.array(ranks)


def ring_indexed(held):
    """All ranks at once, by lists of indices."""
    out, n = held.copy(), len(held)
    rank = np.arange(n)
    for step in range(n - 1):
        chunk = (rank + 1 + step) % n
        out[(rank - 1) % n, chunk] += out[rank, chunk]
    return out


def ring_closed(held):
    """Without steps: what a rank holds of a chunk is a sum over the ranks it came by."""
    n, out = len(held), np.zeros_like(held)
    for r in range(n):
        for c in range(n):
            came = (c - 1 - r) % n  # moves from where it set out
            for back in range(came + 1):
                out[r, c] += held[(r + back) % n, c]
    return out


def ring_cumulative(held):
    """A running sum along the chunk's way."""
    n, out = len(held), np.empty_like(held)
    for c in range(n):
        way = [(c - 1 - i) % n for i in range(n)]
        out[way, c] = np.cumsum(held[way, c], axis=0)
    return out


def ring_torch(held):
    out = torch.tensor(held)
    n = len(out)
    for step in range(n - 1):
        for rank in range(n):
            chunk = (rank + step + 1) % n
            out[rank - 1, chunk] += out[rank, chunk].clone()
    return out


def ring_single(held):
    return ring_closed(held.astype(np.float32))


def ring_matrices(held):
    """A matrix of who is in whose sum, for each chunk."""
    n = len(held)
    r = np.arange(n)
    inside = np.array([((r[None] - r[:, None]) % n) <= (c - 1 - r[:, None]) % n for c in range(n)])
    return np.einsum("crq,qcx->rcx", inside.astype(float), held)


# split


def split_strings(shards, number, ranks):
    """By the digits as text."""
    lists = [[] for _ in range(ranks + 1)]
    for text in sorted(set().union(*shards)):
        digits = str(number(text))
        if digits.endswith("0"):
            lists[-1].append(text)
        else:
            lists[int("0" + digits[:-1]) % ranks].append(text)
    return lists[:-1], lists[-1]


def split_inserting(shards, number, ranks):
    """Each list is kept sorted."""
    train, kept, seen = [], [], set()
    for _ in range(ranks):
        train.append([])
    for shard in shards:
        for text in shard:
            if text in seen:
                continue
            seen.add(text)
            value = number(text)
            insort(kept if value % 10 == 0 else train[value // 10 % ranks], text)
    return train, kept


def split_by_rank(shards, number, ranks):
    """Each rank goes through it all and takes its own."""
    texts = sorted(set(chain.from_iterable(shards)))
    mine = [
        [t for t in texts if number(t) % 10 and number(t) // 10 % ranks == rank]
        for rank in range(ranks)
    ]
    return mine, [t for t in texts if not number(t) % 10]


def split_default(shards, number, ranks):
    found = defaultdict(set)
    for text in chain(*shards):
        value = int(number(text))
        found[-1 if value % 10 == 0 else (value // 10) % ranks].add(text)
    return [sorted(found[rank]) for rank in range(ranks)], sorted(found[-1])


def split_numpy(shards, number, ranks):
    texts = sorted({text for shard in shards for text in shard})
    values = np.array([number(text) for text in texts], dtype=object)
    side, rank = values % 10 == 0, values // 10 % ranks
    pick = lambda where: [texts[i] for i in np.flatnonzero(where)]  # noqa: E731
    return [pick(~side & (rank == r)) for r in range(ranks)], pick(side)


def split_counter(shards, number, ranks):
    texts = sorted(Counter(text for shard in shards for text in shard))
    kept = [text for text in texts if number(text) % 10 < 1]
    rest = {text: (number(text) - number(text) % 10) // 10 % ranks for text in texts}
    return [[t for t in texts if rest[t] == r and t not in kept] for r in range(ranks)], kept


def split_dictionary(shards, number, ranks):
    """Copies by a dictionary, sorted at the end."""
    texts = dict.fromkeys(text for shard in shards for text in shard)
    train, kept = {rank: [] for rank in range(ranks)}, []
    for text in texts:
        before, last = number(text) // 10, number(text) % 10
        (train[before % ranks] if last else kept).append(text)
    return [sorted(read) for read in train.values()], sorted(kept)


def split_recursive(shards, number, ranks):
    if not shards:
        return [[] for _ in range(ranks)], []
    train, kept = split_recursive(shards[1:], number, ranks)
    for text in shards[0]:
        goal = train[number(text) // 10 % ranks] if number(text) % 10 else kept
        if text not in goal:
            goal.append(text)
            goal.sort()
    return train, kept


def split_grouped(shards, number, ranks):
    def goes(text):
        return number(text) // 10 % ranks if number(text) % 10 else ranks

    texts = sorted({t for shard in shards for t in shard}, key=lambda t: (goes(t), t))
    lists = [[] for _ in range(ranks + 1)]
    for place, group in groupby(texts, goes):
        lists[place] = list(group)
    *train, kept = lists
    return train, kept


def split_tens(shards, number, ranks):
    """The rank by how many tens there are, by a loop over the digits."""
    train, kept = [set() for _ in range(ranks)], set()
    for text in (text for shard in shards for text in shard):
        value = number(text)
        tens = 0
        for digit in str(value)[:-1]:
            tens = 10 * tens + int(digit)
        (kept if value == 10 * tens else train[tens % ranks]).add(text)
    return [sorted(read) for read in train], sorted(kept)


# fits


def fits_cases(trained, frozen, ranks, stage, memory):
    """Stage by stage."""
    part, frozen_part = (trained + ranks - 1) // ranks, (frozen + ranks - 1) // ranks
    if stage == 0:
        used = 16 * trained + 2 * frozen
    elif stage == 1:
        used = 4 * trained + 12 * part + 2 * frozen
    elif stage == 2:
        used = 2 * trained + 14 * part + 2 * frozen
    else:
        used = 16 * part + 2 * frozen_part
    return used, memory >= used


def fits_table(trained, frozen, ranks, stage, memory):
    rows = [(2, trained, 3), (2, frozen, 3), (2, trained, 2), (4, trained, 1), (8, trained, 1)]
    used = 0
    for size, n, begins in rows:
        used += size * (math.ceil(Fraction(n, ranks)) if stage >= begins else n)
    return used, not used > memory


def fits_dealt(trained, frozen, ranks, stage, memory):
    """A share, and one more if something is left over."""

    def most(n):
        share, rest = divmod(n, ranks)
        return share + (rest > 0)

    size = {"weights": 2 * trained + 2 * frozen, "gradients": 2 * trained, "adamw": 12 * trained}
    if stage > 0:
        size["adamw"] = 12 * most(trained)
    if stage > 1:
        size["gradients"] = 2 * most(trained)
    if stage > 2:
        size["weights"] = 2 * most(trained) + 2 * most(frozen)
    used = sum(size.values())
    return used, used <= memory


def fits_slices(trained, frozen, ranks, stage, memory):
    """How many a rank gets that takes every ranks-th."""
    t, f = len(range(0, trained, ranks)), len(range(0, frozen, ranks))
    used = sum(
        size * (part if stage >= begins else whole)
        for size, begins, part, whole in (
            (2, 3, t, trained),
            (2, 3, f, frozen),
            (2, 2, t, trained),
            (12, 1, t, trained),
        )
    )
    return used, used <= memory


def fits_by_bits(trained, frozen, ranks, stage, memory):
    """Everything whole, less what the stages save."""
    used = 16 * trained + 2 * frozen
    saved, saved_frozen = trained - -(-trained // ranks), frozen - -(-frozen // ranks)
    for least, size in ((1, 12), (2, 2), (3, 2)):
        used -= size * saved * (stage >= least)
    used -= 2 * saved_frozen * (stage == 3)
    return used, bool(used <= memory)


def fits_by_package(trained, frozen, ranks, stage, memory):
    """The package's, for numbers that were rounded up to what divides."""
    ways = [1 if stage < begins else ranks for begins in (3, 2, 1)]
    full = -(-trained // ranks) * ranks
    one = model_states(1, 1, stage)
    sizes = [int(one.weights), int(one.gradients), int(one.copy + one.moments)]
    used = sum(
        size * (full // way if way > 1 else trained) for size, way in zip(sizes, ways, strict=True)
    )
    used += 2 * (frozen if stage < 3 else -(-frozen // ranks))
    return used, used <= memory


def fits_lists(trained, frozen, ranks, stage, memory):
    """The bytes of each stage, in a list."""
    t, f = -(-trained // ranks), -(-frozen // ranks)
    used = [
        16 * trained + 2 * frozen,
        4 * trained + 12 * t + 2 * frozen,
        2 * trained + 14 * t + 2 * frozen,
        16 * t + 2 * f,
    ][stage]
    return used, memory - used >= 0


def fits_numpy(trained, frozen, ranks, stage, memory):
    """Whole numbers of 64 bits would not do: objects."""
    n = np.array([trained, frozen, trained, trained], dtype=object)
    size = np.array([2, 2, 2, 12], dtype=object)
    begins = np.array([3, 3, 2, 1])
    held = np.where(stage >= begins, -(-n // ranks), n)
    used = int((size * held).sum())
    return used, used <= memory


def fits_recursive(trained, frozen, ranks, stage, memory):
    def used(stage):
        if stage == 0:
            return 16 * trained + 2 * frozen
        gone = trained - (trained - 1) // ranks - 1 if trained else 0
        gone_frozen = frozen - (frozen - 1) // ranks - 1 if frozen else 0
        return used(stage - 1) - [12 * gone, 2 * gone, 2 * gone + 2 * gone_frozen][stage - 1]

    return used(stage), used(stage) <= memory


def fits_one_line(trained, frozen, ranks, stage, memory):
    d = [ranks if stage >= s else 1 for s in (1, 2, 3)]
    up = lambda n, by: (n + by - 1) // by  # noqa: E731
    total = (
        12 * up(trained, d[0])
        + 2 * up(trained, d[1])
        + 2 * up(trained, d[2])
        + 2 * up(frozen, d[2])
    )
    return (total, total <= memory)


# resumed


def resumed_forward(shards, seed, size, position):
    """The generator draws for the shards before, and nobody looks."""
    rng = np.random.default_rng(seed)
    for texts in shards[: position[0]]:
        rng.permutation(len(texts))
    batches, positions = [], []
    row = position[1]
    for s in range(position[0], len(shards)):
        order = rng.permutation(len(shards[s])).tolist()
        for begin in range(row, len(order), size):
            end = min(begin + size, len(order))
            batches.append([shards[s][i] for i in order[begin:end]])
            positions.append((s + 1, 0) if end == len(order) else (s, end))
        row = 0
    return batches, positions


def resumed_from_all(shards, seed, size, position):
    """Everything from the beginning, of which the first part is thrown away by its texts."""
    rng = np.random.default_rng(seed)
    batches, positions = [], []
    for s, texts in enumerate(shards):
        order = rng.permutation(len(texts))
        if s < position[0]:
            continue
        done = position[1] if s == position[0] else 0
        left = [texts[i] for i in order][done:]
        while left:
            batch, left = left[:size], left[size:]
            done += len(batch)
            batches.append(batch)
            positions.append((s, done) if left else (s + 1, 0))
    return batches, positions


def resumed_generated(shards, seed, size, position):
    """A generator of places."""

    def pieces():
        rng = np.random.default_rng(seed)
        for s, texts in enumerate(shards):
            order = [int(i) for i in rng.permutation(len(texts))]
            row = 0 if s > position[0] else position[1] if s == position[0] else len(order)
            while row < len(order):
                after = row + size
                yield (
                    [texts[i] for i in order[row:after]],
                    (s, after) if after < len(order) else (s + 1, 0),
                )
                row = after

    found = list(pieces())
    return [batch for batch, _ in found], [after for _, after in found]


def resumed_recursive(shards, seed, size, position):
    rng = np.random.default_rng(seed)
    orders = [rng.permutation(len(texts)) for texts in shards]

    def rest(shard, row):
        if shard >= len(shards):
            return [], []
        if row >= len(shards[shard]):
            return rest(shard + 1, 0)
        end = row + size
        after = (shard, end) if end < len(shards[shard]) else (shard + 1, 0)
        batches, positions = rest(*after)
        batch = [shards[shard][i] for i in orders[shard][row:end]]
        return [batch, *batches], [after, *positions]

    return rest(*position)


def resumed_shuffled(shards, seed, size, position):
    """Every shard in its order, then slices."""
    rng = np.random.default_rng(seed)
    mixed = [[texts[i] for i in rng.permutation(len(texts))] for texts in shards]
    batches, positions = [], []
    shard, row = position
    while shard < len(mixed):
        if row < len(mixed[shard]):
            batches.append(mixed[shard][row : row + size])
            row += size
            if row >= len(mixed[shard]):
                shard, row = shard + 1, 0
            positions.append((shard, row))
        else:
            shard, row = shard + 1, 0
    return batches, positions


def resumed_one_by_one(shards, seed, size, position):
    """Text by text."""
    rng = np.random.default_rng(seed)
    orders = [rng.permutation(len(texts)) for texts in shards]
    batches, positions, batch = [], [], []
    for s in range(len(shards)):
        for r in range(len(shards[s])):
            if (s, r) < position:
                continue
            batch.append(shards[s][orders[s][r]])
            last = r + 1 == len(shards[s])
            if len(batch) == size or last:
                batches.append(batch)
                positions.append((s + 1, 0) if last else (s, r + 1))
                batch = []
    return batches, positions


def resumed_objects(shards, seed, size, position):
    """Arrays of texts."""
    rng = np.random.default_rng(seed)
    arrays = [np.array(texts, dtype=object)[rng.permutation(len(texts))] for texts in shards]
    batches, positions = [], []
    for shard, array in enumerate(arrays):
        if shard < position[0]:
            continue
        first = position[1] * (shard == position[0])
        for row in range(first, len(array), size):
            batches.append(array[row : row + size].tolist())
            positions.append((shard, row + size) if row + size < len(array) else (shard + 1, 0))
    return batches, positions


def resumed_dropped(shards, seed, size, position):
    """A stack of what is left."""
    rng = np.random.default_rng(seed)
    left = deque()
    for s, texts in enumerate(shards):
        order = rng.permutation(len(texts))
        left.extend((s, r, texts[i]) for r, i in enumerate(order))
    while left and left[0][:2] < position:
        left.popleft()
    batches, positions = [], []
    while left:
        s, r, text = left.popleft()
        batch = [text]
        while len(batch) < size and left and left[0][0] == s:
            _, r, text = left.popleft()
            batch.append(text)
        batches.append(batch)
        positions.append((s, r + 1) if left and left[0][0] == s else (s + 1, 0))
    return batches, positions


def resumed_zipped(shards, seed, size, position):
    generator = np.random.default_rng(seed)
    drawn = list(map(generator.permutation, map(len, shards)))
    start, skip = position
    batches, positions = [], []
    for number, (texts, order) in list(enumerate(zip(shards, drawn, strict=True)))[start:]:
        steps = range(skip, len(texts), size)
        batches += [[texts[i] for i in order[a : a + size]] for a in steps]
        positions += [(number, a + size) for a in steps][:-1] + [(number + 1, 0)] * bool(steps)
        skip = 0
    return batches, positions


def resumed_sorted(shards, seed, size, position):
    """The permutation as a key to sort by: the text of order[r] gets key r."""
    rng = np.random.default_rng(seed)
    batches, positions = [], []
    for s in range(len(shards)):
        key = np.argsort(rng.permutation(len(shards[s])))
        if s >= position[0]:
            mixed = [t for _, t in sorted(zip(key.tolist(), shards[s], strict=True))]
            row = position[1] if s == position[0] else 0
            while row < len(mixed):
                batches.append(mixed[row : row + size])
                row = min(row + size, len(mixed))
                positions.append((s + row // len(mixed), row % len(mixed)))
    return batches, positions


RIGHT = {
    "similarity": [
        similar_zip,
        similar_joined,
        similar_lists,
        similar_counter,
        similar_sliding,
        similar_exact,
        similar_numpy,
        similar_recursive,
        similar_torch,
        similar_dictionary,
    ],
    "places_and_mask": [
        packed_looped,
        packed_from_places,
        packed_grouped,
        packed_accumulated,
        packed_summed,
        packed_torch,
        packed_unsigned,
        packed_entry_by_entry,
        packed_split,
        packed_products,
        packed_numbered,
    ],
    "mean_loss": [
        mean_looped,
        mean_weighted,
        mean_torch,
        mean_single,
        mean_against_the_average,
        mean_by_ranks,
        mean_lists,
        mean_einsum,
        mean_by_gradients,
        mean_scaled_by_density,
    ],
    "reduce_scatter": [
        ring_snapshot,
        ring_by_chunks,
        ring_receiving,
        ring_lists,
        ring_indexed,
        ring_closed,
        ring_cumulative,
        ring_torch,
        ring_single,
        ring_matrices,
    ],
    "split": [
        split_strings,
        split_inserting,
        split_by_rank,
        split_default,
        split_numpy,
        split_counter,
        split_dictionary,
        split_recursive,
        split_grouped,
        split_tens,
    ],
    "fits": [
        fits_cases,
        fits_table,
        fits_dealt,
        fits_slices,
        fits_by_bits,
        fits_by_package,
        fits_lists,
        fits_numpy,
        fits_recursive,
        fits_one_line,
    ],
    "resumed": [
        resumed_forward,
        resumed_from_all,
        resumed_generated,
        resumed_recursive,
        resumed_shuffled,
        resumed_one_by_one,
        resumed_objects,
        resumed_dropped,
        resumed_zipped,
        resumed_sorted,
    ],
}
