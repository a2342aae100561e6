"""The check of ``decode(ids, vocab)``: bytes first, then characters."""

from __future__ import annotations

from ..check import Check
from ..verdict import Property
from .answers import decode
from .inputs import apart

Ids = list[int]
Vocab = dict[int, bytes]

# The ids are not 0, 1, 2, or looking up by position would be right.
CAT: Vocab = {0: b"t", 2: b" ca", 5: b"!"}
THE: Vocab = {0: b"t", 2: b" ca", 70_004: b"The"}
CAFE: Vocab = {1: b" ", 2: b"\xc3", 4: b"\xa9"}
NOEL: Vocab = {2: b"No", 3: b"l", 7: "ë".encode()}
OWL: Vocab = {3: b"\x89\r\n", 4: b" ", 6: b"\xf0\x9f", 7: b"\xa6"}
NO: Vocab = {1: b"No", 2: "ë".encode()}
YES: Vocab = {1: b"Yes"}
NOTHING: Vocab = {3: b"a", 5: b"", 7: b"b"}
# What some clean away: signs that look alike, are not to be seen, or stand for others elsewhere.
ODD: Vocab = {
    1: "e\u0301".encode(),
    4: b"\ta\r",
    5: "ﬁ½".encode(),
    6: "\ufeffĠ".encode(),
    7: b"\\n\0",
}

# Bytes that no character has, each kind: half of a pair, two bytes where one would do, a number
# beyond the last character, and a byte that is not used at all.
BROKEN: Vocab = {1: b"\xed\xa0\x80", 2: b"\xc0\xaf", 5: b"\xf4\x90\x80\x80", 7: b"\xffa"}

CASES = [
    ([], CAT),
    ([2], CAT),
    ([2, 0], CAT),
    ([2, 0, 2, 0, 5], CAT),
    ([apart(70_004), 2, 0], THE),
    ([2, 4], CAFE),
    ([1, 2, 4, 1], CAFE),
    ([4, 1], CAFE),
    ([1, 2], CAFE),
    ([1, 2, 2], CAFE),
    ([2, 7, 3], NOEL),
    ([1], NO),
    ([1], YES),
    ([1], BROKEN),
    ([2, 5, 7], BROKEN),
    ([3, 5, 7], NOTHING),
    ([6, 4], ODD),
    ([1, 7], ODD),
    ([5, 1, 4, 4], ODD),
    ([4, 6, 7, 3, 4, 6, 7, 3], OWL),
    ([6, 7, 3, 6, 4, 4], OWL),
]


def _same_bytes(text: str, ids: Ids, vocab: Vocab) -> bool:
    valid = "\ufffd" not in decode(ids, vocab)
    return not valid or text.encode("utf-8") == b"".join(vocab[i] for i in ids)


def _survivors(text: str, ids: Ids, vocab: Vocab) -> bool:
    rest = iter(text)
    return all(char in rest for char in decode(ids, vocab).replace("\ufffd", ""))


check = Check.of(
    __file__,
    "decode(ids, vocab)",
    CASES,
    "Bytes: an alphabet of 256",
    properties=(
        Property(
            "where the bytes are valid UTF-8, encoding the text again has to give the same bytes",
            _same_bytes,
        ),
        Property("valid characters have to survive beside a broken one", _survivors),
    ),
    errors={
        "^TypeError.*(str.*bytes|bytes.*str)": "The entries of the vocabulary are bytes: put them"
        " together as bytes first.",
        "^AttributeError.*int": "Going through bytes gives integers: decode them all at once.",
        "^KeyError": "Every id of the list is a key of the vocabulary: what do you look up?",
    },
    own=("BPETokenizer.decode",),
)
