"""The SFTP server of the monitoring program: uploading a report, and reading the answers.

A file is uploaded under a temporary name and then renamed, so that the program never reads half of one.
"""

import asyncio
import posixpath
import time
from collections.abc import Callable, Collection, Coroutine
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

from django.conf import settings
from django.utils.translation import gettext as _

if TYPE_CHECKING:
    import asyncssh

SECONDS = 20  # for the connection, and for the upload with its rename
SECONDS_TO_LEAVE = 3
MOST_BYTES = 1_000_000  # of an answer
UNCHANGED_FOR = 30  # seconds: a younger answer may still be written
TEMPORARY = ".{name}.part"
T = TypeVar("T")


class ServerTrouble(Exception):
    """The server could not be reached, or did not take the file. The message is a sentence without patients' data."""


def _server() -> dict[str, Any]:
    assert settings.REPORT_SERVER is not None  # the callers ask first
    return settings.REPORT_SERVER


def upload(name: str, content: bytes) -> None:
    """Put a file into the folder of the server; return when it is whole and has its name. Raises ServerTrouble.

    A file with this name is replaced: it is the same file, from a try of which we do not know the end.
    """

    async def put(sftp: "asyncssh.SFTPClient") -> None:
        folder = _server()["folder"]
        target = posixpath.join(folder, name)
        part = posixpath.join(folder, TEMPORARY.format(name=name))
        async with sftp.open(part, "wb") as file:
            await file.write(content)
        if (await sftp.stat(part)).size != len(content):
            raise ServerTrouble(_("The server has only a part of the file."))
        await _rename(sftp, part, target)

    _visit(put)


def answers(known: Collection[str]) -> list[tuple[str, bytes]]:
    """Return name and content of each answer on the server whose name is not known. Raises ServerTrouble."""

    async def read(sftp: "asyncssh.SFTPClient") -> list[tuple[str, bytes]]:
        folder, found = _server()["answers"], []
        for entry in sorted(await sftp.readdir(folder), key=lambda each: str(each.filename)):
            name = str(entry.filename)
            if name not in known and not name.startswith(".") and _is_whole_file(entry.attrs):
                async with sftp.open(posixpath.join(folder, name), "rb") as file:
                    found.append((name, bytes(await file.read(MOST_BYTES))))  # type: ignore[arg-type]
        return found

    return _visit(read) if _server()["answers"] else []


def _is_whole_file(attrs: "asyncssh.SFTPAttrs") -> bool:
    import asyncssh

    age = time.time() - (attrs.mtime or 0)
    return attrs.type == asyncssh.FILEXFER_TYPE_REGULAR and not 0 <= age < UNCHANGED_FOR


async def _rename(sftp: "asyncssh.SFTPClient", part: str, target: str) -> None:
    import asyncssh

    try:
        await sftp.posix_rename(part, target)
    except asyncssh.SFTPOpUnsupported:  # the plain rename refuses a name that exists
        with suppress(asyncssh.SFTPNoSuchFile):
            await sftp.remove(target)
        await sftp.rename(part, target)


def _visit(work: Callable[["asyncssh.SFTPClient"], Coroutine[Any, Any, T]]) -> T:
    """Connect, and return what `work` returns. Whatever goes wrong is a ServerTrouble."""
    import asyncssh  # takes a third of a second, which only the sender pays

    asyncssh.set_log_level("WARNING")
    host = _server()["host"]
    try:
        return asyncio.run(_connected(work))
    except TimeoutError as error:
        words = _("%(host)s did not answer within %(count)d seconds.") % {"host": host, "count": SECONDS}
        raise ServerTrouble(words) from error
    except asyncssh.HostKeyNotVerifiable as error:
        raise ServerTrouble(_("%(host)s is not the server of REPORT_HOST_KEY.") % {"host": host}) from error
    except asyncssh.PermissionDenied as error:
        words = _("%(host)s does not let the user of REPORT_SFTP_URL in, or takes no password.") % {"host": host}
        raise ServerTrouble(words) from error
    except (asyncssh.Error, OSError, ValueError) as error:
        words = _("%(host)s did not take it: %(reason)s") % {"host": host, "reason": str(error)[:300]}
        raise ServerTrouble(words) from error


async def _connected(work: Callable[["asyncssh.SFTPClient"], Coroutine[Any, Any, T]]) -> T:
    """Return what `work` returns. A server that hangs is left: to close a file, it would have to answer."""
    connection = await asyncio.wait_for(_connect(), SECONDS)
    task = asyncio.ensure_future(_with_client(connection, work))
    done, _pending = await asyncio.wait({task}, timeout=SECONDS)
    if not done:
        connection.abort()
        await asyncio.wait({task}, timeout=SECONDS_TO_LEAVE)
        if task.done() and not task.cancelled():
            task.exception()  # it is the end of the connection, which the log need not have
        raise TimeoutError
    connection.close()
    await asyncio.wait({asyncio.ensure_future(connection.wait_closed())}, timeout=SECONDS_TO_LEAVE)
    return task.result()


async def _with_client(
    connection: "asyncssh.SSHClientConnection", work: Callable[["asyncssh.SFTPClient"], Coroutine[Any, Any, T]]
) -> T:
    return await work(await connection.start_sftp_client())


async def _connect() -> "asyncssh.SSHClientConnection":
    import asyncssh

    server = _server()
    return await asyncssh.connect(
        server["host"],
        server["port"],
        username=server["user"],
        password=server["password"],
        client_keys=[server["key_file"]] if server["key_file"] else None,
        known_hosts=([asyncssh.import_public_key(server["host_key"])], [], []),
        config=None,  # no file of this machine changes where patients' data go
        agent_path=None,
    )
