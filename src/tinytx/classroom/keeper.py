"""The side of the sandbox on which the learner's code runs: the door, the keeper, the answers.

Everything here happens in copies of the process that judges, none of which returns to it.
"""

from __future__ import annotations

import contextlib
import faulthandler
import gc
import json
import os
import signal
import struct
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from ..checks.pace import Clock, pace
from . import linux
from .limits import Held, Limits

Send = Callable[[bytes], None]
Work = Callable[[Send], None]
NOW, SOON = b"\xff", b"\xfe"  # orders to the keeper: end what is left, at once or after its end
PATIENCE, WENT_ON = 5.0, -1  # seconds for a process to end that has sent all, and if it has not


@dataclass
class Tree:
    """What the processes of one notebook have to know."""

    works: Sequence[Work]
    limits: Limits
    folder: str  # the only one that they may write to
    pipes: list[tuple[int, int]]  # of each work: to read, to write
    tree: bool = False  # whether it is a process tree of its own
    disk: bool = False  # whether the folder is a disk of its own


def open_door(box: Tree, orders: int, replies: int) -> None:
    """Move into namespaces of one's own, start the keeper there, and wait for its end."""
    try:
        linux.prctl(linux.PDEATHSIG, signal.SIGKILL)
        linux.prctl(linux.DUMPABLE, 1)  # or it could not write down who it is in there
        box.tree = linux.apart()
        box.disk = box.tree and linux.small_disk(box.folder, box.limits.written)
        linux.prctl(linux.DUMPABLE, 0)  # its memory is nobody's to read or write
        keeper = os.fork()
        if keeper == 0:
            _keep(box, orders, replies)
        _close_all_but()
        os.waitpid(keeper, 0)
    finally:
        os._exit(0)


def _keep(box: Tree, orders: int, replies: int) -> None:
    """Start a work for each order, end all that is left of it, and tell how it ended; for ever."""
    try:
        os.setsid()
        linux.prctl(linux.PDEATHSIG, signal.SIGKILL)
        if not box.tree:
            linux.prctl(linux.SUBREAPER)
        for name in ("SIGINT", "SIGTERM", "SIGPIPE"):
            signal.signal(getattr(signal, name), signal.SIG_DFL)
        linux.drop()
        _close_all_but(orders, replies, *(writing for _, writing in box.pipes))
        child = 0
        while order := os.read(orders, 1):
            if order not in (NOW, SOON):
                child = os.fork()
                if child == 0:
                    _answer(box, order[0])
                os.close(box.pipes[order[0]][1])
            else:
                status = _own_end(child, 0.0 if order == NOW else PATIENCE)
                _end_all(box.tree)
                os.write(replies, struct.pack("<i", status))
    finally:
        os._exit(0)


def _own_end(child: int, patience: float) -> int:
    """Return the status with which a process ends by itself, or that it has not."""
    clock = Clock(patience)
    while True:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid == child:
            return status
        if clock.up():
            return WENT_ON
        time.sleep(0.002)


def _end_all(tree: bool) -> None:
    """End every process below this one."""
    while True:
        if tree and os.getpid() == 1:  # all of this tree, and nobody else
            with contextlib.suppress(ProcessLookupError):
                os.kill(-1, signal.SIGKILL)
        else:
            for pid in linux.children(os.getpid()):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return


def _answer(box: Tree, number: int) -> None:
    """Become the process of one work, and do it. It ends here, whatever happens."""
    try:
        os.setsid()
        linux.prctl(linux.PDEATHSIG, signal.SIGKILL)
        pipe = 3
        if box.pipes[number][1] != pipe:
            os.dup2(box.pipes[number][1], pipe)
        _close_all_but(pipe)
        _at_home(box.folder)
        _limit(box.limits)  # before the fence: it reads how much memory there is already
        fence = linux.fence(readable(), [box.folder])
        held = Held(box.tree, box.disk, fence, linux.refuse_calls())
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        faulthandler.disable()
        gc.freeze()
        if "torch" in sys.modules:  # its threads were not copied
            sys.modules["torch"].set_num_threads(1)
        send = sender(pipe)
        send(json.dumps(asdict(held)).encode())
        box.works[number](send)
        os.write(pipe, struct.pack("<Q", 0))
    finally:
        os._exit(0)


def sender(pipe: int) -> Send:
    """Return what writes messages into a pipe."""

    def send(message: bytes) -> None:
        data = struct.pack("<Q", len(message)) + message
        while data:
            data = data[os.write(pipe, data) :]

    return send


def _close_all_but(*kept: int) -> None:
    """Close every file but these; what was for reading and printing leads nowhere."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nowhere, number)
    low = 3
    for number in sorted(n for n in kept if n > 2):
        os.closerange(low, number)
        low = number + 1
    os.closerange(low, 1 << 16)


def _at_home(folder: str) -> None:
    """Let the process know no other folder than its own, and nothing of who grades."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL") if name in os.environ}
    os.environ.clear()
    os.environ.update(kept, HOME=folder, TMPDIR=folder, OMP_NUM_THREADS="1")
    tempfile.tempdir = None
    os.chdir(folder)
    os.umask(0o077)


def _limit(limits: Limits) -> None:
    """Set what cannot be raised again."""
    linux.limit("AS", linux.status("self", "VmSize") + limits.memory)
    linux.limit("CPU", int(limits.work * pace()) + 1)
    linux.limit("FSIZE", limits.written)
    linux.limit("NOFILE", limits.files)
    linux.limit("CORE", 0)
    linux.limit("MSGQUEUE", 0)
    if os.getuid() != 0:  # of root the system counts none
        linux.limit("NPROC", limits.processes + _mine())


def _mine() -> int:
    """Return how many processes this user has, where they count towards the limit."""
    return 0 if os.getppid() == 1 else 4096


def readable() -> list[str]:
    """Return the folders that an answer may read: Python, this package, and what these load."""
    paths = {sys.prefix, sys.base_prefix, sys.exec_prefix, str(Path(__file__).parents[2])}
    paths |= {sysconfig.get_paths()[name] for name in ("stdlib", "purelib", "platlib")}
    paths |= {path for path in sys.path if path.endswith(("site-packages", "dist-packages"))}
    paths |= {"/usr", "/lib", "/lib64", "/bin", "/etc/ld.so.cache", "/etc/localtime", "/dev/null"}
    paths |= {"/dev/zero", "/dev/urandom", "/dev/random", "/sys/devices/system/cpu"}
    return sorted(paths)
