"""What a probe answers: did it pass, what was measured, and what that means."""

from __future__ import annotations

from typing import Any, NamedTuple


class Result(NamedTuple):
    """The answer of one probe; true or false by itself.

    Attributes
    ----------
    name
        Of the probe.
    passed
        Whether what was measured is within its limit; None where the probe does not apply.
    value
        What was measured, in the unit that ``meaning`` names; nan where nothing was.
    meaning
        One line: what that says about the model.
    """

    name: str
    passed: bool | None
    value: float
    meaning: str

    def __bool__(self) -> bool:
        return self.passed is not False

    def __str__(self) -> str:
        return f"{self.name}: {self.verdict}, {self.meaning}"

    def __repr__(self) -> str:
        return str(self)

    @property
    def verdict(self) -> str:
        """``passed``, ``FAILED``, or ``does not apply``."""
        return {True: "passed", False: "FAILED", None: "does not apply"}[self.passed]


class Report(tuple[Result, ...]):
    """The answers of several probes; true if none of them failed."""

    @property
    def failed(self) -> list[str]:
        """The names of the probes that failed."""
        return [result.name for result in self if not result]

    def __getitem__(self, name: Any) -> Result:  # type: ignore[override]
        """Return the answer of a probe by its name, or by its place."""
        if isinstance(name, str):
            return {result.name: result for result in self}[name]
        return super().__getitem__(name)

    def __bool__(self) -> bool:
        return not self.failed

    def __str__(self) -> str:
        width = max((len(result.name) for result in self), default=0)
        rows = [f"{one.name:{width}}  {one.verdict:14}  {one.meaning}" for one in self]
        count = sum(result.passed is not None for result in self)
        end = f"{len(self.failed)} of {count} probes failed" if self.failed else f"{count} passed"
        if left := len(self) - count:
            end += f"; {left} do not apply"
        return "\n".join([*rows, end])

    __repr__ = __str__


def within(name: str, value: float, limit: float, good: str, bad: str) -> Result:
    """Return a result that passes up to ``limit``; nan is beyond every limit.

    ``good`` and ``bad`` are its meaning; ``{value}`` in them is filled in.
    """
    passed = bool(value <= limit)
    return Result(name, passed, float(value), (good if passed else bad).format(value=value))


def too_short(name: str, T: int, needed: int) -> Result:
    """Return the result of a probe that does not apply to a context of ``T`` positions."""
    return not_here(name, f"the context has {T} position{'s' * (T > 1)}, {needed} are needed")


def not_here(name: str, why: str) -> Result:
    """Return the result of a probe that does not apply."""
    return Result(name, None, float("nan"), why)
