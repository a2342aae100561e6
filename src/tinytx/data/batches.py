"""Batches of text for training: random windows, and sources that can stop and go on exactly.

A *source* hands out batch after batch from a generator of its own. Its state is small and can be
written as JSON. Put back, it continues with the very batch that would have come next: a run that
was interrupted sees the same data in the same order as one that was not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..manual.loss import IGNORE_INDEX
from ..manual.shapes import check_integers, check_rng, check_row, is_whole

TOKENS = "give a whole number of tokens"


def get_batch(
    ids: np.ndarray, batch_size: int, context_length: int, generator: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return ``batch_size`` random windows of ``ids``, and the token that follows each token.

    Every window of the text is equally likely, and windows may overlap or repeat: it is
    the cheapest way to draw, and keeps neighbouring batches unalike.

    Parameters
    ----------
    ids
        (n,), the text as token ids: an array, also a memory-mapped one. Only the windows are read.
    batch_size, context_length
        B and T, each at least 1.
    generator
        Where the windows begin is drawn from it.

    Returns
    -------
    ids, targets
        (B, T) each, int64. ``targets[:, t]`` is what comes after ``ids[:, t]``, so a window
        needs T + 1 tokens.

    Raises
    ------
    ValueError
        If ``ids`` is not a row of integers, or shorter than T + 1; a size is below 1; or
        ``generator`` is none of NumPy's.

    >>> x, targets = get_batch(np.arange(10, 20), 2, 3, np.random.default_rng(0))
    >>> x
    array([[15, 16, 17],
           [14, 15, 16]])
    >>> targets
    array([[16, 17, 18],
           [15, 16, 17]])
    """
    _check_windows(ids, batch_size, context_length)
    check_rng("generator", generator)
    starts = generator.integers(len(ids) - context_length, size=batch_size)  # (B,)
    windows = ids[starts[:, None] + np.arange(context_length + 1)].astype(np.int64)  # (B, T + 1)
    return windows[:, :-1], windows[:, 1:]


class Source:
    """What the sources share: a generator from a seed, and a state that can be put back."""

    def __init__(self, seed: int):
        self.generator = np.random.default_rng(seed)

    def _shape(self) -> dict[str, int]:
        """Return what must be the same where the state is put back."""
        raise NotImplementedError

    def state(self) -> dict[str, Any]:
        """Return all that decides the batches to come, as values that JSON can hold exactly."""
        return {"shape": self._shape(), "generator": self.generator.bit_generator.state}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Continue from ``state``, as if the batches before it had been drawn here.

        Raises
        ------
        ValueError
            If ``state`` is not one of a source of this kind, with data and batches of this size.
            The source is left as it was.
        """
        try:
            shape, wanted = dict(state["shape"]), self._shape()
            generator = np.random.default_rng()
            generator.bit_generator.state = state["generator"]
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"state is not the state of a batch source ({error!r})") from None
        if shape != wanted:
            raise ValueError(f"state is of a source with {shape}, this one has {wanted}")
        self.generator = generator


class WindowSource(Source):
    """Random windows of a text without end, as :func:`get_batch` draws them.

    >>> source = WindowSource(np.arange(100), batch_size=2, context_length=4, seed=0)
    >>> state = source.state()
    >>> first, _ = source.next_batch()
    >>> source.restore(state)
    >>> again, _ = source.next_batch()
    >>> bool((first == again).all())
    True
    """

    def __init__(self, ids: np.ndarray, batch_size: int, context_length: int, seed: int):
        self.batch_size, self.context_length = _check_windows(ids, batch_size, context_length)
        super().__init__(seed)
        self.ids = ids

    def _shape(self) -> dict[str, int]:
        sizes = {"batch_size": self.batch_size, "context_length": self.context_length}
        return {"tokens": len(self.ids), **sizes}

    def next_batch(
        self, batch_size: int | None = None, context_length: int | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return ids and targets, (B, T) each; B and T are the source's own if not given.

        ``ValueError`` if one is below 1, or the text is shorter than T + 1.
        """
        return get_batch(self.ids, *self._sizes(batch_size, context_length), self.generator)

    def _sizes(self, batch_size: int | None, context_length: int | None) -> tuple[int, int]:
        B = self.batch_size if batch_size is None else batch_size
        return B, self.context_length if context_length is None else context_length


class ShuffledSource(WindowSource):
    """Windows of a text side by side, each once an epoch, in a new random order every time.

    :func:`get_batch` draws with replacement: of n windows, an epoch's worth of draws misses about
    ``n / e``. Here none is missed. Where the windows begin is moved by a random offset each epoch,
    so that a token is not always at the same place of its window. The end of an epoch that fills no
    whole batch is left out. Where an epoch has fewer windows than a batch has rows, those are the
    batch.

    >>> source = ShuffledSource(np.arange(17), batch_size=2, context_length=4, seed=0)
    >>> x, _ = source.next_batch()
    >>> x
    array([[11, 12, 13, 14],
           [ 3,  4,  5,  6]])
    """

    def __init__(self, ids: np.ndarray, batch_size: int, context_length: int, seed: int):
        super().__init__(ids, batch_size, context_length, seed)
        self._begin(self.context_length)

    def _begin(self, T: int) -> None:
        """Draw the order of an epoch of windows of ``T``."""
        self._before, self.length, self.position = self.generator.bit_generator.state, T, 0
        offset = int(self.generator.integers(min(T, len(self.ids) - T)))
        n = (len(self.ids) - 1 - offset) // T
        self._starts = offset + T * self.generator.permutation(n)

    def next_batch(
        self, batch_size: int | None = None, context_length: int | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return ids and targets, (B, T) each; another T begins another epoch.

        They have fewer rows where an epoch has fewer windows. ``ValueError`` as for
        :meth:`WindowSource.next_batch`.
        """
        B, T = _check_windows(self.ids, *self._sizes(batch_size, context_length))
        B = min(B, (len(self.ids) - 1) // T)
        if self.length != T or self.position + B > len(self._starts):
            self._begin(T)
        starts = self._starts[self.position : self.position + B]
        self.position += B
        windows = self.ids[starts[:, None] + np.arange(T + 1)].astype(np.int64)
        return windows[:, :-1], windows[:, 1:]

    def state(self) -> dict[str, Any]:
        """Return all that decides the batches to come, as values that JSON can hold exactly."""
        place = {"length": self.length, "position": self.position}
        return {"shape": self._shape(), "generator": self._before, **place}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Continue from ``state``; ``ValueError`` if it is not one of such a source."""
        place = state if isinstance(state, Mapping) else {}
        for key, least in (("length", 1), ("position", 0)):
            value = place.get(key)
            if type(value) is not int or not least <= value < len(self.ids):
                raise ValueError(f"state has {key} {value!r}, so it is none of this ShuffledSource")
        super().restore(state)
        self._begin(place["length"])
        self.position = place["position"]


class EpochSource(Source):
    """The indices 0 … n − 1 in a new random order every epoch, in batches.

    The last batch of an epoch is smaller where ``batch_size`` does not divide ``n``. The order is
    not part of the state: the generator is kept as it was before the order was drawn, and draws it
    again.

    >>> source = EpochSource(5, batch_size=2, seed=0)
    >>> [source.next_batch().tolist() for _ in range(4)]
    [[2, 4], [3, 0], [1], [4, 1]]
    >>> source.epoch
    1
    """

    def __init__(self, n: int, batch_size: int, seed: int):
        self.n = _check_least("n", n, "give a data set with at least one example")
        self.batch_size = _check_least("batch_size", batch_size, "give a whole number of examples")
        super().__init__(seed)
        self.epoch = self.position = 0  # which epoch, and how many of it were handed out
        self._before, self._order = self._draw()

    def _shape(self) -> dict[str, int]:
        return {"n": self.n, "batch_size": self.batch_size}

    def _draw(self) -> tuple[Mapping[str, Any], np.ndarray]:
        """Return the generator's state, and the order that is drawn from it."""
        return self.generator.bit_generator.state, self.generator.permutation(self.n)

    def next_batch(self) -> np.ndarray:
        """Return the next indices, (B,), int64."""
        if self.position >= self.n:
            self.epoch, self.position = self.epoch + 1, 0
            self._before, self._order = self._draw()
        batch = self._order[self.position : self.position + self.batch_size]
        self.position += len(batch)
        return batch.copy()

    def state(self) -> dict[str, Any]:
        """Return all that decides the batches to come, as values that JSON can hold exactly."""
        place = {"epoch": self.epoch, "position": self.position}
        return {"shape": self._shape(), "generator": self._before, **place}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Continue from ``state``; ``ValueError`` if it is not one of such a source."""
        place = state if isinstance(state, Mapping) else {}
        for key, most in (("epoch", None), ("position", self.n)):
            value = place.get(key)
            if not isinstance(value, int) or value < 0 or (most is not None and value > most):
                raise ValueError(f"state has {key} {value!r}, so it is not one of this EpochSource")
        super().restore(state)
        self.epoch, self.position = place["epoch"], place["position"]
        self._before, self._order = self._draw()


class DocumentSource(EpochSource):
    """Whole documents, one a row, each once an epoch, in a new random order every time.

    A window from the middle of a story asks for names that were told before it. Here every row
    begins where a document does. What follows the end of a shorter one is not counted: its targets
    are ``ignore_index``. A longer one is cut.

    Parameters
    ----------
    documents
        Each (n,) ids, at least two. The first id is given and never a target.
    batch_size, context_length
        B and T.
    seed
        Of the order.
    padding
        The id that fills the rows up.
    alike
        Among how many batches documents of like lengths are put together; a row is then as long as
        the batch's longest, and little is computed for nothing. None: any lengths, rows of T.

    Raises
    ------
    ValueError
        If a document is no row of at least two integers, ``padding`` is no id, or a size is below
        1.

    >>> source = DocumentSource([np.arange(4), np.arange(7, 9)], 2, context_length=4, seed=1)
    >>> x, targets = source.next_batch()
    >>> x[np.argsort(x[:, 0])]
    array([[0, 1, 2, 0],
           [7, 0, 0, 0]])
    >>> targets[np.argsort(x[:, 0])]
    array([[   1,    2,    3, -100],
           [   8, -100, -100, -100]])
    """

    def __init__(
        self,
        documents: Sequence[np.ndarray],
        batch_size: int,
        context_length: int,
        seed: int,
        padding: int = 0,
        alike: int | None = None,
    ):
        self.context_length = _check_least("context_length", context_length, TOKENS)
        if alike is not None:
            alike = _check_least("alike", alike, "give a whole number of batches, or None")
        check_documents(documents, padding)
        self.documents, self.padding, self.alike = documents, padding, alike
        super().__init__(len(documents), batch_size, seed)

    def next_batch(self) -> tuple[np.ndarray, np.ndarray]:  # type: ignore[override]
        """Return ids and targets, (B, T) each, or no longer than they have to be."""
        chosen = [self.documents[i] for i in super().next_batch()]
        T = self.context_length
        if self.alike is not None:
            T = min(T, max(map(len, chosen)) - 1)
        return rows_of(chosen, T, self.padding)

    def _shape(self) -> dict[str, int]:
        shape = super()._shape()
        return shape if self.alike is None else {**shape, "alike": self.alike}

    def _draw(self) -> tuple[Mapping[str, Any], np.ndarray]:
        """Return what the generator was, and an order: sorted within pools, batches shuffled."""
        before, order = super()._draw()
        if self.alike is None:
            return before, order
        B, pool = self.batch_size, self.alike * self.batch_size
        lengths = np.array([len(document) for document in self.documents])
        pools = np.split(order, range(pool, self.n, pool))
        order = np.concatenate([one[np.argsort(lengths[one], kind="stable")] for one in pools])
        whole = self.n - self.n % B
        batches = self.generator.permutation(order[:whole].reshape(-1, B))
        return before, np.concatenate([batches.ravel(), order[whole:]])


def rows_of(
    documents: Sequence[np.ndarray], context_length: int, padding: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Return documents as rows of ids and targets, (n, T) each.

    See :class:`DocumentSource`, also for the errors.
    """
    check_documents(documents, padding)
    ids = np.full((len(documents), context_length), padding, dtype=np.int64)
    targets = np.full_like(ids, IGNORE_INDEX)
    for row, document in enumerate(documents):
        given, wanted = document[:-1][:context_length], document[1 : context_length + 1]
        ids[row, : len(given)], targets[row, : len(wanted)] = given, wanted
    return ids, targets


def check_documents(documents: Sequence[np.ndarray], padding: int) -> None:
    """Refuse what is no row of ids to read and to predict, and what fills a row and is no id.

    A float would become an id by being cut off, and say nothing.
    """
    for i, document in enumerate(documents):
        ids = np.asarray(document)
        if ids.ndim != 1 or len(ids) < 2:
            raise ValueError(
                f"document {i} has shape {ids.shape} and must be (n,) with at least two ids: one "
                "to read and one to predict"
            )
        check_integers(f"document {i}", ids)
    if not is_whole(padding):
        raise ValueError(f"padding is {padding!r} and must be an id, a whole number")


def _check_windows(ids: np.ndarray, batch_size: int, context_length: int) -> tuple[int, int]:
    """Return B and T, if there are such windows of ``ids``."""
    check_row("ids", ids)
    B = _check_least("batch_size", batch_size, "give a whole number of windows")
    T = _check_least("context_length", context_length, TOKENS)
    if not len(ids):
        raise ValueError("ids is empty; give a text")
    if len(ids) <= T:
        raise ValueError(
            f"ids has {len(ids)} tokens, but a window of context_length {T} and the "
            f"token after it need {T + 1}; give a longer text or a shorter context"
        )
    return B, T


def _check_least(name: str, value: int, way_out: str) -> int:
    """Return a size as an ``int``, which JSON can hold, if it is at least 1."""
    if not is_whole(value) or value < 1:
        raise ValueError(f"{name} is {value!r} and must be at least 1; {way_out}")
    return int(value)
