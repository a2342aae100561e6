"""Which heads share: grouped-query attention, and what its cache takes."""

from __future__ import annotations

import html

from tinytx.config import GPTConfig

from .arrays import unboxed
from .component import Figure, table
from .parameter_explorer import amount
from .shared_shapes import KNOWN, Shape, of_config, served

MOST_HEADS = 128
TEXT = 8192  # tokens
ROOM = 24  # GB
NUMBERS = {"float32": 4, "bfloat16": 2, "int8": 1}  # bytes
ASK = (
    "How many texts of 8,192 tokens does Llama 2 7B leave room for in 24 GB? At most how many "
    "key/value heads may it have, so that ten fit? And at which numbers of them does the wrong "
    "order change nothing?"
)


class SharedHeads(Figure):
    """Query heads, the heads of keys and values that serve them, and the memory that sharing saves.

    A slider goes through the divisors of ``n_head``: at the one end every query head has keys and
    values of its own (multi-head), at the other all share one head (multi-query), and between them
    lies grouped-query attention. A switch sets the wrong order, PyTorch's ``repeat`` for its
    ``repeat_interleave``, over the right one: weights that were trained in one order are read in
    the other. Below stand the cache, the projections and the texts
    that fit into a memory beside the weights, for all three. Known models are there to start from.

    *To find by playing:* how many texts of 8,192 tokens Llama 2 7B leaves room for in 24 GB (a GB
    is a thousand million bytes), at most how many key/value heads let ten fit, and at which numbers
    of them the wrong order changes nothing.

    Parameters
    ----------
    shape
        A ``GPTConfig``, or how many query heads there are, up to 128: then the rest is a model of
        12 blocks with heads of 64 numbers.
    n_kv_head
        How many heads of keys and values the reader starts with; a divisor of the query heads.
        Left out, the configuration's; for a number of query heads 2, or 1 if that is odd.
    ask
        The question above the figure; "" for none.

    Raises
    ------
    ValueError
        If ``shape`` is neither, or a number of heads is out of range or no divisor.

    Sources: Shazeer 2019 (multi-query); Ainslie et al. 2023 (grouped-query). The sizes are those of
    Grattafiori et al. 2024 (Llama 3), table 3; Jiang et al. 2023 (Mistral 7B), table 1; Qwen Team
    2024 (Qwen2.5), table 1 (layers, heads, tied heads); all others, and those of Touvron et al.
    2023 (Llama 2), are from the ``config.json`` of each. Mistral's cache is counted without its
    window.

    >>> print(SharedHeads(4, 2, ask=""))
    SharedHeads: 4 query heads, 2 key/value heads, 12 blocks, d_head 64, d_model 256
    query heads 0 to 3 read key/value heads 0 0 1 1; in the wrong order 0 1 0 1: 2 of ...
    4 key/value heads: KV cache of 8,192 tokens 101 MB, k and v projections 1.57 M parameters, ...
    ...
    """

    kind = "shared-heads"
    scripts = (
        "parts.js", "chart.js", "sizes.js", "scale.js", "picker.js", "shared-sizes.js",
        "shared-words.js", "shared-lines.js", "shared-heads.js",
    )  # fmt: skip
    styles = ("parts.css", "controls.css", "picker.css", "qkv.css", "shared-heads.css")

    def __init__(self, shape: GPTConfig | int = 8, n_kv_head: int | None = None, *, ask: str = ASK):
        shape, n_kv_head = unboxed(shape), unboxed(n_kv_head)
        found = _shape(shape)
        if n_kv_head is None and not isinstance(shape, GPTConfig):
            n_kv_head = 2 if found.n_head % 2 == 0 else 1
        if n_kv_head is not None:
            _divides(n_kv_head, found.n_head)
            found = found._replace(n_kv_head=n_kv_head)
        self.shape, self.ask = found, str(ask)

    def told(self, shape: Shape, wrong: bool = False) -> str:
        """Return what the page says of the heads of a shape, with the same words."""
        H, K = shape.n_head, shape.n_kv_head
        if not wrong:
            return f"{_who(H, K)} Of {H:,} query heads {_share(H, K)}."
        right, astray = served(H, K), served(H, K, wrong=True)
        n = sum(one != other for one, other in zip(right, astray, strict=True))
        if not n:
            return f"{_who(H, K)} The wrong order changes nothing."
        first = next(i for i in range(H) if right[i] != astray[i])
        return (
            f"{_who(H, K)} In the wrong order {n} of {H} read those of another group; the first is "
            f"{first}, which reads {astray[first]} instead of {right[first]}."
        )

    def data(self) -> dict[str, object]:
        """Return the shapes; the page counts."""
        return {
            "shapes": [one._asdict() for one in (self.shape, *KNOWN.values())],
            "numbers": [*NUMBERS.items()], "T": TEXT, "room": ROOM, "ask": self.ask,
        }  # fmt: skip

    def words(self) -> str:
        """Return who reads whom, what sharing saves, and the known models."""
        one = self.shape
        lines = [
            f"SharedHeads: {one.n_head} query heads, {one.n_kv_head} key/value heads, "
            f"{one.n_layer} blocks, d_head {one.d_head}, d_model {one.d_model:,}"
        ]
        lines += [self.ask] if self.ask else []
        return "\n".join([*lines, self._order(), *self._costs(), *self._known()])

    def fallback(self) -> str:
        """Return the same as tables."""
        ask = f"<p>{html.escape(self.ask)}</p>" if self.ask else ""
        head = ("key/value heads", f"KV cache of {TEXT:,} tokens", "k and v projections",
                "parameters", f"texts in {ROOM} GB")  # fmt: skip
        rows = [_row(self.shape._replace(n_kv_head=K)) for K in divisors(self.shape.n_head)]
        known = [(f"{name}: {one.n_kv_head}", *_row(one)[1:]) for name, one in KNOWN.items()]
        order = html.escape(self._order())
        return (
            f"{ask}<p>{order}</p>{table('What sharing saves, in bfloat16', head, rows)}"
            f"{table('Known models, in bfloat16', head, known)}"
        )

    def _order(self) -> str:
        H, K = self.shape.n_head, self.shape.n_kv_head
        right, wrong = served(H, K), served(H, K, wrong=True)
        n = sum(one != other for one, other in zip(right, wrong, strict=True))
        told = [" ".join(map(str, one)) for one in (right, wrong)]
        return (
            f"query heads 0 to {H - 1} read key/value heads {told[0]}; in the wrong "
            f"order {told[1]}: {n} of {H} read another group's"
        )

    def _costs(self) -> list[str]:
        return [_line(self.shape._replace(n_kv_head=K)) for K in divisors(self.shape.n_head)]

    def _known(self) -> list[str]:
        return [
            f"{name}, {one.n_head} query heads, {one.n_layer} blocks, d_head {one.d_head}: "
            f"{_line(one)}"
            for name, one in KNOWN.items()
        ]


def divisors(n: int) -> list[int]:
    """Return all numbers of heads that ``n`` query heads can share evenly.

    >>> divisors(14)
    [1, 2, 7, 14]
    """
    return [k for k in range(1, n + 1) if n % k == 0]


def _who(H: int, K: int) -> str:
    if K == H:
        return "Multi-head: every query head has keys and values of its own."
    if K == 1:
        return "Multi-query: all query heads read the same keys and values."
    return f"Grouped: {H // K} query heads one after the other read the same keys and values."


def _share(H: int, K: int) -> str:
    return "none shares" if K == H else f"{H // K} share each of {K:,}" if K > 1 else "all share 1"


def _row(one: Shape) -> tuple[object, ...]:
    return (
        one.n_kv_head, amount(one.cache(TEXT, NUMBERS["bfloat16"]), "B"),
        amount(one.kv_parameters(), ""), amount(one.parameters(), ""),
        f"{one.texts(TEXT, NUMBERS['bfloat16'], ROOM * 10**9):,}",
    )  # fmt: skip


def _line(one: Shape) -> str:
    heads, cache, kv, parameters, texts = _row(one)
    many = "1 key/value head" if heads == 1 else f"{heads} key/value heads"
    return (
        f"{many}: KV cache of {TEXT:,} tokens {cache}, k and v projections {kv} parameters, all "
        f"{parameters}, texts in {ROOM} GB beside them {texts}"
    )


def _shape(shape: object) -> Shape:
    if isinstance(shape, GPTConfig):
        if shape.n_head > MOST_HEADS:
            raise ValueError(
                f"SharedHeads: shape.n_head is {shape.n_head}, the limit is {MOST_HEADS}: more "
                "lines than a page shows"
            )
        return of_config("Your model", shape)
    if type(shape) is not int or not 1 <= shape <= MOST_HEADS:
        raise ValueError(
            f"SharedHeads: shape is {shape!r} and must be a GPTConfig, or a number of query heads "
            f"from 1 to {MOST_HEADS}"
        )
    plain = GPTConfig(
        vocab_size=32_000, context_length=TEXT, n_layer=12, n_head=shape, d_model=64 * shape,
        norm_kind="rms", activation="swiglu", positions="rotary", bias=False,
    )  # fmt: skip
    return of_config(f"{shape} heads of 64", plain)


def _divides(n_kv_head: object, n_head: int) -> None:
    if type(n_kv_head) is not int or n_kv_head < 1 or n_head % n_kv_head:
        raise ValueError(
            f"SharedHeads: n_kv_head is {n_kv_head!r} and must be a divisor of {n_head}, the query "
            f"heads: one of {', '.join(map(str, divisors(n_head)))}"
        )
