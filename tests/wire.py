"""A TCP proxy before a real server that passes, refuses, hangs or cuts, as a network does on a bad day."""

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any, Self

from tests.servers import free_port


class Wire:
    """Connections to `port` lead to `server`: a host and port, or the path of a Unix socket.

    `passes` is the beginning. `refuses` ends all connections and takes no more; `hangs` keeps them, takes more, and
    passes nothing on until `passes` is called; `cuts` ends all connections once.
    """

    def __init__(self, server: tuple[str, int] | str) -> None:
        self.port = free_port()
        self._server = server
        self._ends: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._is_open = asyncio.Event()
        self._listener: asyncio.Server | None = None
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.passes()

    def passes(self) -> None:
        self._run(self._pass())

    def refuses(self) -> None:
        self._run(self._refuse())

    def hangs(self) -> None:
        self._run(self._hang())

    def cuts(self) -> None:
        self._run(self._cut())

    def stop(self) -> None:
        self._run(self._refuse())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop()

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _pass(self) -> None:
        self._is_open.set()
        if self._listener is None:
            self._listener = await asyncio.start_server(self._join, "127.0.0.1", self.port)

    async def _refuse(self) -> None:
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        await self._cut()
        self._is_open.set()  # what waited to be passed on ends
        await asyncio.sleep(0)

    async def _hang(self) -> None:
        await self._pass()
        self._is_open.clear()

    async def _cut(self) -> None:
        for writer in self._ends:
            writer.transport.abort()

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Connect a client with the server, and pass on what both say until one of them ends."""
        self._ends.add(writer)
        try:
            await self._is_open.wait()
            if writer.is_closing():  # it was cut while it hung
                return
            if isinstance(self._server, str):
                from_server, to_server = await asyncio.open_unix_connection(self._server)
            else:
                from_server, to_server = await asyncio.open_connection(*self._server)
        except OSError:
            self._end(writer)
            return
        self._ends.add(to_server)
        await asyncio.gather(self._pump(reader, to_server), self._pump(from_server, writer))

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while part := await reader.read(65_536):
                await self._is_open.wait()
                writer.write(part)
                await writer.drain()
        except OSError:
            pass
        finally:
            self._end(writer)

    def _end(self, writer: asyncio.StreamWriter) -> None:
        self._ends.discard(writer)
        writer.close()
