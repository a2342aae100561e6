"""What Linux offers to keep a process apart, by way of the C library.

Three things that need no administrator: **namespaces** (a process tree, a network and mounts of
one's own), **Landlock** (files that are not named cannot be reached at all) and **seccomp** (system
calls that fail). Each is asked for by itself and says whether it was granted: containers and
distributions forbid now the one, now the other.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
import sys
from collections.abc import Iterable
from functools import cache

NEWNS, NEWIPC, NEWUSER, NEWPID, NEWNET = 0x20000, 0x8000000, 0x10000000, 0x20000000, 0x40000000
PDEATHSIG, DUMPABLE, SECCOMP, SUBREAPER, NO_NEW_PRIVS = 1, 4, 22, 36, 38
LINUX = sys.platform == "linux"

# Landlock: rights on files, https://docs.kernel.org/userspace-api/landlock.html
EXECUTE, WRITE, READ, READ_DIR, TRUNCATE = 1 << 0, 1 << 1, 1 << 2, 1 << 3, 1 << 14
_OF_FILES = EXECUTE | WRITE | READ | TRUNCATE
_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15}  # how many there are, by version; 16 from the fifth on

# System calls that no exercise needs, by machine: sockets, other processes' memory, memory that
# counts as nobody's, rights on files (which Landlock leaves alone), ways round the rest.
_CALLS = {
    "x86_64": (0xC000003E, {
        "socket": 41, "ptrace": 101, "process_vm_readv": 310, "process_vm_writev": 311,
        "unshare": 272, "mount": 165, "setns": 308, "keyctl": 250, "add_key": 248,
        "request_key": 249, "bpf": 321, "perf_event_open": 298, "userfaultfd": 323,
        "memfd_create": 319, "shmget": 29, "io_uring_setup": 425, "chmod": 90, "fchmod": 91,
        "fchmodat": 268, "fchmodat2": 452, "chown": 92, "fchown": 93, "lchown": 94, "fchownat": 260,
    }),
    "aarch64": (0xC00000B7, {
        "socket": 198, "ptrace": 117, "process_vm_readv": 270, "process_vm_writev": 271,
        "unshare": 97, "mount": 40, "setns": 268, "keyctl": 219, "add_key": 217,
        "request_key": 218, "bpf": 280, "perf_event_open": 241, "userfaultfd": 282,
        "memfd_create": 279, "shmget": 194, "io_uring_setup": 425, "fchmod": 52, "fchmodat": 53,
        "fchmodat2": 452, "fchown": 55, "fchownat": 54,
    }),
}  # fmt: skip


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _done(result: int) -> int:
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result


def prctl(option: int, value: int = 1) -> None:
    """Set a property of this process; raise ``OSError`` where that is refused."""
    _done(_libc().prctl(option, ctypes.c_ulong(value), 0, 0, 0))


def apart() -> bool:
    """Move this process into namespaces of its own; its next child is the first of a process tree.

    It keeps its user, who is nobody special in there either once :func:`drop` was called.
    """
    uid, gid = os.getuid(), os.getgid()
    try:
        _done(_libc().unshare(NEWUSER | NEWNS | NEWIPC | NEWPID | NEWNET))
        for name, text in (
            ("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1"),
        ):  # fmt: skip
            with open(f"/proc/self/{name}", "w") as file:
                file.write(text)
    except OSError:
        return False
    return True


def small_disk(folder: str, size: int) -> bool:
    """Put an empty file system in memory over ``folder``, for this process and its children.

    All else can then only be read.
    """
    private, options = 0x44000, f"size={size},nr_inodes=4096,mode=0700".encode()
    try:
        _done(_libc().mount(b"none", b"/", None, ctypes.c_ulong(private), None))
        read_only = struct.pack("QQQQ", 1, 0, 0, 0)
        _done(_libc().syscall(442, -100, b"/", 0x8000, read_only, len(read_only)))
        _done(_libc().mount(b"tmpfs", folder.encode(), b"tmpfs", ctypes.c_ulong(6), options))
    except OSError:
        return False
    return True


def drop() -> None:
    """Give up all rights that are more than a plain user's, for good."""
    prctl(NO_NEW_PRIVS)
    header, nothing = struct.pack("Ii", 0x20080522, 0), bytes(24)
    _done(_libc().capset(header, nothing))


def landlock_version() -> int:
    """Return which version of Landlock the kernel has; 0 without it."""
    return max(_libc().syscall(444, None, 0, 1), 0) if LINUX else 0


def fence(readable: Iterable[str], writable: Iterable[str]) -> int:
    """Let this process reach the files below these paths and no others; return the version.

    From version 4 on it cannot use TCP, from 6 on it cannot signal processes that are outside.
    It needs ``NO_NEW_PRIVS``. 0 means that there is no Landlock, and nothing is fenced.
    """
    version = landlock_version()
    if version == 0:
        return 0
    every = (1 << _RIGHTS.get(version, 16)) - 1
    attributes = struct.pack("QQQ", every, 3, 3)[: 8 if version < 4 else 16 if version < 6 else 24]
    rules = _done(_libc().syscall(444, attributes, len(attributes), 0))
    try:
        for paths, rights in ((readable, EXECUTE | READ | READ_DIR), (writable, every)):
            for path in paths:
                _allow(rules, path, rights)
        _done(_libc().syscall(446, rules, 0))
    finally:
        os.close(rules)
    return version


def _allow(rules: int, path: str, rights: int) -> None:
    try:
        folder = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:  # what is not there need not be allowed
        return
    try:
        rights &= rights if os.path.isdir(path) else _OF_FILES
        _done(_libc().syscall(445, rules, 1, struct.pack("=Qi", rights, folder), 0))
    finally:
        os.close(folder)


def refuse_calls() -> bool:
    """Let system calls that no exercise needs fail from here on, sockets first; needs the above."""
    if platform.machine() not in _CALLS:
        return False
    arch, calls = _CALLS[platform.machine()]
    numbers = sorted(calls.values())
    kill, allow, refuse = 0x80000000, 0x7FFF0000, 0x00050000 | errno.EACCES
    code = [(0x20, 0, 0, 4), (0x15, 1, 0, arch), (0x06, 0, 0, kill), (0x20, 0, 0, 0)]
    code += [(0x35, len(numbers) + 1, 0, 0x40000000)]  # another numbering, of x86_64 alone
    code += [(0x15, len(numbers) - i, 0, number) for i, number in enumerate(numbers)]
    code += [(0x06, 0, 0, allow), (0x06, 0, 0, refuse)]
    text = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *one) for one in code))
    program = struct.pack("HxxxxxxQ", len(code), ctypes.addressof(text))
    try:
        _done(_libc().prctl(SECCOMP, 2, program, 0, 0))
    except OSError:
        return False
    return True


def limit(name: str, value: int) -> None:
    """Set a limit that cannot be raised again; where a lower one stands it stays."""
    import resource

    kind = getattr(resource, f"RLIMIT_{name}")
    hard = resource.getrlimit(kind)[1]
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(kind, (value, value))


def children(pid: int) -> list[int]:
    """Return all processes below ``pid``, as far as they can be seen."""
    found: list[int] = []
    try:
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/children") as file:
                for child in map(int, file.read().split()):
                    found += [child, *children(child)]
    except OSError:  # it has ended meanwhile
        pass
    return found


def worked(pid: int) -> float:
    """Return how many seconds of the processor a process has used; 0 if it is gone."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            fields = file.read().rpartition(")")[2].split()  # its name may hold anything
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def status(pid: int | str, name: str) -> int:
    """Return a number out of a process's status, in bytes where it has a unit; 0 if it is gone.

    In a process tree of its own a process has another number than ``/proc`` has: there it is
    ``"self"``.
    """
    try:
        with open(f"/proc/{pid}/status") as file:
            line = next(line for line in file if line.startswith(f"{name}:"))
    except (OSError, StopIteration):
        return 0
    number, *unit = line.split()[1:]
    return int(number) * (1024 if unit else 1)
