"""What a model writes, as text, also where it knows ids that its tokenizer does not.

A model may have more ids than there are tokens (``vocab_size``, rounded up). Untrained, it writes
them, and no text may end a run.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..tokenizers.base import Tokenizer

UNKNOWN = "\N{REPLACEMENT CHARACTER}"  # for an id that the model knows and the tokenizer does not


def pieces_of(tokenizer: Tokenizer, ids: Iterable[int], end: int | None = None) -> Iterator[str]:
    """Yield the text of ids, as soon as it is known, up to ``end``.

    >>> from tinytx.tokenizers import CharTokenizer
    >>> list(pieces_of(CharTokenizer.train("ab"), [0, 7, 1]))
    ['a', '�', 'b']
    """
    decoder = tokenizer.decoder()
    for token in ids:
        if token == end:
            break
        try:
            yield decoder.decode([token])
        except ValueError:
            decoder.flush()
            yield UNKNOWN


def before_end(pieces: Iterable[str], end: str) -> Iterator[str]:
    """Yield the text of pieces up to ``end``; what may be its beginning waits for the next piece.

    >>> list(before_end(["a.", "b", ".", ".c", "d"], ".."))
    ['a', '.b']
    """
    held = ""
    for piece in pieces:
        known, ended, _ = (held + piece).partition(end)
        begun = 0 if ended else max(n for n in range(len(end)) if known.endswith(end[:n]))
        held = known[len(known) - begun :]
        if len(known) > begun:
            yield known[: len(known) - begun]
        if ended:
            return
    if held:
        yield held


def spelled(tokenizer: Tokenizer, ids: Iterable[int]) -> str:
    """Return the text of ids.

    >>> from tinytx.tokenizers import CharTokenizer
    >>> spelled(CharTokenizer.train("ab"), [0, 7, 1])
    'a�b'
    """
    known = list(map(int, ids))
    try:
        return tokenizer.decode(known)
    except ValueError:
        return "".join(pieces_of(tokenizer, known))
