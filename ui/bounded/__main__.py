"""The bounded process: set the limits, read the file from standard input, answer on standard output."""

import json
import os
import resource
import sys
from importlib import import_module
from pathlib import Path

from ui.bounded.refusals import TOO_MUCH, UNREADABLE, Refusal

MOST_FILES = 64


def main() -> None:
    job = json.loads(sys.argv[1])
    limit(memory=job["memory"], seconds=job["seconds"])
    out = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a library prints is no answer
    why = error = content = None
    try:
        module, _colon, name = job["function"].partition(":")
        function = getattr(import_module(module), name)
        write_nothing()
        content = function(sys.stdin.buffer.read(), **job["options"])
    except Refusal as refusal:
        why = refusal.why
    except MemoryError:
        why = TOO_MUCH
    except Exception as other:  # a library's errors are its own affair: the file is not taken
        why, error = UNREADABLE, type(other).__name__
    head = {"why": why, "error": error, "peak": peak()}
    out.write(json.dumps(head).encode() + b"\n" + (content or b""))
    out.close()


def limit(*, memory: int, seconds: int) -> None:
    """Set the limits before anything large is imported, so that they count the libraries as well."""
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def write_nothing() -> None:
    """Forbid writing. Called after the imports, or each process would compile pypdf again."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (MOST_FILES, MOST_FILES))


def peak() -> int:
    """Return the most resident memory so far, in bytes. (`ru_maxrss` would be the parent's: exec does not reset it.)"""
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:")), 0)


if __name__ == "__main__":
    main()
