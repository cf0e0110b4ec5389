"""What the tests run in a bounded process: each would cost too much, or does what a library might do."""

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
    """As a library written in C ends its process."""
    import os

    os.abort()


def talk(content):
    print("a library says something")
    return content


def fail(content):
    raise KeyError(content)


def write(_content):
    """Nothing may be left on a disk."""
    import tempfile

    with tempfile.TemporaryFile() as file:
        file.write(b"something")
    return b"written"
