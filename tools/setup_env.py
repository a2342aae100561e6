"""Create the environment of the course in one folder, or say in one line why it cannot be done.

Runs on the Python that is there, however old, so that an old one is told so: standard library
only, no syntax newer than Python 3.4. Everything else runs inside the environment it makes.
"""

import argparse
import contextlib
import os
import shutil
import subprocess
import sys

OLDEST = (3, 11)
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
EXTRAS = "book,data,lab,test"
# Measured on Linux: 2.1 GB with the CPU build of PyTorch, 6.5 GB with the CUDA build that a plain
# install brings there. Nearly half as much again leaves room for pip's unpacking.
ROOM_GB = {"cpu": 3.0, "default": 9.0}


class SetupError(Exception):
    """A reason to stop, in one line that says what is wrong and what to do."""


def check_python(version=None):
    """Refuse a Python that the course cannot run on."""
    version = tuple(version or sys.version_info[:3])
    if version[:2] < OLDEST:
        raise SetupError(
            "Python {} is too old: the course needs Python {}.{} or newer. Install one and say "
            "which, for example: make book PYTHON=python3.12".format(
                ".".join(str(part) for part in version), *OLDEST
            )
        )


def small_torch(backend=None, platform=None):
    """Tell whether the PyTorch to come is a CPU build (always so on macOS and Windows)."""
    platform = platform or sys.platform
    return not platform.startswith("linux") or backend == "cpu"


def check_room(folder, small, free=None):
    """Refuse a disk that the environment does not fit on."""
    need = ROOM_GB["cpu" if small else "default"]
    if free is None:
        free = shutil.disk_usage(existing(folder)).free
    if free < need * 1e9:
        tip = "" if small else " (or 3 GB with TORCH_BACKEND=cpu, where there is no GPU)"
        raise SetupError(
            "{:.1f} GB free for {}, and the environment needs {:.0f} GB{}: free some space, or "
            "put it elsewhere with VENV=/another/folder".format(free / 1e9, folder, need, tip)
        )


def existing(folder):
    """Return ``folder`` or the nearest parent of it that exists."""
    folder = os.path.abspath(folder)
    while not os.path.isdir(folder):
        folder = os.path.dirname(folder)
    return folder


def explain(output):
    """Turn the words of a failed pip into one line that says what to do."""
    text = output.lower()
    if "no space left" in text or "errno 28" in text:
        return "the disk is full: free some space and run it again"
    if "ensurepip is not available" in " ".join(text.split()):  # Debian has it in another package
        lines = [line.strip() for line in output.splitlines()]
        wanted = [line for line in lines if line.startswith("apt ")] or ["apt install python3-venv"]
        return "this Python makes no environments yet: say sudo {} and run it again".format(
            wanted[0]
        )
    signs = (
        "newconnectionerror",
        "name resolution",
        "failed to establish",
        "connection refused",
        "max retries",
        "network is unreachable",
        "read timed out",
        "proxyerror",
        "nodename nor servname",
        "getaddrinfo",
    )
    if any(sign in text for sign in signs):
        return "the package index cannot be reached: connect to the network and run it again"
    errors = [line for line in output.splitlines() if line.lower().startswith("error")]
    return errors[-1] if errors else "pip failed; run it again with VERBOSE=1 to see all it said"


def run(command, verbose):
    """Run ``command``; on failure raise :class:`SetupError` with one line."""
    if verbose:
        code, output = subprocess.call(command, cwd=ROOT), ""
    else:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            universal_newlines=True,
        )
        output = process.communicate()[0]
        code = process.returncode
    if code:
        raise SetupError(explain(output))


def python_in(venv):
    """Return the interpreter of the environment (Windows keeps it in Scripts)."""
    windows = os.path.join(venv, "Scripts", "python.exe")
    return windows if os.name == "nt" else os.path.join(venv, "bin", "python")


def is_whole(venv):
    """Tell whether the environment is there, with its pip: one that failed halfway has none."""
    python = python_in(venv)
    if not os.path.exists(python):
        return False
    if not os.path.exists(os.path.join(venv, "pyvenv.cfg")):
        return True  # conda's, or another's: not ours to make
    command = [python, "-c", "import pip"]
    return subprocess.call(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) == 0


def install(venv, backend, verbose):
    """Create the environment if it is missing, then install what constraints.txt pins."""
    python = python_in(venv)
    # Python compiles what it imports. To have pip compile all took more than a minute.
    pip = [python, "-m", "pip", "install", "--disable-pip-version-check", "--retries", "1"]
    pip += ["--no-compile"]
    if not is_whole(venv):
        say("creating {}".format(venv))
        run([sys.executable, "-m", "venv", venv], verbose)
        newer_pip(pip, verbose)
    pins = ["-c", "constraints.txt"]
    if backend:
        # uv knows where PyTorch keeps its CPU and CUDA builds; pip has to be told an address.
        say("installing PyTorch ({})".format(backend))
        run(pip + pins + ["uv"], verbose)
        run(
            [
                python,
                "-m",
                "uv",
                "pip",
                "install",
                "--python",
                python,
                "--torch-backend",
                backend,
                "torch=={}".format(pinned("torch")),
            ],
            verbose,
        )
    say("installing the course (a few minutes the first time)")
    run(pip + pins + ["-e", ".[{}]".format(EXTRAS)], verbose)


def newer_pip(pip, verbose):
    """Let pip renew itself: 23.2 took 72 s of the processor to choose versions, and 26.3 took 28.

    Where it cannot, the old one does; what else is wrong, the installation says.
    """
    itself = ["--upgrade", "pip"]
    with contextlib.suppress(SetupError):
        run(pip + itself, verbose)


def pinned(package):
    """Return the version that constraints.txt pins ``package`` to."""
    with open(os.path.join(ROOT, "constraints.txt")) as file:
        for line in file:
            name, _, version = line.strip().partition("==")
            if name == package:
                return version
    raise SetupError("constraints.txt does not pin {}".format(package))


def say(text):
    """Print a line at once, also when the output goes to a file."""
    print("set-up: " + text)
    sys.stdout.flush()


def main(argv=None):
    """Set the environment up; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--venv", default=os.path.join(ROOT, ".venv"))
    parser.add_argument(
        "--torch-backend",
        default=os.environ.get("TORCH_BACKEND", ""),
        help="cpu, auto, cu130, ...: which build of PyTorch (default: PyPI's)",
    )
    parser.add_argument("--verbose", action="store_true", default=bool(os.environ.get("VERBOSE")))
    args = parser.parse_args(argv)
    try:
        check_python()
        if not os.path.exists(python_in(args.venv)):
            check_room(args.venv, small_torch(args.torch_backend))
        install(args.venv, args.torch_backend, args.verbose)
    except SetupError as error:
        sys.stderr.write("set-up failed: {}\n".format(error))
        return 2
    except OSError as error:
        sys.stderr.write("set-up failed: {}\n".format(error))
        return 2
    say("ready in {}".format(args.venv))
    return 0


if __name__ == "__main__":
    sys.exit(main())
