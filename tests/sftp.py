"""An SFTP server of this machine that keeps what arrives, and that behaves badly where a test wants it to."""

import asyncio
import threading
from concurrent.futures import Future
from pathlib import Path
from typing import Self

import asyncssh

USER, PASSWORD = "dispensary", "made-up"


class Sftp:
    """`ill` is what the server does wrong: "hangs" or "half" when a file is written, "refuses" the password.

    `uploads` holds the name of each file that got its own name, in order. `posix` is whether it knows the rename that
    replaces.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.ill, self.posix = folder, "", True
        self.uploads: list[str] = []
        self.begun = 0
        self.connections: list[asyncssh.SSHServerConnection] = []
        self.opened: list = []
        for name in ("in", "answers"):
            (folder / name).mkdir()
        self.key = asyncssh.generate_private_key("ssh-ed25519")
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        self.thread.start()
        self.acceptor = self._do(self._listen())
        self.port = self.acceptor.get_port()
        return self

    def __exit__(self, *_: object) -> None:
        self._do(self._close())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()

    @property
    def host_key(self) -> str:
        return self.key.export_public_key().decode().strip()

    @property
    def url(self) -> str:
        return f"sftp://{USER}:{PASSWORD}@127.0.0.1:{self.port}/in"

    @property
    def setting(self) -> dict:
        """The setting REPORT_SERVER for this server."""
        return {
            "host": "127.0.0.1", "port": self.port, "user": USER, "password": PASSWORD, "key_file": None,
            "host_key": self.host_key, "folder": "in", "answers": "answers",
        }  # fmt: skip

    def files(self) -> dict[str, str]:
        """Return the content of each file by name, also of those that have a temporary one."""
        return {path.name: path.read_text() for path in (self.folder / "in").iterdir()}

    def answer(self, name: str, text: str) -> None:
        (self.folder / "answers" / name).write_text(text)

    def _do(self, work):
        done: Future = asyncio.run_coroutine_threadsafe(work, self.loop)
        return done.result(timeout=10)

    async def _listen(self):
        def folder_of(channel):
            return Folder(self, channel)

        return await asyncssh.listen(
            "127.0.0.1", 0, server_factory=lambda: Door(self), server_host_keys=[self.key], sftp_factory=folder_of
        )

    async def _close(self) -> None:
        self.acceptor.close()
        for connection in self.connections:
            connection.abort()
        await asyncio.sleep(0.05)
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=2)
        for file in self.opened:  # asyncssh leaves those of a lost connection open
            file.close()


class Door(asyncssh.SSHServer):
    def __init__(self, server: Sftp) -> None:
        self.server = server

    def connection_made(self, conn) -> None:
        self.server.connections.append(conn)

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return self.server.ill != "refuses" and (username, password) == (USER, PASSWORD)


class Folder(asyncssh.SFTPServer):
    def __init__(self, server: Sftp, channel) -> None:
        super().__init__(channel, chroot=str(server.folder))
        self.server = server

    def open(self, path, pflags, attrs):
        file = super().open(path, pflags, attrs)
        self.server.opened.append(file)
        return file

    async def write(self, file_obj, offset, data):
        self.server.begun += 1
        if self.server.ill:
            super().write(file_obj, offset, data[: len(data) // 2])
            file_obj.close()
        if self.server.ill == "half":
            self.channel.get_connection().abort()
            await asyncio.sleep(3600)
        if self.server.ill == "hangs":
            await asyncio.sleep(3600)
        return super().write(file_obj, offset, data)

    def posix_rename(self, oldpath, newpath):
        if not self.server.posix:
            raise asyncssh.SFTPOpUnsupported("posix_rename")
        super().posix_rename(oldpath, newpath)
        self._note(newpath)

    def rename(self, oldpath, newpath):
        super().rename(oldpath, newpath)
        self._note(newpath)

    def _note(self, path: bytes) -> None:
        self.server.uploads.append(path.decode().rpartition("/")[2])
