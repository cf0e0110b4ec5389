"""Functions that the tests run in a bounded process: each uses too much, or fails as a library might."""

import sys
import time

MEGABYTE = 1024 * 1024


def echo(content, *, more=""):
    return content + more.encode()


def modules(_content):
    return " ".join(sys.modules).encode()


def environment(_content):
    from pathlib import Path

    return Path("/proc/self/environ").read_bytes()


def take_memory(_content, *, megabytes):
    return str(len(bytearray(b"a") * (megabytes * MEGABYTE))).encode()


def take_time(_content):
    while True:
        pass


def sleep(_content):
    time.sleep(60)


def end(_content):
    """End the process at once, as an error in a C library does."""
    import os

    os.abort()


def talk(content):
    print("a library says something")
    return content


def fail(content):
    raise KeyError(content)


def write(_content):
    """Write a file, which a bounded process must not do."""
    import tempfile

    with tempfile.TemporaryFile() as file:
        file.write(b"something")
    return b"written"
