"""Live text over WebSockets: one client's socket, its session, and the engines of the house.

What a client may cost is bounded: while `BEHIND` seconds of its speech wait for the engine, nothing more is read from
it, and its own sending blocks (TCP); one that does not read what it is sent is let go; one that vanishes is found by
the server's pings, and all that was its goes with it.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from starlette.websockets import WebSocket, WebSocketDisconnect

from idiolect.errors import AliasError, IdiolectError
from idiolect.serving.house import BusyError
from idiolect.serving.realtime import Answerer, Message, Realtime, RealtimeError, Wish, rate_of
from idiolect.serving.transcript import hear

if TYPE_CHECKING:
    from idiolect.serving.house import Hosted, House
    from idiolect.serving.session import Ask

log = logging.getLogger("idiolect.serving")

BEHIND = 40.0
"""Seconds of speech that may wait for the engine: one turn of the longest, and some more."""
PATIENCE = 20.0
"""Seconds that a client may take to read one event."""
MOST = 64
"""Sessions at once."""


class Live:
    """The live sessions of a server. count: how many there are now."""

    def __init__(self, house: House, *, most: int = MOST) -> None:
        self._house = house
        self._most = most
        self.count = 0

    async def serve(self, socket: WebSocket) -> None:
        """One client, until either side ends it. Query: ``model`` and ``rate``."""
        await socket.accept()
        try:
            client = _Client(socket, self._house, Realtime(self._wish(socket)))
        except (RealtimeError, AliasError) as error:
            await _refuse(socket, error)
            return
        self.count += 1
        try:
            await client.run()
        finally:
            self.count -= 1

    def _wish(self, socket: WebSocket) -> Wish:
        if self.count >= self._most:
            raise RealtimeError(f"{self.count} sessions are open; try again later", code="overloaded")
        query = socket.query_params
        wish = Wish(model=query.get("model") or self._house.default())
        return replace(wish, rate=rate_of(query["rate"])) if "rate" in query else wish


class _Client:
    """Reads from the socket and feeds; hears and tells. The lock keeps the session whole and its events in order."""

    def __init__(self, socket: WebSocket, house: House, talk: Realtime) -> None:
        self._socket = socket
        self._house = house
        self._talk = talk
        self._lock = asyncio.Lock()
        self._news = asyncio.Event()
        self._room = asyncio.Event()

    async def run(self) -> None:
        """Until the client goes, or one of its halves fails: the model does not load, or is none."""
        try:
            await self._tell(self._talk.opened())
        except (WebSocketDisconnect, TimeoutError, RuntimeError):  # gone before it began
            return
        halves = {asyncio.create_task(self._read()), asyncio.create_task(self._hear())}
        try:
            done, _ = await asyncio.wait(halves, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for half in halves:
                half.cancel()
            await asyncio.wait(halves)
        for half in done:
            error = half.exception()
            if isinstance(error, RealtimeError | IdiolectError):
                await _refuse(self._socket, error)
            elif error is not None and not isinstance(error, WebSocketDisconnect | TimeoutError | RuntimeError):
                log.error("a fault in a live session", exc_info=error)
                await _refuse(self._socket, RealtimeError("a fault of the server", code="server_error"))

    async def _read(self) -> None:
        while True:
            message = await self._socket.receive()
            if message["type"] == "websocket.disconnect":
                return
            given = message.get("bytes") if message.get("bytes") is not None else message.get("text")
            async with self._lock:
                # In a thread: half a minute of audio at once takes the speech detector 0.1 s.
                await self._tell(await asyncio.to_thread(self._talk.receive, given or b""))
            self._news.set()
            while self._talk.waiting > BEHIND:
                self._room.clear()
                await self._room.wait()

    async def _hear(self) -> None:
        # The engine is made while its client draws breath, not at the end of the first sentence.
        async with self._house.use(self._talk.wish.model) as hosted:
            ready = self._talk.ready(self._by(hosted))
        async with self._lock:
            await self._tell(ready)
        while True:
            self._news.clear()
            async with self._lock:
                ask = self._talk.ask()
            if ask is None:
                await self._news.wait()
            else:
                await self._answer(ask)
                self._room.set()

    async def _answer(self, ask: Ask) -> None:
        """One stretch through whatever answers for the client's model at this moment."""
        started = time.perf_counter()
        while True:
            try:
                async with self._house.use(self._talk.wish.model) as hosted:
                    heard = await hosted.run(partial(hear, hosted.engine, ask.samples, hosted.task))
            except BusyError as error:
                await asyncio.sleep(0.2)
                if ask.final:
                    continue
                async with self._lock:
                    self._talk.fail(ask, str(error))
            except AliasError:
                raise
            except IdiolectError as error:
                async with self._lock:
                    await self._tell(self._talk.fail(ask, error.message))
            else:
                async with self._lock:
                    took = time.perf_counter() - started
                    await self._tell(self._talk.answer(ask, heard, took=took, by=self._by(hosted)))
            return

    def _by(self, hosted: Hosted) -> Answerer:
        return Answerer(self._talk.wish.model, hosted.engine.name, hosted.engine.version, hosted.task)

    async def _tell(self, messages: list[Message]) -> None:
        for message in messages:
            await asyncio.wait_for(self._socket.send_text(json.dumps(message, ensure_ascii=False)), PATIENCE)


async def _refuse(socket: WebSocket, error: Exception) -> None:
    """Say why, and close; where the client is gone already, there is nobody to tell."""
    about = {
        "type": "invalid_request_error",
        "code": getattr(error, "code", "invalid_value"),
        "message": getattr(error, "message", str(error)),
        "param": getattr(error, "param", None),
    }
    try:
        await socket.send_text(json.dumps({"type": "error", "event_id": "event_0", "error": about}))
        await socket.close(1013 if about["code"] == "overloaded" else 1008)
    except (RuntimeError, WebSocketDisconnect):
        return
