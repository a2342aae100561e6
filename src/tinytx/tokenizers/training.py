"""Learning the merges of byte-pair encoding, doing only the work that each merge makes necessary.

The readable way (:func:`.count_pairs`, :func:`.merge_pair`, repeat) reads the whole text for every
merge. Here nothing is read twice:

* The text is a table of different words with their counts: 1 MB of English has about 230,000 words,
  6,000 different ones.
* An index gives, for each pair, the places where it occurs. A merge visits these and no others.
* A merge changes only the counts of the pairs around these places: the old neighbours lose, the
  neighbours of the new token gain.
* A heap gives the most frequent pair.

How a place is stored. All words lie behind each other in one list of cells, one cell per byte, with
``GAP`` between words. A token that spans several bytes writes its id into the *first and last* cell
of its span. So the token on the right of position p begins where this one ends, and the one on the
left is read from the cell before p: both neighbours without linked lists. The second half of a
merge marks its first cell ``GONE``, so that an old entry of the index that points there fails.

Two facts make this simple. A pair that holds the new token can only arise while that token is
made, so each entry of the index is written once, from left to right, and later only grows stale.
And for the same reason the count of a pair only falls once the pair is in the heap: an entry with
an outdated count is put back with the lower one, when it comes to the top.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Mapping
from itertools import pairwise
from numbers import Integral

Pair = tuple[int, int]

GAP = -1  # between two words
GONE = -2  # once the first cell of a token that is now the right part of a larger one

_COMPLEMENT = bytes(255 - byte for byte in range(256))


def learn_merges(words: Mapping[bytes, int], n_merges: int) -> list[Pair]:
    """Return the first ``n_merges`` merges, or fewer if no pair is left; merge i makes 256 + i.

    Ids below 256 are the bytes. Each step merges the pair with the highest count; among pairs with
    the same count, the lexicographically greatest, comparing the two byte strings of the pair, so
    that the result does not depend on the order of the words. Time and memory grow with the
    different words and with the places that change, not with the text times the merges.

    Raises
    ------
    ValueError
        If ``words`` is no mapping from bytes to whole numbers, at least 0, or ``n_merges`` no
        whole number of at least 0.

    >>> learn_merges({b"low": 5, b"lower": 2, b"newest": 6, b"widest": 3}, 3)
    [(115, 116), (101, 256), (111, 119)]
    """
    if not isinstance(n_merges, Integral) or n_merges < 0:
        raise ValueError(f"n_merges is {n_merges!r} and must be a whole number, at least 0")
    state = _State(words)
    merges: list[Pair] = []
    while len(merges) < n_merges and (pair := state.pop_most_frequent()):
        state.merge(pair)
        merges.append(pair)
    return merges


def check_words(words: Mapping[bytes, int]) -> None:
    """Refuse what does not say how often each word, as bytes, occurs."""
    if not isinstance(words, Mapping):
        raise ValueError(
            f"words is a {type(words).__name__} and must be a dict of counts: {{b'low': 5}}"
        )
    for word, count in words.items():
        if not isinstance(word, bytes):
            way = f": give {word!r}.encode()" if isinstance(word, str) else ""
            raise ValueError(f"words has the key {word!r} and all must be bytes{way}")
        if not isinstance(count, Integral) or count < 0:
            raise ValueError(f"words[{word!r}] is {count!r} and must be a whole number, at least 0")


class _State:
    """The words with the merges so far applied, the pairs they hold, and the heap of these."""

    def __init__(self, words: Mapping[bytes, int]):
        check_words(words)
        self.vocab = [bytes([byte]) for byte in range(256)]
        self.order = [_descending(token) for token in self.vocab]
        self.cells = [GAP]
        self.weight = [0]  # how often the word of a cell occurs in the text
        for word, count in words.items():
            self.cells += [*word, GAP]
            self.weight += [count] * (len(word) + 1)
        places = defaultdict(list)
        for place, pair in enumerate(pairwise(self.cells)):
            places[pair].append(place)
        self.places = {pair: found for pair, found in places.items() if GAP not in pair}
        self.counts = defaultdict(int)
        for pair, found in self.places.items():
            self.counts[pair] = sum(map(self.weight.__getitem__, found))
        self.heap = list(map(self._heap_entry, self.places))
        heapq.heapify(self.heap)

    def _heap_entry(self, pair: Pair) -> tuple[int, str, str, Pair]:
        """Return what sorts first for the highest count, then for the greatest byte strings."""
        return -self.counts[pair], self.order[pair[0]], self.order[pair[1]], pair

    def pop_most_frequent(self) -> Pair | None:
        """Take the pair with the highest count from the heap, or ``None`` if there is none."""
        while self.heap:
            negative_count, *_, pair = self.heap[0]
            count = self.counts[pair]
            if count == 0:  # used up by other merges, perhaps by the very one that made it
                heapq.heappop(self.heap)
                del self.counts[pair], self.places[pair]
            elif count == -negative_count:
                heapq.heappop(self.heap)
                return pair
            else:
                heapq.heapreplace(self.heap, self._heap_entry(pair))
        return None

    def merge(self, pair: Pair) -> None:
        """Replace ``pair`` by a new token wherever it occurs, and bring counts and heap up to date.

        A place of the index is stale if one of the two has become part of another token since.
        The count of a pair that overlaps itself, as in ``aaa``, needs no care: after the merge
        none of it is left.
        """
        cells, counts, weight, vocab = self.cells, self.counts, self.weight, self.vocab
        (a, b), new = pair, len(vocab)
        half, size = len(vocab[a]), len(vocab[a]) + len(vocab[b])
        vocab.append(vocab[a] + vocab[b])
        self.order.append(_descending(vocab[new]))
        created: dict[Pair, list[int]] = defaultdict(list)
        for place in self.places.pop(pair):
            middle, end = place + half, place + size
            if cells[place] != a or cells[middle] != b:
                continue  # stale
            left, right, count = cells[place - 1], cells[end], weight[place]
            if left != GAP:
                counts[left, a] -= count
                counts[left, new] += count
                created[left, new].append(place - len(vocab[left]))
            if right != GAP:
                counts[b, right] -= count
                counts[new, right] += count
                created[new, right].append(place)
            cells[middle] = GONE
            cells[place] = cells[end - 1] = new
        del counts[pair]
        self.places |= created
        for pair in created:
            heapq.heappush(self.heap, self._heap_entry(pair))


def _descending(token: bytes) -> str:
    """Return a string that sorts in the reverse order of ``token``'s bytes, for use in a min-heap.

    Complemented bytes reverse the order; the end mark, above all of them, makes a token sort
    behind the longer ones that it begins.

    >>> sorted([b"a", b"ab", b"b"], key=_descending)
    [b'b', b'ab', b'a']
    """
    return token.translate(_COMPLEMENT).decode("latin-1") + "\u0100"
