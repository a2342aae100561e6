"""What an answer may use, and what kept it apart."""

from __future__ import annotations

import json
from dataclasses import dataclass

MEGABYTE = 1 << 20
LARGEST = 1 << 42  # megabytes: with more the system's own limit would be past what it can hold
LONGEST = 1_000_000  # seconds


@dataclass(frozen=True)
class Limits:
    """What one exercise may use; the seconds are those of an ordinary machine."""

    seconds: float = 60.0  # from start to end, less what the machine keeps it waiting
    notebook: float = 300.0  # the same, of all exercises of a notebook
    work: float = 30.0  # of the processor, by one process; by all, twice that
    memory: int = 1024 * MEGABYTE  # beyond what Python and the checks have
    written: int = 32 * MEGABYTE  # in all its files together
    processes: int = 48  # and threads, at once
    files: int = 64  # open at once
    answer: int = 64 * MEGABYTE  # that its results take


@dataclass(frozen=True)
class Held:
    """What kept a learner's code apart, as far as the system granted it."""

    tree: bool = False  # a process tree and a network of its own
    disk: bool = False  # all else read-only, its own files on a small disk in memory
    fence: int = 0  # Landlock's version: only named folders can be reached
    calls: bool = False  # sockets and the like refused by the kernel
    shared: bool = False  # one process for all exercises of a notebook

    @classmethod
    def read(cls, message: bytes) -> Held:
        """Return what a process said of itself, before any of a learner's code ran in it."""
        return cls(**json.loads(message))

    def lines(self) -> list[str]:
        """Say it in a few lines, the gaps too."""
        yes = [
            "a process tree, a network without devices and a disk of their own" * self.tree,
            f"no file beyond Python's own (Landlock {self.fence})" * bool(self.fence),
            "no sockets (seccomp)" * self.calls,
        ]
        said = "; ".join(filter(None, yes)) or "a process and a time limit of their own"
        if self.shared:
            said = "the exercises of a notebook share one process, and a clock alone ends it"
        lines = [f"Learners' code was held apart: {said}."]
        if not (self.fence or self.disk):
            lines.append(
                "Warning: this system let the code read and write files as you do. The notebooks"
                " had been read before any code ran; grade in a container, or on Linux 5.13 or"
                " later."
            )
        if not (self.tree or self.calls):
            lines.append("Warning: the network was within its reach.")
        return lines
