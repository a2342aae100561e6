"""Run the tests and notebooks that a change may break, in under three minutes: `make quick`.

    python tools/quick.py                   what changed since the branch left origin/main
    python tools/quick.py --since HEAD~3    or since another commit
    python tools/quick.py --list            say what would run, and run nothing

Changed are the files that differ from that commit, committed since or not, and new ones. A test
file runs if it changed, or a module that it imports did, at whatever distance: the nearest first,
until the time is up. A notebook runs if it changed, or shows or calls what did. A data file counts
as the modules that read it. Where no test is known to depend on a file, a few tests run. What is
left out is named. `make test` runs everything.

pytest-testmon, which records what each test executes, was weighed: it needs a full run on this very
machine first, and does not see notebooks, subprocesses and data files. Imports are known at once.
"""

from __future__ import annotations

import argparse
import gc
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from depends import Depends
from imports import ROOT

SECONDS = 170  # in all, with what ran before
SMOKE = ["tests/test_example.py", "tests/test_project.py", "tests/manual/test_import.py"]
SHARE = 0.6  # of the time that is left is the tests', where notebooks wait as well
LATE = 10  # seconds before the end nothing begins any more
MOST = 60  # test files: to collect more takes what time there is
NBVAL = "--nbval --nbval-current-env --nbval-cell-timeout=300"
NBVAL += " --nbval-sanitize-with=tests/nbval_sanitize.cfg"


def git(*arguments: str, root: Path = ROOT) -> str:
    """Return what git prints, or '' where it fails."""
    done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True)
    return done.stdout if done.returncode == 0 else ""


def start_of_branch(root: Path = ROOT) -> str:
    """Return the commit where the branch left origin/main; without one, the last commit."""
    return git("merge-base", "HEAD", "origin/main", root=root).strip() or "HEAD"


def changed_files(since: str, root: Path = ROOT) -> set[str]:
    """Return the files that differ from a commit, and those that git does not know yet.

    Raises
    ------
    ValueError
        If there is no such commit.
    """
    if not git("rev-parse", "--verify", "--quiet", f"{since}^{{commit}}", root=root):
        raise ValueError(f"since is {since!r} and must be a commit: see `git log`")
    listed = git("diff", "--name-only", "--no-renames", "-z", since, root=root)
    listed += git("ls-files", "--others", "--exclude-standard", "-z", root=root)
    return set(filter(None, listed.split("\0")))


@dataclass
class Choice:
    """What to run: each file with its distance from the change, 0 for what changed itself."""

    tests: dict[str, int] = field(default_factory=dict)
    notebooks: dict[str, int] = field(default_factory=dict)
    doctests: list[str] = field(default_factory=list)
    browser: list[str] = field(default_factory=list)  # need the built book: left to `make test`
    unknown: list[str] = field(default_factory=list)  # what no test is known to depend on

    def ordered(self, files: dict[str, int]) -> list[str]:
        """Return files, the nearest first."""
        return sorted(files, key=lambda name: (files[name], name))


def choose(changed: Iterable[str], depends: Depends) -> Choice:
    """Return what a change of these files may break."""
    changed = set(changed)
    modules = {name for name in changed if depends.module(name)}
    data = {name: depends.readers(name) for name in changed - modules if name.startswith("src/")}
    distance = depends.importers(modules.union(*data.values()))
    choice = Choice(doctests=sorted(name for name in modules if (depends.root / name).exists()))
    known = modules | {name for name, readers in data.items() if readers}
    for name in [*depends.tests, *depends.notebooks]:
        deep, alone = depends.needs(name)
        near = [distance[one] + 1 for one in deep if one in distance]
        touched = {one for one in alone | {name} if one in changed}
        near += [0 if one == name else 1 for one in touched]
        known |= touched
        if not name.endswith(".ipynb"):
            named = {one for one in changed if depends.names(name, one)}
            near += [2] * bool(named)
            known |= named
        if near:
            _put(choice, name, min(near))
    choice.unknown = sorted(changed - known)
    if choice.unknown or not changed:
        choice.tests |= {name: 9 for name in SMOKE if name in depends.tests} | choice.tests
    return choice


def _put(choice: Choice, name: str, distance: int) -> None:
    if name.startswith("tests/browser/"):
        choice.browser.append(name)
    elif not name.endswith(".ipynb"):
        choice.tests[name] = distance
    elif distance <= 1:  # what is further away shows in tests first, and all notebooks take long
        choice.notebooks[name] = distance


def explain(choice: Choice, changed: set[str], since: str, depends: Depends) -> list[str]:
    """Say in a few lines what was chosen, and why."""
    lines = [f"changed since {since[:10]}: {_few(sorted(changed)) or 'nothing'}"]
    for what, chosen, among in (
        ("test files", choice.tests, depends.tests),
        ("notebooks", choice.notebooks, depends.notebooks),
    ):
        number = Counter(min(distance, 2) for distance in chosen.values())
        why = [f"{number[0]} changed", f"{number[1]} use what changed", f"{number[2]} further away"]
        why = [one for one in why if not one.startswith("0 ")]
        reasons = f": {', '.join(why)}" if why else ""
        lines.append(
            f"{len(chosen)} of {len(among)} {what}{reasons}; {_few(choice.ordered(chosen))}"
        )
    if len(choice.tests) > MOST:
        lines.append(f"the nearest {MOST} test files are run, the others are left for `make test`")
    if choice.browser:
        lines.append(f"left for `make test`, for they need the built book: {_few(choice.browser)}")
    if choice.unknown:
        lines.append(
            f"no test is known to depend on {_few(choice.unknown)}: a few tests run anyway"
        )
    return [line.rstrip("; ") for line in lines]


def _few(names: list[str], most: int = 6) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def run(files: list[str], options: str, until: float) -> tuple[int, bool]:
    """Run pytest on files until a time; return its status, and whether it had to be stopped."""
    command = [sys.executable, "-m", "pytest", "-p", "quick_budget", "-n", "2"]
    command += ["--no-loadscope-reorder", *options.split(), *files]
    with tempfile.NamedTemporaryFile() as failed:
        env = {**os.environ, "OMP_NUM_THREADS": "1", "QUICK_UNTIL": str(until - LATE)}
        path = [str(ROOT / "tools"), os.environ.get("PYTHONPATH", "")]
        env |= {"QUICK_FAILED": failed.name, "PYTHONPATH": os.pathsep.join(filter(None, path))}
        process = subprocess.Popen(command, cwd=ROOT, env=env, start_new_session=True)
        try:
            status = process.wait(max(1.0, until - time.time()))
        except subprocess.TimeoutExpired:
            return int(os.path.getsize(failed.name) > 0), True
        finally:  # also after Ctrl-C
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
    # Modules without examples are no failure; tests that cannot be found are one.
    bare = status == 5 and all(name.startswith("src/") for name in files)
    return (0 if bare else status), False


def main(arguments: list[str] | None = None) -> int:
    """Choose and run; 1 if something failed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--since", default=None, help="a commit; by default where main was left")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="for all (default: 170)")
    parser.add_argument("--begun", type=float, default=time.time(), help="seconds since 1970")
    parser.add_argument("--list", action="store_true", help="run nothing")
    options = parser.parse_args(arguments)
    gc.disable()  # half a million nodes of syntax trees come, and none goes
    try:
        since = options.since or start_of_branch()
        changed = changed_files(since)
    except ValueError as error:
        print(f"quick: {error}", file=sys.stderr)
        return 2
    depends = Depends(ROOT)
    choice = choose(changed, depends)
    for line in explain(choice, changed, since, depends):
        print(line, flush=True)
    return 0 if options.list else _run_all(choice, options.begun + options.seconds, options.begun)


def _run_all(choice: Choice, until: float, begun: float) -> int:
    parts = [
        ("tests", [*choice.ordered(choice.tests)[:MOST], *choice.doctests], "--doctest-modules"),
        ("notebooks", choice.ordered(choice.notebooks), NBVAL),
    ]
    waiting = [part for part in parts if part[1]]
    took, failed, whole = [f"lint and choice {time.time() - begun:.0f} s"], 0, True
    while waiting:
        name, files, flags = waiting.pop(0)
        start = time.time()
        end = start + (until - start) * SHARE if waiting else until
        if end - start < LATE:
            took.append(f"{name} not begun")
            whole = False
            continue
        status, stopped = run(files, flags, end)
        failed, whole = failed | status, whole and not stopped
        took.append(f"{name} {time.time() - start:.0f} s{' (cut off)' if stopped else ''}")
    came = "FAILED" if failed else "passed" if whole else "passed as far as it came"
    print(f"quick: {came}; {', '.join(took)}")
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
